"""Piccolo and Schröder: features with and without an additive bias."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from derive.figures.activations import normalised
from derive.figures.figure import Figure
from derive.figures.spectra import beside, curve, draw_curve, draw_histogram, label
from derive.figures.style import BLUE, GREEN, GREY, VERMILLION
from derive.simulate import eigenvalues
from nlrmt import Network, biased_features
from nlrmt.networks import kolmogorov

_TITLES = {"abs": "|x|, ζ = 0", "relu": "ReLU", "tanh": "tanh"}


def compute(m: int, phi: str, psi: str, bias_std: float, seed: int) -> dict[str, Any]:
    """Spectra with and without bias, and the quartic law of the averaged constants."""
    n0 = round(m * Fraction(phi))
    n1 = round(n0 / Fraction(psi))
    shape = {"phi": n0 / m, "psi": n0 / n1}
    found = {}
    for name in _TITLES:
        f = normalised(name)
        panel: dict[str, Any] = {}
        for kind, scale in (("without", 0.0), ("with", bias_std)):
            network = Network(n0, n1, m, f, bias_std=scale)
            values = eigenvalues(network, seed=seed)[0]
            panel[kind] = beside(values, network.spectrum(), log=True)
        nodes = biased_features.nodes(f, sigma_b=bias_std)
        means = {k: [float(nodes["weights"] @ nodes[k])] for k in ("eta", "zeta")}
        averaged = biased_features.law(**shape, **means)
        panel["averaged"] = {
            "law": curve(averaged, log=True),
            "kolmogorov": kolmogorov(values, averaged),
        }
        found[name] = panel
    distances = {
        f"{kind}_distances": ", ".join(f"{p[kind]['kolmogorov']:.2g}" for p in found.values())
        for kind in ("without", "with", "averaged")
    }
    return {"activations": found, "n0": n0, "n1": n1, **distances}


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """One panel an activation."""
    panels = canvas.subplots(1, len(_TITLES))
    for ax, (name, title) in zip(panels, _TITLES.items(), strict=True):
        found = numbers["activations"][name]
        for kind, colour in (("without", BLUE), ("with", VERMILLION)):
            draw_histogram(ax, found[kind]["histogram"], color=colour, alpha=0.3)
            draw_curve(ax, found[kind]["law"], log=True, color=colour, label=f"{kind} bias")
        style: dict[str, Any] = {"color": GREEN, "linestyle": "--", "label": "with bias, averaged"}
        draw_curve(ax, found["averaged"]["law"], log=True, **style)
        label(ax, log=True)
        ax.set_title(title, color=GREY)
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


FIGURES = (
    Figure(
        "piccolo_schroder_bias",
        "With and without bias",
        "Piccolo & Schröder (2021)",
        "Eigenvalues of (1/m)YYᵀ, Y = f(WX + b) with the mean of every row removed, for Gaussian "
        "biases of standard deviation {bias_std:g} (red) and without (blue); f has mean 0 and "
        "variance 1 without bias. Lines: the exact laws; dashed: the quartic law of the averaged "
        "constants η = E V and ζ = E c₁², which only approximates. With bias |x| loses its "
        "Marchenko–Pastur law. Drawn from a thousandth of the upper ends on. n₀ = {n0}, n₁ = "
        "{n1}, m = {m} (φ = {phi}, ψ = {psi}), seed {seed}. Kolmogorov distances for |x|, ReLU, "
        "tanh: {without_distances} without bias; with bias {with_distances} from the exact law "
        "and {averaged_distances} from the averaged one.",
        {"m": 1800, "phi": "1/2", "psi": "3/4", "bias_std": 1.0, "seed": 5},
        compute,
        draw,
        (10.0, 3.8),
    ),
)
