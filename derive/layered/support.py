"""Support of a layered law: its gaps by the values that F can take there, its ends as folds.

Off the support z is an analytic function of any one σ_p, and an end of the support is where
dz/dσ_p = 0. The end so found is proved by the points beside it, one in the support and one off it.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise, product

import mpmath
from flint import acb, acb_mat, arb, ctx, fmpq

from derive.digits import UndecidedError, to_digits
from derive.layered.stack import Stack
from derive.layered.stationary import Stationary, in_balls, physical
from derive.rational import exact

Interval = tuple[mpmath.mpf, mpmath.mpf]

_BITS = 96  # of the search
_HALVINGS = 44
_MOST_FREE_NODES = 6
_MOST_LEVELS = 1000
_ROUNDING = 1e-10  # of values of F


def decided(stack: Stack, x: fmpq, bits: int = _BITS) -> Stationary:
    """Physical point at x + i0, at the precision that decides it."""
    most = 8 * bits
    while True:
        with ctx.workprec(bits):
            try:
                return physical(stack, (x, fmpq(0)))
            except UndecidedError:
                if bits > most:
                    raise
        bits *= 2


def is_inside(stack: Stack, x: fmpq, bits: int = _BITS) -> bool:
    """Whether a point, counted from the stack's position, lies in the interior of the support."""
    return any(s.imag != 0 for s in decided(stack, x, bits).sigmas)


def near_bottom(stack: Stack) -> fmpq:
    """A point above the stack's position, below every edge that the parameters' digits allow."""
    digits = max(len(str(fmpq(number))) for number in stack.numbers())
    return fmpq(1, 10 ** (10 + 4 * digits))


def support(stack: Stack, dps: int) -> list[Interval]:
    """Intervals of the absolutely continuous part.

    In a gap all logarithms of U are real or turned by π, so that F there is one of finitely many
    numbers. Each is looked for by bisection of F, down to a relative width of 2^-40.
    """
    low, high = near_bottom(stack), fmpq(1)
    while is_inside(stack, high) or distribution(stack, high) < 1 - _ROUNDING:
        high *= 2
    gaps = [_gap(stack, level, low, high) for level in _levels(stack)]
    outside = sorted({low, high, *(gap for gap in gaps if gap is not None)})
    intervals = []
    for left, right in pairwise(outside):
        middle = _within(stack, left, right)
        if middle is None:  # one gap met twice
            continue
        hard = left == low and is_inside(stack, low)
        lower = fmpq(0) if hard else _end(stack, left, middle, dps)
        upper = _end(stack, right, middle, dps)
        intervals.append((lower, upper))
    position = fmpq(stack.position)
    ends = to_digits(lambda: [(arb(a + position), arb(b + position)) for a, b in intervals], dps)
    return list(ends)


def distribution(stack: Stack, x: fmpq) -> float:
    """F, as a float."""
    return 1 - float(decided(stack, x).turns.mid())


def _levels(stack: Stack) -> list[float]:
    """Values that F can take in a gap, between the mass at the bottom and one.

    Im U/π is the weight of the nodes with ℓ > z, and n_i wherever just one of σ_i and c_i is
    negative; c_i has the sign of σ_(i-1) or is positive.
    """
    nodes = sorted(stack.nodes, key=lambda node: node.fixed + sum(node.entries))
    weights = [_float(node.weight) for node in nodes]
    if len(nodes) <= _MOST_FREE_NODES:
        choices = product((0, 1), repeat=len(weights))
        above = {sum(w * one for w, one in zip(weights, chosen, strict=True)) for chosen in choices}
    else:  # ℓ in order
        below = [0.0, *accumulate(weights)]
        above = {*below, *(1 - total for total in below)}
    ends: dict[int, set[float]] = {0: {0.0}}  # sums of n_i so far, by the sign of the last σ
    for layer in stack.layers:
        n = _float(layer.dimension)
        ends = {
            sign: {round(t + n * (sign - last), 11) for last, sums in ends.items() for t in sums}
            for sign in (0, 1)
        }
        if sum(map(len, ends.values())) > _MOST_LEVELS:
            raise ArithmeticError(
                f"the support has more than {_MOST_LEVELS} possible gaps; fewer layers, or ratios "
                "that are alike, have less"
            )
    turned = set().union(*ends.values())
    mass = _float(stack.mass())
    found = {round(1 - a - t, 11) for a in above for t in turned}
    return sorted(level for level in found if mass + _ROUNDING < level < 1 - _ROUNDING)


def _float(value: fmpq) -> float:
    value = fmpq(value)
    return float(Fraction(int(value.p), int(value.q)))


