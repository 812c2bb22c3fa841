"""Nodes of a Gaussian bias for random features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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
    order: int = 200,
) -> dict[str, np.ndarray]:
    r"""Nodes of a Gaussian bias, by Gauss-Hermite quadrature.

    .. math:: V(b) = \operatorname{Var} f(\sigma\xi + b), \quad
        c_1(b)^2 = \bigl(\operatorname{E} \xi f(\sigma\xi + b)\bigr)^2, \quad
        \sigma = \sigma_w \sigma_x

    Parameters
    ----------
    activation : callable
        f, on arrays of float.
    sigma_b, sigma_w, sigma_x : float
        Standard deviations of bias, weights and data; sigma_b >= 0, the others > 0.
    size : int
        Number of nodes of the bias.
    order : int
        Number of nodes of the inner expectations, which converge slowly if f has a kink.

    Returns
    -------
    dict
        Arrays `eta`, `zeta` and `weights`, to be passed on as keywords.

    Raises
    ------
    ValueError
        If a standard deviation lies outside its domain; the message names it.
    """
    given = read(_DEVIATIONS, {"sigma_b": sigma_b, "sigma_w": sigma_w, "sigma_x": sigma_x}, real)
    sigma_b, sigma_w, sigma_x = given.values()
    b, weights = np.polynomial.hermite_e.hermegauss(size)
    xi, measure = np.polynomial.hermite_e.hermegauss(order)
    measure = measure / measure.sum()
    f = activation(sigma_w * sigma_x * xi + sigma_b * b[:, None])
    f = f - (f @ measure)[:, None]
    eta = f**2 @ measure
    zeta = (f @ (xi * measure)) ** 2
    return {"eta": eta, "zeta": np.minimum(zeta, eta), "weights": weights / weights.sum()}
