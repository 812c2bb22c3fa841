"""What is known about the Marchenko-Pastur law alone."""

from __future__ import annotations

import mpmath
from mpmath import mpf
from sympy import Integer, binomial

from derive.claims.identities import homogeneity
from derive.claims.samples import Point, points, real, shown, value
from derive.claims.statements import Claims, Identities, Values, identical, same_equation
from derive.laws.law import Law
from derive.laws.marchenko_pastur import ratio, variance
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS
from derive.observables.moments import MOMENTS
from derive.variables import G, z

_ORDER = 6
FIRST = "Marchenko & Pastur (1967)"

claims = Claims()

claims.add(lambda law: homogeneity(law, variance))


@claims.proved("quadratic", "cszG² + (s(1 - c) - z)G + 1 = 0", FIRST)
def quadratic(law: Law) -> Identities:
    """The polynomial, up to sign."""
    polynomial = CAUCHY_COEFFICIENTS.polynomial(law)
    known = ratio * variance * z * G**2 + (variance * (1 - ratio) - z) * G + 1
    yield "polynomial", same_equation(polynomial, known)


@claims.proved(
    "narayana",
    f"m_k = s^k Σ_j binom(k, j)binom(k-1, j)c^j/(j + 1), k = 1, …, {_ORDER}",
    "Bai & Silverstein (2010), lemma 3.1",
)
def narayana(law: Law) -> Identities:
    """Moments counted by non-crossing partitions."""
    for k, moment in enumerate(MOMENTS.terms(law, _ORDER)[1:], start=1):
        counts = (binomial(k, j) * binomial(k - 1, j) / Integer(j + 1) * ratio**j for j in range(k))
        yield f"m_{k}", identical(moment, variance**k * sum(counts))


def _constants(point: Point) -> tuple[mpf, mpf, mpf, mpf]:
    c, s = (real(number) for _, number in point)
    return c, s, s * (1 - mpmath.sqrt(c)) ** 2, s * (1 + mpmath.sqrt(c)) ** 2


@claims.verified("classical-edges", "the support is s(1 ± √c)²", FIRST)
def edges(law: Law, dps: int) -> Values:
    """At every sample point."""
    for point in points(law):
        _, _, *expected = _constants(point)
        ((lower, upper),) = value(law, "support", point, dps=dps + 10)
        yield f"lower, {shown(point)}", lower, expected[0]
        yield f"upper, {shown(point)}", upper, expected[1]


@claims.verified(
    "classical-density", "ρ(x) = √((b - x)(x - a))/(2πcsx) between the edges a, b", FIRST
)
def density(law: Law, dps: int) -> Values:
    """Inside the support, near both edges and in the middle."""
    for point in points(law):
        c, s, lower, upper = _constants(point)
        for part in (mpf("1e-6"), mpf("0.5"), 1 - mpf("1e-6")):
            x = lower + (upper - lower) * part
            known = mpmath.sqrt((upper - x) * (x - lower)) / (2 * mpmath.pi * c * s * x)
            found = value(law, "density", point, x, dps=dps + 20)
            yield f"x = {mpmath.nstr(x, 8)}, {shown(point)}", found, known


@claims.verified(
    "shannon-transform",
    "∫ln(1 + t/γ)dρ = ln(1 + x - F/4) + ln(1 + xc - F/4)/c - F/(4cx), x = s/γ, "
    "F = (√(x(1 + √c)² + 1) - √(x(1 - √c)² + 1))²",
    "Tulino & Verdú (2004), section 2.2.3",
)
def shannon_transform(law: Law, dps: int) -> Values:
    """For a small and a large ridge parameter."""
    for point in points(law):
        c, s, *_ = _constants(point)
        for ridge in (mpf(2) ** -10, mpf(8)):
            x = s / ridge
            F = (
                mpmath.sqrt(x * (1 + mpmath.sqrt(c)) ** 2 + 1)
                - mpmath.sqrt(x * (1 - mpmath.sqrt(c)) ** 2 + 1)
            ) ** 2
            known = mpmath.log(1 + x - F / 4) + mpmath.log(1 + x * c - F / 4) / c - F / (4 * c * x)
            found = value(law, "log_potential", point, ridge, dps=dps + 10)
            yield f"γ = {mpmath.nstr(ridge)}, {shown(point)}", found, known + mpmath.log(ridge)
