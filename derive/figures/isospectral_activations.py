"""Pennington and Worah's Fig. 3: activations with ζ = 0, and the spectra they preserve."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from derive.figures.activations import derivative
from derive.figures.figure import Figure
from derive.figures.spectra import curve, draw_curve, draw_histogram, histogram, label
from derive.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILLION
from derive.simulate import eigenvalues
from nlrmt import Network, marchenko_pastur
from nlrmt.activations import ACTIVATIONS
from nlrmt.networks import kolmogorov

_LABELS = {
    "figure_3_1": ("f⁽¹⁾", VERMILLION),
    "figure_3_2": ("f⁽²⁾", GREEN),
    "figure_3_3": ("f⁽³⁾", ORANGE),
    "figure_3_4": ("f⁽⁴⁾", BLUE),
}


def compute(m: int, phi: str, psi: str, seed: int) -> dict[str, Any]:
    """Functions, derivatives, and eigenvalues beside the Marchenko-Pastur law."""
    n0 = round(m * Fraction(phi))
    n1 = round(n0 / Fraction(psi))
    law = marchenko_pastur.law(ratio=n1 / m, variance=1.0)
    x = np.linspace(-4, 4, 201)
    found = {}
    for k, name in enumerate(_LABELS):
        network = Network(n0, n1, m, name)
        values = eigenvalues(network, seed=seed + k)[0]
        eta, zeta = network.layers[0].constants[1:3]
        found[name] = {
            "f": ACTIVATIONS[name](x),
            "derivative": derivative(name)(x),
            "eta": eta,
            "zeta": zeta,
            "histogram": histogram(values, law, bins=40),
            "kolmogorov": kolmogorov(values, law),
        }
    worst = max(f["kolmogorov"] for f in found.values())
    return {
        "x": x,
        "activations": found,
        "law": curve(law),
        "n0": n0,
        "n1": n1,
        "worst": float(f"{worst:.2g}"),
    }


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """Functions, derivatives, histograms on the law."""
    functions, slopes, spectra = canvas.subplots(1, 3)
    for name, (title, colour) in _LABELS.items():
        found = numbers["activations"][name]
        functions.plot(numbers["x"], found["f"], color=colour, label=title)
        slopes.plot(numbers["x"], found["derivative"], color=colour)
        style = {"color": colour, "fill": False, "alpha": 1, "linewidth": 1.2}
        draw_histogram(spectra, found["histogram"], **style)
    draw_curve(spectra, numbers["law"], color=GREY, linewidth=2.5, label="Marchenko–Pastur")
    functions.set(xlabel="x", ylabel="f(x)")
    slopes.set(xlabel="x", ylabel="f′(x)")
    label(spectra)
    spectra.legend()
    canvas.legend(*functions.get_legend_handles_labels(), loc="outside upper center", ncols=4)


FIGURES = (
    Figure(
        "pennington_worah_3",
        "Activations that preserve the spectrum",
        "Pennington & Worah (2017), Fig. 3, and the spectra of such networks",
        "Four activations with η = 1 and ζ = 0, up to factors f⁽¹⁾ = −1 + √5 exp(−2x²), f⁽²⁾ = "
        "sin 2x + cos(3x/2) − 2e⁻²x − exp(−9/8), f⁽³⁾ = |x| − √(2/π) and f⁽⁴⁾ = "
        "(1 − 4/√3 exp(−x²/2)) erf x; their derivatives; and the eigenvalues of "
        "(1/m)YYᵀ, Y = f(WX), for each of them (steps) on the Marchenko–Pastur law (grey), which "
        "is that of n₁ × m Gaussian data as well. n₀ = {n0}, n₁ = {n1}, m = {m} (φ = {phi}, "
        "ψ = {psi}), seeds from {seed}; Kolmogorov distances up to {worst}.",
        {"m": 1600, "phi": "3/4", "psi": "3/2", "seed": 3},
        compute,
        draw,
        (10.0, 3.8),
    ),
)
