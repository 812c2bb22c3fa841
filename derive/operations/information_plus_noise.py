"""Information plus noise: (1/N)(R + σX)(R + σX)ᵀ, standard entries in X (n × N), R Rᵀ/N known.

With w₁ = 1/G and w₂ = -zG̃, G̃ the Cauchy transform of the N × N matrix, the known law is taken at
(z + σ²w₂)(1 - cσ²/w₁), c = n/N. Dozier and Silverstein (2007).
"""

import numpy as np
from sympy import Integer, Symbol

from derive.operations.operation import Operation, m, w1, w2, z
from derive.runtime import series
from derive.runtime.potential import magnitude, shifted

ratio, variance = Symbol("ratio"), Symbol("variance")
delta = 1 - ratio * variance / w1


class InformationPlusNoise(Operation):
    """Of the law of the information RRᵀ/N."""

    name = "information_plus_noise"
    symbols = (ratio, variance)
    unknowns = (w1, w2)
    logarithms = ((1 / ratio - 1, delta),)
    rational = -variance * w2 / w1
    arguments = ((z + variance * w2) * delta,)
    multiplicities = (Integer(1),)

    def simplified(self, parameters, operands):
        return operands[0] if parameters[1] == 0 else None

    def start(self, at, parameters, scales):
        return [at, 0 * at - 1]

    def moments(self, order, parameters, operands):
        c, noise = parameters
        cumulants = series.cumulants(operands[0](order), c)
        added = [0, noise, *([0] * order)]
        return series.from_cumulants([a + b for a, b in zip(cumulants, added, strict=False)], c)

    def exponent(self, parameters, operands):
        c, noise = parameters
        return max(operands[0].exponent, magnitude(noise) + magnitude(1 + c))

    def scaled(self, parameters, power, operands):
        c, noise = parameters
        return (c, shifted(noise, power)), (power,)

    def radius(self, parameters, operands):
        c, noise = parameters
        return 2 * (operands[0].radius + 2 * noise * (1 + c))

    def equation(self, parameters, operands):
        c, noise = parameters
        scale = 1 + c * noise * m
        return operands[0](m / scale, scale**2 * z - scale * noise * (1 - c))

    def atoms(self, parameters, operands):
        mass = 1 - 1 / parameters[0]
        return {0: mass} if mass > 0 else {}

    def matrix(self, n, rng, parameters, operands):
        c, noise = map(float, parameters)
        samples = max(1, round(n / c))
        values, vectors = np.linalg.eigh(operands[0](n))
        information = vectors * np.sqrt(np.maximum(values, 0))
        Y = (noise / samples) ** 0.5 * rng.standard_normal((n, samples))
        rank = min(n, samples)  # the largest eigenvalues fit
        Y[:, :rank] += information[:, n - rank :]
        return Y @ Y.T


INFORMATION_PLUS_NOISE = InformationPlusNoise()
