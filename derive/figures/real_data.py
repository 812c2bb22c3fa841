"""Real images through a network, beside the law of their own spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from derive.figures.activations import normalised
from derive.figures.figure import Figure
from derive.figures.spectra import draw_histogram, histogram, label
from derive.figures.style import BLUE
from derive.simulate import eigenvalues
from nlrmt import Network
from nlrmt.networks import kolmogorov

_BINS = 45
_PHOTOGRAPHS = ("china.jpg", "flower.jpg")
_TITLES = {
    "digits": "digits",
    "patches": "patches of photographs",
    "residues": "patches without leading components",
}


def digits(samples: int, seed: int) -> np.ndarray:
    """Handwritten digits of 8 × 8 pixels, as rows."""
    from sklearn.datasets import load_digits

    images = load_digits().data
    return np.random.default_rng(seed).permutation(images)[:samples]


def patches(samples: int, side: int, seed: int) -> np.ndarray:
    """Squares of two photographs that do not overlap, as rows."""
    from sklearn.datasets import load_sample_image

    found = []
    for name in _PHOTOGRAPHS:
        image = load_sample_image(name) / 255
        rows, columns = (size // side for size in image.shape[:2])
        cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side, 3)
        found.append(cut.swapaxes(1, 2).reshape(rows * columns, -1))
    return np.random.default_rng(seed).permutation(np.concatenate(found))[:samples]


def prepared(samples: np.ndarray, removed: int = 0) -> np.ndarray:
    """Samples without their mean and leading principal components, of length √dimension."""
    left, values, right = np.linalg.svd(samples - samples.mean(axis=0), full_matrices=False)
    rest = (left[:, removed:] * values[removed:]) @ right[removed:]
    return rest / np.sqrt(np.mean(rest**2, axis=1, keepdims=True))


def compute(
    samples: int, width: int, side: int, removed: int, activation: str, seed: int
) -> dict[str, Any]:
    """Spectra of the conjugate kernel, for three kinds of data."""
    images = patches(samples, side, seed)
    sets = {
        "digits": prepared(digits(samples, seed)),
        "patches": prepared(images),
        "residues": prepared(images, removed),
    }
    f = normalised(activation)
    found: dict[str, Any] = {}
    for kind, X in sets.items():
        network = Network(widths=width, activation=f, data=X)
        values = eigenvalues(network, seed=seed, matrix="kernel")[0]
        cosines = (X @ X.T / X.shape[1])[np.triu_indices(len(X), 1)]
        law = network.spectrum("kernel")
        bins = histogram(values, law, log=True, bins=_BINS)
        masses = np.diff(law.cdf(bins["edges"])) / np.diff(np.log(bins["edges"]))
        found[kind] = {
            "histogram": bins,
            "law": masses,
            "kolmogorov": kolmogorov(values, law),
            "dimension": X.shape[1],
            "cosine": np.sqrt(np.mean(cosines**2)),
        }
    distances = ", ".join(f"{part['kolmogorov']:.2g}" for part in found.values())
    cosines = ", ".join(f"{part['cosine']:.2f}" for part in found.values())
    return {"sets": found, "distances": distances, "cosines": cosines}


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """One panel a kind of data."""
    panels = canvas.subplots(1, len(_TITLES))
    for ax, (kind, title) in zip(panels, _TITLES.items(), strict=True):
        found = numbers["sets"][kind]
        edges = found["histogram"]["edges"]
        draw_histogram(ax, found["histogram"], label="simulation")
        middles = np.sqrt(np.multiply(edges[1:], edges[:-1]))
        ax.semilogx(middles, found["law"], color=BLUE, label="law of the data")
        label(ax, log=True)
        ax.set_title(title)
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)


FIGURES = (
    Figure(
        "real_data",
        "Real images beside the law of their own spectrum",
        "Fan & Wang (2020), on other images",
        "Eigenvalues of the conjugate kernel of one layer of {width} neurons ({activation}, "
        "normalised) on {samples} real samples, beside the law that the spectrum of these "
        "samples gives, in the same bins. Digits: 8 × 8 pixels of handwriting; patches: "
        "{side} × {side} × 3 values from two photographs, all from scikit-learn, then without "
        "their {removed} leading principal components; samples centred and scaled to one length, "
        "seed {seed}. The law asks for nearly orthogonal samples; the root mean square of "
        "their cosines is {cosines}, the Kolmogorov distance {distances}.",
        {
            "samples": 800,
            "width": 1000,
            "side": 24,
            "removed": 20,
            "activation": "tanh",
            "seed": 8,
        },
        compute,
        draw,
        (10.5, 3.8),
    ),
)
