"""What training does to the spectra of a two-layer network of linear width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.figures.figure import Figure
from derive.figures.spectra import beside, curve, draw_curve, draw_histogram, histogram, label
from derive.figures.style import BLUE, COLOURS, VERMILLION
from nlrmt import marchenko_pastur, random_features
from nlrmt.networks import kolmogorov
from nlrmt.runtime.activations import Constants, constants

_TAIL = 0.05  # share of the eigenvalues in a tail index
_DECAY, _SQUARES, _SMALL = 0.9, 0.999, 1e-8  # Adam's customary constants


def activation(x: np.ndarray) -> np.ndarray:
    """Centred but not normalised: tanh 2x."""
    return np.tanh(2 * x)


def _slope(x: np.ndarray) -> np.ndarray:
    return 2 * (1 - np.tanh(2 * x) ** 2)


@dataclass
class Training:
    """The first layer W (h × d) of f(x) = vᵀσ(Wx/√d)/√h, trained on n samples.

    The loss is |y - f|²/(2n), with the output at the start subtracted from f; labels are those of
    a linear teacher with noise of variance one. σ is tanh 2x, normalised.
    """

    n: int
    d: int
    h: int
    seed: int

    def __post_init__(self) -> None:
        """Draw data, weights and labels."""
        rng = np.random.default_rng(self.seed)
        self.constants: Constants = constants(activation)
        self.scale = self.constants.eta**0.5
        self.v = rng.choice([-1.0, 1.0], self.h)
        self.start = rng.standard_normal((self.h, self.d))
        teacher = rng.standard_normal(self.d) / np.sqrt(self.d)
        self.sets = []
        for _ in ("training", "test"):
            X = rng.standard_normal((self.d, self.n))
            y = teacher @ X + rng.standard_normal(self.n)
            self.sets.append((X, y, self._output(self.start, X)))

    def _output(self, W: np.ndarray, X: np.ndarray) -> np.ndarray:
        return self.v @ self.features(W, X) / np.sqrt(self.h)

    def features(self, W: np.ndarray, X: np.ndarray) -> np.ndarray:
        """σ(WX/√d)."""
        return activation(W @ X / np.sqrt(self.d)) / self.scale

    def losses(self, W: np.ndarray) -> list[float]:
        """On training and test data."""
        return [float(np.mean((y - self._output(W, X) + f0) ** 2) / 2) for X, y, f0 in self.sets]

    def gradient(self, W: np.ndarray) -> np.ndarray:
        """Of the training loss."""
        X, y, f0 = self.sets[0]
        argument = W @ X / np.sqrt(self.d)
        values = activation(argument) / self.scale
        residual = y - self.v @ values / np.sqrt(self.h) + f0
        back = self.v[:, None] * _slope(argument) / self.scale * residual
        return -back @ X.T / (self.n * np.sqrt(self.h * self.d))

    def descent(self, rate: float, steps: int) -> np.ndarray:
        """W after full-batch gradient descent."""
        W = self.start.copy()
        for _ in range(steps):
            W -= rate * self.gradient(W)
        return W

    def adam(self, rate: float, steps: int) -> np.ndarray:
        """W after full-batch Adam."""
        W = self.start.copy()
        mean, square = np.zeros_like(W), np.zeros_like(W)
        for k in range(1, steps + 1):
            gradient = self.gradient(W)
            mean += (1 - _DECAY) * (gradient - mean)
            square += (1 - _SQUARES) * (gradient**2 - square)
            W -= rate * (mean / (1 - _DECAY**k)) / (np.sqrt(square / (1 - _SQUARES**k)) + _SMALL)
        return W

    def rate(self, theta: float) -> float:
        """Learning rate at which the first step adds to W/√d a matrix of rank one and norm θ."""
        X, y, _ = self.sets[0]
        slope = (self.constants.zeta / self.constants.eta) ** 0.5
        pull = slope * np.linalg.norm(self.v) * np.linalg.norm(X @ y)
        return float(theta * self.n * self.d * np.sqrt(self.h) / pull)

    def weights(self, W: np.ndarray) -> np.ndarray:
        """Eigenvalues of WWᵀ/d."""
        return np.linalg.eigvalsh(W @ W.T / self.d)

    def covariance(self, W: np.ndarray) -> np.ndarray:
        """Eigenvalues of YYᵀ/n, up to scale and zeros those of the conjugate kernel."""
        Y = self.features(W, self.sets[0][0])
        return np.linalg.eigvalsh(Y @ Y.T / self.n)


def outlier(theta: float, ratio: float) -> float:
    """Eigenvalue that a perturbation of norm θ brings out of a Marchenko-Pastur law."""
    return (1 + theta**2) * (ratio + theta**2) / theta**2


def tail_index(eigenvalues: np.ndarray) -> float:
    """Hill's estimate from the largest eigenvalues: the smaller, the heavier the tail."""
    values = np.sort(eigenvalues)[::-1]
    k = max(2, round(_TAIL * values.size))
    return float(1 / np.mean(np.log(values[:k] / values[k])))


