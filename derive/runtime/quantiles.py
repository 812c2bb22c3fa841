"""Quantiles: Newton's method on F and 1 - F, each accurate on its side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .curve import increasing_root, logistic
from .tables import MANY, Function, Tables

Mass = Callable[..., Any]  # F, 1 - F and density, at points and parameters


def of_law(
    levels: np.ndarray, intervals: np.ndarray, below: np.ndarray, above: np.ndarray, mass: Mass
) -> np.ndarray:
    """Quantiles of one law, interval by interval of its support; below it all mass is at zero.

    Parameters
    ----------
    levels : (n,) array
    intervals, below, above : (k, 2) array
        Ends of the support, and F and 1 - F there.
    mass : callable
    """
    many = levels.size >= MANY
    pieces = []
    for ends, under, over in zip(intervals, below, above, strict=True):
        inner: Function = partial(within, interval=ends, below=under, above=over, mass=mass)
        pieces.append((ends, under, Tables(inner, levels, [under]) if many else inner))
    value = np.empty(levels.size)
    for start in range(0, levels.size, MANY):
        q, found = levels[start : start + MANY], value[start : start + MANY]
        found[:] = np.where(np.isnan(q), np.nan, 0.0)
        for ends, under, inner in pieces:
            inside = np.flatnonzero((q > under[0]) & (q < under[1]))
            found[inside] = inner(q[inside])
            found[q >= under[1]] = ends[1]
        found[(q == 0) & (below[0, 0] == 0)] = intervals[0, 0]
    return value


def within(
    q: np.ndarray,
    interval: Sequence,
    below: Sequence,
    above: Sequence,
    mass: Mass,
    parameters: Sequence[Any] = (),
) -> np.ndarray:
    """Quantiles in the interior of an interval of the support, one for all or one for each.

    With x = a + (b - a)/(1 + exp(-s)) and the share of the interval's mass below x both on a
    logistic scale, the equation is nearly linear in s at both ends.
    """
    a, b = interval
    with np.errstate(divide="ignore"):
        target = np.log((q - below[0]) / (below[1] - q))

    def equation(
        s: np.ndarray, target: Any, a: Any, b: Any, first: Any, last: Any, *parameters: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        near, far = logistic(s)
        F, survival, rate = mass(a + (b - a) * near, *parameters)
        share, rest = np.maximum(F - first, 0.0), np.maximum(survival - last, 0.0)
        slope = rate * (b - a) * near * far * (1 / share + 1 / rest)
        return np.log(share / rest) - target, slope

    with np.errstate(all="ignore"):
        own = (target, a, b, below[0], above[1], *parameters)
        near, _ = logistic(increasing_root(equation, np.zeros(q.shape), own))
    return a + (b - a) * near


def of_laws(
    levels: np.ndarray,
    atom: np.ndarray,
    means: np.ndarray,
    mass: Mass,
    parameters: Sequence[np.ndarray],
) -> np.ndarray:
    """Quantiles strictly between atom and one, a law for each, on a logarithmic scale."""
    target = np.log((levels - atom) / (1 - levels))

    def equation(
        s: np.ndarray, target: np.ndarray, atom: np.ndarray, *parameters: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        x = np.exp(s)
        F, survival, rate = mass(x, *parameters)
        share = np.maximum(F - atom, 0.0)
        return np.log(share / survival) - target, x * rate * (1 / share + 1 / survival)

    with np.errstate(all="ignore"):
        return np.exp(increasing_root(equation, np.log(means), (target, atom, *parameters)))
