"""A second oracle: every law by mpmath alone, to check the reference and to be checked by it.

The physical root of the published polynomial of G is followed from 1/z at infinity by Newton's
method. The curve, its subordination functions and ball arithmetic have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import mpmath
from mpmath import mpc, mpf
from sympy import Expr, Poly, Rational, Symbol

from derive.claims.samples import Point, points, real, shown, specialised, value
from derive.claims.statements import Claims, Values
from derive.claims.values import inner_points
from derive.elimination import Ring
from derive.laws.law import Law
from derive.observables.cauchy_transform import cauchy_polynomial, cauchy_prime_polynomial
from derive.observables.train_error import train_error_polynomial
from derive.variables import E, G, G_prime, gamma, z

# A polynomial in (unknown, variable): rows by falling powers of the unknown, each by falling powers
# of the variable. Integers, so that it is exact at any precision.
Table = tuple[tuple[int, ...], ...]

GUARD_DIGITS = 20
# Along a path: bits beyond what nearly degenerate parameters cancel, steps of Newton's method.
_PATH_BITS, _PATH_DOUBLINGS = 133, 3
# Share of the bits above which a step of Newton's method is the last: it doubles those of the root.
_SETTLED = 0.75
# Steps in ln z: no longer than the first, as its singularities are π/2 from the imaginary axis;
# shorter than the second only where roots meet.
_LONGEST, _SHORTEST = 1, 1e-30
# Bounds on Smale's number: below 0.157 Newton's method converges at once, to the nearest root. It
# takes few bits once the Taylor coefficients are known.
_NEAR, _FAR, _ROUGH_BITS = 0.05, 1e-4, 53
# Asked for at most where the places of a quadrature, or the steps of a path to zero, grow in number
# with the digits.
FEW_DIGITS = 30

OFF_AXIS = (mpc(1, 1), mpc(-2, 0.5), mpc(0.25, 0.0625))
_RIDGES = (mpf(4), mpf(0.5), mpf(2) ** -20)

_FOLLOWED = "the root of the published polynomial that is followed from 1/z at infinity"

claims = Claims()


class Place(NamedTuple):
    """A point of the branch."""

    z: mpc
    G: mpc


def table(law: Law, point: Point, equation: Expr, unknown: Symbol, variable: Symbol) -> Table:
    """The polynomial of an equation at exact parameters."""
    ring = Ring({unknown, variable, *law.symbols})
    polynomial, _ = ring.fraction(equation)
    for symbol, (_, number) in zip(law.symbols, point, strict=True):
        polynomial = ring.substitute(polynomial, symbol, Rational(number))
    part = ring.without_content(polynomial, unknown, variable)
    return tuple(
        tuple(int(c) for c in Poly(row, variable).all_coeffs())
        for row in Poly(part, unknown).all_coeffs()
    )


@lru_cache(maxsize=32)
def published(law: Law, point: Point) -> Table:
    """Polynomial in (G, z) of the law's first route, or of its curve if it has none."""
    route: Callable[[], Expr] = next(iter(law.routes.values()), partial(cauchy_polynomial, law))
    return table(law, point, route(), G, z)


def _coefficients(Q: Table, at: mpc) -> list[mpc]:
    return [mpmath.polyval(row, at) for row in Q]


def newton(Q: Table, at: mpc, near: mpc, doublings: int | None = None) -> mpc:
    """The root next to a good approximation, at mpmath's present precision or after few steps."""
    coefficients = _coefficients(Q, at)
    for _ in range(doublings or mpmath.mp.prec.bit_length()):  # of the digits that are right
        residue, slope = mpmath.polyval(coefficients, near, derivative=True)
        step = residue / slope
        near -= step
        if mpmath.mag(step) < mpmath.mag(near) - _SETTLED * mpmath.mp.prec:
            break
    return near


def _smale(Q: Table, at: mpc, near: mpc) -> mpf:
    """Last step of Newton's method times a bound on 1/(distance to a second root).

    From the Taylor coefficients c_k at the approximation: |c_0/c_1|·max |c_k/c_1|^(1/(k-1)), k > 1.
    """
    coefficients, taylor = _coefficients(Q, at), []
    while coefficients:
        for k in range(1, len(coefficients)):
            coefficients[k] += near * coefficients[k - 1]
        taylor.append(coefficients.pop())
    residue, slope, *others = taylor
    with mpmath.workprec(_ROUGH_BITS):
        inverses = (mpmath.root(abs(c / slope), k) for k, c in enumerate(others, 1))
        return abs(residue / slope) * max(inverses, default=mpf(0))


