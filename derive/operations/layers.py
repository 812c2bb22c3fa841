"""Stacks of random layers that share their data; see `derive.runtime.layers`."""

import numpy as np

from derive.operations.operation import Operation
from derive.runtime.layers import Layers as Numbers


class Layers(Numbers, Operation):
    """Parameters are the layers from the outermost, and the nodes."""

    def matrix(self, n, rng, parameters, operands):
        layers, nodes = parameters
        weights = np.array([float(node[0]) for node in nodes])
        ends = np.round(n * np.cumsum(weights)).astype(int)
        copies = np.diff(ends, prepend=0)

        def diagonal(values):
            return np.diag(np.repeat([float(v) for v in values], copies))

        total = diagonal([fixed for _, fixed, _ in nodes])
        below = np.zeros((n, n))  # gain·K of the layer further in
        for i, (dimension, offset, gain) in reversed(list(enumerate(layers))):
            covariance = diagonal([entries[i] for _, _, entries in nodes]) + below
            samples = max(1, round(n * float(dimension)))
            values, vectors = np.linalg.eigh(covariance)
            X = (vectors * np.sqrt(np.maximum(values, 0))) @ rng.standard_normal((n, samples))
            K = X @ X.T / samples
            total, below = total + float(offset) * K, float(gain) * K
        return total


LAYERS = Layers()
