"""Nodes of a Gaussian bias for random features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .parameters import Domain, read, real

_FARTHEST = 14  # deviations, beyond which no activation of moderate growth has any weight
_PANEL, _HALVINGS = 25, 50
_ROUNDING = 2.0**-54
_DEVIATIONS = (
    Domain("sigma_b", "sigma_b >= 0", lambda sigma_b, **_: sigma_b >= 0),
    Domain("sigma_w", "sigma_w > 0", lambda sigma_w, **_: sigma_w > 0),
    Domain("sigma_x", "sigma_x > 0", lambda sigma_x, **_: sigma_x > 0),
)


def nodes(
    activation: Callable[[np.ndarray], np.ndarray],
    *,
    sigma_b: float,
    sigma_w: float = 1.0,
    sigma_x: float = 1.0,
    size: int = 32,
) -> dict[str, np.ndarray]:
    r"""Nodes of a Gaussian bias, by Gauss-Hermite quadrature; their constants to rounding.

    .. math:: V(b) = \operatorname{Var} f(\sigma\xi + b), \quad
        c_1(b)^2 = {\bigl(\operatorname{E} \xi f(\sigma\xi + b)\bigr)}^2, \quad
        \sigma = \sigma_w \sigma_x

    Parameters
    ----------
    activation : callable
        f, on arrays of float; where it has kinks or jumps need not be known.
    sigma_b, sigma_w, sigma_x : float
        Standard deviations of bias, weights and data; sigma_b >= 0, the others > 0.
    size : int
        Number of nodes of the bias.

    Returns
    -------
    dict
        Arrays `eta`, `zeta` and `weights`, to be passed on as keywords.

    Raises
    ------
    ValueError
        If a standard deviation lies outside its domain; the message names it.

    Notes
    -----
    The bias itself has a density, its nodes have gaps: where these are wider than the eigenvalues
    spread (few features and samples a dimension), the law of the nodes has more intervals than that
    of the bias. Moments and transforms away from the axis converge fast in `size`; the support has
    only those gaps that stay when `size` is doubled.
    """
    given = read(_DEVIATIONS, {"sigma_b": sigma_b, "sigma_w": sigma_w, "sigma_x": sigma_x}, real)
    sigma_b, sigma_w, sigma_x = given.values()
    b, weights = np.polynomial.hermite_e.hermegauss(size)

    def f(lane: np.ndarray, xi: np.ndarray) -> np.ndarray:
        return activation(sigma_w * sigma_x * xi + sigma_b * b[lane])

    (mean,) = _expectations(lambda lane, xi: [f(lane, xi)], size)

    def centred(lane: np.ndarray, xi: np.ndarray) -> list[np.ndarray]:
        g = f(lane, xi) - mean[lane]
        return [g * g, xi * g]

    eta, slope = _expectations(centred, size)
    return {"eta": eta, "zeta": np.minimum(slope**2, eta), "weights": weights / weights.sum()}


def _expectations(
    function: Callable[[np.ndarray, np.ndarray], list[np.ndarray]], size: int
) -> np.ndarray:
    """Means over ξ of functions of a lane and ξ, for every lane: panels are halved at kinks."""
    # Clenshaw and Curtis: with the ends among the nodes no kink next to them stays unseen.
    x = np.cos(np.pi * np.arange(_PANEL) / (_PANEL - 1))
    powers = np.arange(_PANEL)
    integrals = np.where(powers % 2 == 0, 2 / (1.0 - powers**2 + (powers == 1)), 0)
    w = np.linalg.solve(np.polynomial.chebyshev.chebvander(x, _PANEL - 1).T, integrals)
    edges = np.arange(-_FARTHEST, _FARTHEST)
    lane, low = (part.ravel() for part in np.meshgrid(np.arange(size), edges, indexing="ij"))
    low, width = low.astype(float), 1.0

    def panels(lane: np.ndarray, low: np.ndarray, width: float) -> np.ndarray:
        xi = low[:, None] + width * (1 + x) / 2
        density = np.exp(-(xi**2) / 2) / np.sqrt(2 * np.pi)
        return np.array([(v * density) @ w for v in function(lane[:, None], xi)]) * width / 2

    whole = panels(lane, low, width)
    total = np.zeros((len(whole), size))
    allowed = _ROUNDING * np.abs(whole).reshape(len(whole), size, -1).sum(axis=-1)
    for _ in range(_HALVINGS):
        width /= 2
        left, right = (panels(lane, low + shift, width) for shift in (0, width))
        done = (np.abs(whole - left - right) <= allowed[:, lane]).all(axis=0)
        for sums, part in zip(total, left + right, strict=True):
            np.add.at(sums, lane[done], part[done])
        lane, low = np.tile(lane[~done], 2), np.concatenate([low[~done], low[~done] + width])
        whole = np.concatenate([left[:, ~done], right[:, ~done]], axis=1)
        if not lane.size:
            break
    for sums, part in zip(total, whole, strict=True):
        np.add.at(sums, lane, part)
    return total