@lru_cache(maxsize=32)
def far_away(Q: Table) -> Place:
    """Where 1/z is much closer to one root than to all others, on the imaginary axis."""
    with mpmath.workprec(_PATH_BITS):
        for exponent in range(200):
            at = mpc(0, mpf(2) ** exponent)
            if _smale(Q, at, 1 / at) < _FAR:
                return Place(at, newton(Q, at, 1 / at))
    raise ArithmeticError("no root is 1/z at infinity")


def follow(Q: Table, at: mpc, start: Place | None = None) -> mpc:
    """G(z), or G(x + i0) on the axis, from another place along a straight line in ln z.

    Such lines stay above the axis, as 0 ≤ arg z ≤ π. Positive ends need an interval of the support
    that holds both.
    """
    here, near = start or far_away(Q)
    origin, way = mpmath.log(here), mpmath.log(at) - mpmath.log(here)
    longest = _LONGEST / max(abs(way), _LONGEST)
    done, step = mpf(0), longest
    while done < 1:
        step = min(step, longest, 1 - done)
        there = mpmath.exp(origin + (done + step) * way)
        # As z → 0, roots with the same mass at zero differ by order z relatively, and are as much
        # less well conditioned.
        lost = max(0, -2 * mpmath.mag(there))
        with mpmath.workprec(_PATH_BITS + lost):
            # Right for any power of z, as G is nearly far away and next to zero.
            power = here * implicit_slope(Q, Place(here, near)) / near
            guess = near * mpmath.exp(power * step * way)
            if _smale(Q, there, guess) < _NEAR:
                done, here, near = done + step, there, newton(Q, there, guess, _PATH_DOUBLINGS)
                step *= 2
            elif abs(step * way) < _SHORTEST:
                raise ArithmeticError(f"two roots meet near z = {mpmath.nstr(there)}")
            else:
                step /= 2
    return newton(Q, at, near)


def implicit_slope(Q: Table, place: Place) -> mpc:
    """G′ = -(∂Q/∂z)/(∂Q/∂G)."""
    rows = [mpmath.polyval(row, place.z, derivative=True) for row in Q]
    by_z = mpmath.polyval([slope for _, slope in rows], place.G)
    _, by_G = mpmath.polyval([coefficient for coefficient, _ in rows], place.G, derivative=True)
    return -by_z / by_G


@claims.verified(
    "independent-cauchy", f"G, off the axis and on both its halves, and ρ are those of {_FOLLOWED}"
)
def cauchy(law: Law, dps: int) -> Values:
    """At every sample point; density inside each interval."""
    for point in points(law):
        Q, inside = published(law, point), inner_points(law, point)
        with mpmath.workdps(dps + GUARD_DIGITS):
            on_axis = (*(-ridge for ridge in _RIDGES), *inside, 100)
            for at in (*OFF_AXIS, *map(mpc, on_axis)):
                found = follow(Q, at)
                expected = value(law, "cauchy_transform", point, at, dps=dps + 10)
                yield f"G({mpmath.nstr(at, 8)}), {shown(point)}", found, expected
            for x in inside:
                density = -follow(Q, x).imag / mpmath.pi
                expected = value(law, "density", point, x, dps=dps + 10)
                yield f"ρ({mpmath.nstr(x, 8)}), {shown(point)}", density, expected


@claims.verified(
    "independent-cauchy-prime",
    "G′ is -(∂Q/∂z)/(∂Q/∂G) and the difference quotient on the root followed from infinity",
)
def cauchy_prime(law: Law, dps: int) -> Values:
    """Both ways at the same places; for the quotient mpmath raises the precision."""
    for point in points(law):
        Q = published(law, point)
        for at in (*OFF_AXIS, mpc(-0.5), *map(mpc, inner_points(law, point))):
            expected = value(law, "cauchy_transform_prime", point, at, dps=dps + 10)
            with mpmath.workdps(dps + GUARD_DIGITS):
                root = follow(Q, at)
                implicit = implicit_slope(Q, Place(at, root))
                quotient = mpmath.diff(partial(newton, Q, near=root), at)
            name = f"G′({mpmath.nstr(at, 8)}), {shown(point)}"
            yield f"{name}, implicitly", implicit, expected
            yield f"{name}, by differences", quotient, expected


@claims.verified(
    "independent-train-error",
    "E_train = (1 - c) - c·γ²·G′(-γ) on the root followed from infinity, c = rows/columns",
)
def train_error(law: Law, dps: int) -> Values:
    """The digits lost in 1 - c·(1 + γ²G′) for small γ are few enough for the guard digits."""
    for point in points(law):
        for ridge in _RIDGES:
            expected = value(law, "train_error", point, ridge, dps=dps + 10)
            with mpmath.workdps(dps + GUARD_DIGITS):
                found = train_error_at(law, point, ridge)
            yield f"E_train({mpmath.nstr(ridge, 8)}), {shown(point)}", found, expected


