"""Mixture: a block-diagonal matrix of A and B, with a weight of A that may exceed one if B = 0.

With B = 0 it turns YYᵀ into YᵀY and back: zeros are added or left out.
"""

import numpy as np
from sympy import Symbol

from derive.curve import atom
from derive.elimination import eliminate
from derive.operations.operation import Operation, m, w1, z
from derive.runtime.potential import Image

weight = Symbol("weight")


class Mixture(Operation):
    """weight·A + (1 - weight)·B, of laws."""

    name = "mixture"
    symbols = (weight,)
    arguments = (z, z)
    multiplicities = (weight, 1 - weight)

    def simplified(self, parameters, operands):
        return operands[0] if parameters[0] == 1 else None

    def moments(self, order, parameters, operands):
        first, second = (operand(order) for operand in operands)
        (w,) = parameters
        return [w * a + (1 - w) * b for a, b in zip(first, second, strict=True)]

    def atoms(self, parameters, operands):
        (w,) = parameters
        found = {a: w * p for a, p in operands[0].items()}
        for b, p in operands[1].items():
            found[b] = found.get(b, 0) + (1 - w) * p
        return {a: p for a, p in found.items() if p}

    def images(self, parameters):
        return tuple(Image(k, lambda x: x, lambda y: y, lambda x: 1) for k in (0, 1))

    def radius(self, parameters, operands):
        return max(operand.radius for operand in operands)

    def equation(self, parameters, operands):
        (w,) = parameters
        first, second = operands
        return eliminate(first(w1, z), second((m - w * w1) / (1 - w), z), w1)

    def curve(self, parameters, operands):
        first, second = operands
        return first.companion(parameters[0]) if second == atom(0) else None

    def matrix(self, n, rng, parameters, operands):
        size = round(n * float(parameters[0]))
        first = operands[0](size)
        if size > n:  # without as many zeros
            values = np.linalg.eigvalsh(first)
            return np.diag(values[np.argsort(abs(values))[size - n :]])
        whole = np.zeros((n, n))
        whole[:size, :size] = first
        whole[size:, size:] = operands[1](n - size)
        return whole


MIXTURE = Mixture()
