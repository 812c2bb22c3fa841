"""Free additive convolution: A + UBUᵀ with a random rotation U.

G(z) = G_A(w₁) = G_B(w₂) = 1/(w₁ + w₂ - z), w₁ and w₂ the subordination functions.
"""

from sympy import Integer

from derive.elimination import eliminate
from derive.operations.mobius import AFFINE
from derive.operations.operation import Operation, m, w1, w2, z
from derive.operations.sampling import rotated
from derive.runtime import series
from derive.runtime.potential import node


class FreeSum(Operation):
    """Of two laws."""

    name = "free_sum"
    unknowns = (w1, w2)
    logarithms = ((Integer(-1), w1 + w2 - z),)
    arguments = (w1, w2)
    multiplicities = (Integer(1), Integer(1))

    def start(self, at, parameters, scales):
        (first, _), (second, _) = scales
        return [at - second, at - first]

    def simplified(self, parameters, operands):
        for one, other in (operands, operands[::-1]):
            if other.point is not None:
                return node(AFFINE, (1, other.point), (one,))
        return None

    def moments(self, order, parameters, operands):
        a, b = (series.cumulants(operand(order)) for operand in operands)
        return series.from_cumulants([x + y for x, y in zip(a, b, strict=True)])

    def radius(self, parameters, operands):
        return sum(operand.radius for operand in operands)

    def equation(self, parameters, operands):
        first, second = operands
        return eliminate(first(m, w1), second(m, z - 1 / m - w1), w1)

    def atoms(self, parameters, operands):
        # Bercovici and Voiculescu (1998).
        first, second = operands
        return {a + b: p + q - 1 for a, p in first.items() for b, q in second.items() if p + q > 1}

    def matrix(self, n, rng, parameters, operands):
        first, second = operands
        return first(n) + rotated(second(n), rng)


FREE_SUM = FreeSum()
