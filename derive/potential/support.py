"""Ends of the support to any precision: folds of the stationary point, refined from doubles.

Off the support z is an analytic function of any one unknown, and an end of the support is where its
derivative vanishes. The end so found is proved by the points beside it, one in the support and one
off it. At a hard edge, which is at zero, unknowns leave for zero or infinity instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, isinf, log10

import mpmath
from flint import acb, acb_mat, arb, ctx, fmpq

from derive.digits import UndecidedError, to_digits
from derive.potential.stationary import Stationary, in_balls, physical, radius, slopes
from derive.potential.values import density, transforms
from derive.rational import exact
from derive.runtime.potential import Node

Interval = tuple[mpmath.mpf, mpmath.mpf]

_BITS = 96
_AT_INFINITY = fmpq(1, 10**13)  # relative distance to the image of infinity
_BESIDE = fmpq(1, 2**30), fmpq(1, 2**20), fmpq(1, 2**10)  # relative distances to the outer ends
_BETWEEN = fmpq(1, 2), fmpq(3, 8), fmpq(11, 16)  # shares of a gap
_CLOSE = 1e-6  # of a guess to an end, on the scale of the law


def support(tree: Node, dps: int, guess: Sequence[tuple[float, float]]) -> list[Interval]:
    """Intervals of the absolutely continuous part, to `dps` digits.

    Parameters
    ----------
    tree : Node
        With exact parameters.
    dps : int
    guess : sequence of pairs of float
        The intervals in double precision, which tell how many there are.

    Raises
    ------
    ArithmeticError
        When an end is not proved.
    """
    ends = [
        [x if isinf(x) else end(tree, x, side, dps) for x, side in zip(pair, (-1, 1), strict=True)]
        for pair in guess
    ]
    if not any(isinf(end) for pair in ends for end in pair):
        _require_all_mass(tree, ends)
    return list(to_digits(lambda: [(arb(a), arb(b)) for a, b in ends], dps))


def _require_all_mass(tree: Node, ends: list) -> None:
    """Raise an error unless intervals and atoms hold all mass, which is known exactly in gaps."""
    places: list[list[fmpq]] = []
    if ends:
        scale = exact(radius(tree), "radius")
        (low, _), (_, high) = ends[0], ends[-1]
        places.append([low - (abs(low) or scale) * share for share in _BESIDE])
        for (_, left), (right, _) in pairwise(ends):
            if left < right:
                places.append([left + (right - left) * share for share in _BETWEEN])
        places.append([high + (abs(high) or scale) * share for share in _BESIDE])
    with ctx.workprec(2 * _BITS):
        found = [_decided(tree, some) for some in places]
    gaps, below = [x for x, _ in found], [fmpq(0), *(mass for _, mass in found), fmpq(1)]
    atoms = {fmpq(position): fmpq(mass) for position, mass in tree.atoms.items()}
    for k, (left, right) in enumerate(pairwise([None, *gaps, None])):
        held = sum(
            mass
            for position, mass in atoms.items()
            if (left is None or position > left) and (right is None or position < right)
        )
        inside = 0 < k < len(gaps)
        mass = below[k + 1] - below[k] - held
        if not isinstance(mass, fmpq) or (mass <= 0 if inside else mass != 0):
            raise ArithmeticError("the intervals that were found do not hold all mass")


def _decided(tree: Node, places: Sequence[fmpq]) -> tuple[fmpq, fmpq | arb]:
    """The first of some places of a gap at which F is decided, and F."""
    for x in places[:-1]:
        try:
            return x, 1 - transforms(tree, (x, fmpq(0))).turns
        except UndecidedError:
            continue
    return places[-1], 1 - transforms(tree, (places[-1], fmpq(0))).turns


def end(tree: Node, near: float, outward: int, dps: int) -> fmpq:
    """End of the support close to a double; `outward` is 1 for an upper end."""
    at_zero = abs(near) < _CLOSE * radius(tree)
    for image in tree.operation.images(tree.parameters) or ():
        for place, value in zip(image.domain, image.ends, strict=True):
            if place == 0 and at_zero and _is_in(tree.operands[image.operand], dps):
                return fmpq(0)
            if not isinf(place) or isinf(value):
                continue
            if abs(exact(near, "end") - value) < _AT_INFINITY * abs(value):
                return value  # of an unbounded support
    found = []
    for node, place, direction, image, slope in _preimages(tree, near, outward):
        # A shift may cancel digits.
        lost = log10(abs(slope * place / near)) if place and near else 0
        try:
            found.append(image(end(node, place, direction, dps + max(0, ceil(lost)))))
        except ArithmeticError as error:
            reason = error
    if found:
        return min(found, key=lambda e: abs(e - exact(near, "end")))
    if tree.own == 0:
        raise reason if tree.operands else ArithmeticError("atoms have no continuous part")
    hard = at_zero and _is_hard(tree, outward, dps)
    return fmpq(0) if hard else _soft(tree, near, outward, dps)


def _preimages(tree: Node, near: float, outward: int) -> Iterable[tuple]:
    """Operands that may have an end there: place and direction, and the way back with its slope."""
    for image in tree.operation.images(tree.parameters) or ():
        node, place = tree.operands[image.operand], image.backward(exact(near, "end"))
        (left, right), (low, high) = (map(float, pair) for pair in (image.domain, image.ends))
        if not node.is_discrete and left <= float(place) <= right:
            direction = outward if low < high else -outward
            yield node, float(place), direction, image.forward, float(image.slope(place))


def _is_inside(tree: Node, x: fmpq, bits: int, hints: Iterable[list[acb]] = ()) -> bool:
    """Whether a point lies in the interior of the support, at the precision that decides it."""
    for attempt in range(3):
        try:
            with ctx.workprec(bits << attempt):
                return not physical(tree, acb(x), hints).is_real
        except UndecidedError as error:
            reason = error
    raise reason


def _is_in(tree: Node, dps: int) -> bool:
    """Whether zero lies in the interior of the support."""
    with ctx.workprec(8 * dps + _BITS):
        return bool(density(tree, fmpq(0)) > 0)


def _is_hard(tree: Node, outward: int, dps: int) -> bool:
    """Whether the support reaches down to zero and ends there."""
    d = outward * exact(radius(tree), "radius") / fmpq(10) ** (dps + 5)
    bits = 8 * dps + _BITS
    try:
        return _is_inside(tree, -d, bits) and not _is_inside(tree, d, bits)
    except UndecidedError:
        return False


def _soft(tree: Node, near: float, outward: int, dps: int) -> fmpq:
    """A fold, right to `dps` digits."""
    unit = fmpq(1, 10 ** (dps + 5))
    scale = exact(max(abs(near), _CLOSE * radius(tree)), "scale")
    for digits in range(2, 14):
        outside = exact(near, "end") + outward * scale / fmpq(10) ** digits
        with ctx.workprec(int(4 * 3.33 * dps) + 2 * _BITS):
            try:
                point = physical(tree, acb(outside))
                curve = point.is_real and _fold(tree, point, exact(near, "end") - outside, dps)
            except UndecidedError:
                continue
            if not curve:
                continue
            found = _exact(curve.z)
        if abs(found - exact(near, "end")) > abs(outside - exact(near, "end")):
            continue  # another end
        d = outward * abs(found) * unit
        bits = 8 * dps + _BITS
        with ctx.workprec(bits):
            hints = [curve.beside(acb(d)), curve.beside(acb(-d))]
        try:
            if not _is_inside(tree, found + d, bits, hints[0]) and _is_inside(
                tree, found - d, bits, hints[1]
            ):
                return found
        except UndecidedError:
            continue
    raise ArithmeticError(f"no end of the support found to {dps} digits near {near}")


def _exact(z: acb) -> fmpq:
    mantissa, exponent = z.real.mid().man_exp()
    return fmpq(int(mantissa)) * fmpq(2) ** int(exponent)


def _fold(tree: Node, start: Stationary, way: fmpq, dps: int) -> _Curve | None:
    """Zero of dz/dw_p by the secant method, from a point off the support."""
    rates = slopes(start.tree, start.z, start.unknowns)
    relative = [
        abs(d / w).mid() if w.imag == 0 else arb(0)
        for d, w in zip(rates, start.unknowns, strict=True)
    ]
    p = max(range(len(rates)), key=relative.__getitem__)
    curve = _Curve(tree, p, start)
    last, slope = curve.w[p], curve.slope()
    w = last + rates[p].mid() * arb(way) / 2
    for _ in range(100):
        if not curve.move(w.mid()):
            return None
        new = curve.slope()
        if new == slope:
            break
        curve.bend = ((new - slope) / (w - last)).mid()
        last, slope, w = w, new, (w - new * (w - last) / (new - slope)).mid()
        if not w.is_finite():
            return None
        if abs(w - last) < abs(w) * arb(10) ** -(dps + 10):
            break
    return curve if curve.move(w) else None


class _Curve:
    """Stationary points with z and all unknowns but one as functions of that one."""

    def __init__(self, tree: Node, p: int, start: Stationary):
        self.tree, self.p = in_balls(tree), p
        self.z, self.w = start.z.mid(), [w.mid() for w in start.unknowns]
        self.bend = acb(0)  # d²z/dw_p²

    def _solve(self, right: Sequence[acb]) -> list[acb]:
        _, hessian = self.tree.derivatives(self.z, self.w)
        rows = [row[1:] for row in hessian[1:]]
        for row, whole in zip(rows, hessian[1:], strict=True):
            row[self.p] = whole[0]
        solution = acb_mat([[acb(v).mid() for v in row] for row in rows]).solve(
            acb_mat([[acb(v).mid()] for v in right])
        )
        return [solution[i, 0].mid() for i in range(len(right))]

    def _direction(self) -> list[acb]:
        """d/dw_p of the other unknowns, and of z at the place of w_p."""
        _, hessian = self.tree.derivatives(self.z, self.w)
        return self._solve([-acb(row[1 + self.p]) for row in hessian[1:]])

    def slope(self) -> acb:
        """dz/dw_p."""
        return self._direction()[self.p]

    def move(self, w: acb) -> bool:
        """To another value of w_p, by Newton's method."""
        self.w[self.p] = w
        for _ in range(60):
            gradient, _ = self.tree.derivatives(self.z, self.w)
            try:
                step = self._solve(gradient[1:])
            except (ZeroDivisionError, ValueError):
                return False
            for i, d in enumerate(step):
                if i == self.p:
                    self.z = (self.z - d).mid()
                else:
                    self.w[i] = (self.w[i] - d).mid()
            if not self.z.is_finite():
                return False
            if abs(step[self.p]) <= abs(self.z) * arb(2) ** (20 - ctx.prec):
                return True
        return False

    def beside(self, d: acb) -> list[list[acb]]:
        """Approximate unknowns at a small distance from a fold, where z = z₀ + bend·δ²/2."""
        delta = (2 * d / self.bend).sqrt()
        found = []
        for step in (delta, -delta):
            direction = self._direction()
            direction[self.p] = acb(1)
            found.append([(w + step * v).mid() for w, v in zip(self.w, direction, strict=True)])
        return found
