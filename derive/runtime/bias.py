"""Nodes of a Gaussian bias for random features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .gaussian import Slope, means
from .parameters import Domain, read, real

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

    ((mean,), _) = means(lambda lane, xi, _: [f(lane, xi)], size)

    def centred(lane: np.ndarray, xi: np.ndarray, _: Slope) -> list[np.ndarray]:
        g = f(lane, xi) - mean[lane]
        return [g * g, xi * g]

    (eta, slope), _ = means(centred, size)
    return {"eta": eta, "zeta": np.minimum(slope**2, eta), "weights": weights / weights.sum()}
