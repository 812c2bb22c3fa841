"""Claims made of every law that is known by its composition, at sample parameters."""

from __future__ import annotations

from itertools import pairwise

import mpmath
from mpmath import mpf
from sympy import Rational, lambdify

from derive.calculus.polynomial import terms
from derive.claims.samples import parameters, points, shown, value
from derive.claims.statements import Claims, Conditions, Identities, Values
from derive.laws.law import Law
from derive.observables.cauchy_transform import cauchy_polynomial
from derive.rational import value_at
from derive.runtime import series
from derive.variables import G, z

_ORDER = 12
_PLACES = ("1/3", "-1", "1/2+1/5j")
_DERIVATIVE_DIGITS = 15
_SUPPORT_DIGITS = 15

claims = Claims[Law]()


@claims.proved(
    "moments",
    "the polynomial vanishes at G(z) = Σ m_k/z^(k+1)",
    assumptions=f"to order {_ORDER}, at sample parameters",
)
def polynomial_and_moments(law: Law) -> Identities:
    """The expansion at infinity, put into the polynomial."""
    if not law.spectrum.has_series:
        return
    for point in points(law)[:3]:
        values = parameters(law, point)

        def field(expression: object, values: dict = values) -> object:
            return value_at(expression, values)

        moments = law.spectrum.series(_ORDER, field)
        coefficients = terms(cauchy_polynomial(law).subs(G, -G), field, G, z)
        residual = series.residual(coefficients, moments)
        yield shown(point), all(c == 0 for c in residual)


@claims.verified("polynomial", "the polynomial vanishes at G")
def polynomial_and_values(law: Law, dps: int) -> Values:
    """A step of Newton's method from G stays where it is."""
    polynomial = cauchy_polynomial(law)
    for point in points(law)[:2]:
        at = {
            p.symbol: Rational(number) for p, (_, number) in zip(law.parameters, point, strict=True)
        }
        special = polynomial.subs(at)
        function, slope = (lambdify((G, z), e, "mpmath") for e in (special, special.diff(G)))
        for place in _PLACES:
            found = value(law, "cauchy_transform", point, place, dps=2 * dps + 10)
            with mpmath.workdps(2 * dps + 10):
                where = _number(place)
                yield (
                    f"{shown(point)}; z = {place}",
                    found,
                    found - function(found, where) / slope(found, where),
                )


def _number(text: str) -> mpmath.mpc:
    real, _, imaginary = text.rstrip("j").partition("+")
    return mpmath.mpc(
        *(mpf(Rational(part or 0).p) / Rational(part or 0).q for part in (real, imaginary))
    )


@claims.verified(
    "potential", "the derivative of the logarithmic potential is -G(-γ)", at_most=_DERIVATIVE_DIGITS
)
def potential_and_transform(law: Law, dps: int) -> Values:
    """By a symmetric difference left of the support."""
    step = Rational(1, 10**20)
    for point in points(law)[:2]:
        lowest = value(law, "support", point, dps=_SUPPORT_DIGITS)
        gamma = 1 - min([0, *(Rational(str(a)) for a, _ in lowest)])
        up, down = (value(law, "log_potential", point, gamma + s * step, dps=60) for s in (1, -1))
        with mpmath.workdps(60):
            slope = (up - down) / (2 * mpf(step.p) / step.q)
        yield shown(point), -value(law, "cauchy_transform", point, -gamma, dps=60), slope


@claims.confirmed(
    "support",
    "the density is positive inside the support and zero in its gaps and outside, and its "
    "intervals and the atoms hold all mass",
)
def support_and_mass(law: Law, dps: int) -> Conditions:
    """Density between the ends, distribution at them."""
    for point in points(law)[:2]:
        ends = [end for ab in value(law, "support", point, dps=_SUPPORT_DIGITS) for end in ab]
        middles = [(a + b) / 2 for a, b in pairwise(ends)]
        inside = [value(law, "density", point, x, dps=_SUPPORT_DIGITS) > 0 for x in middles[::2]]
        outside = [
            value(law, "density", point, x, dps=_SUPPORT_DIGITS) == 0
            for x in (*middles[1::2], ends[0] - 1, ends[-1] + 1)
        ]
        yield f"{shown(point)}: inside", all(inside)
        yield f"{shown(point)}: outside", all(outside)
        top = value(law, "cdf", point, ends[-1] + 1, dps=_SUPPORT_DIGITS)
        yield f"{shown(point)}: mass", top <= 1