def _gap(stack: Stack, level: float, low: fmpq, high: fmpq) -> fmpq | None:
    """A point off the support with this value of F, if bisection meets one."""
    for _ in range(_HALVINGS):
        middle = _middle(low, high)
        excess = distribution(stack, middle) - level
        if abs(excess) < _ROUNDING and not is_inside(stack, middle):
            return middle
        low, high = (middle, high) if excess < 0 else (low, middle)
    return None


def _within(stack: Stack, left: fmpq, right: fmpq) -> fmpq | None:
    """A point of the support between two points off it; None if F does not rise there."""
    below, above = distribution(stack, left), distribution(stack, right)
    if above - below < _ROUNDING:
        return None
    while not is_inside(stack, middle := _middle(left, right)):
        if 2 * distribution(stack, middle) < below + above:
            left = middle
        else:
            right = middle
    return middle


def _middle(low: fmpq, high: fmpq) -> fmpq:
    """A number between, halfway on a logarithmic scale if they are far apart."""
    with mpmath.workdps(40):
        a, b = (mpmath.mpf(int(value.p)) / int(value.q) for value in (low, high))
        return exact(mpmath.nstr(mpmath.sqrt(a * b) if b > 4 * a else (a + b) / 2, 30), "x")


def _end(stack: Stack, outside: fmpq, inside: fmpq, dps: int) -> fmpq:
    """End of the support between two points, right to `dps` digits."""
    upper, digits = outside > inside, 6
    unit = fmpq(1, 10 ** (dps + 5))
    for _ in range(20):
        while abs(outside - inside) * 10**digits > max(outside, inside):
            middle = _middle(*sorted((outside, inside)))
            if is_inside(stack, middle):
                inside = middle
            else:
                outside = middle
        end = _fold(stack, outside, inside, dps)
        if end is not None:
            beside = end * (1 + unit), end * (1 - unit)
            inner, outer = reversed(beside) if upper else beside
            bits = 8 * dps + _BITS
            if is_inside(stack, inner, bits) and not is_inside(stack, outer, bits):
                return end
        digits += 3
    raise ArithmeticError(f"no end of the support found to {dps} digits near {inside}")


def _fold(stack: Stack, outside: fmpq, inside: fmpq, dps: int) -> fmpq | None:
    """Zero of dz/dσ_p by the secant method, from a point off the support."""
    with ctx.workprec(int(4 * 3.33 * dps) + 100):
        try:
            start = physical(stack, (outside, fmpq(0)))
            slopes = [d / s for d, s in zip(start.slopes, start.sigmas, strict=True)]
        except UndecidedError:
            return None
        p = max(range(len(slopes)), key=lambda i: abs(slopes[i]).mid())
        curve = _Curve(in_balls(stack), p, start.z, start.sigmas)
        last, slope = curve.s, curve.slope()
        s = last + start.slopes[p].mid() * arb(inside - outside) / 2
        for _ in range(100):
            if not curve.move(s.mid()):
                return None
            new = curve.slope()
            if new == slope:
                break
            last, slope, s = s, new, (s - new * (s - last) / (new - slope)).mid()
            if not s.is_finite():
                return None
            if abs(s - last) < abs(s) * arb(10) ** -(dps + 10):
                break
        if not curve.move(s):
            return None
        mantissa, exponent = curve.z.real.mid().man_exp()
        power = fmpq(2) ** int(exponent)
        return fmpq(int(mantissa)) * power


class _Curve:
    """Stationary points with z and all σ but one as functions of that one."""

    def __init__(self, stack: Stack, p: int, z: acb, sigmas: list[acb]):
        self.stack, self.p, self.z, self.sigmas = stack, p, z.mid(), [s.mid() for s in sigmas]

    @property
    def s(self) -> acb:
        """The σ that is free."""
        return self.sigmas[self.p]

    def _solve(self, right: list[acb]) -> list[acb]:
        hessian, mixed = (f(self.sigmas, self.z) for f in (self.stack.hessian, self.stack.mixed))
        for row, m in zip(hessian, mixed, strict=True):
            row[self.p] = m
        solution = acb_mat([[v.mid() for v in row] for row in hessian]).solve(
            acb_mat([[v.mid()] for v in right])
        )
        return [solution[i, 0].mid() for i in range(len(right))]

    def slope(self) -> acb:
        """dz/dσ_p."""
        column = [row[self.p] for row in self.stack.hessian(self.sigmas, self.z)]
        return -self._solve(column)[self.p]

    def move(self, s: acb) -> bool:
        """To another value of σ_p, by Newton's method."""
        self.sigmas[self.p] = s
        for _ in range(60):
            step = self._solve(self.stack.gradient(self.sigmas, self.z))
            for i, d in enumerate(step):
                if i == self.p:
                    self.z = (self.z - d).mid()
                else:
                    self.sigmas[i] = (self.sigmas[i] - d).mid()
            if not self.z.is_finite():
                return False
            if abs(step[self.p]) <= abs(self.z) * arb(2) ** (20 - ctx.prec):
                return True
        return False
