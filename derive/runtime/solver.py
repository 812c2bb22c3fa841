"""The physical stationary point in doubles, for arrays of z in the closed upper half-plane.

From far above some of the points the stationary point is followed down to them; between these it
is sought from its neighbours, and where that fails from above, too. A point counts because the
signs of all unknowns and of all operands' arguments prove it, never because a path led there: in
the half-plane each on its side; on the real axis off the support real and moving with z, each to
its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from derive.runtime.potential import Node
from derive.runtime.potential import _nonzero as nonzero

_STRIDE = 8  # every so many points are sought from above first
_FEW, _MANY = 8, 80  # moves on a path down
_RATIO = 4.0  # of heights on a path, at first
_FASTEST = 1e4
_ROUGH = 0.6  # a first step twice as short as that is worth a second one
_LOWEST = 1e-17  # height to stop at, relative to z
_REAL = 1e-6  # imaginary parts, relative, of unknowns that may be real ones
_ROUNDING = 1e-13
TINY = 2.0**-60  # heights above real points that show the side and change nothing else
_STEPS = 12


class _Layout(NamedTuple):
    """What the unknowns of a tree are: the sides they lie on, and their places by operation."""

    sides: list[int]
    blocks: list[tuple[int, ...]]


def _layout(tree: Node) -> _Layout:
    # Kept with the tree, since to find a side may take values of an operand.
    if "_layout" not in vars(tree):
        blocks, base = [tuple(range(tree.operation.size))], tree.operation.size
        for node in tree.operands:
            blocks += [tuple(base + k for k in block) for block in _layout(node).blocks]
            base += node.size
        vars(tree)["_layout"] = _Layout(tree.sides(), [block for block in blocks if block])
    return vars(tree)["_layout"]


def stationary(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at every z, along the first axis; NaN where no point is proved.

    Imaginary parts are exactly zero on the real axis off the support.
    """
    found = np.full((tree.size, z.size), np.nan + 0j)
    order = np.argsort(z.real, kind="stable")
    with np.errstate(all="ignore"):
        if z.size > 4 * _STRIDE:
            some = order[::_STRIDE]
            _descend(tree, z, found, some, *_above(tree, z[some]), _FEW)
            _spread(tree, z, found, order)
            order = order[np.isnan(found[0, order])]
            order = _descend(tree, z, found, order, *_beside(tree, z, found, order), _MANY)
        _descend(tree, z, found, order, *_above(tree, z[order]), _MANY)
    return found