def compute(
    n: int,
    d: int,
    h: int,
    seed: int,
    rate: float,
    steps: int,
    thetas: Sequence[float],
    draws: int,
    adam_rate: float,
    adam_steps: int,
) -> dict[str, Any]:
    """Spectra before and after small steps, one large step, and an adaptive method."""
    training = Training(n, d, h, seed)
    law = marchenko_pastur.law(ratio=h / d, variance=1.0)
    zeta = training.constants.zeta / training.constants.eta
    features = random_features.law(phi=d / n, psi=d / h, eta=1.0, zeta=zeta)

    def spectra(W: np.ndarray) -> dict[str, Any]:
        weights = training.weights(W)
        train, test = training.losses(W)
        return {
            "weights": beside(weights, law, bins=50),
            "features_kolmogorov": kolmogorov(training.covariance(W), features),
            "tail_index": tail_index(weights),
            "train_loss": train,
            "test_loss": test,
            "largest": weights[-1],
        }

    small, large = training.descent(rate, steps), list(_large_steps(training, thetas, draws))
    moved = float(np.abs(training.weights(small) - training.weights(training.start)).max())
    return {
        "before": spectra(training.start),
        "small": spectra(small),
        "moved": float(f"{moved:.2g}"),
        "large": large,
        "means": _listed(np.mean(step["simulated"]) for step in large),
        "predictions": _listed(step["predicted"] for step in large),
        "law": curve(law),
        "adam": spectra(training.adam(adam_rate, adam_steps)),
    }


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _large_steps(
    training: Training, thetas: Sequence[float], draws: int
) -> Iterator[dict[str, Any]]:
    """One step for each θ, for several draws of everything."""
    sizes = (training.n, training.d, training.h)
    each = [training, *(Training(*sizes, training.seed + k) for k in range(1, draws))]
    gradients = [one.gradient(one.start) for one in each]
    law = marchenko_pastur.law(ratio=training.h / training.d, variance=1.0)
    for theta in thetas:
        found = [
            one.weights(one.start - one.rate(theta) * gradient)
            for one, gradient in zip(each, gradients, strict=True)
        ]
        yield {
            "theta": theta,
            "rate": training.rate(theta),
            "predicted": outlier(theta, training.h / training.d),
            "simulated": [values[-1] for values in found],
            "second": max(values[-2] for values in found),
            "bulk": histogram(found[0][:-1], law, bins=50),
        }


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """Small steps, one large step, an adaptive method."""
    small, large, adaptive = canvas.subplots(1, 3)
    before, after = numbers["before"], numbers["small"]
    draw_histogram(small, before["weights"]["histogram"], label="before")
    style = {"fill": False, "alpha": 1, "linewidth": 1.2, "color": VERMILLION}
    draw_histogram(small, after["weights"]["histogram"], label="after", **style)
    draw_curve(small, numbers["law"], color=BLUE, label="law")
    small.set_title("small steps: an invariant bulk")
    draw_histogram(large, numbers["large"][0]["bulk"])
    draw_curve(large, numbers["law"], color=BLUE)
    for step, colour in zip(numbers["large"], COLOURS[1:], strict=False):
        large.axvline(step["predicted"], color=colour, linestyle="--", linewidth=1.2)
        heights = np.full(len(step["simulated"]), 0.08)
        title = f"θ = {step['theta']:g}"
        large.plot(step["simulated"], heights, "o", color=colour, alpha=0.7, label=title)
    large.set_title("one large step: an outlier")
    found = numbers["adam"]["weights"]["histogram"]
    draw_histogram(adaptive, found, label="after", color=VERMILLION)
    draw_curve(adaptive, numbers["law"], color=BLUE, label="law at the start")
    adaptive.set_title("Adam: a broader bulk")
    for ax in (small, large, adaptive):
        label(ax, what="eigenvalue λ of WWᵀ/d")
        ax.legend(loc=(0.58, 0.7) if ax is large else "upper right")
    adaptive.set(yscale="log", ylim=(1e-3, 2))


FIGURES = (
    Figure(
        "spectral_evolution",
        "Spectra of a network in training",
        "Spectral evolution and invariance in linear-width neural networks (2022)",
        "First layer W of a two-layer network, n = {n} samples, d = {d} inputs, h = {h} neurons, "
        "σ = tanh 2x normalised, read-out ±1, squared loss, labels of a linear teacher with noise "
        "of the same variance; trained in full batches. Left: {steps} steps at rate {rate:g} take "
        "the training loss from {before[train_loss]:.3f} to {small[train_loss]:.3f} and the test "
        "loss from {before[test_loss]:.3f} to {small[test_loss]:.3f}; no eigenvalue of WWᵀ/d "
        "moves by more than {moved}, and the Kolmogorov distance of the conjugate kernel from its "
        "law is {before[features_kolmogorov]:.2g} before and {small[features_kolmogorov]:.2g} "
        "after. Middle: one step that adds to W/√d a matrix of norm θ, nearly of rank one; dots: "
        "the largest eigenvalue in {draws} draws, {means} in the mean; dashed: (1 + θ²)(c + "
        "θ²)/θ², c = h/d, {predictions}. Right, as it was seen: {adam_steps} steps of Adam at "
        "rate {adam_rate:g} broaden the bulk. Hill's tail index falls from "
        "{before[tail_index]:.1f} to {adam[tail_index]:.1f}, the training loss to "
        "{adam[train_loss]:.1g}; the test loss rises to {adam[test_loss]:.2f}, so that this is no "
        "heavy tail that generalises. Seeds from {seed}.",
        {
            "n": 800,
            "d": 800,
            "h": 600,
            "seed": 7,
            "rate": 1.0,
            "steps": 200,
            "thetas": (1.6, 2.0, 3.0),
            "draws": 4,
            "adam_rate": 0.2,
            "adam_steps": 60,
        },
        compute,
        draw,
        (11.0, 3.8),
    ),
)
