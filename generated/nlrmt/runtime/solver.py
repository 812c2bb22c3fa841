"""The physical stationary point in doubles, for arrays of z in the closed upper half-plane.

From far above some of the points the stationary point is followed down to them; between these it
is sought from its neighbours, and where that fails from above, too. A point counts because the
signs of all unknowns and of all operands' arguments prove it, never because a path led there: in
the half-plane each on its side; on the real axis off the support real and moving with z, each to
its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .potential import Node, kept
from .potential import _nonzero as nonzero
from .square import ContinuedSquare, continued

_STRIDE = 8  # every so many points are sought from above first
_MANY, _CELLS = 500, 200  # real points for which a table is made, and points it begins with
_POWERS, _PARTS, _REFINEMENTS, _NARROW = 40, 8, 5, 1e-9  # of the further ones
_MOVES = 300  # on a path down
_LONGEST, _SHORTEST = 7.0, 1e-3  # moves, in the logarithm of the height
_POWER = 0.8  # of the height with which unknowns go at hard edges; one at poles
_CORRECTION = 0.25  # relative, by which a move may miss
_CORRECTIONS, _SMALL, _SHORTER, _NOISE = 7, 1e-4, 0.1, 1e-10
_LOWEST = 1e-17  # height to stop at, relative to z
_REAL = 1e-6  # imaginary parts, relative, of unknowns that may be real ones
_ROUNDING, _EPS = 1e-13, 2.0**-52
TINY = 2.0**-200  # heights above real points that show the side and change nothing else
_STEPS = 12
_CLOSE = 1e-9  # relative, of a parameter of which nothing depends on to first order
_SQUARE = ContinuedSquare()


class _Layout(NamedTuple):
    """What the unknowns of a tree are: the sides they lie on, and their places by operation."""

    sides: list[int]
    blocks: list[tuple[int, ...]]
    is_real: bool  # at real points off the support


@kept
def _layout(tree: Node) -> _Layout:
    blocks, base = [tuple(range(tree.own))], tree.own
    for node in tree.operands:
        blocks += [tuple(base + k for k in block) for block in _layout(node).blocks]
        base += node.size
    is_real = tree.operation.is_real and all(_layout(node).is_real for node in tree.operands)
    return _Layout(tree.sides, [block for block in blocks if block], is_real)


def stationary(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at every z, along the first axis; NaN where no point is proved.

    Imaginary parts are exactly zero on the real axis off the support.
    """
    tree = above(tree)
    real = z.imag == 0
    if np.count_nonzero(real) < _MANY:
        return _sought(tree, z)
    found = np.empty((tree.size, z.size), complex)
    found[:, real] = _completed(tree, z[real], _table(tree))
    found[:, ~real] = _sought(tree, z[~real])
    return found


def _completed(tree: Node, z: np.ndarray, table: Table) -> np.ndarray:
    """The unknowns at real points, between those of a table if that works."""
    found = np.full((tree.size, z.size), np.nan + 0j)
    with np.errstate(all="ignore"):
        _fill(tree, z, found, np.arange(z.size), table)
    rest = np.flatnonzero(np.isnan(found[0]))
    found[:, rest] = _sought(tree, z[rest])
    return found


@kept
def above(tree: Node) -> Node:
    """The law as it is approached from above, if that makes a difference."""
    return tree if _layout(tree).is_real else continued(tree, _SQUARE)


class Table(NamedTuple):
    """Points found, in increasing order of their real parts, with dw/dz."""

    x: np.ndarray
    w: np.ndarray
    slopes: np.ndarray


class Axis:
    """The real axis as it is explored: what is found helps to find what is next to it."""

    def __init__(self, tree: Node):
        self.tree = tree
        self._table: Table | None = None

    def unknowns(self, x: np.ndarray) -> np.ndarray:
        """The unknowns at points, as `stationary` gives them."""
        tree, z = above(self.tree), x + 0j
        w = _completed(tree, z, self._table) if self._table else _sought(tree, z)
        self._table = _merged(tree, self._table, x, w)
        return w


