"""Free multiplicative convolution: A^½ UBUᵀ A^½ with a random rotation U, A or B on [0, ∞).

zG(z) = w₁G_A(w₁) = w₂G_B(w₂) and w₁w₂/z - 1 = 1/(zG - 1).
"""

from sympy import Integer

from derive.elimination import eliminate
from derive.operations.mobius import AFFINE
from derive.operations.operation import Operation, m, w1, w2, z
from derive.operations.sampling import root, rotated
from derive.runtime import series
from derive.runtime.potential import multiple, node
from derive.runtime.transforms import is_nonnegative


class FreeProduct(Operation):
    """Of two laws; if one of them is not on [0, ∞) it is the first."""

    name = "free_product"
    unknowns = (w1, w2)
    logarithms = ((Integer(-1), w1 * w2 / z - 1),)
    arguments = (w1, w2)
    multiplicities = (Integer(1), Integer(1))

    def signs(self, parameters, operands):
        # Of laws of either sign only the first subordination function is a Nevanlinna function.
        return 1, int(is_nonnegative(operands[0]))

    def sides(self, parameters, operands):
        return self.signs(parameters, operands)

    def start(self, at, parameters, scales):
        (a1, a2), (b1, _) = scales
        w = at / b1
        return [w, b1 / (a1 / w + a2 / w**2)]

    def simplified(self, parameters, operands):
        for one, other in (operands, operands[::-1]):
            if other.point is not None:
                return node(AFFINE, (other.point, 0), (one,))
        return None

    def moments(self, order, parameters, operands):
        first, second = operands
        return series.free_product(first(order), second(order))

    def exponent(self, parameters, operands):
        return sum(operand.exponent for operand in operands)

    def grain(self, operands):
        return operands[0].grain

    def scaled(self, parameters, power, operands):
        # The second at scale one.
        second = -multiple(operands[1].exponent, operands[1].grain)
        return parameters, (power - second, second)

    def radius(self, parameters, operands):
        return operands[0].radius * operands[1].radius

    def equation(self, parameters, operands):
        first, second = operands
        zm = z * m
        opposite = z * zm / ((1 + zm) * w1)
        return eliminate(first(zm / w1, w1), second(zm / opposite, opposite), w1)

    def atoms(self, parameters, operands):
        # Belinschi (2003).
        first, second = operands
        found = {}
        for a, p in first.items():
            for b, q in second.items():
                if a and b and p + q > 1:
                    found[a * b] = p + q - 1
        at_zero = max(first.get(0, 0), second.get(0, 0))
        return found | ({0: at_zero} if at_zero else {})

    def matrix(self, n, rng, parameters, operands):
        first, second = operands
        half = root(second(n))
        return half @ rotated(first(n), rng) @ half


FREE_PRODUCT = FreeProduct()
