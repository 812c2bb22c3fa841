"""Pennington and Worah's Fig. 2: training error of ridge regression on random labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np

from derive.figures.activations import quintic
from derive.figures.figure import Figure
from derive.figures.style import COLOURS, GREY, MARKERS
from nlrmt import random_features

_CAPTION = (
    "Training error E of ridge regression on {labels} sets of random labels against log₁₀(γ/η), "
    "for β = log₁₀(η/ζ − 1). Lines: the law. Points: m = {m} Gaussian samples of n₀ = {n0} "
    "dimensions and n₁ = {n1} random features (φ = {phi}, ψ = {psi}); for every point the "
    "regression is solved anew with fresh data, weights, labels and a fresh random quintic f of "
    "that β (f = x for β = −∞), seed {seed}. Largest deviation: {deviation}."
)


def compute(
    m: int, phi: str, psi: str, betas: Sequence[float | None], labels: int, points: int, seed: int
) -> dict[str, Any]:
    """Training errors of the law and of simulated regressions; β = None is -∞."""
    n0 = round(m * Fraction(phi))
    n1 = round(n0 / Fraction(psi))
    ends = (-8.0, 4.0)
    line, at = np.linspace(*ends, 121), np.linspace(*ends, points)
    zetas = [1.0 if beta is None else 1 / (1 + 10.0**beta) for beta in betas]
    cases = [(zeta, 10.0**log) for zeta in zetas for log in at]

    def solved(zeta: float, gamma: float, stream: np.random.SeedSequence) -> float:
        rng = np.random.default_rng(stream)
        return ridge_error((n0, n1, m), quintic(zeta, rng), gamma, labels, rng)

    with ThreadPoolExecutor() as pool:
        streams = np.random.SeedSequence(seed).spawn(len(cases))
        found = np.array(list(pool.map(solved, *zip(*cases, strict=True), streams)))
    curves: list[dict[str, Any]] = []
    for beta, zeta, simulated in zip(betas, zetas, found.reshape(len(zetas), -1), strict=True):
        law = {"phi": n0 / m, "psi": n0 / n1, "eta": 1.0, "zeta": zeta}
        curves.append(
            {
                "beta": beta,
                "law": random_features.train_error(10**line, **law),
                "exact": random_features.train_error(10**at, **law),
                "simulated": simulated,
            }
        )
    deviation = max(float(np.abs(c["simulated"] - c["exact"]).max()) for c in curves)
    sizes = {"n0": n0, "n1": n1, "deviation": float(f"{deviation:.2g}")}
    return {"line": line, "at": at, "curves": curves, **sizes}


def ridge_error(
    sizes: tuple[int, int, int],
    f: Callable[[Any], Any],
    gamma: float,
    labels: int,
    rng: np.random.Generator,
) -> float:
    """Mean squared error of the minimiser of |L - VᵀY|²/m + γ|V|² for random labels L."""
    n0, n1, m = sizes
    X, W = rng.standard_normal((n0, m)), rng.standard_normal((n1, n0)) / np.sqrt(n0)
    Y, L = f(W @ X), rng.standard_normal((m, labels))
    V = np.linalg.solve(Y @ Y.T / m + gamma * np.eye(n1), Y @ L / m)
    return float(np.mean((L - Y.T @ V) ** 2))


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """Errors against the ridge."""
    ax = canvas.subplots()
    colours = (GREY, *COLOURS)
    for found, colour, marker in zip(numbers["curves"], colours, MARKERS, strict=True):
        beta = "−∞" if found["beta"] is None else f"{found['beta']:g}".replace("-", "−")
        ax.plot(numbers["line"], found["law"], color=colour)
        ax.plot(numbers["at"], found["simulated"], marker, color=colour, label=f"β = {beta}")
    ax.set(xlabel="log₁₀(γ/η)", ylabel="training error E", ylim=(-0.02, 1.02))
    ax.legend(loc="upper left")


_SIZES: dict[str, Any] = {
    "m": 1200,
    "phi": "1/2",
    "betas": (None, -8, -6, -4, -2, 0, 2),
    "labels": 32,
    "points": 13,
    "seed": 2,
}
_PAPER = "Pennington & Worah (2017), Fig. 2"
FIGURES = tuple(
    Figure(
        f"pennington_worah_2{letter}",
        f"Memorization with {ratio}",
        f"{_PAPER}({letter})",
        _CAPTION,
        _SIZES | {"psi": psi},
        compute,
        draw,
        (6.0, 4.2),
    )
    for letter, ratio, psi in (
        ("a", "as many random features as samples", "1/2"),
        ("b", "fewer random features than samples", "3/4"),
    )
)
