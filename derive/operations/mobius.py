"""Möbius maps: (pA + q)(rA + s)⁻¹, with affine maps and the inverse among them.

U(z) = U_A((sz - q)/(p - rz)) + ln(z - p/r) - U_A(-s/r), or + ln(p/s) if r = 0.
"""

from math import inf

import numpy as np
from sympy import Integer, Symbol

from derive.operations.atoms import ATOMS
from derive.operations.operation import Operation, m, z
from derive.runtime import series
from derive.runtime.potential import Image, Node, magnitude, multiple, shifted
from derive.runtime.transforms import gap_around

p, q, r, s = (Symbol(name) for name in "pqrs")


class Affine(Operation):
    """scale·A + shift."""

    name = "affine"
    symbols = (p, q)
    logarithms = ((Integer(1), p),)
    arguments = ((z - q) / p,)
    multiplicities = (Integer(1),)

    def sides(self, parameters, operands):
        return (1 if parameters[0] > 0 else -1,)

    def simplified(self, parameters, operands):
        scale, shift = parameters
        if scale == 0:
            return Node(ATOMS, ((shift,), (1,)))
        if operands[0].operation is ATOMS:
            values, weights = operands[0].parameters
            return Node(ATOMS, (tuple(scale * a + shift for a in values), weights))
        return None

    def moments(self, order, parameters, operands):
        return series.affine(operands[0](order), *parameters)

    def atoms(self, parameters, operands):
        scale, shift = parameters
        return {scale * x + shift: mass for x, mass in operands[0].items()}

    def images(self, parameters):
        scale, shift = parameters
        ends = (-inf, inf) if scale > 0 else (inf, -inf)
        return (
            Image(
                0,
                lambda x: scale * x + shift,
                lambda y: (y - shift) / scale,
                lambda x: scale,
                ends=ends,
            ),
        )

    def exponent(self, parameters, operands):
        scale, shift = parameters
        return max(magnitude(scale) + operands[0].exponent, magnitude(shift))

    def grain(self, operands):
        return 1

    def scaled(self, parameters, power, operands):
        # The operand takes all powers of two that it can.
        scale, shift = parameters
        inner = multiple(power + magnitude(scale), operands[0].grain)
        return (shifted(scale, power - inner), shifted(shift, power)), (inner,)

    @staticmethod
    def outwards(z, G, scale, shift):
        return z * scale + shift, G / scale

    def radius(self, parameters, operands):
        scale, shift = parameters
        return abs(scale) * operands[0].radius + abs(shift)

    def equation(self, parameters, operands):
        scale, shift = parameters
        return operands[0](scale * m, (z - shift) / scale)

    def curve(self, parameters, operands):
        # Curves are of laws on [0, ∞).
        known = all(value.is_negative is not True for value in parameters)
        return operands[0].affine(*parameters) if known else None

    def matrix(self, n, rng, parameters, operands):
        scale, shift = map(float, parameters)
        A = scale * operands[0](n)
        A[range(n), range(n)] += shift
        return A


class Mobius(Operation):
    """(pA + q)(rA + s)⁻¹ with r ≠ 0."""

    name = "mobius"
    symbols = (p, q, r, s)
    logarithms = ((Integer(1), z - p / r),)
    arguments = ((s * z - q) / (p - r * z),)
    multiplicities = (Integer(1),)

    def sides(self, parameters, operands):
        p, q, r, s = parameters
        return (1 if p * s - q * r > 0 else -1,)

    def simplified(self, parameters, operands):
        p, q, r, s = parameters
        if operands[0].operation is ATOMS:
            values, weights = operands[0].parameters
            return Node(ATOMS, (tuple((p * a + q) / (r * a + s) for a in values), weights))
        return None

    def pole(self, parameters):
        return -parameters[3] / parameters[2]

    def moments(self, order, parameters, operands):
        raise ArithmeticError("moments after a Möbius map are no rational function of those before")

    def atoms(self, parameters, operands):
        p, q, r, s = parameters
        return {(p * x + q) / (r * x + s): mass for x, mass in operands[0].items()}

    def images(self, parameters):
        p, q, r, s = parameters
        top = inf if p * s > q * r else -inf  # where it goes at the pole, from below
        functions = (
            lambda x: (p * x + q) / (r * x + s),
            lambda y: (s * y - q) / (p - r * y),
            lambda x: (p * s - q * r) / (r * x + s) ** 2,
        )
        return (
            Image(0, *functions, (-inf, -s / r), (p / r, top)),
            Image(0, *functions, (-s / r, inf), (-top, p / r)),
        )

    def exponent(self, parameters, operands):
        p, q, r, s = parameters
        e = operands[0].exponent
        return max(magnitude(p) + e, magnitude(q)) - max(magnitude(r) + e, magnitude(s))

    def grain(self, operands):
        return 1

    def scaled(self, parameters, power, operands):
        # The operand at scale one, and numerator and denominator as well.
        p, q, r, s = parameters
        inner = -multiple(operands[0].exponent, operands[0].grain)
        unit = -max(magnitude(r) - inner, magnitude(s))
        p, q = shifted(p, unit - inner + power), shifted(q, unit + power)
        return (p, q, shifted(r, unit - inner), shifted(s, unit)), (inner,)

    def radius(self, parameters, operands):
        p, q, r, s = parameters
        gap = gap_around(operands[0], -s / r)
        return abs(p / r) + abs(p * s - q * r) / (r * r * gap) if gap else float("inf")

    def equation(self, parameters, operands):
        p, q, r, s = parameters
        scale = p - r * z
        return operands[0](scale * (-r + scale * m) / (p * s - q * r), (s * z - q) / scale)

    def matrix(self, n, rng, parameters, operands):
        p, q, r, s = map(float, parameters)
        values, vectors = np.linalg.eigh(operands[0](n))
        return (vectors * ((p * values + q) / (r * values + s))) @ vectors.T


AFFINE, MOBIUS = Affine(), Mobius()