def _above(tree: Node, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights far above and the points there; heights are raised where they have to be."""
    height = 4 * _extent(tree, z)
    for _ in range(6):
        at = z + 1j * height
        w = _stack(tree.start(at), z.size)
        for _ in range(_STEPS):
            w, length = _newton(tree, at, w)
            if (length < 0.1).all():
                break
        w, there = _followed(tree, at, w)
        if there.all():
            break
        height[~there] *= 16
    return height, np.where(there, w, np.nan)


def _beside(
    tree: Node, z: np.ndarray, found: np.ndarray, lanes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Heights and points on short ways down, from the nearest points found."""
    left, right, _ = _neighbours(z, found, lanes)
    if not left.size:
        return np.full(lanes.size, np.nan), np.full((tree.size, lanes.size), np.nan + 0j)
    nearest = np.where(np.abs(z[left] - z[lanes]) < np.abs(z[right] - z[lanes]), left, right)
    x, w = z[nearest], found[:, nearest]
    height = 4 * np.abs(x - z[lanes])
    at = z[lanes] + 1j * height
    step = _slopes(tree, x, w) * (at - x) / w
    w = w * (1 + step / np.maximum(1, 2 * np.max(np.abs(step), axis=0)))
    for _ in range(3):
        w, _ = _newton(tree, at, w)
    w, there = _followed(tree, at, w)
    return height, np.where(there, w, np.nan)


def _neighbours(z: np.ndarray, found: np.ndarray, lanes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Lanes found next to others by real part, and the share of the way between."""
    known = np.flatnonzero(~np.isnan(found[0]))
    known = known[np.argsort(z.real[known])]
    if not known.size:
        return known, known, z.real[known]
    place = np.searchsorted(z.real[known], z.real[lanes])
    left, right = known[np.maximum(place - 1, 0)], known[np.minimum(place, known.size - 1)]
    width = z.real[right] - z.real[left]
    share = (z.real[lanes] - z.real[left]) / np.where(width > 0, width, np.inf)
    return left, right, np.clip(share, 0, 1)


def _spread(tree: Node, z: np.ndarray, found: np.ndarray, order: np.ndarray) -> None:
    """Fill in points from values between those found on both sides."""
    lanes = order[np.isnan(found[0, order])]
    left, right, share = _neighbours(z, found, lanes)
    if left.size:
        between = found[:, left] + share * (found[:, right] - found[:, left])
        point, good = accepted(tree, z[lanes], between)
        found[:, lanes[good]] = point[:, good]


def _descend(
    tree: Node,
    z: np.ndarray,
    found: np.ndarray,
    lanes: np.ndarray,
    height: np.ndarray,
    w: np.ndarray,
    moves: int,
) -> np.ndarray:
    """Fill in points below others, in moves as long as they succeed; the lanes lost on the way."""
    z = z[lanes]
    last = _LOWEST * np.where(z == 0, _extent(tree, z), np.abs(z))
    half_planes = np.array(_layout(tree).sides)[:, None]
    ratio, limit = np.full(z.size, _RATIO), np.full(z.size, 0.5)
    # Every move starts with one step of Newton's method, whose length tells how far off it arrived.
    base, top, slopes = w, height, np.zeros_like(w)
    before, lost = np.full(z.size, _ROUGH), []
    for _ in range(moves):
        at = z + 1j * height
        w, length = _newton(tree, at, w)
        tangent = _slopes(tree, at, w)
        right = (half_planes * w.imag > -_ROUNDING * np.abs(w)).all(axis=0)
        there = right & (length < 0.02) & np.isfinite(tangent).all(axis=0)
        again = right & ~there & (length < before / 2)
        base, slopes, top = (
            np.where(there, a, b) for a, b in ((w, base), (tangent, slopes), (height, top))
        )
        change = np.max(np.abs(slopes / base), axis=0) * np.abs(z - at)
        done = there & (height < last)
        failed = ~(there | again | (ratio > 1.02)) | ~np.isfinite(base).all(axis=0)
        lost.append(lanes[failed])
        near = np.flatnonzero(there & ~failed & (change < limit))
        if near.size:
            # Next to an edge attempts fail at first: each takes a much shorter way than the last.
            limit[near] /= 8
            point, good = accepted(tree, z[near], _ahead(w, tangent * (z - at))[:, near])
            found[:, lanes[near[good]]] = point[:, good]
            done[near[good]] = True
        easy = there & (before == _ROUGH)
        ratio = np.where(there | again, ratio, np.sqrt(ratio))
        ratio = np.where(easy, np.minimum(ratio**1.5, _FASTEST), ratio)
        before = np.where(again, length, _ROUGH)
        kept = ~(done | failed)
        z, lanes, top, last, ratio, limit, before, again, height = (
            part[kept] for part in (z, lanes, top, last, ratio, limit, before, again, height)
        )
        if not lanes.size:
            break
        base, slopes = base[:, kept], slopes[:, kept]
        height = np.where(again, height, top / ratio)
        w = np.where(again, w[:, kept], _ahead(base, 1j * slopes * (height - top)))
    return np.concatenate([lanes, *lost])


def _ahead(w: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Unknowns after a step along the tangent: of 1/w where they grow, for they may be infinite."""
    step = step / w
    return np.where(step.real > 0, w / (1 - step), w * (1 + step))


def _extent(tree: Node, z: np.ndarray) -> np.ndarray:
    """A distance from all of the support."""
    return np.abs(z) + (tree.radius if np.isfinite(tree.radius) else 1.0)


def _followed(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Approximate points on the way, where they seem to be the right ones."""
    for _ in range(2):
        w, length = _newton(tree, z, w)
    rise = np.array(_layout(tree).sides)[:, None] * w.imag
    return w, (length < 0.1) & (rise > -_ROUNDING * np.abs(w)).all(axis=0)


def accepted(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The stationary points next to approximate ones, and where they are the physical ones."""
    sides = np.array(_layout(tree).sides, float)[:, None]
    w, good = _converged(tree, z, w)
    on_axis = z.imag == 0
    checked = sides != 0
    rise = np.where(checked, sides * w.imag / np.abs(w), np.inf)
    # On the axis the conjugate of a stationary point is one, too.
    flip = on_axis & ((rise < 0) | ~checked).all(axis=0)
    w, rise = np.where(flip, w.conj(), w), np.where(flip & checked, -rise, rise)
    proved = good & np.where(on_axis, rise > _ROUNDING, rise > 0).all(axis=0)
    flat = np.where(checked, np.abs(rise), 0).max(axis=0, initial=0) < _REAL
    near = np.flatnonzero(good & flat & (on_axis | ~proved))
    if near.size:
        x, y = z[near].real, z[near].imag
        real, settled = w[:, near].real, (w[:, near].imag == 0).all(axis=0) & (y == 0)
        rough = np.flatnonzero(~settled)
        real[:, rough], settled[rough] = _converged(tree, x[rough], real[:, rough])
        slopes = _slopes(tree, x, real)
        above = real + 1j * slopes * y
        # The first order in y is enough where y itself is next to rounding.
        settled &= (np.abs(slopes * y) <= 1e-9 * np.abs(real)).all(axis=0)
        same = settled & (np.abs(w[:, near] - above) <= 1e-4 * np.abs(real)).all(axis=0)
        settled &= (np.where(checked, sides * slopes, 1) > 0).all(axis=0)
        move = 1j * TINY * np.abs(x)
        for side, place in _places(tree, x + move, real + slopes * move):
            settled &= side * place.imag >= 0
        w[:, near] = np.where(settled, above, w[:, near])
        # A real point whose imaginary part is rounding proves nothing.
        proved[near] = np.where(same, settled, settled | proved[near])
    for side, place in _places(tree, z, w):
        proved &= side * place.imag >= -_ROUNDING * np.abs(place)
    # Below real unknowns others may be complex: A² has those of A at √z, imaginary for z < 0.
    mixed = np.flatnonzero(good & on_axis & ~proved & ~(np.abs(rise) < _REAL).all(axis=0))
    if mixed.size:
        x, flat = z[mixed], np.abs(rise[:, mixed]) < 1e-10
        there = np.where(flat, w[:, mixed].real, w[:, mixed])  # above cuts of operands' arguments
        _, length = _newton(tree, x, there)
        right = (length < 1e-7) & np.where(
            flat, sides * _slopes(tree, x, there).real > 0, rise[:, mixed] > _REAL
        ).all(axis=0)
        for side, place in _places(tree, x, there):
            right &= side * place.imag >= -_ROUNDING * np.abs(place)
        w[:, mixed], proved[mixed] = there, right
    return w, proved


def _places(tree: Node, z: np.ndarray, w: np.ndarray, side: int = 1) -> list[tuple]:
    """Sides and values of all arguments of operands that have to lie in a half-plane."""
    found, n = [], tree.operation.size
    for k, branch in enumerate(tree.logarithms(z, w)[2]):
        below = side * branch.side * (_layout(tree).sides[k] if k < n else 1)
        found.append((below, branch.at))
        found += _places(branch.node, branch.at, branch.unknowns, below)
    return found


def _converged(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method to the end, and where it got there."""
    w, good = w.copy(), np.zeros(z.size, bool)
    active, last = np.arange(z.size), np.full(z.size, np.inf)
    for k in range(_STEPS):
        w[:, active], length = _newton(tree, z[active], w[:, active])
        # Convergence is quadratic, so that one step after a short one is the last.
        done = last[active] < 1e-7
        good[active[done]] = True
        before, last[active] = last[active], length
        # A step that does not get shorter leads nowhere.
        active = active[~done & (length < (np.inf if k < 2 else 0.7 * before))]
        if not active.size:
            break
    return w, good


def _newton(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One damped step, and its length relative to w.

    The equations are w²∂Φ/∂w = 0, which are close to linear far away; in ∂Φ/∂w infinity would
    attract.
    """
    gradient, hessian = tree.lower(z, list(w))
    for k in range(1, len(gradient)):
        hessian[k][k] = hessian[k][k] + 2 * gradient[k] / w[k - 1]
    step = _stack(solve(tree, hessian, gradient[1:]), z.size, w.dtype) / w
    length = np.max(np.abs(step), axis=0)
    return w * (1 - step / np.maximum(1.0, 2 * length)), length


def _slopes(tree: Node, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dw/dz."""
    _, hessian = tree.lower(z, list(w))
    return -_stack(solve(tree, hessian, [row[0] for row in hessian[1:]]), z.size, w.dtype)


def solve(tree: Node, rows: list[list], right: Sequence[Any]) -> list:
    """Solutions of the linear systems with the second derivatives in the unknowns.

    `rows` is at least the lower triangle of Φ's Hessian, z included. From the last operation to
    the first nothing fills in, since an operation meets only the one above. The two of an operation
    are eliminated together: far away each determines the other.
    """
    rows, right = [list(row[1:]) for row in rows[1:]], list(right)
    for block in reversed(_layout(tree).blocks):
        above = [i for i in range(block[0]) if any(nonzero(rows[k][i]) for k in block)]
        known = _divided(rows, block, [right[k] for k in block])
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
    """Solutions of the systems of one or two unknowns of an operation."""
    i, j = block[0], block[-1]
    if i == j:
        return [right[0] / rows[i][i]]
    a, b, c = rows[i][i], rows[j][i], rows[j][j]
    scale = 1 / (a * c - b * b)
    return [(c * right[0] - b * right[1]) * scale, (a * right[1] - b * right[0]) * scale]


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum(a * b for a, b in zip(left, right, strict=True) if nonzero(a))


def _stack(values: Sequence[Any], size: int, kind: Any = complex) -> np.ndarray:
    """Rows of equal length; numbers stand for constant rows."""
    found = np.empty((len(values), size), kind)
    for row, value in zip(found, values, strict=True):
        row[...] = value
    return found
