"""Stacks of random layers: the operation whose unknowns are as many as its layers.

Let K be the sample covariance of d Gaussian rows with covariance Σ (n × n). For every A that does
not depend on those rows,

    ln det(A + cK) = stationary value in τ of ln det(A + cτΣ) + d·(τ - 1 - ln τ),

to leading order. If A and Σ are sums of such matrices again, the step is repeated until only known
eigenvalues are left. With σ_i = c_i τ_i as unknowns all that remains is affine in them:

    U(z) = Σ_k w_k ln(z - ℓ_k) + Σ_i n_i (τ_i - 1 - ln τ_i),    τ_i = σ_i/c_i,
    c_i = offset_i + gain_i·σ_(i-1),    ℓ_k = fixed_k + Σ_i entry_ki·σ_i,

with layers i from the outermost (σ_0 = 0), n_i = d_i/n = 1/ratio_i, and nodes k of weight w_k. For
Im z > 0 exactly one stationary point has Im σ_i < 0 for every layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from .atoms import Atoms
from .potential import Node as Tree
from .potential import Operation, magnitude, shifted

_BLOCK = 1 << 18  # numbers in a block of points times nodes
_FEW = 8  # nodes that are taken one by one

Value = Any  # number of any kind: rational, ball, complex, array, or an expression
Series = list[Value]  # coefficients of a power series


class Layer(NamedTuple):
    """One layer: n/d_i, and c_i = offset + gain·σ_(i-1)."""

    ratio: Value
    offset: Value
    gain: Value


class Node(NamedTuple):
    """One known eigenvalue: w_k, and ℓ_k = fixed + Σ entries·σ."""

    weight: Value
    fixed: Value
    entries: tuple[Value, ...]


class Layers(Operation):
    """Parameters are the layers from the outermost, and the nodes."""

    name = "layers"
    size = 0
    known: Operation = Atoms()  # the operation where no layer is left

    def simplified(self, parameters: Sequence, operands: Sequence) -> Tree | None:
        """Without layers whose c or covariance vanishes identically, and so their σ."""
        layers, nodes = parameters
        empty, below = [True] * (len(layers) + 1), 0
        for i in reversed(range(len(layers))):
            alone = empty[i + 1] or below == 0
            empty[i], below = alone and not any(e[i] != 0 for _, _, e in nodes), layers[i][2]
        left: list[tuple] = []
        kept: list[int] = []
        for i, (ratio, offset, gain) in enumerate(layers):
            gain = gain if i and kept[-1:] == [i - 1] else 0
            if (offset != 0 or gain != 0) and not empty[i]:
                left.append((ratio, offset, gain))
                kept.append(i)
        if not left:
            weights, fixed, _ = zip(*nodes, strict=True)
            return Tree(self.known, (fixed, weights))
        if len(left) == len(layers):
            return None
        return Tree(
            self,
            (tuple(left), tuple((w, f, tuple(e[i] for i in kept)) for w, f, e in nodes)),
        )

    def count(self, parameters: Sequence) -> int:
        """One unknown for each layer."""
        return len(parameters[0])

    def signs(self, parameters: Sequence, operands: Sequence) -> tuple[int, ...]:
        """Every σ in the lower half-plane."""
        return (-1,) * len(parameters[0])

    def kernel(self, z: Value, *rest: Value) -> tuple:
        """Derivatives of the term."""
        *sigmas, layers, nodes = rest
        size = len(layers) + 1
        first, second = _over_nodes(z, sigmas, nodes)
        scales = _scales(layers, sigmas)
        for i, ((ratio, _, gain), s, c) in enumerate(zip(layers, sigmas, scales, strict=True)):
            n = 1 / ratio
            first[i + 1] = first[i + 1] + n * (1 / c - 1 / s)
            second[_place(i + 1, i + 1)] = second[_place(i + 1, i + 1)] + n / (s * s)
            if i and not _is_zero(gain):
                inverse = 1 / c
                first[i] = first[i] + n * gain * inverse * (1 - s * inverse)
                across = _place(i + 1, i)
                second[across] = second[across] - n * gain * inverse * inverse
                twice = n * gain * gain * inverse * inverse * (2 * s * inverse - 1)
                second[_place(i, i)] = second[_place(i, i)] + twice
        assert len(first) == size
        return tuple(first), tuple(second), (), (), ()

    def value(self, z: Value, *rest: Value) -> tuple:
        """Arguments of the logarithms, and the rational part."""
        *sigmas, layers, nodes = rest
        scales = _scales(layers, sigmas)
        arguments = [z - level for level in _levels(sigmas, nodes)]
        arguments += [1 / v for pair in zip(sigmas, scales, strict=True) for v in pair]
        terms = [(s / c - 1) / r for (r, _, _), s, c in zip(layers, sigmas, scales, strict=True)]
        return tuple(arguments), (sum(terms, 0 * z),), ()

    def weights(self, layers: Sequence, nodes: Sequence) -> tuple:
        """Coefficients of the logarithms."""
        of_layers = [sign / layer[0] for layer in layers for sign in (1, -1)]
        return (*(node[0] for node in nodes), *of_layers), ()

    def start(self, at: Value, parameters: Sequence, scales: Sequence) -> list:
        """The σ at z = ∞, where all τ are 1."""
        sigmas: list[Value] = []
        for _, offset, gain in parameters[0]:
            sigmas.append(0 * at + offset + (gain * sigmas[-1] if sigmas else 0))
        return sigmas

    def sample_error(
        self, parameters: Sequence, ratio: Value, solved: Callable[[], tuple]
    ) -> Value:
        """Training error if the rows of the outermost layer are the samples."""
        (own, offset, _), *others = parameters[0]
        alone = offset == 1 and not any(layer[1] for layer in others)
        if not alone or own != ratio or any(node[1] for node in parameters[1]):
            return None
        _, entry = solved()
        return entry / ratio

    def radius(self, parameters: Sequence, operands: Sequence) -> float:
        """The nodes with every layer's largest eigenvalue."""
        sigmas: list[float] = []
        for ratio, offset, gain in parameters[0]:
            scale = offset + (gain * sigmas[-1] if sigmas else 0)
            sigmas.append(float(scale) * (1 + float(ratio) ** 0.5) ** 2)
        return float(max(_levels(sigmas, parameters[1])))

    def exponent(self, parameters: Sequence, operands: Sequence) -> int:
        """Of the largest term of the levels."""
        layers, nodes = parameters
        sizes: list[int] = []
        for ratio, offset, gain in layers:
            inner = [magnitude(gain) + sizes[-1]] if sizes else []
            sizes.append(max([magnitude(offset), *inner]) + magnitude(1 + ratio))
        return max(
            max(
                [magnitude(fixed), *(magnitude(e) + s for e, s in zip(entries, sizes, strict=True))]
            )
            for _, fixed, entries in nodes
        )

    def scaled(
        self, parameters: Sequence, power: int, operands: Sequence
    ) -> tuple[Sequence, Sequence[int]]:
        """Every σ in a unit in which its c is near one; the levels take the rest."""
        layers, nodes = parameters
        units: list[int] = []
        stack = []
        for ratio, offset, gain in layers:
            below = units[-1] if units else 0
            unit = -max([magnitude(offset), *([magnitude(gain) - below] if units else [])])
            units.append(unit)
            stack.append((ratio, shifted(offset, unit), shifted(gain, unit - below)))
        levels = [
            (
                weight,
                shifted(fixed, power),
                tuple(shifted(e, power - unit) for e, unit in zip(entries, units, strict=True)),
            )
            for weight, fixed, entries in nodes
        ]
        return (tuple(stack), tuple(levels)), ()

    def moments(self, order: int, parameters: Sequence, operands: Sequence) -> list[Value]:
        """Moments m_0, …, m_order, by expanding zG in 1/z."""
        return self.expansions(order, *parameters)[1]

    def expansions(self, order: int, layers: Sequence, nodes: Sequence) -> tuple[list, list]:
        """The σ and zG as power series in 1/z."""
        one = nodes[0][0] ** 0
        unity = [one] + [0 * one] * order
        tau, expansion = [unity for _ in layers], unity
        for _ in range(order):  # each makes one more coefficient right
            tau, expansion = _sweep(layers, nodes, tau)
        return _series(layers, tau)[1], expansion

    def atoms(self, parameters: Sequence, operands: Sequence[dict]) -> dict:
        """Mass at zero.

        As z rises to it, some nodes and layers vanish like z: a layer if its c does, or at the
        cost of its dimension. Nodes that vanish bring their weight; the best choice is the mass.
        """
        layers, nodes = parameters
        patterns: dict[frozenset[int], Value] = {}
        for weight, fixed, entries in nodes:
            if fixed == 0:
                pattern = frozenset(i for i, e in enumerate(entries) if e != 0)
                patterns[pattern] = patterns.get(pattern, 0) + weight
        best = 0
        for size in range(1, len(patterns) + 1):
            for chosen in combinations(patterns, size):
                gain = sum(patterns[pattern] for pattern in chosen)
                best = max(best, gain - _cost(layers, frozenset().union(*chosen)))
        return {0: best} if best > 0 else {}


