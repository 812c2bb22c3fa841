"""Layers, nodes and a lower end: a law of random layers as an operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, log, sympify

from derive.operations import ATOMS, LAYERS
from derive.runtime import series
from derive.runtime.layers import Layer, Node, reduced
from derive.runtime.potential import Node as Tree


@dataclass(frozen=True)
class Stack:
    """Layers from the outermost, nodes, and the lower end of the law.

    Attributes
    ----------
    layers : tuple of Layer
    nodes : tuple of Node
    position : number of any kind
        The matrix is position·1 + a matrix with the potential of `LAYERS`, which is not negative.
    """

    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    position: Any

    def reduced(self) -> Stack:
        """The same law without layers whose c vanishes identically, and so their σ."""
        return Stack(*reduced(self.layers, self.nodes), self.position)

    def tree(self) -> Tree:
        """The law of the matrix less its lower end."""
        nodes = tuple(map(tuple, self.nodes))
        if self.layers:
            return Tree(LAYERS, (tuple(map(tuple, self.layers)), nodes))
        weights, fixed, _ = zip(*nodes, strict=True)
        return Tree(ATOMS, (fixed, weights))

    def moments(self, order: int) -> Sequence:
        """m_0, …, m_order, of numbers or symbols."""
        own = LAYERS.moments(order, (self.layers, self.nodes), ())
        return series.affine(own, 1, self.position)

    def potential(self, sigmas: Sequence[Expr], at: Expr) -> Expr:
        """U as an expression."""
        layers = [Layer(*map(sympify, layer)) for layer in self.layers]
        arguments, (rational,), _ = LAYERS.value(at, *sigmas, layers, self.nodes)
        coefficients, _ = LAYERS.weights(self.layers, self.nodes)
        count = len(self.nodes)
        terms = [c * log(f) for c, f in zip(coefficients[:count], arguments, strict=False)]
        pairs = zip(
            coefficients[count::2], arguments[count::2], arguments[count + 1 :: 2], strict=True
        )
        terms += [-n * log(below / own) for n, own, below in pairs]
        return Add(rational, *terms)
