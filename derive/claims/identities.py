"""Identities that hold on every law's curve, proved exactly for symbolic parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from flint import fmpz_mpoly
from sympy import Expr, Integer, Symbol, expand_log, log, symbols

from derive.claims.ledger import Claim
from derive.claims.statements import Identities, identical, proved, same_equation
from derive.curve import y
from derive.elimination import Ring, polynomial_part
from derive.laws.law import Law
from derive.observables.cauchy_transform import (
    CAUCHY_COEFFICIENTS,
    CAUCHY_PRIME_COEFFICIENTS,
    CAUCHY_TRANSFORM,
    CAUCHY_TRANSFORM_PRIME,
)
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.moments import MOMENTS
from derive.observables.observable import RIDGE, Coefficients, Transform
from derive.observables.support import SUPPORT
from derive.observables.train_error import TRAIN_ERROR, TRAIN_ERROR_COEFFICIENTS
from derive.variables import G, gamma, x, z

w, scale = symbols("w scale", positive=True)

ORDER = 5
_IDENTITY = "identically in the curve's parameter and the law's"


def claims(law: Law) -> tuple[Claim, ...]:
    """Exact claims made for every law, the quickest first."""
    exactly = partial(proved, law, assumptions=_IDENTITY)
    return (
        exactly("potential", "dU/dy = G·dz/dy", potential_derivative),
        exactly("potential-at-infinity", "U(z) - ln z → 0 as z → ∞", potential_at_infinity),
        exactly(
            "subordination",
            "y and 1/G̃, with G̃ the Cauchy transform of (1/m)YᵀY, are subordination functions",
            subordination,
            source="Silverstein & Choi (1995)",
        ),
        exactly("cauchy-transform-prime", "G′(z) = (dG/dy)/(dz/dy)", cauchy_prime),
        exactly(
            "train-error",
            "-z²·G̃′(z) = (1 - c) - c·z²·G′(z), c = rows/columns",
            train_error,
            source="Pennington & Worah (2017), eqs. (21), (22)",
        ),
        exactly("closed-forms", "the closed forms shown are those evaluated", closed_forms),
        *(
            exactly(
                f"route/{slug(name)}",
                f"the polynomial of G from the {name} is that of the curve",
                partial(route_agrees, route=route),
                source=law.source,
            )
            for name, route in law.routes.items()
        ),
        exactly(
            "cauchy-polynomial",
            "the polynomial in (G, z) vanishes on the curve and is irreducible",
            partial(polynomial_vanishes, table=CAUCHY_COEFFICIENTS, transform=CAUCHY_TRANSFORM),
        ),
        exactly(
            "cauchy-prime-polynomial",
            "the polynomial in (G′, z) vanishes on the curve and is irreducible",
            partial(
                polynomial_vanishes,
                table=CAUCHY_PRIME_COEFFICIENTS,
                transform=CAUCHY_TRANSFORM_PRIME,
            ),
        ),
        exactly(
            "train-error-polynomial",
            "the polynomial in (E_train, γ) vanishes on the curve and is irreducible",
            partial(polynomial_vanishes, table=TRAIN_ERROR_COEFFICIENTS, transform=TRAIN_ERROR),
        ),
        exactly(
            "edge-polynomial",
            "the zeros of the edge polynomial are the critical values of z(y), each once",
            edge_polynomial,
        ),
        exactly(
            "large-z",
            f"G(z) = Σ m_k/z^(k+1) to k = {ORDER} solves the polynomial in (G, z), and m_0 = 1",
            large_z,
        ),
    )


def slug(name: str) -> str:
    """Lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def potential_derivative(law: Law) -> Identities:
    """U′ = G along the curve, for the potential that is evaluated."""
    U = LOG_POTENTIAL.on_curve(law)
    derivative = U.rational.diff(y) + sum(c * f.diff(y) / f for c, f in U.logarithms)
    yield "dU/dy", identical(derivative, law.curve.cauchy * law.curve.z.diff(y))


