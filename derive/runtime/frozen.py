"""A law at values of its parameters, with the methods of a frozen distribution of scipy.stats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .parameters import natural

_NODES, _DOUBLINGS = 64, 6  # of quadrature on each interval of the support
_AGREEMENT = 1e-9  # relative, of two of them
_DRAWN = 300  # points of each interval in a picture


class Frozen:
    """A law with numbers for all parameters.

    Parameters
    ----------
    law : CurveLaw or evaluation.Law
    given : mapping
        Its parameters.
    name : str

    Raises
    ------
    ValueError
        If a parameter lies outside its domain or is an array; the message names it.

    Notes
    -----
    Laws have a continuous part and atoms: `pdf` is the density of the former, whose integral is
    ``1 - sum(atoms.values())``; `cdf`, `sf`, `ppf`, `rvs`, moments and `expect` are those of the
    whole law.
    """

    def __init__(self, law: Any, given: Mapping[str, Any], name: str):
        self._law, self._given, self.name = law, dict(given), name
        for key, value in law.read(given).items():
            parts = value if isinstance(value, tuple) else (value,)
            if any(np.ndim(part) for part in parts):
                raise ValueError(f"{key} is an array: a frozen law has numbers for its parameters")

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in self._given.items() if v is not None)
        return f"{self.name}({values})" if values else self.name

    def pdf(self, x: Any) -> Any:
        """Density of the continuous part at x."""
        return self._law.density(x, self._given)

    def cdf(self, x: Any) -> Any:
        """F(x), the mass of (-∞, x], atoms included."""
        return self._law.cdf(x, self._given)

    def sf(self, x: Any) -> Any:
        """1 - F(x), small values with their own relative accuracy where the law allows it."""
        return self._law.survival_function(x, self._given)

    def ppf(self, q: Any) -> Any:
        """Smallest x with F(x) ≥ q."""
        return self._law.quantile(q, self._given)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        """Independent draws; `random_state` is a seed or a `numpy.random.Generator`."""
        return self.ppf(np.random.default_rng(random_state).random(size))

    def support(self) -> np.ndarray:
        """Intervals of the continuous part, shape (k, 2)."""
        return self._law.support(self._given)

    @property
    def atoms(self) -> dict[float, float]:
        """Masses of the atoms by position."""
        return self._law.atoms(self._given)

    def moment(self, order: int) -> float:
        """E x^order."""
        return float(self._law.moments(natural("order", order), self._given)[-1])

    def mean(self) -> float:
        """E x."""
        return self.moment(1)

    def var(self) -> float:
        """Variance."""
        _, first, second = self._law.moments(2, self._given)
        return float(second - first**2)

    def std(self) -> float:
        """Standard deviation."""
        return self.var() ** 0.5

    def median(self) -> float:
        """Smallest x with F(x) ≥ 1/2."""
        return float(self.ppf(0.5))

    def expect(self, function: Callable[[np.ndarray], Any]) -> float:
        """E f(x), atoms included, for a function of arrays.

        Raises
        ------
        ArithmeticError
            If quadrature with up to 4096 points an interval does not agree to 1e-9.
        """
        found = sum(mass * float(function(np.array([at]))[0]) for at, mass in self.atoms.items())
        for interval in self.support():
            found += self._integral(function, *interval)
        return found

    def _integral(self, function: Callable, lower: float, upper: float) -> float:
        last = np.nan
        for k in range(_DOUBLINGS + 1):
            # x = middle - half·cos θ: roots at the ends become smooth.
            n = _NODES << k
            angle = np.pi * (np.arange(n) + 0.5) / n
            x, weight = spaced(lower, upper, angle), np.sin(angle) * (upper - lower) / 2
            parts = function(x) * self.pdf(x) * weight * np.pi / n
            value, size = float(np.sum(parts)), float(np.sum(np.abs(parts)))
            if abs(value - last) <= _AGREEMENT * size:
                return value
            last = value
        raise ArithmeticError(
            f"{self.name}: the integral over [{lower}, {upper}] is not known to {_AGREEMENT}"
        )

    def plot(self, ax: Any = None, eigenvalues: Any = None, **style: Any) -> Any:
        """Draw the density, and a histogram of eigenvalues under it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            New ones by default.
        eigenvalues : array-like, optional
            All eigenvalues of a matrix, those at atoms included.
        **style
            Of the line.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots()
        intervals, atoms = self.support(), self.atoms
        if eigenvalues is not None:
            _histogram(ax, np.asarray(eigenvalues, float), intervals, list(atoms))
        style = {"label": "law", "color": "#0072B2", **style}
        for lower, upper in intervals:
            x = spaced(lower, upper, np.linspace(0, np.pi, _DRAWN)[1:-1])
            y = self.pdf(x)
            # The ends belong to the curve where it does not diverge.
            ends = np.where(y[[0, -1]] < y.max() / 2, 0.0, y[[0, -1]])
            x, y = np.concatenate([[lower], x, [upper]]), np.concatenate([ends[:1], y, ends[1:]])
            ax.plot(x, y, **style)
            style.pop("label", None)
            ax.set_ylim(0, max(ax.get_ylim()[1], 1.2 * float(np.quantile(y, 0.97))))
        for position, mass in atoms.items():
            ax.annotate(
                f"atom {mass:.3g} at {position:.3g}",
                (position, 0),
                (4, 8),
                textcoords="offset points",
            )
        ax.set_xlabel("eigenvalue")
        ax.set_ylabel("density")
        return ax


def spaced(lower: float, upper: float, angle: np.ndarray) -> np.ndarray:
    """Points from the lower end to the upper one, each by its distance from the nearer."""
    low = lower + (upper - lower) * np.sin(angle / 2) ** 2
    high = upper - (upper - lower) * np.cos(angle / 2) ** 2
    return np.where(angle < np.pi / 2, low, high)


def _histogram(ax: Any, values: np.ndarray, intervals: np.ndarray, atoms: list[float]) -> None:
    """Density of eigenvalues, those at atoms left out of the picture but not of the count."""
    scale = np.abs(intervals).max(initial=1e-300)
    shown = values[np.all([np.abs(values - at) > 1e-9 * scale for at in atoms], axis=0)]
    # Bins of each interval, so that none covers a gap; what lies outside has one on each side.
    ends = [shown.min(initial=np.inf), shown.max(initial=-np.inf)]
    for lower, upper in intervals:
        inside = np.count_nonzero((shown >= lower) & (shown <= upper))
        ends.extend(np.linspace(lower, upper, 1 + int(np.clip(np.sqrt(inside), 3, 60))))
    heights, edges = np.histogram(shown, np.unique(ends))
    heights = heights / (np.diff(edges) * values.size)
    ax.stairs(heights, edges, fill=True, color="#BBBBBB", label=f"{values.size} eigenvalues")
