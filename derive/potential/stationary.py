"""The physical stationary point of a potential, proved in balls.

Newton's method follows it down from far above, as `derive.runtime.solver` does in doubles. A
candidate counts if Krawczyk's test proves a stationary point in a ball around it and the signs of
all unknowns hold on that ball: each in its half-plane; on the real axis off the support real and
moving with z, each to its side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from flint import acb, acb_mat, arb, ctx, fmpq

from derive.digits import UndecidedError
from derive.runtime import solver
from derive.runtime.potential import Node
from derive.runtime.square import ContinuedSquare, continued

Number = fmpq | int

_SEARCH_BITS = 64
_STEPS = 16
_NEXT = 20  # power of two, of a distance to the last point relative to the point
_HIGHER = 10  # places to start from, where the scale of a law is not known
_MOST = 500  # steps of a path
_CORRECTION = 0.25  # relative, by which a step down the path may miss
_ROUNDING = 1e-9
_SHORTEST = 0.01  # step, in the logarithm of the height


# The point last found for a law of each shape: parameters and points may have moved a little only.
_last: dict[tuple[str, int], tuple[acb, list[acb]]] = {}


class Stationary(NamedTuple):
    """The physical stationary point over z, in balls; exactly real where it is real."""

    tree: Node
    z: acb
    unknowns: list[acb]

    @property
    def is_real(self) -> bool:
        """Whether z is real and off the support."""
        return bool(self.z.imag == 0 and self.unknowns[0].imag == 0)


def _root(z: acb, side: int) -> acb:
    if z.real.mid() >= 0:
        return z.sqrt()
    y = z.imag.mid()
    near = 2**20 * abs(y) < abs(z).mid()  # where rounding may have taken y across the axis
    return acb(0, side if near else 1 if y > 0 else -1) * (-z).sqrt()


class _Square(ContinuedSquare):
    root = staticmethod(_root)


class Start(NamedTuple):
    """Approximate unknowns, the precision they are good for, and the power in Newton's method."""

    unknowns: list[acb]
    bits: int
    power: int


@lru_cache(maxsize=64)
def _balls(tree: Node, bits: int) -> Node:
    balls = tree.mapped(lambda value: arb(fmpq(value)))
    return continued(balls, _Square())


def in_balls(tree: Node) -> Node:
    """A tree with ball parameters at flint's present precision."""
    return _balls(tree, ctx.prec)


@lru_cache(maxsize=64)
def floats(tree: Node) -> Node:
    """A tree of rationals as a tree of doubles."""
    return tree.mapped(lambda value: float(Fraction(int(fmpq(value).p), int(fmpq(value).q))))


def radius(tree: Node) -> float:
    """Scale of the law."""
    return floats(tree).scale


def physical(tree: Node, z: acb, hints: Iterable[list[acb]] = ()) -> Stationary:
    """The physical point at flint's present precision.

    Parameters
    ----------
    tree : Node
        With exact parameters.
    z : acb
        In the closed upper half-plane; with imaginary part exactly zero on the axis.
    hints : iterable of list of acb
        Approximate unknowns to try first.

    Raises
    ------
    UndecidedError
        When no candidate passes at this precision.
    """
    balls = in_balls(tree)
    sides = floats(tree).sides
    low = min(_SEARCH_BITS, ctx.prec)
    shape = tree.operation.name, tree.size
    last, unknowns = _last.get(shape, (acb(0), []))
    if abs(z - last) * 2**_NEXT < abs(z):
        hints = [unknowns, *hints]
    candidates = chain(
        (Start(w, ctx.prec, kind) for w in hints for kind in (2, 0)),
        _path(tree, z.mid(), low),
        _path(tree, z.mid(), ctx.prec),
        _in_doubles(tree, z.mid()),
    )
    for start in candidates:
        found = _converged(balls, z.mid(), start)
        if found is not None:
            enclosure = _with_signs(balls, z, found, sides)
            if enclosure is not None:
                _last[shape] = z.mid(), found
                return Stationary(balls, z, enclosure)
    raise UndecidedError("no physical point was proved; this close to an end of the support?")


def _in_doubles(tree: Node, z: acb) -> Iterator[Start]:
    """What the double-precision solver finds."""
    at = np.array([complex(z)])
    if np.isfinite(at).all() and not at == 0 != z:
        w = solver.stationary(floats(tree), at)[:, 0]
        if np.isfinite(w).all():
            yield Start(list(map(acb, w)), ctx.prec, 2)


