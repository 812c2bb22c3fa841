"""Networks drawn at random, in NumPy."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .network import Network

_STEP = 1e-6  # of derivatives of activations, relative to the scale of the argument
_READOUTS = 40  # of the tangent kernel


class Simulation:
    """One draw of a network's weights and of its data.

    Parameters
    ----------
    network : Network
    seed : int, numpy.random.Generator, ...
    """

    def __init__(self, network: Network, seed: Any = None):
        self.network = network
        self._streams = np.random.default_rng(seed).spawn(len(network.layers) + 2)

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """W_l (width × fan-in), entries of variance one."""
        net = self.network
        sizes = (net.inputs, *net.widths)
        return [
            rng.standard_normal((rows, columns))
            for rng, columns, rows in zip(self._streams[2:], sizes, net.widths, strict=False)
        ]

    @cached_property
    def data(self) -> np.ndarray:
        """Samples as columns (inputs × m)."""
        net, rng = self.network, self._streams[0]
        if net.X is not None:
            return net.X.T
        if net.eigenvalues is None:
            return net.data_std * rng.standard_normal((net.inputs, net.samples))
        if net.inputs < np.count_nonzero(net.eigenvalues):
            raise ValueError(
                f"inputs = {net.inputs} is less than the rank of data: no samples have these "
                "eigenvalues"
            )
        # Singular values as given, and uniformly random singular vectors.
        left, right = (
            np.linalg.qr(rng.standard_normal((size, size)))[0] for size in (net.inputs, net.samples)
        )
        rank = min(net.inputs, net.samples)
        largest = np.sort(net.eigenvalues)[::-1][:rank]
        return (left[:, :rank] * np.sqrt(net.inputs * largest)) @ right[:rank]

    @cached_property
    def _passed(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Arguments of the activations, and centred features, of every layer."""
        net, rng = self.network, self._streams[1]
        arguments, features = [], [self.data]
        for layer, W in zip(net.layers, self.weights, strict=True):
            argument = (net.weight_std / np.sqrt(W.shape[1])) * (W @ features[-1])
            if net.bias_std:
                argument += net.bias_std * rng.standard_normal((layer.width, 1))
            with np.errstate(over="ignore"):
                values = np.asarray(layer.activation(argument), float)
            # With a bias every row has a mean of its own, of rank one as well.
            mean = values.mean(axis=1, keepdims=True) if net.bias_std else layer.constants.mean
            arguments.append(argument)
            features.append(values - mean)
        return arguments, features[1:]

    @property
    def arguments(self) -> list[np.ndarray]:
        """What the activations of every layer are applied to (width × m)."""
        return self._passed[0]

    @property
    def features(self) -> np.ndarray:
        """Y, the centred features of the last layer (width × m)."""
        return self._passed[1][-1]

    def matrix(self, matrix: str = "features") -> np.ndarray:
        """One of the network's matrices; see `Network.spectrum`."""
        net = self.network
        if matrix == "features":
            return self.features @ self.features.T / net.samples
        if matrix == "kernel":
            return self._grams[-1]
        if matrix == "data":
            return net._gram(self.data)
        if matrix == "tangent_kernel":
            return self._tangent_kernel()
        raise ValueError(
            f"matrix = {matrix!r} is not one of features, kernel, tangent_kernel, data"
        )

    def eigenvalues(self, matrix: str = "features") -> np.ndarray:
        """Eigenvalues of one of the network's matrices, in increasing order."""
        net = self.network
        if matrix == "features" and net.samples < net.widths[-1]:
            # The companion has the other eigenvalues.
            values = np.linalg.eigvalsh(self.matrix("kernel")) * (net.widths[-1] / net.samples)
            zeros = np.zeros(net.widths[-1] - net.samples)
            return np.concatenate([zeros, np.maximum(values, 0)])
        return np.linalg.eigvalsh(self.matrix(matrix))

    @cached_property
    def _grams(self) -> list[np.ndarray]:
        """Kernels of the data and of every layer."""
        return [self.network._gram(columns) for columns in (self.data, *self._passed[1])]

    def _tangent_kernel(self) -> np.ndarray:
        """Gram matrix of gradients, the mean over 40 linear read-outs of the last layer.

        With one read-out the norm of a single gradient fluctuates, and its eigenvalues with it.
        """
        net, rng = self.network, np.random.default_rng(self._streams[1].spawn(1)[0])
        grams, kernel = self._grams, self._grams[-1].copy()
        slopes = [
            _derivative(layer.activation, argument, layer.sigma)
            for layer, argument in zip(net.layers, self.arguments, strict=True)
        ]
        for _ in range(_READOUTS):
            back = rng.standard_normal((net.widths[-1], 1)) / np.sqrt(net.widths[-1])
            for k in reversed(range(len(slopes))):
                back = net.weight_std * slopes[k] * back
                kernel += (back.T @ back) * grams[k] / _READOUTS
                if k:
                    back = self.weights[k].T @ back / np.sqrt(self.weights[k].shape[1])
        return kernel


def _derivative(activation: Any, at: np.ndarray, scale: float) -> np.ndarray:
    step = _STEP * scale
    with np.errstate(over="ignore"):
        return (np.asarray(activation(at + step)) - np.asarray(activation(at - step))) / (2 * step)
