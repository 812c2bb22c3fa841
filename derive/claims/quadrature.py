"""Every observable of every law against quadrature of the density: checks that use no branch.

The trapezoidal rule after x = a + (b - a)·sin⁶θ converges geometrically for densities that behave
as any power (x - a)^(k/2) at their edges.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, partial

import mpmath
from mpmath import mpc, mpf

from derive.claims.samples import Point, points, real, shown, specialised, value
from derive.claims.statements import Claims, Values
from derive.laws.law import Law

Nodes = tuple[tuple[mpf, mpf], ...]

DIGITS, _NODES = 15, 48
_MOMENTS = 4
_RIDGE = Fraction(3, 4)


# They share the values of the density.
claims = Claims(at_most=DIGITS)


def nodes(law: Law, point: Point, lower: mpf, upper: mpf) -> Nodes:
    """Abscissas in an interval and weights that include the density."""
    with mpmath.workdps(DIGITS + 10):
        found = []
        for k in range(_NODES):
            cosine, sine = mpmath.cos_sin(mpmath.pi * (2 * k + 1) / (4 * _NODES))
            place = lower + (upper - lower) * sine**6
            weight = 3 * mpmath.pi / _NODES * (upper - lower) * sine**5 * cosine
            found.append((place, weight * value(law, "density", point, place, dps=DIGITS + 5)))
    return tuple(found)


@lru_cache(maxsize=32)
def intervals(law: Law, point: Point) -> tuple[Nodes, ...]:
    """Nodes of each interval of the support."""
    support = value(law, "support", point, dps=DIGITS + 10)
    return tuple(nodes(law, point, a, b) for a, b in support)


def integral(law: Law, point: Point, integrand: Callable[[mpf], mpf]) -> mpf:
    """Integral over the continuous part of the law."""
    parts = intervals(law, point)
    return mpmath.fsum(weight * integrand(t) for part in parts for t, weight in part)


def _power(t: mpf, exponent: int, origin: mpf | mpc | int = 0) -> mpf:
    return (t - origin) ** exponent


def _mass_at_zero(law: Law, point: Point, digits: int) -> mpf:
    return value(law, "atom", point, dps=digits + 10)


@claims.verified("mass", "∫ρ dx + (mass at zero) = 1")
def mass(law: Law, digits: int) -> Values:
    """Normalisation."""
    for point in points(law)[:3]:
        total = integral(law, point, lambda t: mpf(1))
        yield shown(point), total, 1 - _mass_at_zero(law, point, digits)


@claims.verified("moments", f"∫x^k ρ dx = m_k, k = 1, …, {_MOMENTS}")
def moments(law: Law, digits: int) -> Values:
    """Moments of positive order, to which the mass at zero adds nothing."""
    for point in points(law)[:3]:
        expected = value(law, "moments", point, _MOMENTS, dps=digits + 10)
        for k in range(1, _MOMENTS + 1):
            total = integral(law, point, partial(_power, exponent=k))
            yield f"m_{k}, {shown(point)}", total, expected[k]


@claims.verified("cauchy-integral", "∫ρ(dt)/(z - t) = G(z)")
def cauchy(law: Law, digits: int, power: int = 1) -> Values:
    """G, or G′ = -∫ρ(dt)/(z - t)², off the axis and on its negative half."""
    observable = {1: "cauchy_transform", 2: "cauchy_transform_prime"}[power]
    for point in points(law)[:3]:
        at_zero = _mass_at_zero(law, point, digits)
        for z in (mpc(1, 8), mpc(-0.75)):
            total = integral(law, point, partial(_power, exponent=-power, origin=z))
            expected = value(law, observable, point, z, dps=digits + 10)
            yield f"z = {z}, {shown(point)}", -total - at_zero * (-z) ** -power, expected


claims.verified("cauchy-prime-integral", "-∫ρ(dt)/(z - t)² = G′(z)")(partial(cauchy, power=2))


@claims.verified("log-potential-integral", "∫ln(t + γ)ρ(dt) is the log-potential")
def log_potential(law: Law, digits: int) -> Values:
    """At one ridge parameter."""
    ridge = real(_RIDGE)
    for point in points(law)[:3]:
        total = integral(law, point, lambda t: mpmath.log(t + ridge))
        at_zero = _mass_at_zero(law, point, digits) * mpmath.log(ridge)
        expected = value(law, "log_potential", point, _RIDGE, dps=digits + 10)
        yield shown(point), total + at_zero, expected


@claims.verified(
    "train-error-integral",
    "γ²∫ρ̃(dt)/(t + γ)² = E_train(γ), with ρ̃ the law of (1/m)YᵀY",
    "Pennington & Worah (2017), eqs. (21), (22)",
)
def train_error(law: Law, digits: int) -> Values:
    """The companion law is c·ρ and mass 1 - c at zero, c = rows/columns."""
    ridge = real(_RIDGE)
    for point in points(law)[:3]:
        total = integral(law, point, lambda t: (ridge / (t + ridge)) ** 2)
        c = real(specialised(law, law.ratio, point))
        companion = c * (total + _mass_at_zero(law, point, digits)) + 1 - c
        expected = value(law, "train_error", point, _RIDGE, dps=digits + 10)
        yield shown(point), companion, expected


@claims.verified("cdf-integral", "F(b) - F(a) = ∫ρ from a to b, inside the support and in gaps")
def cdf(law: Law, digits: int) -> Values:
    """By whole intervals in the gaps, and between two places inside the lowest interval."""
    for point in points(law)[:3]:
        total = _mass_at_zero(law, point, digits)
        support = value(law, "support", point, dps=digits + 10)
        parts = intervals(law, point)
        for (_, b), part, (c, _) in zip(support[:-1], parts, support[1:], strict=False):
            total += mpmath.fsum(weight for _, weight in part)
            expected = value(law, "cdf", point, (b + c) / 2, dps=digits + 10)
            yield f"gap, {shown(point)}", total, expected
    point = points(law)[0]
    a, b = value(law, "support", point, dps=15)[0]
    ends = a + (b - a) / 2, a + (b - a) * 5 / 8
    density = partial(value, law, "density", point, dps=digits + 5)
    inside = mpmath.quad(density, ends, method="gauss-legendre", maxdegree=4)
    lower, upper = (value(law, "cdf", point, end, dps=digits + 10) for end in ends)
    yield f"middle, {shown(point)}", inside, upper - lower
