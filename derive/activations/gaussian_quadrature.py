"""E f, E xi f and E f^2 at x = sigma xi, xi standard normal, to any precision.

The trapezoidal rule after a double-exponential substitution (Takahasi and Mori, 1974), in ball
arithmetic, on intervals where f is smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, repeat
from math import asinh, ceil, floor, log, log2, prod, sqrt
from typing import TypeAlias

import mpmath
import sympy as sp
from flint import arb, ctx, fmpq
from sympy import Expr, Rational, oo, pi

from derive.activations.expression import X
from derive.activations.gaussian_moments import NotElementaryError, pieces, rational_roots

Integrand: TypeAlias = Callable[[arb], tuple[arb, arb, arb]]
Track: TypeAlias = tuple[Integrand, float, float]
Panel: TypeAlias = tuple[Expr, int, Expr | None, Expr]  # origin, direction, length, f

_TRANSCENDENTAL = (sp.exp, sp.log, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.asin, sp.atan)
_BALLS = {h: getattr(arb, h.__name__) for h in (*_TRANSCENDENTAL, sp.erf, sp.erfc, sp.erfi)}
_LEVELS, _GRID = 7, 4096
GUARD = 5  # digits beyond those asked for, so that these survive rounding


def _ball(f: Expr) -> Callable[[arb], arb]:
    """The function f on balls, constants at the current precision; nan where f is not real."""
    if f == X:
        return lambda t: t
    value = _operation(f, [_ball(arg) for arg in f.args])
    if f.has(X):
        return value
    constant = value(arb(0))
    return lambda t: constant


def _operation(f: Expr, parts: list[Callable[[arb], arb]]) -> Callable[[arb], arb]:
    if f.is_Rational:
        return lambda t: arb(fmpq(int(f.p), int(f.q)))
    if f in (pi, sp.E):
        return lambda t: arb.pi() if f == pi else arb.const_e()
    if f.is_Add:
        return lambda t: sum((part(t) for part in parts[1:]), parts[0](t))
    if f.is_Mul:
        return lambda t: prod((part(t) for part in parts[1:]), start=parts[0](t))
    if f.is_Pow and f.exp.is_Integer:  # arb ** int is nan for some balls that contain zero
        count = abs(int(f.exp))
        if f.exp < 0:
            return lambda t: 1 / prod(repeat(parts[0](t), count), start=arb(1))
        return lambda t: prod(repeat(parts[0](t), count), start=arb(1))
    if f.is_Pow and f.exp == Rational(1, 2):
        return lambda t: parts[0](t).sqrt()
    if f.is_Pow:
        return lambda t: parts[0](t) ** parts[1](t)
    if f.func in _BALLS:
        return lambda t: _BALLS[f.func](parts[0](t))
    raise ValueError(f"no numerical value for {f}")


def _crossings(g: Expr, radius: int) -> list[Expr]:
    """Zeros of g within the radius, bisected to working precision if not in closed form."""
    try:
        return [root for root in rational_roots(g) if abs(root) < radius]
    except NotElementaryError:
        ball = _ball(g)

    def side(p: Rational) -> int:
        value = ball(arb(fmpq(int(p.p), int(p.q))))
        return int(value > 0) - int(value < 0)

    zeros = []
    grid = [Rational(radius * k, _GRID) for k in range(-_GRID, _GRID + 1)]
    for (a, left), (b, right) in pairwise((p, side(p)) for p in grid):
        if left * right < 0:
            for _ in range(ctx.prec):
                middle = (a + b) / 2
                a, b = (middle, b) if side(middle) == left else (a, middle)
        if left * right < 0 or (left and not right):
            zeros.append(b)
    return zeros


def _panels(f: Expr, radius: int) -> Iterator[Panel]:
    """Intervals where f is smooth, with f as function of the distance from a finite end."""

    def zeros(g: Expr) -> list[Expr]:
        return _crossings(g, radius)

    for lo, hi, g in pieces(f, zeros):
        branch = [h.args[0] for h in g.atoms(sp.Pow, sp.log) if not _entire(h)]
        cuts = {p for h in branch for p in zeros(h) if lo < p < hi}
        for a, b in pairwise([lo, *sorted(cuts), hi]):
            if a == -oo and b == oo:
                yield sp.S.Zero, 1, None, g
                continue
            length = (b - a) / 2 if b - a < oo else oo
            for origin, direction in ((a, 1), (b, -1)):
                if origin.is_finite:
                    yield origin, direction, length, _shifted(g, origin + direction * X)


def _shifted(f: Expr, x: Expr) -> Expr:
    """f(x) with the constants of polynomials cancelled, so that singularities sit at 0 exactly."""
    shifted = f.subs(X, x)
    bases = (h.args[0] for h in shifted.atoms(sp.Pow, sp.log))
    return shifted.xreplace({h: sp.expand(h) for h in bases if h.is_polynomial(X)})


def _entire(h: Expr) -> bool:
    """Whether a power or logarithm surely has no singularity on the real line."""
    if h.is_Pow and (not h.base.has(X) or (h.exp.is_Integer and h.exp > 0)):
        return True
    return bool(h.args[0].is_positive or h.args[0].is_negative)


def _path(length: Expr | None, scale: arb) -> Callable[[arb], tuple[arb, arb]]:
    """Double-exponential map u -> (distance, its derivative) onto a panel."""
    if length is None:

        def line(u: arb) -> tuple[arb, arb]:
            sinh, cosh = u.sinh_cosh()
            return scale * sinh, scale * cosh

        return line
    if length == oo:

        def half_line(u: arb) -> tuple[arb, arb]:
            w = (-u).exp()
            t = scale * (u - w).exp()
            return t, t * (1 + w)

        return half_line
    h = _ball(length)(arb(0))

    def interval(u: arb) -> tuple[arb, arb]:
        sinh, cosh = u.sinh_cosh()
        q = (-arb.pi() * sinh).exp()
        return h / (1 + q), h * arb.pi() * cosh * q / (1 + q) ** 2

    return interval


def _range(panel: Panel, s: float, decay: float) -> tuple[float, float]:
    """Range of u up to a Gaussian weight, or a distance from a finite end, of exp(-4 decay)."""
    origin, _, length, _ = panel
    reach = (s * sqrt(8 * decay) + abs(float(origin))) / min(s, 1.0)
    if length is None:
        return -asinh(reach), asinh(reach)
    if length == oo:
        return -log(4 * decay), log(reach) + 1
    return -asinh(2 * decay), asinh(2 * decay)


def _integrand(panel: Panel, s: Expr, centre: arb) -> Integrand:
    """The integrands of E g, E xi g and E g^2 along the path, g = f - centre."""
    origin, direction, length, f = panel
    value, start, sigma = _ball(f), _ball(origin)(arb(0)), _ball(s)(arb(0))
    path = _path(length, _ball(min(s, sp.S.One))(arb(0)))

    def integrand(u: arb) -> tuple[arb, arb, arb]:
        t, slope = path(u)
        xi = (start + direction * t) / sigma
        y, weight = value(t), slope * (-xi * xi / 2).exp() / (sigma * (2 * arb.pi()).sqrt())
        if not y.is_finite():
            raise ValueError(f"no finite real value at x = {mpmath.nstr(_mpf(xi * sigma, 15), 6)}")
        y -= centre
        return weight * y, weight * y * xi, weight * y * y

    return integrand


def _folded(integrand: Integrand, even: bool) -> Integrand:
    """The integrands of an even or odd g with g(0) = 0, folded onto u >= 0."""

    def folded(u: arb) -> tuple[arb, arb, arb]:
        mean, first, second = integrand(u)
        return 2 * even * mean, 2 * (not even) * first, 2 * second

    return folded


def _trapezoid(tracks: list[Track], h: float, shift: float) -> list[arb]:
    """Sums over the nodes (k + shift) h, times h, all panels together."""
    sums = [arb(0), arb(0), arb(0)]
    for integrand, left, right in tracks:
        for k in range(ceil(left / h), floor(right / h) + 1):
            sums = [a + b for a, b in zip(sums, integrand(arb(k + shift) * h), strict=True)]
    return [h * a for a in sums]


def _tracks(f: Expr, s: Expr, decay: float) -> tuple[arb, list[Track]]:
    """A value of f, and the integrands of f minus that value with the ranges of their paths."""
    panels = list(_panels(f, ceil(s * sqrt(8 * decay))))
    *_, length, g = panels[0]
    centre = _ball(g)(_path(length, arb(1))(arb(0))[0]).mid()
    tracks = [(_integrand(p, s, centre), *_range(p, float(s), decay)) for p in panels]
    reflected = f.subs(X, -X)
    if length is None and reflected in (f, -f):
        return centre, [(_folded(tracks[0][0], reflected == f), 0.0, tracks[0][2])]
    return centre, tracks


def _settled(mean: arb, eta: arb, zeta: arb, dps: int) -> tuple[arb, arb, arb] | None:
    """The three, zero where they are negligible; None if rounding leaves too few digits."""
    enough = (dps + GUARD) * log2(10)
    if not eta > 0 or eta.rel_accuracy_bits() < enough:
        return None
    noise = arb(10) ** -(dps + 3) * eta.sqrt()
    mean = arb(0) if abs(mean) < noise else mean
    zeta = arb(0) if abs(zeta) < noise**2 else zeta
    if any(not a.is_zero() and a.rel_accuracy_bits() < enough for a in (mean, zeta)):
        return None
    return mean, eta, zeta


def _refined(f: Expr, s: Expr, dps: int) -> tuple[arb, arb, arb] | None:
    """Mean, eta and zeta at the current precision; None if it may be too low."""
    tolerance, decay = arb(10) ** -(dps + GUARD), (ctx.dps - 12) * log(10)
    centre, tracks = _tracks(f, s, decay)
    h = 4.5 / decay  # the error is about exp(-decay) if f is analytic for |Im u| < pi/4
    sums = _trapezoid(tracks, h, 0)
    for level in range(_LEVELS):
        found = _settled(centre + sums[0], sums[2] - sums[0] ** 2, sums[1] ** 2, dps)
        if not found:
            return None
        mean, eta, zeta = found
        if level == 0 and not _decayed(tracks, tolerance * sums[2]):
            if eta < tolerance:  # f varies only far out, as with a large shift: look farther
                return None
            raise ValueError("E f^2 diverges, or its integrand decays too slowly")
        between = _trapezoid(tracks, h, 0.5)
        errors = (abs(a - b) for a, b in zip(sums, between, strict=True))
        root = eta.sqrt()
        scales = (
            min(root / (1 + abs(sums[0]) / root), root if mean.is_zero() else abs(mean)),
            root if zeta.is_zero() else zeta.sqrt(),
            eta,
        )
        if all(error < tolerance * scale for error, scale in zip(errors, scales, strict=True)):
            return found
        sums, h = [(a + b) / 2 for a, b in zip(sums, between, strict=True)], h / 2
    raise ValueError("the quadrature does not converge: f is singular or oscillates fast")


def _decayed(tracks: list[Track], bound: arb) -> bool:
    """Whether the integrands are negligible at the ends of their paths."""
    return all(
        abs(value) < bound
        for integrand, left, right in tracks
        for u in (left or right, right)  # a folded path begins inside
        for value in integrand(arb(u))
    )


def _rounded(mean: arb, eta: arb, zeta: arb, dps: int) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    digits = dps + GUARD
    return _mpf(mean, digits), _mpf(eta, digits), _mpf(min(zeta, eta), digits)


def _mpf(value: arb, dps: int) -> mpmath.mpf:
    mantissa, exponent = value.mid().man_exp()
    with mpmath.workdps(dps):
        return mpmath.mpf((int(mantissa), int(exponent)))


def decimals(
    mean: Expr, eta: Expr, zeta: Expr, dps: int
) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    """Closed forms of E f, Var f and (E xi f)^2 as numbers, in ball arithmetic.

    Parameters
    ----------
    mean, eta, zeta : sympy.Expr
        Without symbols.
    dps : int
        Decimal digits.

    Returns
    -------
    tuple of mpmath.mpf
        Mean, eta and zeta as in `quadrature`.

    Raises
    ------
    ArithmeticError
        If 0 <= zeta <= eta fails.
    ValueError
        If a number cannot be evaluated.
    """
    for doublings in range(8):
        with ctx.workdps((dps + 20) << doublings):
            m, v, c = (_ball(value)(arb(0)) for value in (mean, eta, zeta))
            if v < 0 or c < 0 or c > v:
                raise ArithmeticError(f"0 <= zeta <= eta fails: eta = {eta}, zeta = {zeta}")
            if found := _settled(m, v, c, dps):
                return _rounded(*found, dps)
    raise ValueError(f"too few digits of mean = {mean}, eta = {eta}, zeta = {zeta}")


def quadrature(f: Expr, sigma: Expr, dps: int) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    """E f, Var f and (E xi f)^2 at x = sigma xi, xi standard normal, numerically.

    The trapezoidal sums over two disjoint sets of nodes must agree, and rounding, which balls
    bound, must not matter. The function is only sampled: a feature that falls between all nodes
    goes unnoticed; their distance is about 4.5 min(sigma, 1) / (dps ln 10) around the origin.

    Parameters
    ----------
    f : sympy.Expr
        In the real symbol `X`, without other symbols.
    sigma : sympy.Expr
        Positive number.
    dps : int
        Decimal digits.

    Returns
    -------
    tuple of mpmath.mpf
        Mean, eta and zeta, right to `dps` digits and with some more, so that they can be
        rounded. A mean below 10^-dps sqrt(eta), or a zeta below 10^(-2 dps) eta, may be zero.

    Raises
    ------
    ValueError
        If f is constant or not real, or if the digits cannot be reached, as when E f^2 diverges.
    """
    for digits in (dps + 20, 2 * dps + 40, 4 * dps + 80):
        with ctx.workdps(digits):
            if found := _refined(f, sigma, dps):
                return _rounded(*found, dps)
    raise ValueError(f"the activation {f} is constant to {4 * dps} digits: eta = 0")