def potential_at_infinity(law: Law) -> Identities:
    """The constant of U: rational(∞) + Σ c ln(leading coefficients) = ln(that of z)."""
    U = LOG_POTENTIAL.on_curve(law)
    leading, degree = leading_term(law.curve.z)
    yield "z ~ y", degree == 1
    constant, degree = leading_term(U.rational)
    if degree < 0:
        constant, degree = Integer(0), 0
    yield "rational part is bounded", degree == 0
    terms = [(c, *leading_term(f)) for c, f in U.logarithms]
    yield "U ~ ln z", identical(sum(c * d for c, _, d in terms), Integer(1))
    remainder = sum(c * log(a) for c, a, _ in terms) - log(leading) + constant
    yield "constant", expand_log(remainder, force=True).expand() == 0


def leading_term(expression: Expr) -> tuple[Expr, int]:
    """Coefficient and exponent a, d of a rational function ~ a·y^d as y → ∞."""
    ring = Ring(expression.free_symbols | {y})
    top, bottom = (ring.coefficients(p, y) for p in ring.fraction(expression))
    coefficient = ring.expression(top[-1]) / ring.expression(bottom[-1])
    return coefficient, len(top) - len(bottom)


def companion(law: Law) -> Expr:
    """Cauchy transform G̃ of (1/m)YᵀY."""
    return law.ratio * law.curve.cauchy + (1 - law.ratio) / law.curve.z


def subordination(law: Law) -> Identities:
    """The functions whose signs choose the branch."""
    yield "y", law.curve.subordination[0] == y
    yield "1/G̃", any(identical(1 / companion(law), f) for f in law.curve.subordination)


def cauchy_prime(law: Law) -> Identities:
    """Chain rule for the derivative that is evaluated."""
    prime = CAUCHY_TRANSFORM_PRIME.on_curve(law).rational
    yield "G′", identical(prime * law.curve.z.diff(y), law.curve.cauchy.diff(y))


def train_error(law: Law) -> Identities:
    """The closed form against the one through G′."""
    c, curve = law.ratio, law.curve
    through_prime = (1 - c) - c * curve.z**2 * CAUCHY_TRANSFORM_PRIME.on_curve(law).rational
    yield "E_train", identical(TRAIN_ERROR.on_curve(law).rational, through_prime)


def closed_forms(law: Law) -> Identities:
    """Every closed form in the documentation, term by term."""
    for transform in (CAUCHY_TRANSFORM, CAUCHY_TRANSFORM_PRIME, TRAIN_ERROR, LOG_POTENTIAL):
        used = transform.on_curve(law)
        for formula in transform.formulas(law):
            logarithms = sum(c * log(f) for c, f in used.logarithms)
            yield formula.name, formula.right == used.rational + logarithms


def route_agrees(law: Law, route: Callable[[], Expr]) -> Identities:
    """A derivation without the curve, equal up to sign."""
    derived, expected = polynomial_part(route(), G, z), CAUCHY_COEFFICIENTS.polynomial(law)
    yield "polynomial", same_equation(derived, expected)


def polynomial_vanishes(law: Law, table: Coefficients, transform: Transform) -> Identities:
    """A polynomial in its unknown and z or γ = -z, irreducible over the integers."""
    at, at_curve = (gamma, -law.curve.z) if table.argument is RIDGE else (z, law.curve.z)
    ring = Ring({at, table.unknown, y, *law.symbols})
    polynomial = ring.polynomial(table.polynomial(law))
    value = transform.on_curve(law).rational
    yield "vanishes", ring.vanishes(polynomial, at, at_curve, table.unknown, value)
    yield "irreducible", is_irreducible(polynomial)


def is_irreducible(polynomial: fmpz_mpoly) -> bool:
    """Whether a polynomial has one factor, and no constant one."""
    content, factors = polynomial.factor()
    return abs(int(content)) == 1 and [k for _, k in factors] == [1]


def divides(divisor: Expr, dividend: Expr) -> bool:
    """Whether a polynomial is a factor of another that is not zero."""
    ring = Ring(divisor.free_symbols | dividend.free_symbols)
    whole = ring.polynomial(dividend)
    return whole != 0 and divmod(whole, ring.polynomial(divisor))[1] == 0


