"""Cauchy transform, its derivative, the density, and the polynomial equation of the transform."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sympy import Expr, Function, Symbol

from derive.calculus import Spectrum
from derive.calculus.polynomial import vanishes
from derive.curve import y
from derive.elimination import Ring, eliminate
from derive.laws.law import Law
from derive.observables.observable import PLANE, Coefficients, Formula, OnCurve, Part, Transform, X
from derive.runtime.transforms import Transforms
from derive.variables import G, G_prime, z


def polynomial_of(spectrum: Spectrum) -> Expr:
    """The same for a composition."""
    m = Symbol("_m")
    equation = spectrum.polynomial(m, z).subs(m, -G)
    ring = Ring(equation.free_symbols)
    return ring.normalised(ring.polynomial(equation), G)


@cache
def cauchy_polynomial(law: Law) -> Expr:
    """Irreducible polynomial in (G, z), with integer coefficients, that vanishes on the law."""
    curve = law.curve
    if curve is None:
        return polynomial_of(law.symbolic())
    eliminated = eliminate(curve.z - z, curve.cauchy - G, y)
    ring = Ring(eliminated.free_symbols | {y})
    return ring.physical_factor(ring.polynomial(eliminated), z, curve.z, G, curve.cauchy)


@cache
def cauchy_prime_polynomial(law: Law) -> Expr:
    """Polynomial in (G′, z): resultant in G of the Cauchy polynomial Q and ∂Q/∂z + G′·∂Q/∂G."""
    Q = cauchy_polynomial(law)
    ring = Ring(Q.free_symbols | {G_prime, y})
    total_derivative = Q.diff(z) + G_prime * Q.diff(G)
    resultant = ring.polynomial(Q).resultant(ring.polynomial(total_derivative), G.name)
    if law.curve is None:
        return sampled_factor(law, ring, resultant, G_prime, z, lambda at, t: (t.prime, at))
    return ring.physical_factor(resultant, z, law.curve.z, G_prime, law.curve.cauchy_prime)


def sampled_factor(
    law: Law,
    ring: Ring,
    polynomial: Any,
    unknown: Symbol,
    variable: Symbol,
    point: Callable[[complex, Transforms], tuple[complex, complex]],
) -> Expr:
    """The one factor that vanishes at a sample of points of a law without a curve.

    Raises
    ------
    ArithmeticError
        When there is no such factor, or more than one.
    """
    _, factors = ring.factors(polynomial)
    spectrum = law.symbolic()
    points = [point(at, t) for t, at in spectrum.sample_points()]
    found = [
        f
        for f, _ in factors
        if ring.degree(f, unknown)
        and vanishes(ring.expression(f), unknown, variable, spectrum.sample_values, points)
    ]
    if len(found) != 1:
        raise ArithmeticError(f"{len(found)} factors vanish on the law, expected one")
    return ring.normalised(found[0], unknown)


def _degree_name(degree: int) -> str:
    return {2: "quadratic", 3: "cubic", 4: "quartic"}.get(degree, "polynomial") + "_coefficients"


CAUCHY_TRANSFORM = Transform(
    name="cauchy_transform",
    title="Cauchy transform",
    equation=r"G(z) = \int \frac{\rho(dt)}{z - t}",
    argument=PLANE,
    returns="G(z); on the real axis its limit from above, NaN where that is infinite.",
    on_curve=lambda law: OnCurve(law.curve.cauchy),
    part=Part.VALUE,
    closed_form=lambda law: Formula(
        "cauchy_transform", "Cauchy transform on the curve", Function("G")(y), law.curve.cauchy
    ),
)

CAUCHY_TRANSFORM_PRIME = Transform(
    name="cauchy_transform_prime",
    title="Derivative of the Cauchy transform",
    equation=r"G'(z) = -\int \frac{\rho(dt)}{(z - t)^2}",
    argument=PLANE,
    returns="dG/dz; on the real axis its limit from above, NaN where that is infinite.",
    on_curve=lambda law: OnCurve(law.curve.cauchy_prime),
    part=Part.VALUE,
    closed_form=lambda law: Formula(
        "cauchy_transform_prime",
        "Derivative of the Cauchy transform on the curve",
        Function("G'")(y),
        law.curve.cauchy_prime,
    ),
)

DENSITY = Transform(
    name="density",
    title="Density",
    equation=r"\rho(x) = -\frac{1}{\pi} \operatorname{Im} G(x + i0)",
    argument=X,
    returns="Density of the continuous part; 0 off the support and at atoms, inf where infinite.",
    on_curve=lambda law: OnCurve(law.curve.cauchy),
    part=Part.TURNS,
)

CAUCHY_COEFFICIENTS = Coefficients(
    name="cauchy_coefficients",
    title="Polynomial of the Cauchy transform",
    equation=r"\sum_k a_k(z)\, G(z)^k = 0",
    argument=PLANE,
    unknown=G,
    polynomial=cauchy_polynomial,
    formula_name="cauchy_polynomial",
    name_of_degree=_degree_name,
)

CAUCHY_PRIME_COEFFICIENTS = Coefficients(
    name="cauchy_prime_coefficients",
    title="Polynomial of the derivative of the Cauchy transform",
    equation=r"\sum_k b_k(z)\, G'(z)^k = 0",
    argument=PLANE,
    unknown=G_prime,
    polynomial=cauchy_prime_polynomial,
    formula_name="cauchy_prime_polynomial",
)
