"""Limiting cases of the Pennington-Worah law by the second oracle, see `independent`."""

from __future__ import annotations

import mpmath
from mpmath import mpc, mpf

from derive.claims.independent import (
    FEW_DIGITS,
    GUARD_DIGITS,
    OFF_AXIS,
    follow,
    published,
    train_error_at,
)
from derive.claims.product_wishart import fuss_catalan_density
from derive.claims.random_features import PAPER
from derive.claims.random_features_limits import LIMITS
from derive.claims.random_features_ridgeless import ridgeless
from derive.claims.samples import point_at, points, real, shown, specialised
from derive.claims.statements import Claims, Values
from derive.laws import LAWS
from derive.laws.law import Law

# Values of φ, ψ, η: regular, with mass at zero, square, and degenerate.
_LIMIT_POINTS = ("1/2 3/4 1", "3/2 1/2 2", "2/3 2/3 3/2", "1 1 1")

_ZERO, _LINEAR = LIMITS

claims = Claims()


@claims.verified(
    "independent-zeta-zero",
    "at ζ = 0 the root followed from infinity is that of a quadratic, "
    "G = (z + η(c - 1) - √(z - a)·√(z - b))/(2cηz), a, b = η(1 ∓ √c)², c = φ/ψ",
    _ZERO.source,
    _ZERO.label,
)
def marchenko_pastur(law: Law, dps: int) -> Values:
    """Textbook formula; its roots are principal off the support and above it."""
    for numbers in _LIMIT_POINTS:
        point = point_at(law, f"{numbers} 0")
        Q = published(law, point)
        yield "degree", len(Q) - 1, 2
        with mpmath.workdps(dps + GUARD_DIGITS):
            c, variance = (real(specialised(law, e, point)) for e in (law.ratio, law.symbols[2]))
            a, b = (variance * (1 + sign * mpmath.sqrt(c)) ** 2 for sign in (-1, 1))
            for at in (*OFF_AXIS, mpc(-0.5), mpc(1)):
                root = mpmath.sqrt(at - a) * mpmath.sqrt(at - b)
                known = (at + variance * (c - 1) - root) / (2 * c * variance * at)
                yield f"G({mpmath.nstr(at, 8)}), {shown(point)}", follow(Q, at), known


@claims.verified(
    "independent-zeta-eta",
    "at ζ = η the root followed from infinity is that of a cubic, the S-transform's, and "
    "at φ = ψ = η = 1 ρ is the Fuss-Catalan density",
    _LINEAR.source + "; Penson & Życzkowski (2011)",
    _LINEAR.label,
)
def product(law: Law, dps: int) -> Values:
    """The law of the product by its own route, and where all sizes are equal in closed form."""
    linear = LAWS["product_wishart"]
    for numbers in _LIMIT_POINTS:
        point = point_at(law, f"{numbers} {numbers.split()[-1]}")
        Q, cubic = published(law, point), published(linear, point_at(linear, numbers))
        yield "degree", len(Q) - 1, 3
        with mpmath.workdps(dps + GUARD_DIGITS):
            for at in (*OFF_AXIS, mpc(-0.5), mpc(1)):
                yield f"G({mpmath.nstr(at, 8)}), {shown(point)}", follow(Q, at), follow(cubic, at)
    with mpmath.workdps(dps + GUARD_DIGITS):
        for x in (mpf(0.125), mpf(1), mpf(6)):  # at the last point
            density = -follow(Q, mpc(x)).imag / mpmath.pi
            yield f"ρ({mpmath.nstr(x, 8)}), {shown(point)}", density, fuss_catalan_density(x)


@claims.verified(
    "independent-eq-24",
    "on the root followed from infinity E_train → [1 - φ]₊ if ζ = η and ψ < 1, "
    "else [1 - φ/ψ]₊, as γ → 0",
    PAPER + "eq. (24)",
    at_most=FEW_DIGITS,
)
def ridgeless_limit(law: Law, dps: int) -> Values:
    """Where γ^(1/3) is below the digits asked for; one is added as the limit may be zero."""
    ridge = mpf(10) ** -(3 * dps + 30)
    lost = 2 * (3 * dps + 30)  # as along the path
    for point in points(law):
        with mpmath.workdps(dps + GUARD_DIGITS + lost):
            found = 1 + train_error_at(law, point, ridge)
            yield shown(point), found, 1 + real(ridgeless(point))
