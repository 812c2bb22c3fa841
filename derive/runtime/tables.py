"""Many points of one law: polynomials on cells that shrink towards the ends of an interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .blocks import SIZE

MANY = 1 << 15  # points of one law from which a table of it may pay
_NODES = 8  # Chebyshev nodes on each cell
_SHIFT = 47  # bits of a double below those that number its cell: 32 cells between powers of two
_MANTISSA, _ONE = (1 << _SHIFT) - 1, 1023 << 52
_HUGE = 1e100

Function = Callable[[np.ndarray], np.ndarray]


class _Table(NamedTuple):
    """A function on (lower, upper) as polynomials on cells of the distance to the nearer end.

    Cells are the same part of the distance everywhere, so that singularities at the ends and beyond
    them are equally far in units of a cell, and degree seven reaches rounding. Where it does not,
    the coefficients are NaN.
    """

    lower: float
    upper: float
    first: int  # number of the first cell
    coefficients: np.ndarray  # highest power first; columns: outside, cells, NaN, for either end


class Tables:
    """A function that is wanted at many x > 0, from tables on intervals where they pay.

    Beyond the intervals the function is constant up to the next one; other x are computed.

    Parameters
    ----------
    function : callable
        Takes and returns arrays of one dimension.
    x : (n,) array
        All points at which it will be wanted.
    intervals : sequence of pairs
    rounding : float, optional
        Relative error of the function's values.
    """

    def __init__(
        self,
        function: Function,
        x: np.ndarray,
        intervals: Sequence[Sequence[float]],
        rounding: float = 2.0**-47,
    ):
        self.function = function
        with np.errstate(all="ignore"):
            self.tables = [
                _table_if_it_pays(function, x, lower, upper, rounding) for lower, upper in intervals
            ]
        self.between = [0.5 * (a[1] + b[0]) for a, b in pairwise(intervals)]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values at some of the points."""
        value, rows, rest = np.empty(x.shape), np.empty((5, min(SIZE, x.size))), []
        with np.errstate(all="ignore"):
            for start in range(0, x.size, SIZE):
                some, found = x[start : start + SIZE], value[start : start + SIZE]
                self._look_up(some, rows[:, : some.size], found)
                rest.append(start + np.flatnonzero(np.isnan(found) | (some <= 0)))
        left = np.concatenate(rest) if rest else np.empty(0, int)
        value[left] = self.function(x[left])
        return value

    def _look_up(self, x: np.ndarray, rows: np.ndarray, value: np.ndarray) -> None:
        if not self.between:
            _look_up(self.tables[0], x, rows, value)
            return
        place = np.searchsorted(self.between, x)
        for k, table in enumerate(self.tables):
            chosen = np.flatnonzero(place == k)
            part = np.empty(chosen.size)
            _look_up(table, x[chosen], rows[:, : chosen.size], part)
            value[chosen] = part


def _table_if_it_pays(
    function: Function, x: np.ndarray, lower: float, upper: float, rounding: float
) -> _Table | None:
    """Table on an interval, or None if that takes longer than the points themselves."""
    smallest, largest = np.uint64(2**64 - 1), 0.0
    for start in range(0, x.size, SIZE):
        some = x[start : start + SIZE]
        distance = np.minimum(some - lower, upper - some)
        # As an unsigned number less one, what is not positive is at the top.
        smallest = min(smallest, (distance.view(np.uint64) - 1).min())
        largest = np.fmax(largest, np.fmax.reduce(distance))
    if not largest > 0:  # nothing lies inside
        return _table(function, lower, upper, _ONE >> _SHIFT, _ONE >> _SHIFT, rounding)
    last = int(np.minimum(largest, _HUGE).view(np.int64)) >> _SHIFT
    first = int(smallest) + 1 >> _SHIFT
    if not 8 * _NODES * (last - first + 1) < x.size:
        return None
    return _table(function, lower, upper, first, max(first, last), rounding)


def _table(
    function: Function, lower: float, upper: float, first: int, last: int, rounding: float
) -> _Table:
    """Chebyshev interpolation on the cells from `first` to `last`."""
    cells = np.arange(first, last + 1)
    left, right = (cells << _SHIFT).view(float), (cells + 1 << _SHIFT).view(float)
    angle = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    distance = left[:, None] + (right - left)[:, None] * (0.5 + 0.5 * np.cos(angle))
    transform = 2 / _NODES * np.cos(angle[:, None] * np.arange(_NODES))
    transform[:, 0] /= 2
    # The variable of a cell runs over (-1/64, 1/64).
    powers = np.array([_monomials(k) for k in range(_NODES)]) * 64.0 ** np.arange(_NODES)
    columns = []
    for end, sign in ((lower, 1), (upper, -1)):
        if not np.isfinite(end):
            continue
        x = end + sign * distance
        series = function(x.ravel()).reshape(x.shape) @ transform
        noise = rounding * (1 + np.abs(x[:, 0]) / left)
        series[~(np.abs(series[:, -1]) <= noise * np.abs(series[:, 0]))] = np.nan
        outside = np.zeros((1, _NODES))
        outside[0, 0] = function(np.array([end / 2 if sign > 0 else 2 * end]))[0]
        columns += [outside, series @ powers, np.full((1, _NODES), np.nan)]
    return _Table(lower, upper, int(first), np.concatenate(columns).T[::-1].copy())


def _monomials(degree: int) -> np.ndarray:
    """Coefficients of a Chebyshev polynomial."""
    powers = np.polynomial.chebyshev.cheb2poly(np.eye(_NODES)[degree])
    return np.pad(powers, (0, _NODES - len(powers)))


def _look_up(table: _Table | None, x: np.ndarray, rows: np.ndarray, value: np.ndarray) -> None:
    """Values of a table; NaN without one."""
    if table is None:
        value[:] = np.nan
        return
    distance, term = rows[:2]
    index, side = rows[2:4].view(np.int64)
    bits = distance.view(np.int64)
    np.subtract(x, table.lower, out=distance)
    if np.isfinite(table.upper):
        # All bits of `side` are set where the upper end is nearer: the difference is negative.
        np.subtract(table.upper, x, out=term)
        difference = rows[4]
        np.subtract(term, distance, out=difference)
        np.right_shift(difference.view(np.int64), 63, out=side)
        np.bitwise_and(side, table.coefficients.shape[1] // 2, out=side)
        np.minimum(distance, term, out=distance)
    # What lies outside, at a negative distance, falls into the cell before the first.
    np.maximum(distance, np.int64(table.first - 1 << _SHIFT).view(float), out=distance)
    np.right_shift(bits, _SHIFT, out=index)
    np.subtract(index, table.first - 1, out=index)
    if np.isfinite(table.upper):
        np.add(index, side, out=index)
    np.bitwise_and(bits, _MANTISSA, out=bits)
    np.bitwise_or(bits, _ONE, out=bits)
    np.subtract(distance, 1 + 1 / 64, out=distance)
    table.coefficients[0].take(index, out=value, mode="clip")
    for row in table.coefficients[1:]:
        np.multiply(value, distance, out=value)
        row.take(index, out=term, mode="clip")
        np.add(value, term, out=value)