def _merged(tree: Node, table: Table | None, x: np.ndarray, w: np.ndarray) -> Table:
    with np.errstate(all="ignore"):
        added = Table(x, w, _step(tree, x + 0j, w)[1])
    parts = [np.concatenate(pair, axis=-1) for pair in zip(table or added, added, strict=True)]
    _, order = np.unique(parts[0], return_index=True)
    order = order[~np.isnan(parts[1][0, order])]
    return Table(*(part[..., order] for part in parts))


@kept
def _table(tree: Node) -> Table:
    """Points of the real axis, so close together that those between follow from them."""
    powers = tree.scale * 2.0 ** -np.arange(_POWERS)
    grid = 1.1 * tree.scale * np.linspace(-1, 1, _CELLS)
    new, table = np.unique(np.concatenate([-powers, grid, powers])), None
    for _ in range(_REFINEMENTS):
        table = _merged(tree, table, new, _sought(tree, new + 0j))
        with np.errstate(all="ignore"):
            middle = (table.x[1:] + table.x[:-1]) / 2
            found = np.full((tree.size, middle.size), np.nan + 0j)
            _fill(tree, middle + 0j, found, np.arange(middle.size), table)
        wide = np.diff(table.x) > _NARROW * np.maximum(np.abs(middle), _NARROW * tree.scale)
        cell = np.flatnonzero(np.isnan(found[0]) & wide)
        shares = np.arange(1, _PARTS) / _PARTS
        new = np.ravel(table.x[cell] + np.outer(shares, table.x[cell + 1] - table.x[cell]))
    assert table is not None
    return table


