"""The physical stationary point in double precision, for arrays of z in the closed upper half-plane.

From far above each point Newton's method follows the stationary point down to it. A point counts
because the signs of all unknowns prove it, never because a path led there: in the half-plane each on
its side; on the real axis off the support real and moving with z, each to its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from derive.runtime.potential import Node

_FACTORS = (4.0, 2.0, 1.3)  # between heights, finer and finer paths
_LOWEST = 1e-16  # last height, relative to the first
_REAL = 1e-6  # imaginary parts, relative, of unknowns that may be real ones
_ROUNDING = 1e-13
_STEPS = 12


def stationary(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at every z, along the first axis; NaN where no point is proved.

    Imaginary parts are exactly zero on the real axis off the support.
    """
    found = np.full((tree.size, z.size), np.nan + 0j)
    lanes = np.arange(z.size)
    with np.errstate(all="ignore"):
        for factor in _FACTORS:
            lanes = _descend(tree, z, found, lanes, factor)
            if not lanes.size:
                break
    return found


def _descend(
    tree: Node, z: np.ndarray, found: np.ndarray, lanes: np.ndarray, factor: float
) -> np.ndarray:
    """Fill in points along paths from above; the places where that failed."""
    sides = np.array(tree.sides(), float)[:, None]
    radius = tree.radius
    height = 4 * (np.abs(z[lanes]) + (radius if np.isfinite(radius) else 1.0))
    last = height * _LOWEST
    w = _stack(tree.start(z[lanes] + 1j * height), lanes.size)
    at = z[lanes] + 1j * height
    for _ in range(4):
        w, _ = _newton(tree, at, w)
    step, failed = 0, []
    while lanes.size:
        lost = ~np.isfinite(w).all(axis=0) | (height < last)
        if step % 2 == 0:
            ahead, _ = _newton(tree, at, w, z[lanes])
            point, good = accepted(tree, z[lanes], ahead, sides)
            found[:, lanes[good]] = point[:, good]
            lost &= ~good
        else:
            good = np.zeros(lanes.size, bool)
        failed.append(lanes[lost])
        kept = ~(good | lost)
        lanes, at, height, last = lanes[kept], at[kept], height[kept] / factor, last[kept]
        w, _ = _newton(tree, at, w[:, kept], z[lanes] + 1j * height)
        at = z[lanes] + 1j * height
        for _ in range(2):
            w, _ = _newton(tree, at, w)
        step += 1
    return np.concatenate([lanes, *failed])


def accepted(
    tree: Node, z: np.ndarray, w: np.ndarray, sides: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The stationary points next to approximate ones, and where they are the physical ones."""
    w, good = _converged(tree, z, w)
    on_axis = z.imag == 0
    checked = sides != 0
    rise = np.where(checked, sides * w.imag / np.abs(w), np.inf)
    # On the axis the conjugate of a stationary point is one, too.
    flip = on_axis & ((rise < 0) | ~checked).all(axis=0)
    w, rise = np.where(flip, w.conj(), w), np.where(flip & checked, -rise, rise)
    proved = good & np.where(on_axis, rise > _ROUNDING, rise > 0).all(axis=0)
    near = good & (np.where(checked, np.abs(rise), 0).max(axis=0, initial=0) < _REAL) & (z.imag <= _REAL * np.abs(z))
    if near.any():
        x = z[near].real
        real, settled = _converged(tree, x, w[:, near].real)
        slopes = _slopes(tree, x, real)
        settled &= (np.where(checked, sides * slopes, 1) > 0).all(axis=0)
        above = real + 1j * slopes * z[near].imag
        w[:, near] = np.where(settled & ~proved[near] | settled & on_axis[near], above, w[:, near])
        proved[near] |= settled
    return w, proved


def _converged(tree: Node, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method to the end, and where it got there."""
    w, good = w.copy(), np.zeros(z.size, bool)
    active, last = np.arange(z.size), np.full(z.size, np.inf)
    for _ in range(_STEPS):
        w[:, active], length = _newton(tree, z[active], w[:, active])
        # Convergence is quadratic, so that one step after a short one is the last.
        done = last[active] < 1e-7
        good[active[done]] = True
        last[active] = length
        active = active[~done & np.isfinite(length)]
        if not active.size:
            break
    return w, good


def _newton(
    tree: Node, z: np.ndarray, w: np.ndarray, to: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """One damped step, and its length relative to w; along the tangent to another z if it is given.

    The equations are w²∂Φ/∂w = 0, which are close to linear far away; in ∂Φ/∂w infinity would attract.
    """
    gradient, hessian = tree.derivatives(z, list(w))
    slope = w * _stack(gradient[1:], z.size)
    matrix = w * (w[:, None] * _matrix(hessian, z.size))
    places = np.arange(len(w))
    matrix[places, places] += 2 * slope
    right = -slope
    if to is not None:
        right -= w * _stack([row[0] for row in hessian[1:]], z.size) * (to - z)
    step = solve(matrix, right)
    length = np.max(np.abs(step), axis=0, initial=0.0)
    return w * (1 + step / np.maximum(1.0, 2 * length)), length


def _slopes(tree: Node, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dw/dz."""
    _, hessian = tree.derivatives(z, list(w))
    return solve(_matrix(hessian, z.size), -_stack([row[0] for row in hessian[1:]], z.size))


def _matrix(hessian: list[list], size: int) -> np.ndarray:
    """Second derivatives in the unknowns, points along the last axis."""
    return np.array([_stack(row[1:], size) for row in hessian[1:]])


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions of many small linear systems, along the last axis, with pivots; overwrites both."""
    n = len(right)
    if n == 2:
        (a, b), (c, d) = matrix
        return np.stack((d * right[0] - b * right[1], a * right[1] - c * right[0])) / (a * d - b * c)
    lanes = np.arange(right.shape[-1])
    for k in range(n - 1):
        pivot = k + np.argmax(np.abs(matrix[k:, k]), axis=0)
        if (pivot > k).any():
            for part in (matrix.swapaxes(0, 1), right[None]):
                held = part[:, k].copy()
                part[:, k] = part[:, pivot, lanes]
                part[:, pivot, lanes] = held
        factor = matrix[k + 1 :, k] / matrix[k, k]
        matrix[k + 1 :, k + 1 :] -= factor[:, None] * matrix[k, k + 1 :]
        right[k + 1 :] -= factor * right[k]
    for k in reversed(range(n)):
        right[k] -= (matrix[k, k + 1 :] * right[k + 1 :]).sum(axis=0)
        right[k] /= matrix[k, k]
    return right


def _stack(values: Sequence[Any], size: int) -> np.ndarray:
    """Rows of equal length; numbers stand for constant rows."""
    return np.array([np.broadcast_to(v, size) for v in values]).reshape(len(values), size)