def train_error_at(law: Law, point: Point, ridge: mpf) -> mpf:
    """E_train at one ridge parameter, from G′ on the root that is followed there."""
    Q, c = published(law, point), real(specialised(law, law.ratio, point))
    slope = implicit_slope(Q, Place(mpc(-ridge), follow(Q, mpc(-ridge))))
    return (1 - c) - c * ridge**2 * slope.real


@claims.verified(
    "independent-polynomials",
    "the polynomials of G, G′ and E_train vanish on the root followed from infinity, with "
    "G′ and E_train = -γ²·G̃′(-γ) from differences of G and G̃",
)
def polynomials_vanish(law: Law, dps: int) -> Values:
    """One plus each sum over the sum of its moduli, against one."""
    for point in points(law)[:3]:
        Q, specialise = published(law, point), partial(table, law, point)
        derived = specialise(cauchy_polynomial(law), G, z)
        prime = specialise(cauchy_prime_polynomial(law), G_prime, z)
        error = specialise(train_error_polynomial(law), E, gamma)
        with mpmath.workdps(dps + GUARD_DIGITS):
            c = real(specialised(law, law.ratio, point))
            for at in OFF_AXIS:
                root = follow(Q, at)
                slope = mpmath.diff(partial(newton, Q, near=root), at)
                where = f"z = {mpmath.nstr(at, 8)}, {shown(point)}"
                yield f"G: {where}", 1 + _residue(derived, at, root), 1
                yield f"G′: {where}", 1 + _residue(prime, at, slope), 1
            for ridge in _RIDGES[:2]:
                root = follow(Q, mpc(-ridge))
                slope = mpmath.diff(partial(_companion, Q, c, root), -ridge)
                found = -(ridge**2) * slope
                yield f"E: γ = {ridge}, {shown(point)}", 1 + _residue(error, ridge, found), 1


def _companion(Q: Table, c: mpf, near: mpc, at: mpc) -> mpc:
    """G̃ next to a place where G is known."""
    return c * newton(Q, at, near) + (1 - c) / at


def _residue(polynomial: Table, variable: mpc, unknown: mpc) -> mpc:
    terms = [c * unknown**k for k, c in enumerate(reversed(_coefficients(polynomial, variable)))]
    return mpmath.fsum(terms) / mpmath.fsum(terms, absolute=True)


@claims.verified(
    "independent-cdf",
    "F(x) = -(1/π)·Im ∫G dz from -1 to x above the axis, and ∫ρ over an interval of the "
    "support is the growth of F, on the root followed from infinity",
    at_most=FEW_DIGITS,
)
def cdf(law: Law, digits: int) -> Values:
    """Along a straight line in ln z, which needs no edges; then over intervals between edges."""
    integral = partial(mpmath.quad, method="gauss-legendre")
    for point in points(law)[:3]:
        Q = published(law, point)
        with mpmath.workdps(digits + 10):
            for x in inner_points(law, point):
                line = [mpc(0, mpmath.pi), mpmath.log(x)]
                found = -integral(_above(Q), line).imag / mpmath.pi
                expected = value(law, "cdf", point, x, dps=digits + 10)
                yield f"F({mpmath.nstr(x, 8)}), {shown(point)}", found, expected
            for a, b in value(law, "support", point, dps=digits + 10):
                growth = integral(_between(Q, a, b), [0, mpmath.pi / 2])
                lower, upper = (value(law, "cdf", point, x, dps=digits + 10) for x in (a, b))
                yield f"from {mpmath.nstr(a, 8)}, {shown(point)}", growth, upper - lower


def _branch(Q: Table, at: mpc) -> Callable[[mpc], mpc]:
    """G at many places, each followed from the nearest of those before it."""
    known = {complex(at): Place(at, follow(Q, at))}

    def cauchy_transform(at: mpc) -> mpc:
        place = complex(at)
        nearest = min(known, key=lambda other: abs(other - place))
        known[place] = Place(at, follow(Q, at, known[nearest]))
        return known[place].G

    return cauchy_transform


def _above(Q: Table) -> Callable[[mpc], mpc]:
    """G·dz/dw for z = exp(w)."""
    branch = _branch(Q, mpc(0, 1))

    def integrand(w: mpc) -> mpc:
        at = mpmath.exp(w)
        return at * branch(at)

    return integrand


def _between(Q: Table, a: mpf, b: mpf) -> Callable[[mpf], mpf]:
    """ρ(x)·dx/dθ for x = a + (b - a)·sin⁶θ, regular also at edges with cube roots."""
    branch = _branch(Q, (a + b) / 2)

    def integrand(theta: mpf) -> mpf:
        cosine, sine = mpmath.cos_sin(theta)
        density = -branch(a + (b - a) * sine**6).imag / mpmath.pi
        return density * 6 * (b - a) * sine**5 * cosine

    return integrand
