"""Fan and Wang: spectra of conjugate and tangent kernels, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from derive.figures.activations import normalised
from derive.figures.figure import Figure
from derive.figures.spectra import beside, draw_curve, draw_histogram, label
from derive.figures.style import BLUE
from derive.simulate import eigenvalues
from nlrmt import Network

_KERNELS = {"kernel": "conjugate kernel", "tangent_kernel": "tangent kernel"}


def compute(
    samples: int, inputs: int, widths: Sequence[int], activation: str, seed: int
) -> dict[str, Any]:
    """Spectra of both kernels of the networks of the first layers."""
    f = normalised(activation)
    found: dict[str, list[Any]] = {matrix: [] for matrix in _KERNELS}
    for depth in range(1, len(widths) + 1):
        network = Network(inputs, widths[:depth], samples, f)
        for matrix, layers in found.items():
            values = eigenvalues(network, seed=seed, matrix=matrix)[0]
            layers.append(beside(values, network.spectrum(matrix), log=True))
    layer = network.layers[0]
    distances = {
        f"{matrix}_distances": ", ".join(f"{part['kolmogorov']:.2g}" for part in layers)
        for matrix, layers in found.items()
    }
    return {**found, **distances, "b2": layer.b2, "a": layer.a}


def draw(canvas: Any, numbers: Mapping[str, Any]) -> None:
    """One row a kernel, one column a depth."""
    rows = canvas.subplots(len(_KERNELS), len(numbers["kernel"]))
    for row, (matrix, title) in zip(rows, _KERNELS.items(), strict=True):
        for depth, (ax, found) in enumerate(zip(row, numbers[matrix], strict=True), 1):
            draw_histogram(ax, found["histogram"], label="simulation")
            draw_curve(ax, found["law"], log=True, color=BLUE, label="law")
            label(ax, log=True)
            ax.set_title(f"{title}, {depth} layer{'s' * (depth > 1)}")
    rows[1, 0].legend()


FIGURES = (
    Figure(
        "fan_wang_kernels",
        "Conjugate and tangent kernels over layers",
        "Fan & Wang (2020)",
        "Eigenvalues of the conjugate kernel and of the neural tangent kernel of networks with one "
        "to three layers of {activation}, centred and normalised (b² = {b2:.3f}, a = {a:.3f}), "
        "beside their laws. {samples} Gaussian samples of dimension {inputs}, widths {widths}, "
        "seed {seed}. The tangent kernel is that of the network itself, averaged over 40 random "
        "linear read-outs; with one read-out the norm of a single gradient fluctuates. Kolmogorov "
        "distances: {kernel_distances} (conjugate), {tangent_kernel_distances} (tangent).",
        {
            "samples": 800,
            "inputs": 600,
            "widths": (1600, 1200, 1600),
            "activation": "tanh",
            "seed": 4,
        },
        compute,
        draw,
        (10.0, 5.4),
    ),
)
