"""Gaps of laws that are built outwards from known eigenvalues, one operation after the other.

Where a law has no mass an operation takes z of its operand to z of the result explicitly, and the
result has no mass just where that map increases. So the gaps between known eigenvalues are followed
through the operations; in each what is left of it is an interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .chains import Chain, chain
from .potential import Node

_FAR = 2.0**40  # distance, relative, beyond which nothing changes
_GOLDEN = (3 - 5**0.5) / 2
_ROUNDS = 60
_NARROW = 1e-13  # relative width of a bracket in which no place is sought any more
_EPS = 2.0**-52
_DIVIDED = 64 * _EPS  # relative distance of two gaps that were one before it was divided


class Gaps(NamedTuple):
    """Where z increases with a parameter: from each `lower` to `upper`, in order."""

    lower: np.ndarray
    upper: np.ndarray


def support(tree: Node) -> np.ndarray | None:
    """What lies between the gaps, shape (k, 2); None if an operation has no explicit map."""
    law = chain(tree)
    if law is None:
        return None
    with np.errstate(all="ignore"):
        found = _gaps(tree)
        left, right = found.upper[:-1], found.lower[1:]
        apart = right - left > _DIVIDED * np.maximum(np.abs(left), np.abs(right))  # else an atom
        intervals = np.stack([law(part[apart]).z[-1] for part in (left, right)], axis=1)
    return np.where(np.abs(intervals) < _EPS**1.75 * tree.scale, 0.0, intervals)


def _gaps(tree: Node, reach: float = 0.0) -> Gaps:
    """Gaps out to many times a distance that matters, or the law's own scale."""
    reach = max(reach, tree.scale or 1.0)
    law = chain(tree)
    if law is None:  # known eigenvalues, which are the parameter
        places, far = np.unique(list(tree.atoms)), _FAR * reach
        return Gaps(np.concatenate([[-far], places]), np.concatenate([places, [far]]))
    (operand,) = tree.operands
    images = tree.operation.images(tree.parameters)
    within = images[0].backward(reach) - images[0].backward(0) if images else reach
    return _increasing(_divided(_gaps(operand, within), operand), law)


def _divided(gaps: Gaps, tree: Node) -> Gaps:
    """The same, divided at the atoms of the law that lie in them."""
    law = chain(tree)
    if law is None:
        return gaps
    lower, upper = gaps
    for position in sorted(tree.atoms):

        def height(place: np.ndarray, position: float = position) -> np.ndarray:
            return law(place).z[-1] - position

        inside = np.flatnonzero((height(lower) < 0) & (height(upper) > 0))
        place = _zero(height, lower[inside], upper[inside])
        lower, upper = np.insert(lower, inside + 1, place), np.insert(upper, inside, place)
    return Gaps(lower, upper)


def _increasing(gaps: Gaps, law: Chain) -> Gaps:
    """The parts of gaps in which z of the law increases, too."""

    def rise(place: np.ndarray) -> np.ndarray:
        slope = law(place).slopes[-1]
        return np.where(np.isfinite(slope), slope / (1 + np.abs(slope)), -1.0)  # there are poles

    # Next to eigenvalues, but not at them.
    width = gaps.upper - gaps.lower
    low, high = (
        end + sign * np.minimum(8 * _EPS * np.maximum(np.abs(end), _EPS**4 * width), 0.01 * width)
        for end, sign in ((gaps.lower, 1), (gaps.upper, -1))
    )
    top, height = _summit(rise, low, high)
    found = height > 0
    low, high, top = low[found], high[found], top[found]
    return Gaps(_zero(rise, low, top), _zero(rise, high, top))


def _summit(
    rise: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A place in each bracket at which a function with one maximum is positive, or its maximum."""
    low, high = low.copy(), high.copy()
    ends = np.stack([rise(low), rise(high)])
    best = np.where(ends[0] > ends[1], low, high)
    height = ends.max(axis=0)
    place = low + _GOLDEN * (high - low)
    value = rise(place)
    for _ in range(_ROUNDS):
        best, height = np.where(value > height, place, best), np.maximum(value, height)
        width = high - low
        open_ = (height <= 0) & (width > _NARROW * np.maximum(np.abs(low), np.abs(high)))
        todo = np.flatnonzero(open_)
        if not todo.size:
            break
        a, b, x, f = low[todo], high[todo], place[todo], value[todo]
        new = np.where(x - a > b - x, x - _GOLDEN * (x - a), x + _GOLDEN * (b - x))
        g = rise(new)
        right, better = new > x, g > f
        low[todo] = np.where(better & right, x, np.where(~better & ~right, new, a))
        high[todo] = np.where(better & ~right, x, np.where(~better & right, new, b))
        place[todo], value[todo] = np.where(better, new, x), np.where(better, g, f)
    return best, height


def _zero(
    function: Callable[[np.ndarray], np.ndarray], outside: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """Zeros between places of unlike sign; where the signs are the same the first place.

    Chandrupatla's method: inverse quadratic interpolation where that is safe, else the middle.
    """
    a, b = inside.copy(), outside.copy()
    fa, fb = function(a), function(b)
    found = b.copy()
    lanes = np.flatnonzero(fa * fb < 0)
    a, b, fa, fb = (part[lanes] for part in (a, b, fa, fb))
    c, fc, share = a, fa, np.full(lanes.size, 0.5)
    for _ in range(4 * _ROUNDS):
        if not lanes.size:
            break
        x = a + share * (b - a)
        f = function(x)
        same = np.sign(f) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, f
        closest = np.where(np.abs(fa) < np.abs(fb), a, b)
        found[lanes] = closest
        slack = 2 * _EPS * np.abs(closest) / np.abs(b - a)
        open_ = (slack < 0.5) & (f != 0)
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = np.clip(np.where(safe & np.isfinite(t), t, 0.5), slack, 1 - slack)
        lanes, a, b, c, fa, fb, fc, share = (
            part[open_] for part in (lanes, a, b, c, fa, fb, fc, share)
        )
    return found
