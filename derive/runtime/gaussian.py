"""Means over a Gaussian of functions whose kinks and jumps need not be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_FARTHEST = 14  # deviations, beyond which no activation of moderate growth has any weight
_PANEL, _HALVINGS, _MOST = 25, 50, 1 << 14
_ROUNDING = 2.0**-54

# Clenshaw and Curtis: with the ends among the nodes no kink next to them stays unseen.
_X = np.cos(np.pi * np.arange(_PANEL) / (_PANEL - 1))
_T = np.polynomial.chebyshev.chebvander(_X, _PANEL - 1)
_EVEN = np.arange(_PANEL) % 2 == 0
_W = np.linalg.solve(_T.T, np.where(_EVEN, 2 / (1.0 - np.arange(_PANEL) ** 2 + ~_EVEN), 0))
_D = _T[:, :-1] @ np.polynomial.chebyshev.chebder(np.linalg.inv(_T))

Slope = Callable[[np.ndarray], np.ndarray]


def means(
    integrands: Callable[[np.ndarray, np.ndarray, Slope], Sequence[np.ndarray]],
    lanes: int = 1,
    rounding: float = _ROUNDING,
) -> tuple[np.ndarray, np.ndarray]:
    """Means over ξ of several functions, for every lane: panels are halved at kinks.

    Parameters
    ----------
    integrands : callable
        Takes lanes (k, 1), points (k, 25) and a function that differentiates values at these
        points in ξ, and returns the values of the functions.
    lanes : int
    rounding : float
        Relative error of the values, below which panels are not halved.

    Returns
    -------
    values, errors : (functions, lanes) array
        Errors as far as the last halving shows them.
    """
    edges = np.arange(-_FARTHEST, _FARTHEST)
    lane, low = (part.ravel() for part in np.meshgrid(np.arange(lanes), edges, indexing="ij"))
    low, width = low.astype(float), 1.0

    def panels(lane: np.ndarray, low: np.ndarray, width: float) -> np.ndarray:
        xi = low[:, None] + width * (1 + _X) / 2
        density = np.exp(-(xi**2) / 2) / np.sqrt(2 * np.pi)
        values = integrands(lane[:, None], xi, lambda v: v @ _D.T * (2 / width))
        return np.array([(v * density) @ _W for v in values]) * width / 2

    whole = panels(lane, low, width)
    total = np.zeros((len(whole), lanes))
    allowed = rounding * np.abs(whole).reshape(len(whole), lanes, -1).sum(axis=-1)
    errors = allowed.copy()
    for step in range(_HALVINGS):
        width /= 2
        left, right = (panels(lane, low + shift, width) for shift in (0, width))
        apart = np.abs(whole - left - right)
        done = (apart <= allowed[:, lane]).all(axis=0)
        if step == _HALVINGS - 1 or np.count_nonzero(~done) > _MOST:
            done[:] = True
        _add(total, lane[done], (left + right)[:, done])
        _add(errors, lane[done], apart[:, done])
        lane, low = np.tile(lane[~done], 2), np.concatenate([low[~done], low[~done] + width])
        whole = np.concatenate([left[:, ~done], right[:, ~done]], axis=1)
        if not lane.size:
            break
    return total, errors


def _add(total: np.ndarray, lane: np.ndarray, parts: Any) -> None:
    for sums, part in zip(total, parts, strict=True):
        np.add.at(sums, lane, part)
