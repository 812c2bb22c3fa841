"""Squares below unknowns: the root continued across the negative axis, where points may lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

from .potential import Image, Node, Operation

_NEAR = 2**-20  # relative imaginary part that rounding may have taken across the axis


def root(z: Any, side: int) -> Any:
    """√z, next to the negative axis continued from the half-plane of `side`."""
    with np.errstate(invalid="ignore"):
        if not np.iscomplexobj(z):
            return np.sqrt(z)
        near = (z.real < 0) & (np.abs(z.imag) < _NEAR * np.abs(z))
        return np.where(near, side * 1j * np.sqrt(-z), np.sqrt(z))


class Squares(Operation):
    """What holds for a square however its root is taken."""

    name = "square"
    size = 0
    is_real = False

    def sides(self, parameters: Sequence, operands: Sequence[Node]) -> tuple[int, ...]:
        """Of the two roots."""
        return 1, -1

    def images(self, parameters: Sequence) -> tuple[Image, ...]:
        """Of either side of zero."""

        def positive(y: Any) -> float:
            return max(float(y), 0.0) ** 0.5

        return (
            Image(0, _squared, lambda y: -positive(y), _doubled, (-inf, 0), (inf, 0)),
            Image(0, _squared, positive, _doubled, (0, inf), (0, inf)),
        )

    def moments(self, order: int, parameters: Sequence, operands: Sequence) -> Sequence:
        """Every other one of the operand."""
        return operands[0](2 * order)[::2]

    def exponent(self, parameters: Sequence, operands: Sequence[Node]) -> int:
        """Twice the operand's."""
        return 2 * operands[0].exponent

    def grain(self, operands: Sequence[Node]) -> int:
        """Twice the operand's: it is multiplied by the root."""
        return 2 * operands[0].grain

    def scaled(
        self, parameters: Sequence, power: int, operands: Sequence[Node]
    ) -> tuple[Sequence, Sequence[int]]:
        """The operand times the root."""
        return parameters, (power // 2, power // 2)

    def radius(self, parameters: Sequence, operands: Sequence[Node]) -> float:
        """The operand's squared."""
        return operands[0].radius ** 2


def _squared(x: Any) -> Any:
    return x * x


def _doubled(x: Any) -> Any:
    return 2 * x


class ContinuedSquare(Squares):
    """The square with the half-plane of z as its parameter."""

    root: Callable[[Any, int], Any] = staticmethod(root)

    def kernel(self, z: Any, side: int) -> tuple:
        """Arguments of the operands with their derivatives."""
        value = self.root(z, side)
        slope, bend = 1 / (2 * value), -1 / (4 * z * value)
        return (0,), (0,), (value, -value), (slope, -slope), (bend, -bend)

    def value(self, z: Any, side: int) -> tuple:
        """Arguments of the logarithm and the operands."""
        value = self.root(z, side)
        return (-1,), (0,), (value, -value)

    def weights(self, side: int) -> tuple:
        """Coefficient of the logarithm, and multiplicities."""
        return (1,), (1, 1)


def continued(tree: Node, square: Operation, side: int = 1) -> Node:
    """The same law, its squares taken from where the law is approached."""
    sides = tree.operand_sides
    operands = tuple(
        continued(node, square, side * (s or 1))
        for node, s in zip(tree.operands, sides, strict=True)
    )
    if not tree.operation.is_real:
        return tree.remade(square, (side,), operands)
    return tree.remade(tree.operation, tree.parameters, operands)
