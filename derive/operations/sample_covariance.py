"""Marchenko–Pastur map: (1/N)·A^½ X Xᵀ A^½ with standard entries in X (n × N), A on [0, ∞).

G = w₁G_A(w) at w = zw₁ with 1/w₁ = 1 - ratio + ratio·wG_A(w), and 1/w = ratio·G + (1 - ratio)/z is
the companion's Cauchy transform; ratio = n/N.
"""

from sympy import Integer, Symbol

from derive.operations.operation import Operation, m, w1, z
from derive.operations.sampling import root
from derive.runtime import series
from derive.runtime.potential import magnitude

ratio = Symbol("ratio")


class SampleCovariance(Operation):
    """Of the law of the population's covariance."""

    name = "sample_covariance"
    symbols = (ratio,)
    unknowns = (w1,)
    logarithms = ((1 / ratio - 1, w1),)
    rational = (1 / w1 - 1) / ratio
    arguments = (z * w1,)
    multiplicities = (Integer(1),)

    def simplified(self, parameters, operands):
        return operands[0] if operands[0].point == 0 else None

    def start(self, at, parameters, scales):
        ((mean, _),) = scales
        return [1 / (1 + parameters[0] * mean / at)]

    @staticmethod
    def outwards(z, G, c):
        # Silverstein and Choi (1995).
        factor = z * G * c + (1 - c)
        return z * factor, G / factor

    def unknowns_at(self, at, place):
        return (place / at,)

    def moments(self, order, parameters, operands):
        return series.sample_covariance(operands[0](order), parameters[0])

    def sample_error(self, parameters, ratio, solved):
        if parameters[0] != ratio:
            return None
        unknown, entry = solved()
        return entry / ratio / unknown**2 / unknown**2

    def exponent(self, parameters, operands):
        return operands[0].exponent + magnitude(1 + parameters[0])

    def radius(self, parameters, operands):
        return operands[0].radius * 2 * (1 + parameters[0])

    def equation(self, parameters, operands):
        (c,) = parameters
        tau = 1 - c - c * z * m
        return operands[0](tau * m, z / tau)

    def atoms(self, parameters, operands):
        mass = max(operands[0].get(0, 0), 1 - 1 / parameters[0])
        return {0: mass} if mass > 0 else {}

    def curve(self, parameters, operands):
        return operands[0].sample_covariance(parameters[0])

    def matrix(self, n, rng, parameters, operands):
        samples = max(1, round(n / float(parameters[0])))
        X = root(operands[0](n)) @ rng.standard_normal((n, samples))
        return X @ X.T / samples


SAMPLE_COVARIANCE = SampleCovariance()