def _scales(layers: Sequence[Layer], sigmas: Sequence[Value]) -> list[Value]:
    """The c_i."""
    below = (0, *sigmas[:-1])
    return [offset + gain * s for (_, offset, gain), s in zip(layers, below, strict=False)]


def _levels(sigmas: Sequence[Value], nodes: Sequence[Node]) -> list[Value]:
    """The ℓ_k."""
    return [
        fixed + sum(e * s for e, s in zip(entries, sigmas, strict=True) if not _is_zero(e))
        for _, fixed, entries in nodes
    ]


def _over_nodes(z: Value, sigmas: Sequence[Value], nodes: Sequence[Node]) -> tuple[list, list]:
    """Derivatives of Σ w ln(z - ℓ)."""
    size = len(sigmas) + 1
    places = [(i, j) for i in range(size) for j in range(i + 1)]
    if isinstance(z, np.ndarray) and z.ndim == 1 and len(nodes) > _FEW:
        sides, fixed, one, two = _arrays(tuple(nodes))
        variables = np.array([z, *(s + 0 * z for s in sigmas)])
        gradient = np.empty((size, z.size), variables.dtype)
        hessian = np.empty((len(places), z.size), variables.dtype)
        step = max(1, _BLOCK // len(nodes))
        for k in range(0, z.size, step):
            inverse = 1 / (sides @ variables[:, k : k + step] - fixed[:, None])
            gradient[:, k : k + step] = one @ inverse
            hessian[:, k : k + step] = -(two @ (inverse * inverse))
        return list(gradient), list(hessian)
    first, second = [0 * z] * size, [0 * z] * len(places)
    for (weight, _, entries), level in zip(nodes, _levels(sigmas, nodes), strict=True):
        inverse = 1 / (z - level)
        factors = [1, *(-e for e in entries)]
        present = [i for i, factor in enumerate(factors) if not _is_zero(factor)]
        for i in present:
            first[i] = first[i] + weight * factors[i] * inverse
            for j in present[: present.index(i) + 1]:
                product = weight * factors[i] * factors[j]
                second[_place(i, j)] = second[_place(i, j)] - product * inverse * inverse
    return first, second


@lru_cache(maxsize=16)
def _arrays(nodes: tuple[Node, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives of z - ℓ in z and the σ, fixed parts, and weights for both derivatives."""
    weights, fixed, entries = (np.array(part) for part in zip(*nodes, strict=True))
    sides = np.column_stack([np.ones(len(nodes)), -entries.reshape(len(nodes), -1)])
    pairs = [sides[:, i] * sides[:, j] for i in range(sides.shape[1]) for j in range(i + 1)]
    return sides, fixed, (weights[:, None] * sides).T, weights * np.array(pairs)


def _is_zero(value: Value) -> bool:
    return not isinstance(value, np.ndarray) and bool(value == 0)


def _place(i: int, j: int) -> int:
    """Place in the lower triangle, by rows."""
    return i * (i + 1) // 2 + j


def _sweep(
    layers: Sequence[Layer], nodes: Sequence[Node], tau: list[Series]
) -> tuple[list[Series], Series]:
    """Right-hand side of τ_i = 1/(1 - ratio_i c_i T_i) and zG, as series in t = 1/z.

    T_i = Σ_k w_k entry_ki/(z - ℓ_k) + gain_(i+1) τ_(i+1) T_(i+1) is stationarity in σ_i.
    """
    zero = 0 * nodes[0][0]
    order = len(tau[0]) - 1
    scales, sigmas = _series(layers, tau)
    expansion, traces = [zero] * (order + 1), [[zero] * (order + 1) for _ in layers]
    for weight, fixed, entries in nodes:
        level = [
            sum((e * s[k] for e, s in zip(entries, sigmas, strict=True)), zero)
            for k in range(order)
        ]
        if order:
            level[0] += fixed
        ratio = _geometric([zero, *level])  # z/(z - ℓ)
        for k in range(order + 1):
            expansion[k] += weight * ratio[k]
            for trace, e in zip(traces, entries, strict=True):
                if k:
                    trace[k] += weight * e * ratio[k - 1]
    new: list[Series] = []
    for i in reversed(range(len(layers))):
        if new:
            passed = _product(new[-1], traces[i + 1])
            gain = layers[i + 1][2]
            traces[i] = [a + gain * b for a, b in zip(traces[i], passed, strict=True)]
        product = _product(scales[i], traces[i])
        new.append(_geometric([a * layers[i][0] for a in product]))
    return new[::-1], expansion


def _series(layers: Sequence[Layer], tau: list[Series]) -> tuple[list[Series], list[Series]]:
    """The c_i and the σ_i."""
    scales: list[Series] = []
    sigmas: list[Series] = []
    for (_, offset, gain), factor in zip(layers, tau, strict=True):
        scale = [gain * s for s in sigmas[-1]] if sigmas else [0 * s for s in factor]
        scale[0] += offset
        scales.append(scale)
        sigmas.append(_product(scale, factor))
    return scales, sigmas


def _cost(layers: Sequence[Layer], wanted: frozenset[int]) -> Value:
    """Least sum of dimensions at which all these layers vanish."""
    free: Value = 0  # cost of the layers so far
    forced: Value = None  # ... if the last of them is to vanish even if it is not wanted
    for i, (ratio, offset, _) in enumerate(layers):
        paid = 1 / ratio + free
        forced = paid if offset != 0 else min(paid, forced)
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
