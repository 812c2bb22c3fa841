"""Stacks of random layers: spectral laws as stationary values of one potential.

Let K be the sample covariance of d Gaussian rows with covariance Σ (n × n). For every A that does
not depend on those rows,

    ln det(A + cK) = stationary value in τ of ln det(A + cτΣ) + d·(τ - 1 - ln τ),

to leading order. If A and Σ are sums of such matrices again, the step is repeated until only known
eigenvalues are left. With σ_i = c_i τ_i as unknowns all that remains is affine in them:

    U(z) = Σ_k w_k ln(z - ℓ_k) + Σ_i n_i (τ_i - 1 - ln τ_i),    τ_i = σ_i/c_i,
    c_i = offset_i + gain_i·σ_(i-1),    ℓ_k = fixed_k + Σ_i entry_ki·σ_i,

with layers i from the outermost (σ_0 = 0), n_i = d_i/n, and nodes k of weight w_k. The potential
U(z) = ∫ln(z - t)ρ(dt) is stationary in σ, so that G = ∂U/∂z. For Im z > 0 exactly one stationary
point has Im σ_i < 0 for every layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

from sympy import Add, Expr, Symbol, lambdify, log, symbols

ell, c, sigma = symbols("ell c sigma")
z: Symbol = Symbol("z")

NODE = log(z - ell)
LAYER = sigma / c - 1 - log(sigma / c)

Value = Any  # number of any kind: rational, ball, complex, or an expression
Series = list[Value]  # coefficients of a power series


class Layer(NamedTuple):
    """One layer: n_i, and c_i = offset + gain·σ_(i-1)."""

    dimension: Value
    offset: Value
    gain: Value


class Node(NamedTuple):
    """One known eigenvalue: w_k, and ℓ_k = fixed + Σ entries·σ."""

    weight: Value
    fixed: Value
    entries: tuple[Value, ...]


@cache
def _derivative(term: Expr, *variables: Symbol) -> Callable[..., Value]:
    """Partial derivative of a term of the potential as a function of its variables."""
    arguments = (z, ell) if term is NODE else (sigma, c)
    return lambdify(arguments, term.diff(*variables), modules=[])


@dataclass(frozen=True)
class Stack:
    """Layers from the outermost, nodes, and the lower end of the law.

    Attributes
    ----------
    layers : tuple of Layer
    nodes : tuple of Node
    position : Value
        The matrix is position·1 + a matrix with the potential above, which is not negative.
    """

    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    position: Value

    def reduced(self) -> Stack:
        """The same law without layers whose c vanishes identically, and so their σ."""
        layers: list[Layer] = []
        kept: list[int] = []
        for i, layer in enumerate(self.layers):
            gain = layer.gain if i and kept[-1:] == [i - 1] else 0
            if layer.offset != 0 or gain != 0:
                layers.append(layer._replace(gain=gain))
                kept.append(i)
        nodes = (n._replace(entries=tuple(n.entries[i] for i in kept)) for n in self.nodes)
        return replace(self, layers=tuple(layers), nodes=tuple(nodes))

    def numbers(self) -> list[Value]:
        """All numbers in the stack but its position."""
        inside = [v for layer in self.layers for v in layer]
        return inside + [v for node in self.nodes for v in (node.weight, node.fixed, *node.entries)]

    def scales(self, sigmas: Sequence[Value]) -> list[Value]:
        """The c_i."""
        below = (0, *sigmas[:-1])
        return [layer.offset + layer.gain * s for layer, s in zip(self.layers, below, strict=True)]

    def levels(self, sigmas: Sequence[Value]) -> list[Value]:
        """The ℓ_k."""
        return [
            node.fixed + sum(e * s for e, s in zip(node.entries, sigmas, strict=True) if e != 0)
            for node in self.nodes
        ]

    def start(self) -> list[Value]:
        """The σ at z = ∞, where all τ are 1."""
        sigmas: list[Value] = []
        for layer in self.layers:
            sigmas.append(layer.offset + layer.gain * (sigmas[-1] if sigmas else 0))
        return sigmas

    def potential(self, sigmas: Sequence[Expr], at: Expr) -> Expr:
        """U as an expression."""
        terms = [
            node.weight * NODE.subs({z: at, ell: level}, simultaneous=True)
            for node, level in zip(self.nodes, self.levels(sigmas), strict=True)
        ]
        terms += [
            layer.dimension * LAYER.subs({sigma: s, c: scale}, simultaneous=True)
            for layer, s, scale in zip(self.layers, sigmas, self.scales(sigmas), strict=True)
        ]
        return Add(*terms)

    def gradient(self, sigmas: Sequence[Value], at: Value) -> list[Value]:
        """∂U/∂σ_i."""
        scales = self.scales(sigmas)
        slope = self._over_nodes(sigmas, at, ell)
        in_sigma, in_c = _derivative(LAYER, sigma), _derivative(LAYER, c)
        for i, (layer, s, scale) in enumerate(zip(self.layers, sigmas, scales, strict=True)):
            slope[i] += layer.dimension * in_sigma(s, scale)
            if layer.gain != 0:
                slope[i - 1] += layer.dimension * layer.gain * in_c(s, scale)
        return slope

    def hessian(self, sigmas: Sequence[Value], at: Value) -> list[list[Value]]:
        """∂²U/∂σ_i∂σ_j."""
        size = len(self.layers)
        matrix = [[0 * at for _ in range(size)] for _ in range(size)]
        second = _derivative(NODE, ell, ell)
        for node, level in zip(self.nodes, self.levels(sigmas), strict=True):
            curvature = node.weight * second(at, level)
            present = [(i, e) for i, e in enumerate(node.entries) if e != 0]
            for i, e in present:
                for j, f in present:
                    matrix[i][j] += e * f * curvature
        both, mixed, twice = (
            _derivative(LAYER, *pair) for pair in ((sigma, sigma), (sigma, c), (c, c))
        )
        scales = self.scales(sigmas)
        for i, (layer, s, scale) in enumerate(zip(self.layers, sigmas, scales, strict=True)):
            n, gain = layer.dimension, layer.gain
            matrix[i][i] += n * both(s, scale)
            if gain != 0:
                across = n * gain * mixed(s, scale)
                matrix[i][i - 1] += across
                matrix[i - 1][i] += across
                matrix[i - 1][i - 1] += n * gain * gain * twice(s, scale)
        return matrix

    def cauchy(self, sigmas: Sequence[Value], at: Value) -> Value:
        """G = ∂U/∂z."""
        slope = _derivative(NODE, z)
        levels = self.levels(sigmas)
        return sum(n.weight * slope(at, v) for n, v in zip(self.nodes, levels, strict=True))

    def cauchy_slope(self, sigmas: Sequence[Value], at: Value) -> Value:
        """∂²U/∂z² at fixed σ."""
        slope = _derivative(NODE, z, z)
        levels = self.levels(sigmas)
        return sum(n.weight * slope(at, v) for n, v in zip(self.nodes, levels, strict=True))

    def mixed(self, sigmas: Sequence[Value], at: Value) -> list[Value]:
        """∂²U/∂z∂σ_i."""
        return self._over_nodes(sigmas, at, ell, z)

    def _over_nodes(self, sigmas: Sequence[Value], at: Value, *variables: Symbol) -> list[Value]:
        """Σ_k w_k·entry_ki times a derivative of the terms of the nodes."""
        derivative = _derivative(NODE, *variables)
        total = [0 * at for _ in self.layers]
        for node, level in zip(self.nodes, self.levels(sigmas), strict=True):
            value = node.weight * derivative(at, level)
            for i, e in enumerate(node.entries):
                if e != 0:
                    total[i] += e * value
        return total

    # At infinity and at the lower end

    def moments(self, order: int) -> list[Value]:
        """Moments m_0, …, m_order, by expanding zG in 1/z."""
        one, zero = 1 + 0 * self.position, 0 * self.position
        unity = [one] + [zero] * order
        tau, expansion = [unity for _ in self.layers], unity
        for _ in range(order):  # each makes one more coefficient right
            tau, expansion = self._sweep(tau)
        p = self.position
        return [
            sum(comb(k, j) * p ** (k - j) * expansion[j] for j in range(k + 1))
            for k in range(order + 1)
        ]

    def _sweep(self, tau: list[Series]) -> tuple[list[Series], Series]:
        """Right-hand side of τ_i = 1/(1 - c_i T_i/n_i) and zG, as series in t = 1/z.

        T_i = Σ_k w_k entry_ki/(z - ℓ_k) + gain_(i+1) τ_(i+1) T_(i+1) is stationarity in σ_i.
        """
        order = len(tau[0]) - 1 if tau else 0
        zero = 0 * self.position
        scales: list[Series] = []
        sigmas: list[Series] = []
        for layer, factor in zip(self.layers, tau, strict=True):
            scale = [layer.gain * s for s in sigmas[-1]] if sigmas else [zero] * (order + 1)
            scale[0] += layer.offset
            scales.append(scale)
            sigmas.append(_product(scale, factor))
        expansion, traces = [zero] * (order + 1), [[zero] * (order + 1) for _ in self.layers]
        for node in self.nodes:
            level = [
                sum(e * s[k] for e, s in zip(node.entries, sigmas, strict=True))
                for k in range(order)
            ]
            if order:
                level[0] += node.fixed
            ratio = _geometric([zero, *level])  # z/(z - ℓ)
            for k in range(order + 1):
                expansion[k] += node.weight * ratio[k]
                for trace, e in zip(traces, node.entries, strict=True):
                    if k:
                        trace[k] += node.weight * e * ratio[k - 1]
        new: list[Series] = []
        for i in reversed(range(len(self.layers))):
            if new:
                passed = _product(new[-1], traces[i + 1])
                gain = self.layers[i + 1].gain
                traces[i] = [a + gain * b for a, b in zip(traces[i], passed, strict=True)]
            product = _product(scales[i], traces[i])
            new.append(_geometric([a / self.layers[i].dimension for a in product]))
        return new[::-1], expansion

    def mass(self) -> Value:
        """Mass at `position`.

        As z rises to it, some nodes and layers vanish like z: a layer if its c does, or at the
        cost of its dimension. Nodes that vanish bring their weight; the best choice is the mass.
        """
        patterns: dict[frozenset[int], Value] = {}
        for node in self.nodes:
            if node.fixed == 0:
                pattern = frozenset(i for i, e in enumerate(node.entries) if e != 0)
                patterns[pattern] = patterns.get(pattern, 0) + node.weight
        best = 0 * self.position
        for size in range(1, len(patterns) + 1):
            for chosen in combinations(patterns, size):
                gain = sum(patterns[pattern] for pattern in chosen)
                best = max(best, gain - self._cost(frozenset().union(*chosen)))
        return best

    def _cost(self, wanted: frozenset[int]) -> Value:
        """Least sum of dimensions at which all these layers vanish."""
        free: Value = 0  # cost of the layers so far
        forced: Value = None  # ... if the last of them is to vanish even if it is not wanted
        for i, layer in enumerate(self.layers):
            paid = layer.dimension + free
            forced = paid if layer.offset != 0 else min(paid, forced)
            free = forced if i in wanted else free
        return free


def _product(first: Series, second: Series) -> Series:
    return [
        sum(a * b for a, b in zip(first[: k + 1], second[k::-1], strict=True))
        for k in range(len(first))
    ]


def _geometric(series: Series) -> Series:
    """1/(1 - series), for a series without constant term."""
    terms = [1 + 0 * series[0]]
    for k in range(1, len(series)):
        terms.append(sum(series[j] * terms[k - j] for j in range(1, k + 1)))
    return terms
