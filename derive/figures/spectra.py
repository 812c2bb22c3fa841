"""Spectra in figures: histograms of eigenvalues, densities of laws, and their distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from derive.figures.style import GREY, plain_ticks
from nlrmt.networks import kolmogorov
from nlrmt.runtime.frozen import Frozen, spaced

_BINS = 60
_ATOM = 1e-9  # of the largest eigenvalue: how far one at an atom may be from it
_SMALL = 1e-3  # of the upper end of the support: where a logarithmic axis starts
_POINTS, _LEAST = 150, 30  # of a density, and on each of many intervals


def beside(
    eigenvalues: np.ndarray, law: Frozen, *, log: bool = False, bins: int = _BINS
) -> dict[str, Any]:
    """Numbers of a picture of eigenvalues beside a law, with their Kolmogorov distance.

    A logarithmic axis starts at a thousandth of the upper end of the law.
    """
    return {
        "histogram": histogram(eigenvalues, law, log=log, bins=bins, lowest=_lowest(law)),
        "law": curve(law, log=log),
        "kolmogorov": kolmogorov(eigenvalues, law),
    }


def _lowest(law: Frozen) -> float:
    return float(_SMALL * law.support().max())


def histogram(
    eigenvalues: np.ndarray,
    law: Frozen,
    *,
    log: bool = False,
    bins: int = _BINS,
    lowest: float = 0.0,
) -> dict[str, Any]:
    """Density of eigenvalues, those at atoms in the count alone; of ln x where `log`.

    Where it is, smaller eigenvalues than the lowest are in the count alone.
    """
    values = np.asarray(eigenvalues)
    near = [np.abs(values - at) <= _ATOM * values.max() for at in law.atoms]
    shown = values[~np.any(near, axis=0)] if near else values
    shown = np.log(shown[shown > lowest]) if log else shown
    heights, edges = np.histogram(shown, bins)
    density = heights / np.diff(edges) / values.size
    return {"edges": np.exp(edges) if log else edges, "density": density}


def curve(law: Frozen, *, log: bool = False) -> list[dict[str, Any]]:
    """Points of the density, of ln x where `log`, on every interval; closer at the ends."""
    lowest = _lowest(law) if log else 0.0
    intervals = [pair for pair in law.support() if pair[1] > lowest]
    angle = np.linspace(0, np.pi, max(_LEAST, _POINTS // len(intervals)) + 2)[1:-1]
    found = []
    for lower, upper in intervals:
        if log:
            ends = np.log([max(lower, lowest), upper])
            x = np.exp(ends[0] + np.diff(ends) * np.sin(angle / 2) ** 2)
        else:
            x = spaced(lower, upper, angle)
        found.append({"x": x, "y": law.pdf(x) * (x if log else 1)})
    return found


def draw_histogram(ax: Any, found: Mapping[str, Any], **style: Any) -> None:
    """Steps of a histogram; filled grey by default."""
    style = {"color": GREY, "alpha": 0.55, "fill": True, **style}
    ax.stairs(found["density"], found["edges"], **style)


def draw_curve(
    ax: Any, found: Sequence[Mapping[str, Any]], *, log: bool = False, **style: Any
) -> None:
    """The density of a law, on a logarithmic axis if it is that of ln x."""
    for interval in found:
        ax.plot(interval["x"], interval["y"], **style)
        style.pop("label", None)
    if log:
        ax.set_xscale("log")


def label(ax: Any, *, log: bool = False, what: str = "eigenvalue λ") -> None:
    """Names of the axes of a picture of spectra."""
    ax.set_xlabel(what)
    ax.set_ylabel("density of ln λ" if log else "density")
    ax.set_ylim(0, None)
    if log:
        plain_ticks(ax.xaxis)
