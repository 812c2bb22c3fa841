"""Pennington and Worah's Fig. 1: how far the spectra of layers 1 and 10 are from layer 1's law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from derive.figures.activations import leaky
from derive.figures.figure import Figure
from derive.figures.style import COLOURS, MARKERS, plain_ticks
from derive.simulate import eigenvalues
from nlrmt import Network

_CAPTION = (
    "L1 distance d between the spectrum of the data covariance (1/m)YYᵀ of layer {layer} and the "
    "law of layer 1, against the width n₀, for f_α of eq. (17). Shapes φ = {phi}, ψ = {psi}: m = "
    "n₀/φ Gaussian samples and layers of n₁ = n₀/ψ neurons. d compares the masses of {bins} bins "
    "of equal mass under the law; the mean of {samples}/n₀ networks, at least {least}, seed "
    "{seed}. {end}"
)


def compute(
    layer: int,
    widths: Sequence[int],
    alphas: Sequence[str],
    phi: str,
    psi: str,
    bins: int,
    samples: int,
    least: int,
    seed: int,
    end: str = "",
) -> dict[str, Any]:
    """Mean distances and their standard errors, and their limits by the laws."""
    curves = []
    for alpha in alphas:
        f = leaky(alpha)

        def network(width: int, depth: int, f: Any = f) -> Network:
            hidden, m = (round(width / Fraction(shape)) for shape in (psi, phi))
            return Network(width, (hidden,) * depth, m, f)

        largest = widths[-1] * Fraction(psi).numerator
        first, last = (network(largest, depth).spectrum() for depth in (1, layer))
        cuts = first.ppf(np.arange(1, bins) / bins)
        found = []
        for width in widths:
            draws = max(least, samples // width)
            spectra = eigenvalues(network(width, layer), draws=draws, seed=seed)
            each = [distance(np.searchsorted(np.sort(s), cuts) / s.size) for s in spectra]
            found.append((np.mean(each), np.std(each, ddof=1) / draws**0.5))
        mean, error = np.array(found).T
        zeta = network(widths[0], 1).layers[0].constants.zeta
        limit = distance(last.cdf(cuts))
        curves.append(
            {"alpha": alpha, "zeta": zeta, "distance": mean, "error": error, "limit": limit}
        )
    return {"n0": list(widths), "curves": curves}


def distance(below: np.ndarray) -> float:
    """Σ|p - 1/bins| of the masses p between cuts, from the mass below each cut."""
    masses = np.diff(below, prepend=0, append=1)
    return float(np.abs(masses - 1 / masses.size).sum())


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """Distances against the width, both logarithmic; dashed where they end."""
    ax = canvas.subplots()
    for found, colour, marker in zip(numbers["curves"], COLOURS, MARKERS, strict=False):
        label = f"α = {found['alpha']} (ζ = {found['zeta']:.3f})".replace("-", "−")
        style = {"color": colour, "marker": marker, "label": label, "capsize": 2}
        ax.errorbar(numbers["n0"], found["distance"], found["error"], **style)
        if found["limit"] > 1e-9:
            ax.axhline(found["limit"], color=colour, linestyle="--", linewidth=1)
    ax.set(xscale="log", yscale="log", xlabel="width n₀", ylabel="L1 distance d")
    for axis in (ax.xaxis, ax.yaxis):
        plain_ticks(axis)
    canvas.legend(loc="outside right center")


_SIZES: dict[str, Any] = {
    "widths": (50, 100, 200, 400, 800, 1600),
    "alphas": ("1", "1/4", "0", "-1/4", "-1"),
    "phi": "1",
    "psi": "3/2",
    "bins": 20,
    "samples": 4000,
    "least": 3,
    "seed": 1,
}
_PAPER = "Pennington & Worah (2017), Fig. 1"
FIGURES = (
    Figure(
        "pennington_worah_1a",
        "Layer 1 against its law",
        f"{_PAPER}(a)",
        _CAPTION,
        _SIZES | {"layer": 1, "end": "Every curve falls as 1/n₀, whatever ζ is."},
        compute,
        draw,
        (7.5, 4.0),
    ),
    Figure(
        "pennington_worah_1b",
        "Layer 10 against the law of layer 1",
        f"{_PAPER}(b)",
        _CAPTION,
        _SIZES
        | {
            "layer": 10,
            "end": "Dashed: the distance of the law of layer 10. Only ζ = 0 keeps the spectrum.",
        },
        compute,
        draw,
        (7.5, 4.0),
    ),
)