def _path(tree: Node, z: acb, bits: int) -> Iterator[Start]:
    """Approximate unknowns on the way from far above down to z."""
    with ctx.workprec(bits):
        balls = in_balls(tree)
        height = 4 * (abs(z).mid() + radius(tree))
        # At this precision a point as close to an end of the support is not decided.
        last = height * arb(2) ** -(bits // 2)
        sides = floats(tree).sides
        for _ in range(_HIGHER):
            w: list[acb] | None = [acb(u).mid() for u in _far(tree, balls, z + acb(0, height))]
            for _ in range(4):
                w = w and _newton(balls, z + acb(0, height), w)
            if w and all(s * u.imag >= 0 for s, u in zip(sides, w, strict=True)):
                break
            height *= 16
    rate, attempt, kind = arb(1), True, 2
    for _ in range(_MOST):
        if not w or height < last or rate < _SHORTEST:
            return
        at = z + acb(0, height)
        with ctx.workprec(bits):
            ahead = _moved(w, _step(balls, at, w, z)) if attempt else None
        if ahead:
            yield Start(ahead, bits, kind)
        with ctx.workprec(bits):
            lower = (height * (-rate).exp()).mid()
            below = z + acb(0, lower)
            step = _step(balls, at, w, below) or []
            found = _followed(balls, below, w, step, sides, rate)
            attempt = found is not None
            if found is not None:
                (w, kind), height = found, lower
            rate = min(2 * rate, arb(4)) if attempt else rate / 3


def _far(tree: Node, balls: Node, z: acb) -> list[acb]:
    """The unknowns far away to leading order, in doubles where no rule gives the moments."""

    def means(node: Node) -> tuple:
        return tuple(node.moments(2)[1:])

    def near(node: Node, z: acb) -> list[acb]:
        raise ArithmeticError

    try:
        return balls.start(z, means, near)
    except ArithmeticError:
        return list(map(acb, solver.far(floats(tree), np.array([complex(z)]))[:, 0]))


def _followed(
    tree: Node, z: acb, w: list[acb], step: list[acb], sides: list[int], rate: arb
) -> tuple[list[acb], int] | None:
    """The next point of the path, and the power in Newton's method that led there."""
    # Unknowns go like powers of the height, or are linear, or go through a pole.
    power = rate / (1 - (-rate).exp())
    for move in (lambda s: (power * s).exp(), lambda s: 1 + s, lambda s: 1 / (1 - s)):
        predicted = [(u * move(s)).mid() for u, s in zip(w, step, strict=False)]
        for kind in (2, 0):
            found = _corrected(tree, z, predicted, kind) if predicted else None
            if found and all(s * u.imag >= 0 for s, u in zip(sides, found, strict=True)):
                return found, kind
    return None


def _corrected(tree: Node, z: acb, w: Sequence[acb], power: int) -> list[acb] | None:
    """A point of the path from a predicted one, if Newton's method converges at once."""
    step = _step(tree, z, w, None, power)
    if step is None or (length := _longest(step)) > _CORRECTION:
        return None
    moved = _moved(w, step) or []
    again = _step(tree, z, moved, None, power)
    return _moved(moved, again) if again and _longest(again) < length / 3 + _ROUNDING else None


def _step(
    tree: Node, z: acb, w: Sequence[acb], to: acb | None = None, power: int = 2
) -> list[acb] | None:
    """Newton's step relative to w, along the tangent to another z if it is given.

    The equations are w^power ∂Φ/∂w = 0. With 2 they are close to linear far away.
    """
    gradient, hessian = tree.derivatives(z, w)
    slope = [u * g for u, g in zip(w, gradient[1:], strict=True)]
    rows = [
        [(u * v * h).mid() for v, h in zip(w, row[1:], strict=True)]
        for u, row in zip(w, hessian[1:], strict=True)
    ]
    right = [-s for s in slope]
    for i, u in enumerate(w):
        rows[i][i] = (rows[i][i] + power * slope[i]).mid()
        if to is not None:
            right[i] -= u * hessian[i + 1][0] * (to - z)
    try:
        solution = acb_mat(rows).solve(acb_mat([[r.mid()] for r in right]))
    except (ZeroDivisionError, ValueError):
        return None
    step = [solution[i, 0].mid() for i in range(len(w))]
    return step if all(s.is_finite() for s in step) else None


def _moved(w: Sequence[acb], step: list[acb] | None) -> list[acb] | None:
    """Unknowns after a step, which is shortened where it is long."""
    if step is None:
        return None
    length = 2 * _longest(step)
    damping = 1 if length < 1 else 1 / length
    return [(u * (1 + damping * s)).mid() for u, s in zip(w, step, strict=True)]


def _longest(step: list[acb]) -> arb:
    return max((abs(s).mid() for s in step), key=lambda value: value)


def _newton(tree: Node, z: acb, w: Sequence[acb], power: int = 2) -> list[acb] | None:
    return _moved(w, _step(tree, z, w, None, power))


def _converged(tree: Node, z: acb, start: Start) -> list[acb] | None:
    """A stationary point to the present precision, found at a lower one."""
    with ctx.workprec(start.bits):
        found = _iterated(tree, z, start.unknowns, start.power)
    if found is None or start.bits == ctx.prec:
        return found
    return _iterated(tree, z, found, start.power)


def _iterated(tree: Node, z: acb, w: list[acb], power: int) -> list[acb] | None:
    """Newton's method until a step is short, and one step more."""
    for _ in range(_STEPS):
        step = _step(tree, z, w, None, power)
        moved = _moved(w, step)
        if step is None or moved is None:
            return None
        if _longest(step) < arb(2) ** -(ctx.prec // 3):
            return _newton(tree, z, moved, power) or moved
        w = moved
    return None


def _with_signs(tree: Node, z: acb, w: list[acb], sides: list[int]) -> list[acb] | None:
    """A proved enclosure of a point with the signs of the physical one, or None."""
    if z.imag == 0:
        mirrored = _mirrored(tree, z, w)
        tolerance = arb(2) ** -(ctx.prec // 4)
        if all(abs(u - v) < abs(u).mid() * tolerance for u, v in zip(w, mirrored, strict=True)):
            w = [((u + v) / 2).mid() for u, v in zip(w, mirrored, strict=True)]
        elif max(s * u.imag / abs(u) for s, u in zip(sides, w, strict=True)) < tolerance:
            w = mirrored
    enclosure = _krawczyk(tree, z, w)
    if enclosure is None:
        return None
    # The ball and its mirror image hold one stationary point, which is its own image.
    real = [z.imag == 0 and u.imag == 0 for u in w]
    enclosure = [acb(u.real) if one else u for one, u in zip(real, enclosure, strict=True)]
    signs = [u.imag for u in enclosure]
    above, beside = z, enclosure
    if any(real):
        rates = slopes(tree, z, enclosure)
        signs = [v.real if one else y for one, v, y in zip(real, rates, signs, strict=True)]
        # Operands' arguments rise with z, too: a step that changes nothing by much shows it.
        steps = [abs(z), *(abs(w / v) for w, v in zip(enclosure, rates, strict=True))]
        shortest = min(
            (s.mid() for s in steps if s.mid() > 0 and s.is_finite()), key=lambda value: value
        )
        up = acb(0, shortest) * arb(2) ** -(ctx.prec // 2)
        above, beside = z + up, [w + up * v for w, v in zip(enclosure, rates, strict=True)]
    arguments = solver.places(tree, above, beside)
    sides = [*sides, *(side for side, _ in arguments)]
    signs += [argument.imag for _, argument in arguments]
    signs = [side * sign for side, sign in zip(sides, signs, strict=True) if side]
    if any(sign <= 0 for sign in signs):
        return None
    if not all(sign > 0 for sign in signs):
        raise UndecidedError("a sign could not be decided")
    return enclosure


def _mirrored(tree: Node, z: acb, w: list[acb]) -> list[acb]:
    """The conjugate stationary point, which is one on the axis, too."""
    own, blocks = w[: tree.own], []
    _, _, branches = tree.logarithms(z, w)
    for branch in branches:
        blocks.append(_mirrored(branch.node, branch.at, list(branch.unknowns)))
    if not tree.operation.is_real and z.real < 0 and 2**20 * abs(z.imag) < abs(z):
        blocks.reverse()  # conjugation exchanges the two roots
    return [u.conjugate() for u in own] + [u for block in blocks for u in block]


def slopes(tree: Node, z: acb, w: list[acb]) -> list[acb]:
    """dw/dz."""
    _, hessian = tree.derivatives(z, w)
    try:
        solution = acb_mat([row[1:] for row in hessian[1:]]).solve(
            acb_mat([[-row[0]] for row in hessian[1:]])
        )
    except ZeroDivisionError:
        raise UndecidedError("an edge of the support") from None
    return [solution[i, 0] for i in range(len(w))]


def _krawczyk(tree: Node, z: acb, centre: list[acb]) -> list[acb] | None:
    """A ball around approximate values that holds exactly one stationary point, or None."""
    balls = []
    for w in centre:
        r = arb(0, (abs(w) * arb(2) ** -(ctx.prec // 3)).upper())
        balls.append(acb(w.real + r, w.imag + r))
    _, hessian = tree.derivatives(z, balls)
    gradient, _ = tree.derivatives(z, centre)
    try:
        step = acb_mat([row[1:] for row in hessian[1:]]).solve(acb_mat([[g] for g in gradient[1:]]))
    except (ZeroDivisionError, ValueError):
        return None
    image = [w - step[i, 0] for i, w in enumerate(centre)]
    inside = all(
        ball.real.contains_interior(new.real) and ball.imag.contains_interior(new.imag)
        for ball, new in zip(balls, image, strict=True)
    )
    return image if inside else None