def edge_polynomial(law: Law) -> Identities:
    """R(z(y)) has a double zero where z′ = 0, and R no others: the degrees agree."""
    (formula,) = SUPPORT.formulas(law)
    ring = Ring({x, y, *law.symbols})
    edges = ring.polynomial(formula.left)
    critical, _ = ring.fraction(law.curve.z.diff(y))
    _, factors = critical.factor()
    simple = [(f, k) for f, k in factors if ring.degree(f, y)]
    yield "critical points are simple", all(k == 1 for _, k in simple)
    yield "degree", ring.degree(edges, x) == sum(ring.degree(f, y) for f, _ in simple)
    composed = ring.substitute(edges, x, law.curve.z)
    yield "double zeros", all(divmod(composed, f**2)[1] == 0 for f, _ in simple)
    content, factors = edges.factor()
    yield "primitive", abs(int(content)) == 1 and all(ring.degree(f, x) for f, _ in factors)


def large_z(law: Law) -> Identities:
    """Hensel's lemma in w = 1/z: the truncated series g is within w^(order+2) of the root.

    It is when Q(g) = O(w^(d+order+2)) and ∂Q/∂G(g) is exactly of order d < order + 2.
    """
    terms = MOMENTS.terms(law, ORDER)
    g = sum(m * w ** (k + 1) for k, m in enumerate(terms))
    ring = Ring({w, z, G, *law.symbols})
    Q = ring.substitute(ring.polynomial(CAUCHY_COEFFICIENTS.polynomial(law)), z, 1 / w)
    residual = ring.substitute(Q, G, g)
    slope = _lowest_power(ring, ring.substitute(Q.derivative(G.name), G, g))
    yield "simple root", slope < ORDER + 2
    yield "residual", residual == 0 or _lowest_power(ring, residual) >= slope + ORDER + 2
    yield "m_0", terms[0] == 1


def _lowest_power(ring: Ring, polynomial: fmpz_mpoly) -> int:
    position = ring.symbols.index(w)
    return min(monomial[position] for monomial in polynomial.to_dict())


def homogeneity(law: Law, *scales: Symbol, name: str = "homogeneity", source: str = "") -> Claim:
    """Claim that multiplying the matrix by λ multiplies the parameters `scales` by λ."""

    def check(law: Law) -> Identities:
        curve, stretched = law.curve, {s: scale * s for s in (*scales, y)}
        yield "z", identical(curve.z.subs(stretched, simultaneous=True), scale * curve.z)
        yield "G", identical(curve.cauchy.subs(stretched, simultaneous=True), curve.cauchy / scale)
        E_curve = TRAIN_ERROR.on_curve(law).rational
        yield "E_train", identical(E_curve.subs(stretched, simultaneous=True), E_curve)
        E_polynomial = TRAIN_ERROR_COEFFICIENTS.polynomial(law)
        yield "polynomial of E_train", is_homogeneous(E_polynomial, (gamma, *scales))

    scaled = ", ".join(s.name for s in scales)
    return proved(
        law,
        name,
        f"E_train and the law of λM are those with λ·({scaled}) and λγ",
        check,
        source or "scaling",
        "λ > 0",
    )


def is_homogeneous(polynomial: Expr, variables: tuple[Symbol, ...]) -> bool:
    """Whether all terms have the same total degree in some of the symbols."""
    ring = Ring(polynomial.free_symbols | set(variables))
    positions = [ring.symbols.index(v) for v in variables]
    monomials = ring.polynomial(polynomial).to_dict()
    return len({sum(m[i] for i in positions) for m in monomials}) == 1


def transposition(law: Law) -> Identities:
    """(1/m)YᵀY scaled by m/n1 = ψ/φ is the same model with n1 and m exchanged."""
    phi, psi, *_ = law.symbols
    exchanged = {phi: psi, psi: phi}
    cauchy = law.curve.cauchy.subs(exchanged, simultaneous=True)
    yield "z", identical(law.curve.z.subs(exchanged, simultaneous=True), psi / phi * law.curve.z)
    yield "G̃", identical(companion(law), psi / phi * cauchy)
