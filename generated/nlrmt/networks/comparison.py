"""Eigenvalues of a matrix against a law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlrmt.runtime.frozen import Frozen

_ATOM = 1e-9  # of the largest eigenvalue: how far one at an atom may be from it
_GOLDEN, _SECTIONS = (5**0.5 - 1) / 2, 30


@dataclass(frozen=True)
class Comparison:
    """How the eigenvalues of one matrix lie beside a law.

    Attributes
    ----------
    eigenvalues : (n,) array
        In increasing order.
    law : Frozen
    kolmogorov : float
        Largest distance of the distribution functions.
    wasserstein : float
        Area between them, the L1 distance of the quantiles.
    outside, distances : (k,) array
        Eigenvalues in no interval of the support and at no atom, and how far from the nearest.
    scale : float
        Factor of the law at which the L1 distance is least.
    """

    eigenvalues: np.ndarray
    law: Frozen
    kolmogorov: float
    wasserstein: float
    outside: np.ndarray
    distances: np.ndarray
    scale: float

    @property
    def outliers(self) -> np.ndarray:
        """Eigenvalues outside by more than the fluctuations of extreme ones, width·n^(-2/3)·3."""
        lower, upper = self.law.support()[[0, -1], [0, 1]]
        allowed = 3 * (upper - lower) * self.eigenvalues.size ** (-2 / 3)
        return self.outside[self.distances > allowed]

    def __str__(self) -> str:
        lines = [
            f"{self.eigenvalues.size} eigenvalues beside {self.law.name}",
            f"  Kolmogorov distance   {self.kolmogorov:.4g}",
            f"  L1 distance           {self.wasserstein:.4g}",
            f"  fitted scale          {self.scale:.6g}",
            f"  outside the support   {self.outside.size}",
        ]
        if self.outside.size:
            lines[-1] += f", by at most {self.distances.max():.4g}"
        if self.outliers.size:
            shown = ", ".join(f"{v:.4g}" for v in self.outliers[-5:])
            lines.append(f"  outliers              {self.outliers.size}, the largest {shown}")
        return "\n".join(lines)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """The histogram with the law's density; see `Frozen.plot`."""
        return self.law.plot(ax, self.eigenvalues, **style)


def compare(eigenvalues: Any, law: Frozen) -> Comparison:
    """Compare the eigenvalues of a matrix with a law.

    Parameters
    ----------
    eigenvalues : array-like
        All n of them, zeros included.
    law : Frozen
        As ``nlrmt.random_features.law(...)`` or ``Network.spectrum()`` give it.

    Raises
    ------
    ValueError
        If there are no eigenvalues, or one is not a finite real number.

    Examples
    --------
    >>> import numpy as np
    >>> from nlrmt import compare, marchenko_pastur
    >>> X = np.random.default_rng(0).standard_normal((300, 600))
    >>> law = marchenko_pastur.law(ratio=0.5, variance=1)
    >>> found = compare(np.linalg.eigvalsh(X @ X.T / 600), law)
    >>> bool(found.kolmogorov < 0.02), found.outliers.size
    (True, 0)
    """
    values = _beside(eigenvalues, law)
    n = values.size
    quantiles = law.ppf((np.arange(n) + 0.5) / n)
    intervals = law.support()
    apart = np.maximum(intervals[:, :1] - values, values - intervals[:, 1:]).min(
        axis=0, initial=np.inf
    )
    away = (apart > 0) & ~np.isin(values, list(law.atoms))
    return Comparison(
        values,
        law,
        _distance(values, law),
        float(np.mean(np.abs(values - quantiles))),
        values[away],
        apart[away],
        _scale(values, quantiles),
    )


def kolmogorov(eigenvalues: Any, law: Frozen) -> float:
    """Largest distance of the distribution functions of eigenvalues and of a law.

    As `compare` has it, without the quantiles, which take longer.
    """
    return _distance(_beside(eigenvalues, law), law)


def fit(
    eigenvalues: Any, family: Callable[[float], Frozen], bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """Scale and parameter of a family of laws at which the L1 distance of eigenvalues is least.

    Parameters
    ----------
    eigenvalues : array-like
    family : callable
        A law for each value of the parameter, for instance of ζ/η.
    bounds : pair of float
        Of the parameter.

    Returns
    -------
    scale, parameter : float
        The law times the scale is the fitted one. The distance is minimised by golden section,
        which assumes one minimum.
    """
    values = _read(eigenvalues)
    levels = (np.arange(values.size) + 0.5) / values.size

    def distance(parameter: float) -> tuple[float, float]:
        quantiles = family(parameter).ppf(levels)
        scale = _scale(values, quantiles)
        return float(np.mean(np.abs(values - scale * quantiles))), scale

    low, high = map(float, bounds)
    inner = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    found = [distance(p) for p in inner]
    for _ in range(_SECTIONS):
        if found[0][0] <= found[1][0]:
            high, inner[1], found[1] = inner[1], inner[0], found[0]
            inner[0] = high - _GOLDEN * (high - low)
            found[0] = distance(inner[0])
        else:
            low, inner[0], found[0] = inner[0], inner[1], found[1]
            inner[1] = low + _GOLDEN * (high - low)
            found[1] = distance(inner[1])
    best = 0 if found[0][0] <= found[1][0] else 1
    return found[best][1], inner[best]


def _read(eigenvalues: Any) -> np.ndarray:
    values = np.asarray(eigenvalues)
    if values.dtype.kind not in "iuf" or not values.size or not np.isfinite(values).all():
        raise ValueError(
            "eigenvalues: give the eigenvalues of a symmetric matrix, finite real numbers"
        )
    return np.sort(values.astype(float).ravel())


def _beside(eigenvalues: Any, law: Frozen) -> np.ndarray:
    """Increasing values, those near an atom of the law at it: rounding must not divide them."""
    values = _read(eigenvalues)
    scale = float(np.abs(values).max())
    for at in law.atoms:
        values[np.abs(values - at) <= _ATOM * scale] = at
    return values


def _distance(values: np.ndarray, law: Frozen) -> float:
    upper = law.cdf(values)
    before = upper - sum((mass * (values == at) for at, mass in law.atoms.items()), np.zeros(1))
    ranks = np.searchsorted(values, values, side="right") / values.size
    first = np.searchsorted(values, values, side="left") / values.size
    return float(max(np.abs(ranks - upper).max(), np.abs(first - before).max()))


def _scale(values: np.ndarray, quantiles: np.ndarray) -> float:
    """Minimum over s of Σ|λ - s·q|: a weighted median of the ratios λ/q."""
    used = quantiles != 0
    if not used.any():
        return 1.0
    ratios, weights = values[used] / quantiles[used], np.abs(quantiles[used])
    order = np.argsort(ratios)
    total = np.cumsum(weights[order])
    return float(ratios[order][np.searchsorted(total, total[-1] / 2)])
