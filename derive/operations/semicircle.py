"""Wigner's semicircle: a symmetric matrix of independent centred entries."""

from sympy import Integer, Symbol

from derive.operations.atoms import ATOMS
from derive.operations.operation import Operation, m, w1, z
from derive.runtime import series
from derive.runtime.potential import Node, magnitude, shifted

variance = Symbol("variance")


class Semicircle(Operation):
    """A law of mean zero; w = 1/G."""

    name = "semicircle"
    symbols = (variance,)
    unknowns = (w1,)
    logarithms = ((Integer(1), w1),)
    rational = (z - w1) ** 2 / (2 * variance)

    def simplified(self, parameters, operands):
        return Node(ATOMS, ((0,), (1,))) if parameters[0] == 0 else None

    def moments(self, order, parameters, operands):
        return series.from_cumulants([0, 0, parameters[0], *([0] * order)][: order + 1])

    def exponent(self, parameters, operands):
        return magnitude(*parameters) // 2 + 1

    def scaled(self, parameters, power, operands):
        return (shifted(parameters[0], 2 * power),), ()

    def radius(self, parameters, operands):
        return 2 * float(parameters[0]) ** 0.5

    def equation(self, parameters, operands):
        return parameters[0] * m**2 + z * m + 1

    def atoms(self, parameters, operands):
        return {}

    def matrix(self, n, rng, parameters, operands):
        X = rng.standard_normal((n, n))
        return (X + X.T) * (float(parameters[0]) / (2 * n)) ** 0.5


SEMICIRCLE = Semicircle()