def _sought(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at every z: some from far above, others between them, the rest from above."""
    found = np.full((tree.size, z.size), np.nan + 0j)
    order = np.argsort(z.real, kind="stable")
    with np.errstate(all="ignore"):
        if z.size > 4 * _STRIDE:
            _descend(tree, z, found, order[::_STRIDE])
            for _ in range(2):
                missing = np.isnan(found[0, order])
                known = order[~missing]
                if known.size:
                    w = found[:, known]
                    table = Table(z[known].real, w, _step(tree, z[known], w)[1])
                    _fill(tree, z, found, order[missing], table)
            order = order[np.isnan(found[0, order])]
        _descend(tree, z, found, order)
    return found


def _fill(tree: Node, z: np.ndarray, found: np.ndarray, lanes: np.ndarray, table: Table) -> None:
    """Fill in points between known ones: by cubic interpolation, or next to one of the two."""
    place = np.searchsorted(table.x, z[lanes].real)
    between = (place > 0) & (place < table.x.size)
    lanes, place = lanes[between], place[between]
    if not lanes.size:
        return
    width = table.x[place] - table.x[place - 1]
    t = (z[lanes].real - table.x[place - 1]) / np.where(width > 0, width, np.inf)
    a, b = table.w[:, place - 1], table.w[:, place]
    da, db = table.slopes[:, place - 1] * width, table.slopes[:, place] * width
    cubic = a + t * (da + t * (3 * (b - a) - 2 * da - db + t * (2 * (a - b) + da + db)))
    for guess in (cubic, a, b):
        left = np.flatnonzero(np.isnan(found[0, lanes]))
        if left.size:
            point, good = accepted(tree, z[lanes[left]], guess[:, left])
            found[:, lanes[left[good]]] = point[:, good]


def _descend(tree: Node, z: np.ndarray, found: np.ndarray, lanes: np.ndarray) -> None:
    """Fill in points by following them down from far above."""
    z = z[lanes]
    last = _LOWEST * np.where(z == 0, _extent(tree, z), np.abs(z))
    height, w, slopes = _above(tree, z)
    # In each the logarithm of a step; how far an attempt at the goal may go; Newton's variant.
    length, limit, power = np.full(z.size, 1.5), np.full(z.size, 0.5), np.full(z.size, 2.0)
    for _ in range(_MOVES):
        lower = height * np.exp(-length)
        ahead = _lower(w, 1j * slopes * height, length)
        new, tangent, there = _followed(tree, z + 1j * lower, ahead, power)
        w, slopes = np.where(there, new, w), np.where(there, tangent, slopes)
        height = np.where(there, lower, height)
        length = np.where(there, np.minimum(1.7 * length, _LONGEST), length / 1.7)
        power = np.where(there, power, 2 - power)
        change = np.max(np.abs(slopes / w), axis=0) * height
        done = (height < last) | (length < _SHORTEST) | ~np.isfinite(change)
        near = np.flatnonzero(there & (change < limit))
        if near.size:
            # Next to an edge attempts fail at first: each takes a much shorter way than the last.
            limit[near] /= 8
            step = -1j * slopes[:, near] * height[near]
            point, good = accepted(tree, z[near], _ahead(w[:, near], step))
            found[:, lanes[near[good]]] = point[:, good]
            done[near[good]] = True
        if done.all():
            break
        if done.any():
            z, lanes, last, height, length, limit, power = (
                part[~done] for part in (z, lanes, last, height, length, limit, power)
            )
            w, slopes = w[:, ~done], slopes[:, ~done]


def _above(tree: Node, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heights far above, points there and their slopes; heights are raised where necessary."""
    height = 4 * _extent(tree, z)
    for _ in range(6):
        at = z + 1j * height
        w = far(tree, at)
        for _ in range(_STEPS):
            step, _ = _step(tree, at, w, 2.0)
            w = _moved(w, step)
            if (np.abs(step) < 0.1).all():
                break
        w, slopes, there = _followed(tree, at, w, 2.0)
        if there.all():
            break
        height[~there] *= 16
    return height, np.where(there, w, np.nan), slopes


def far(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns far away to leading order."""
    return _stack(tree.start(z, _means, _near), z.size)


def _followed(
    tree: Node, z: np.ndarray, w: np.ndarray, power: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points from predicted ones, their slopes, and where Newton's method leads there."""
    sides = np.array(_layout(tree).sides)[:, None]
    predicted, slopes, length = w, w, np.zeros(z.size)
    done = np.zeros(z.size, bool)
    for _ in range(_CORRECTIONS):
        w = _relaxed(tree, z, w)
        step, new = _step(tree, z, w, power)
        w, slopes = np.where(done, w, w * (1 + step)), np.where(done, slopes, new)
        before, length = length, np.where(done, length, np.max(np.abs(step), axis=0))
        # Next to a pole a short step alone says nothing: it has to be short beside the last one.
        done |= (length < _SMALL) & (length < np.maximum(_SHORTER * before, _NOISE))
        if not (~done & (length < 2 * _CORRECTION)).any():
            break
    there = done & (np.abs(w / predicted - 1).max(axis=0) < _CORRECTION)
    there &= (sides * w.imag > -_ROUNDING * np.abs(w)).all(axis=0)
    for side, place in places(tree, z, list(w)):
        there &= side * place.imag >= -_ROUNDING * np.abs(place)
    return w, slopes, there


def _relaxed(tree: Node, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Operands' unknowns after a step at their arguments, those of the operation as they are."""
    own, blocks = w[: tree.own], []
    for branch in tree.logarithms(z, list(w))[2]:
        inner = np.array(branch.unknowns)
        if inner.size:
            at = np.broadcast_to(branch.at, z.shape)
            inner = _relaxed(branch.node, at, inner)
            inner = _moved(inner, _step(branch.node, at, inner)[0])
        blocks.append(inner.reshape(len(branch.unknowns), z.size))
    return np.concatenate([own, *blocks])


def _ahead(w: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Unknowns after a step along the tangent: of 1/w where they grow, for they may be infinite."""
    step = step / w
    return np.where(step.real > 0, w / (1 - step), w * (1 + step))


def _lower(w: np.ndarray, rise: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Unknowns at height·exp(-length), of slopes rise/height: at hard edges powers of it."""
    power = rise / w
    mild = np.abs(power).max(axis=0) < _POWER
    return np.where(mild, w * np.exp(-power * length), _ahead(w, rise * np.expm1(-length)))


@kept
def _means(node: Node) -> tuple[float, float]:
    """First and second moment, by values far away where no rule gives them."""
    try:
        _, first, second = node.moments(2)
    except ArithmeticError:
        from .transforms import transforms  # which needs starting values itself

        z = 1e3j * node.scale
        rest = z * (z * transforms(node, z).cauchy - 1)
        first = complex(rest[()]).real
        second = complex((z * (rest - first))[()]).real
    return first, second


def _near(node: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at z in either half-plane."""
    w = stationary(node, np.where(z.imag < 0, z.conj(), z))
    return np.where(z.imag < 0, w.conj(), w)


def _extent(tree: Node, z: np.ndarray) -> np.ndarray:
    """A distance from all of the support."""
    return np.abs(z) + tree.scale


def accepted(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The stationary points next to approximate ones, and where they are the physical ones."""
    sides = np.array(_layout(tree).sides, float)[:, None]
    w, good, error = _converged(tree, z, w)
    on_axis = z.imag == 0
    checked = sides != 0
    rise = np.where(checked, sides * w.imag / np.abs(w), np.inf)
    # On the axis the conjugate of a stationary point is one, too.
    flip = on_axis & ((rise < 0) | ~checked).all(axis=0)
    w, rise = np.where(flip, w.conj(), w), np.where(flip & checked, -rise, rise)
    highest = np.where(checked, np.abs(rise), 0).max(axis=0, initial=0)
    # On the axis, too, some are real but for rounding if others are far from that: at hard edges
    # unknowns of outer operations have limits, on the side to which those of inner ones turn them.
    least = np.where(on_axis, np.where(highest > _REAL, -_ROUNDING, _ROUNDING), 0)
    proved = good & (rise > least).all(axis=0)
    # Next to a real double root a last step may be short by chance: z is known to rounding.
    low = np.flatnonzero(good & on_axis & (highest < _REAL))
    moved = _step(tree, z[low], w[:, low])[1] * z[low] * (_EPS / 8)
    error[low] = np.fmax(error[low], np.max(np.abs(moved / w[:, low]), axis=0, initial=0))
    flat = (highest < _REAL) & ~(on_axis & (highest > 100 * error))
    near = np.flatnonzero(good & flat & (on_axis | ~proved))
    if near.size:
        x, y = z[near].real, z[near].imag
        real, settled = w[:, near].real, (w[:, near].imag == 0).all(axis=0) & (y == 0)
        rough = np.flatnonzero(~settled)
        real[:, rough], settled[rough], _ = _converged(tree, x[rough], real[:, rough])
        slopes = _step(tree, x, real)[1]
        above = real + 1j * slopes * y
        # The first order in y is enough where y itself is next to rounding.
        settled &= (np.abs(slopes * y) <= 1e-9 * np.abs(real)).all(axis=0)
        same = settled & (np.abs(w[:, near] - above) <= 1e-4 * np.abs(real)).all(axis=0)
        settled &= (np.where(checked, sides * slopes, 1) > 0).all(axis=0)
        move = 1j * TINY * np.abs(x)
        for side, place in places(tree, x + move, list(real + slopes * move)):
            settled &= side * place.imag >= -_ROUNDING * TINY * np.abs(place)
        w[:, near] = np.where(settled, above, w[:, near])
        # A real point whose imaginary part is rounding proves nothing.
        proved[near] = np.where(same | on_axis[near], settled, settled | proved[near])
    for side, place in places(tree, z, list(w)):
        proved &= side * place.imag >= -_ROUNDING * np.abs(place)
    # Below real unknowns others may be complex: A² has those of A at √z, imaginary for z < 0.
    mixed = np.flatnonzero(good & on_axis & ~proved & ~(np.abs(rise) < _REAL).all(axis=0))
    if mixed.size and not _layout(tree).is_real:
        x, flat = z[mixed], np.abs(rise[:, mixed]) < 1e-10
        there = np.where(flat, w[:, mixed].real, w[:, mixed])  # above cuts of operands' arguments
        step, _ = _step(tree, x, there)
        right = (np.abs(step) < 1e-7).all(axis=0) & np.where(
            flat, sides * _step(tree, x, there)[1].real > 0, rise[:, mixed] > _REAL
        ).all(axis=0)
        for side, place in places(tree, x, list(there)):
            right &= side * place.imag >= -_ROUNDING * np.abs(place)
        w[:, mixed], proved[mixed] = there, right
    return w, proved


def fold(tree: Node, z: float, w: np.ndarray, end: float) -> float:
    """The z at which real stationary points turn back, from one of them and an approximate end.

    Along them an unknown s is a parameter that z does not depend on to first order at the turn,
    which is the zero of dz/ds, by secants: an error of s is felt in second order.
    """
    slopes = _step(tree, np.array([z]), w[:, None])[1][:, 0]
    k = int(np.argmax(np.abs(slopes / w)))
    s, rise = w[k], 1 / slopes[k]
    new = s + 2 * (end - z) / rise
    try:
        for _ in range(_STEPS):
            z, w, next_ = _turned(tree, z, w, k, new)
            s, new, rise = new, new - next_ * (new - s) / (next_ - rise), next_
            if not np.abs(new - s) > _CLOSE * np.abs(s):
                return z
    except np.linalg.LinAlgError:
        pass
    return np.nan


def _turned(
    tree: Node, z: float, w: np.ndarray, k: int, s: float
) -> tuple[float, np.ndarray, float]:
    """The real stationary point at which the unknown w_k is s, and dz/ds there."""
    found = w.copy()
    found[k] = s
    for _ in range(_STEPS):
        gradient, rows = tree.derivatives(z, list(found))
        matrix = np.array(rows, float)[1:]
        across = matrix[:, k + 1]
        # z takes the place of the unknown that is known.
        matrix = np.column_stack([matrix[:, 1 : k + 1], matrix[:, 0], matrix[:, k + 2 :]])
        solved = np.linalg.solve(matrix, np.column_stack([gradient[1:], across]))
        step, z = solved[:, 0].copy(), z - solved[k, 0]
        step[k] = 0
        found -= step
        if not np.max(np.abs(step / found), initial=np.abs(solved[k, 0] / z)) > 4 * _EPS:
            break
    return z, found, -solved[k, 1]


def places(tree: Node, z: Any, w: Sequence[Any], side: int = 1) -> list[tuple]:
    """Sides and values of all arguments of operands that have to lie in a half-plane."""
    found = []
    for branch in tree.logarithms(z, w)[2]:
        below = side * branch.side
        found.append((below, branch.at))
        found += places(branch.node, branch.at, branch.unknowns, below)
    return found


def _converged(
    tree: Node, z: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton's method to the end, where it got there, and the lengths of the last steps."""
    w, good = w.copy(), np.zeros(z.size, bool)
    active, last = np.arange(z.size), np.full(z.size, np.inf)
    for k in range(_STEPS):
        step, _ = _step(tree, z[active], w[:, active], 2.0)
        w[:, active] = _moved(w[:, active], step)
        length = np.max(np.abs(step), axis=0)
        # Where rounding rules a step may be short by chance, and where infinity attracts all are.
        done = (last[active] < 1e-7) & (length < np.maximum(0.5 * last[active], 1e-12))
        good[active[done]] = True
        before, last[active] = last[active], length
        # A long step that does not get shorter leads nowhere.
        active = active[~done & (length < (np.inf if k < 2 else np.maximum(0.7 * before, 1e-6)))]
        if not active.size:
            break
    return w, good, last


def _step(
    tree: Node, z: np.ndarray, w: np.ndarray, power: Any = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step, relative to w, for w^power ∂Φ/∂w = 0; and dw/dz.

    With power 2 the equations are close to linear far away; in ∂Φ/∂w infinity would attract.
    """
    gradient, hessian = tree.lower(z, list(w))
    right = [
        np.array(np.broadcast_arrays(g, row[0], z)[:2])
        for g, row in zip(gradient[1:], hessian[1:], strict=True)
    ]
    for k in range(1, len(gradient)):
        hessian[k][k] = hessian[k][k] + power * gradient[k] / w[k - 1]
    solved = np.array(solve(tree, hessian, right))
    return -solved[:, 0] / w, -solved[:, 1]


def _moved(w: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Unknowns after a relative step, which is shortened where it is long."""
    return w * (1 + step / np.maximum(1.0, 2 * np.max(np.abs(step), axis=0)))


def solve(tree: Node, rows: list[list], right: Sequence[Any]) -> list:
    """Solutions of the linear systems with the second derivatives in the unknowns.

    `rows` is at least the lower triangle of Φ's Hessian, z included. From the last operation to
    the first nothing fills in, since an operation meets only the one above. The two of an operation
    are eliminated together: far away each determines the other.
    """
    rows, right = [list(row[1:]) for row in rows[1:]], list(right)
    for block in reversed(_layout(tree).blocks):
        above = [i for i in range(block[0]) if any(nonzero(rows[k][i]) for k in block)]
        known = _divided(rows, block, [right[k] for k in block]) if above else []
        for i in above:
            across = [rows[k][i] for k in block]
            right[i] = right[i] - _dot(across, known)
            shares = _divided(rows, block, across)
            for j in above:
                if j <= i:
                    rows[i][j] = rows[i][j] - _dot(shares, [rows[k][j] for k in block])
    for block in _layout(tree).blocks:
        first = block[0]
        rest = [
            right[k] - _dot(rows[k][:first], right[:first]) if first else right[k] for k in block
        ]
        right[first : block[-1] + 1] = _divided(rows, block, rest)
    return right


def _divided(rows: list[list], block: tuple[int, ...], right: list) -> list:
    """Solutions of the systems of an operation's unknowns."""
    i, j = block[0], block[-1]
    if i == j:
        return [right[0] / rows[i][i]]
    if j > i + 1:
        return _many_divided([[rows[max(k, m)][min(k, m)] for m in block] for k in block], right)
    a, b, c = rows[i][i], rows[j][i], rows[j][j]
    scale = 1 / (a * c - b * b)
    return [(c * right[0] - b * right[1]) * scale, (a * right[1] - b * right[0]) * scale]


def _many_divided(rows: list[list], right: list) -> list:
    """Solutions of systems of three unknowns and more."""
    shape = np.broadcast_shapes(*map(np.shape, (*rows[0], *right)))
    kind = np.result_type(*rows[0], *rows[-1], *right)
    matrix = np.empty((shape[-1], len(rows), len(rows)), kind)
    known = np.empty((*shape, len(rows)), kind)
    for i, (row, value) in enumerate(zip(rows, right, strict=True)):
        known[..., i] = value
        for j, entry in enumerate(row):
            matrix[:, i, j] = entry
    known = known.reshape(prod(shape[:-1]), shape[-1], len(rows)).transpose(1, 2, 0)
    sound = np.isfinite(matrix).all(axis=(1, 2))
    matrix[~sound] = np.eye(len(rows))
    try:
        found = np.linalg.solve(matrix, known)
    except np.linalg.LinAlgError:
        found = np.full(known.shape, np.nan)
    found[~sound] = np.nan
    return list(found.transpose(1, 2, 0).reshape(len(rows), *shape))


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum(a * b for a, b in zip(left, right, strict=True) if nonzero(a))


def _stack(values: Sequence[Any], size: int, kind: Any = complex) -> np.ndarray:
    """Rows of equal length; numbers stand for constant rows."""
    found = np.empty((len(values), size), kind)
    for row, value in zip(found, values, strict=True):
        row[...] = value
    return found
