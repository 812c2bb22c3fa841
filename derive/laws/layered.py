"""What a layered law is: parameters, some of them sequences, and a stack of random layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray
from sympy import Expr, Integer, Symbol, lambdify, symbols

from derive.laws.law import Parameter
from derive.layered.stack import Stack
from derive.operations import AFFINE
from derive.operations.sampling import sampled
from derive.rational import exact, value_at
from derive.runtime import potential
from derive.runtime.layers import Layer, Node

# Of a layer of a network: n/d_l; b² of the map that gives the covariance of its rows, and of the
# map above it; the number of layers above it; 1 for the innermost, else 0.
ratio, kept, above, height, innermost = symbols("ratio kept above height innermost")
depth = Symbol("depth")  # number of layers of the network
x = Symbol("x")  # an eigenvalue of the data

_TOLERANCE = fmpq(1, 10**12)


@dataclass(frozen=True)
class ParameterSequence(Parameter):
    """A sequence of real parameters.

    Attributes
    ----------
    matches : str
        Name of an earlier sequence of the same length, if there is one.
    number_for_all : bool
        Whether one number may stand for a sequence of equal ones.
    """

    matches: str = ""
    number_for_all: bool = False


@dataclass(frozen=True)
class Weights(ParameterSequence):
    """Weights that sum to one; equal ones by default."""

    strict: bool = False


@dataclass(frozen=True, eq=False)
class LayeredLaw:
    """A limiting spectral law with the potential of a stack of layers.

    Expressions below are in the symbols of the parameters; those of layers also in the symbols of
    a network's layer above, those of nodes in `x` or in elements of the sequences over nodes.

    Attributes
    ----------
    name, title, summary, source : str
        As in `Law`.
    parameters : tuple of Parameter
    layers : tuple of Layer
        From the outermost; of a deep law one that stands for all layers.
    entries : tuple of Expr
        Entries of a node, one for each of `layers`.
    fixed, position : Expr
        See `Node` and `Stack`.
    deep : bool
        Whether the layers are those of a network: `ratios`, `b2` and data by `base_ratio` or
        `eigenvalues` and `weights`.
    samples_inside : bool
        Whether the law is that of the samples' Gram matrix; otherwise the outermost layer's rows
        are the samples.
    helpers : tuple of str
        Templates of further functions of the generated module.
    """

    name: str
    title: str
    summary: str
    source: str
    parameters: tuple[Parameter, ...]
    layers: tuple[Layer, ...]
    entries: tuple[Expr, ...]
    fixed: Expr = Integer(0)
    position: Expr = Integer(0)
    deep: bool = False
    samples_inside: bool = False
    helpers: tuple[str, ...] = ()
    curve: None = None

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Exact values of all parameters, sequences as lists; None for one that is not needed.

        Raises
        ------
        ValueError
            For a missing or unknown parameter, or a value outside its domain; the message names it.
        """
        names = [parameter.name for parameter in self.parameters]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ValueError(f"{self.name} takes parameters {', '.join(names)}; got {unknown[0]}")
        given = {name: value for name, value in given.items() if value is not None}
        if self.deep and ("base_ratio" in given) == ("eigenvalues" in given):
            raise ValueError("base_ratio, eigenvalues: give one of the two")
        if self.deep and "weights" in given and "eigenvalues" not in given:
            raise ValueError("weights are those of eigenvalues, which are not given")
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            values[parameter.name] = self._value(parameter, given, values)
        return values

    def _value(
        self, parameter: Parameter, given: Mapping[str, Any], values: Mapping[str, Any]
    ) -> Any:
        name = parameter.name
        partner = (
            values.get(parameter.matches) if isinstance(parameter, ParameterSequence) else None
        )
        if name not in given:
            if isinstance(parameter, Weights):
                return partner and [fmpq(1, len(partner))] * len(partner)
            if self.deep and name in ("base_ratio", "eigenvalues"):
                return None
            raise ValueError(f"{name} is missing; its domain is {parameter.domain}")
        if not isinstance(parameter, ParameterSequence):
            return _number(parameter, given[name], name, values)
        items = _items(parameter, given[name], len(partner) if partner else None)
        numbers = [
            _number(
                parameter,
                item,
                f"{name}[{k}]",
                {n: v[k] for n, v in values.items() if n == parameter.matches},
            )
            for k, item in enumerate(items)
        ]
        if isinstance(parameter, Weights):
            total = sum(numbers, fmpq(0))
            if abs(total - 1) > _TOLERANCE:
                raise ValueError(
                    f"{name} sum to {float(Fraction(int(total.p), int(total.q)))}, not to 1"
                )
            return [number / total for number in numbers]
        if name == "eigenvalues" and not any(numbers):
            raise ValueError("eigenvalues are all zero; at least one must be positive")
        return numbers

    def sample(self, n: int, rng: np.random.Generator, **parameters: Any) -> NDArray[np.float64]:
        """A symmetric n × n random matrix with this law in the limit, made by the composition."""
        return sampled(self.tree(self.read(parameters)), n, rng)

    def tree(self, values: Mapping[str, Any]) -> potential.Node:
        """The composition at exact values of the parameters."""
        stack = self.stack(values)
        law = stack.tree()
        return law if stack.position == 0 else potential.node(AFFINE, (1, stack.position), [law])

    def atom_position(self, values: Mapping[str, Any]) -> fmpq:
        """The lower end, where the atom is."""
        return fmpq(self.stack(values).position)

    def rows(self, values: Mapping[str, Any]) -> fmpq:
        """Rows over columns of the feature matrix; one if the law is that of the samples."""
        return fmpq(1) if self.samples_inside else 1 / fmpq(self.stack(values).layers[0].dimension)

    def stack(self, values: Mapping[str, Any]) -> Stack:
        """The stack at given values of the parameters: numbers of any kind, or expressions."""
        layers = list(self._layers(values))
        plain = {n: v for n, v in values.items() if not isinstance(v, list)}
        built = [
            Layer(*(_at(part, plain | environment) for part in layer))
            for layer, _, environment in layers
        ]
        nodes = []
        for weight, node in self._nodes(values):
            entries = tuple(_at(entry, plain | env | node) for _, entry, env in layers)
            bottom = {"height": len(layers), "depth": len(layers)}
            nodes.append(Node(weight, _at(self.fixed, plain | bottom | node), entries))
        top = {"depth": len(values["ratios"])} if self.deep else {}
        return Stack(tuple(built), tuple(nodes), _at(self.position, plain | top)).reduced()

    def _layers(self, values: Mapping[str, Any]) -> Iterator[tuple[Layer, Expr, dict[str, Any]]]:
        """Layer, entry of nodes, and values of the symbols of a layer, from the outermost."""
        if not self.deep:
            for layer, entry in zip(self.layers, self.entries, strict=True):
                yield layer, entry, {}
            return
        ratios, b2 = list(values["ratios"])[::-1], values["b2"]
        maps = list(b2)[::-1] if isinstance(b2, list) else [b2] * len(ratios)
        if values["base_ratio"] is not None:  # the data, a layer of rows with covariance one
            ratios, maps = [*ratios, values["base_ratio"]], [*maps, 0]
        for i, (n, b) in enumerate(zip(ratios, maps, strict=True)):
            environment = {
                "ratio": n,
                "kept": b,
                "above": maps[i - 1] if i else 0,
                "height": i,
                "innermost": int(i == len(ratios) - 1),
            }
            yield self.layers[0], self.entries[0], environment

    def _nodes(self, values: Mapping[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Weight and values of the symbols of a node."""
        if not self.deep:
            names = [p.name for p in self.parameters if isinstance(p, ParameterSequence)]
            for items in zip(*(values[name] for name in names), strict=True):
                node = dict(zip(names, items, strict=True))
                yield node.pop("weights"), node
        elif values["base_ratio"] is not None:
            yield 1, {"x": 0}
        else:
            for eigenvalue, weight in zip(values["eigenvalues"], values["weights"], strict=True):
                yield weight, {"x": eigenvalue}


def _items(parameter: ParameterSequence, given: Any, length: int | None) -> list:
    """The given sequence as a list of the right length."""
    name = parameter.name
    if hasattr(given, "tolist"):
        given = given.tolist()
    if not isinstance(given, Sequence) or isinstance(given, str):
        if not parameter.number_for_all:
            raise ValueError(f"{name} = {given!r} is not a sequence of numbers")
        return [given] * (length or 1)
    if not given:
        raise ValueError(f"{name} is empty; its domain is {parameter.domain}")
    if length is not None and len(given) != length:
        raise ValueError(f"{name} has length {len(given)}, {parameter.matches} has {length}")
    return list(given)


def _number(parameter: Parameter, given: Any, shown: str, values: Mapping[str, Any]) -> fmpq:
    number = exact(given, shown)
    known = {Symbol(n): v for n, v in values.items() if isinstance(v, fmpq)}
    bounds = [number - value_at(parameter.lower, known)]
    if parameter.upper is not None:
        bounds.append(value_at(parameter.upper, known) - number)
    if not all(gap > 0 or (gap == 0 and not parameter.strict) for gap in bounds):
        raise ValueError(f"{shown} = {given} is outside its domain {parameter.domain}")
    return number


def _at(expression: Expr, values: Mapping[str, Any]) -> Any:
    """An expression at values of its symbols, of any kind that has arithmetic."""
    names, function = _function(expression)
    return function(*(values[name] for name in names))


@cache
def _function(expression: Expr) -> tuple[list[str], Callable[..., Any]]:
    ordered = sorted(expression.free_symbols, key=lambda symbol: symbol.name)
    return [symbol.name for symbol in ordered], lambdify(ordered, expression, modules=[])
