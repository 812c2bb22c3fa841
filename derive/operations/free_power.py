"""Free additive power: t times the free cumulants, t ≥ 1; t-fold free sum for integer t.

G(z) = G_A(w), tw - z = (t - 1)/G. A corner of fraction 1/t, scaled by t.
"""

from sympy import Symbol

from derive.operations.atoms import ATOMS
from derive.operations.operation import Operation, m, w1, z
from derive.operations.sampling import rotated
from derive.runtime import series
from derive.runtime.potential import Node, magnitude

t = Symbol("t")


class FreePower(Operation):
    """Of one law."""

    name = "free_power"
    symbols = (t,)
    unknowns = (w1,)
    logarithms = ((1 - t, (t * w1 - z) / (t - 1)),)
    arguments = (w1,)
    multiplicities = (t,)

    def simplified(self, parameters, operands):
        (t,) = parameters
        if operands[0].point is not None:
            return Node(ATOMS, ((t * operands[0].point,), (1,)))
        return operands[0] if t == 1 else None

    def start(self, at, parameters, scales):
        ((mean, _),) = scales
        return [at - (parameters[0] - 1) * mean]

    def moments(self, order, parameters, operands):
        cumulants = series.cumulants(operands[0](order))
        return series.from_cumulants([parameters[0] * c for c in cumulants])

    def exponent(self, parameters, operands):
        return operands[0].exponent + magnitude(*parameters)

    def radius(self, parameters, operands):
        return parameters[0] * operands[0].radius

    def equation(self, parameters, operands):
        (power,) = parameters
        return operands[0](m, (z + (1 - power) / m) / power)

    def atoms(self, parameters, operands):
        (power,) = parameters
        masses = {power * a: power * p - (power - 1) for a, p in operands[0].items()}
        return {a: p for a, p in masses.items() if p > 0}

    def matrix(self, n, rng, parameters, operands):
        power = float(parameters[0])
        return power * rotated(operands[0](round(power * n)), rng)[:n, :n]


FREE_POWER = FreePower()
