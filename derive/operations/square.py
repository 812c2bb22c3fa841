"""Square: A². U(z) = U_A(√z) + U_A(-√z) + ln(-1)."""

from sympy import Integer, sqrt

from derive.elimination import coefficients, eliminate
from derive.operations.atoms import ATOMS
from derive.operations.operation import Operation, m, w1, z
from derive.runtime.potential import Node
from derive.runtime.square import Squares


class Square(Squares, Operation):
    """Of one law, given twice: for √z and for -√z."""

    logarithms = ((Integer(1), Integer(-1)),)
    arguments = (sqrt(z), -sqrt(z))
    multiplicities = (Integer(1), Integer(1))

    def simplified(self, parameters, operands):
        if operands[0].operation is not ATOMS:
            return None
        values, weights = operands[0].parameters
        return Node(ATOMS, (tuple(a * a for a in values), weights))

    def atoms(self, parameters, operands):
        found: dict = {}
        for a, p in operands[0].items():
            found[a * a] = found.get(a * a, 0) + p
        return found

    def equation(self, parameters, operands):
        root = z  # stands for √z
        equation = eliminate(operands[0](w1 + 2 * root * m, root), operands[1](w1, -root), w1)
        terms = coefficients(equation, root)
        # A change of sign of √z leaves the equation as it is, up to a sign.
        parity = next(k for k, c in enumerate(terms) if c != 0) % 2
        return sum(c * z**k for k, c in enumerate(terms[parity::2]))

    def matrix(self, n, rng, parameters, operands):
        A = operands[0](n)
        return A @ A


SQUARE = Square()
