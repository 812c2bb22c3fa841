"""What ten layers do to a spectrum: nothing where ζ = 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from derive.figures.activations import normalised
from derive.figures.figure import Figure
from derive.figures.spectra import beside, curve, draw_curve, draw_histogram, label
from derive.figures.style import COLOURS, GREY, MARKERS
from derive.simulate import eigenvalues
from nlrmt import Network
from nlrmt.networks import kolmogorov
from nlrmt.runtime.frozen import Frozen

_TITLES = {"figure_3_4": "f⁽⁴⁾ of Fig. 3", "relu": "ReLU", "tanh": "tanh", "abs": "|x|"}
_SHOWN = 3  # of them on the left
_GRID = 2000


def compute(samples: int, ratio: float, layers: Sequence[int], seed: int) -> dict[str, Any]:
    """Distances of every layer from the law of the data, by laws and by simulation."""
    width = round(samples / ratio)
    found: dict[str, Any] = {}
    for k, name in enumerate(_TITLES):
        f = normalised(name)
        simulated: list[float] = []
        exact: list[float] = []
        for depth in layers:
            network = Network(width, (width,) * depth, samples, f)
            data, law = network.spectrum("data"), network.spectrum("kernel")
            values = eigenvalues(network, seed=seed + k, matrix="kernel")[0]
            simulated.append(kolmogorov(values, data))
            exact.append(between(law, data))
        found[name] = {
            "zeta": network.layers[0].constants.zeta,
            "simulated": simulated,
            "exact": exact,
            "last": beside(values, law, log=True, bins=40),
        }
    own = ", ".join(f"{part['last']['kolmogorov']:.2g}" for part in found.values())
    return {
        "layers": list(layers),
        "width": width,
        "data": curve(data, log=True),
        "activations": found,
        "own": own,
    }


def between(one: Frozen, other: Frozen) -> float:
    """Kolmogorov distance of two laws, at many points."""
    ends = np.array([law.support()[[0, -1], [0, 1]] for law in (one, other)])
    x = np.linspace(0, ends.max(), _GRID)
    return float(np.abs(one.cdf(x) - other.cdf(x)).max())


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """Spectra of the last layer, and distances along the layers."""
    spectra, distances = canvas.subplots(1, 2)
    draw_curve(spectra, numbers["data"], log=True, color=GREY, linewidth=3, label="data")
    layers = np.array(numbers["layers"])
    styles = zip(_TITLES.items(), COLOURS, MARKERS, strict=False)
    for k, ((name, title), colour, marker) in enumerate(styles):
        found = numbers["activations"][name]
        text = f"{title} (ζ = {abs(found['zeta']):.3f})"
        if k < _SHOWN:
            draw_histogram(spectra, found["last"]["histogram"], color=colour, alpha=0.3)
            draw_curve(spectra, found["last"]["law"], log=True, color=colour)
        distances.plot(layers, found["simulated"], marker, color=colour, label=text)
        if found["zeta"] > 1e-9:
            distances.plot(layers, found["exact"], color=colour)
    label(spectra, log=True)
    spectra.set_title(f"layer {layers[-1]}")
    distances.set(xlabel="layer", ylabel="Kolmogorov distance from the data", yscale="log")
    distances.set_xticks(layers)
    canvas.legend(loc="outside upper center", ncols=5)


FIGURES = (
    Figure(
        "isospectral_layers",
        "Isospectrality through ten layers",
        "Pennington & Worah (2017), Section 4.1; Piccolo & Schröder (2021)",
        "Left: eigenvalues of the conjugate kernel of layer 10 (filled) and their laws (lines), "
        "beside the Marchenko–Pastur law of the data (grey). Right: Kolmogorov distance from the "
        "law of the data along the layers, simulated (points) and by the laws (lines; exactly 0 "
        "for ζ = 0). |x| drifts, an effect of finite size that fades with the width: compare Fig. "
        "1(b), α = 1. {samples} Gaussian samples of dimension {width}, layers of {width} neurons, "
        "activations with mean 0 and variance 1, no bias, seeds from {seed}. Distances of layer "
        "10 from its own law, for f⁽⁴⁾, ReLU, tanh, |x|: {own}.",
        {"samples": 600, "ratio": 0.5, "layers": (1, 2, 3, 4, 6, 8, 10), "seed": 6},
        compute,
        draw,
        (10.0, 4.0),
    ),
)
