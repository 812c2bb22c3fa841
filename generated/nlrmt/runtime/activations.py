"""Activations: found by name, and what the laws of random networks need to know of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .gaussian import Slope, means

_NONE = 2.0**-48  # relative, of a part of the variance
_ROUGH = 1e-11  # relative error of derivatives
_KNOWN = 1e-7  # relative error that means may have


class Constants(NamedTuple):
    """Gaussian means of an activation f, with x = σξ and ξ standard normal.

    Attributes
    ----------
    mean : float
        E f(x).
    eta : float
        Var f(x).
    zeta : float
        (E ξ f(x))² = (σ E f′(x))², at most eta: the linear part of the variance.
    slope : float
        σ² E f′(x)², at least zeta; infinite for an activation with jumps.
    error : float
        Of the first three, relative to eta, as far as quadrature shows it.
    """

    mean: float
    eta: float
    zeta: float
    slope: float
    error: float


def constants(activation: Callable[[np.ndarray], Any], sigma: float = 1.0) -> Constants:
    """Gaussian means of an activation, to rounding where it is smooth but for kinks and jumps.

    Parameters
    ----------
    activation : callable
        f, on arrays of float, element by element.
    sigma : float
        Standard deviation of its argument.

    Raises
    ------
    ValueError
        If f is constant or no real function of arrays, or if means are not known to 1e-7.
    """
    name = getattr(activation, "__name__", repr(activation))

    def f(xi: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            values = np.asarray(activation(sigma * xi)) + np.zeros(xi.shape)
        if values.shape != xi.shape or values.dtype.kind != "f" or not np.isfinite(values).all():
            raise ValueError(
                f"activation = {name} does not take an array to finite real numbers, "
                "element by element"
            )
        return values

    ((mean,),), error = means(lambda lane, xi, slope: [f(xi)])

    def centred(lane: np.ndarray, xi: np.ndarray, slope: Slope) -> list[np.ndarray]:
        g = f(xi) - mean
        return [g * g, xi * g]

    ((eta,), (linear,)), errors = means(centred)
    if not eta > (1e-14 * mean) ** 2:
        raise ValueError(f"activation = {name} is constant")
    rough = float((errors[0] + np.abs(linear) * errors[1] + np.sqrt(eta) * error[0])[0] / eta)
    if rough > _KNOWN:
        raise ValueError(f"activation = {name}: its Gaussian means are known to {rough:.0e} alone")
    ((slope,),), ((error,),) = means(lambda lane, xi, slope: [slope(f(xi)) ** 2], rounding=_ROUGH)
    # Linear and even functions are so to rounding.
    zeta = eta if eta - linear**2 < _NONE * eta else linear**2
    zeta = 0.0 if abs(linear) < _NONE * eta**0.5 else zeta
    slope = max(slope, zeta) if error < 1e-6 * slope else np.inf
    return Constants(*map(float, (mean, eta, zeta, slope, rough)))


def canonical(name: str, known: Mapping[str, Any], aliases: Mapping[str, str]) -> str:
    """The known name that is meant, whatever its capitals and underscores, or the name itself."""

    def plain(text: str) -> str:
        return text.strip().lower().replace("_", "").replace(" ", "")

    return {plain(key): key for key in known}.get(aliases.get(plain(name), plain(name)), name)
