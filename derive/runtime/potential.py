"""Laws as stationary values of a potential: the operations' terms put together at numbers.

Φ(z) = term(z, w) + Σ_k multiplicity_k Φ_k(argument_k(z, w)) over the operands of an operation,
stationary in the unknowns w of all operations. Numbers may be of any kind with arithmetic: floats,
complex numbers, arrays of them, balls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from math import frexp, inf, ldexp
from operator import is_
from typing import Any, NamedTuple

_NOTHING = -4096  # the power of two for zero


class Operation:
    """A kind of operation on random matrices, with the programs printed from its term.

    Attributes
    ----------
    name : str
    size : int
        Number of unknowns.
    is_real : bool
        Whether operands are taken at real points where the law is and has no mass.
    kernel, value, weights : callable
        Derivatives of the term and of the operands' arguments; logarithms, rational part and
        arguments; coefficients of logarithms and multiplicities.
    outwards : callable, optional
        z and G from those of the one operand and the parameters. Where the operand has no mass the
        law has none just where that z increases.
    """

    name: str
    size: int
    is_real: bool = True
    _instance: Operation
    kernel: Callable[..., tuple]
    value: Callable[..., tuple]
    weights: Callable[..., tuple]
    outwards: Callable[..., tuple] | None = None

    def __new__(cls) -> Operation:
        """The one instance of each kind."""
        if "_instance" not in cls.__dict__:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __reduce__(self) -> tuple:
        return type(self), ()

    def sides(self, parameters: Sequence, operands: Sequence[Node]) -> tuple[int, ...]:
        """For each operand 1; -1 if it is taken in the half-plane opposite to z, 0 if anywhere."""
        return (1,) * len(operands)

    def count(self, parameters: Sequence) -> int:
        """Number of unknowns, where it depends on the parameters."""
        return self.size

    def signs(self, parameters: Sequence, operands: Sequence[Node]) -> tuple[int, ...]:
        """The same for each unknown."""
        return (1,) * self.size

    def start(self, at: Any, parameters: Sequence, scales: Sequence) -> list:
        """The unknowns far away at z, to leading order; `scales` has (m₁, m₂) of every operand."""
        return [at] * self.size

    def simplified(self, parameters: Sequence, operands: Sequence[Node]) -> Node | None:
        """The same law where the operation degenerates."""
        return None

    def images(self, parameters: Sequence) -> tuple[Image, ...] | None:
        """Maps of operands' laws whose images make up this one; none for known eigenvalues.

        None itself if the operation has unknowns.
        """
        return None

    def pole(self, parameters: Sequence) -> Any:
        """The operand's point that goes to infinity, if it is not infinity itself."""
        return None

    def unknowns_at(self, at: Any, place: Any) -> tuple:
        """The unknowns at z where they follow from the operand's argument."""
        return ()

    def moments(self, order: int, parameters: Sequence, operands: Sequence) -> Sequence:
        """Moments m_0, …, m_order from those of the operands, functions of the order."""
        raise NotImplementedError

    def atoms(self, parameters: Sequence, operands: Sequence[dict]) -> dict:
        """Masses of the atoms by position."""
        raise NotImplementedError

    def exponent(self, parameters: Sequence, operands: Sequence[Node]) -> int:
        """Size of the law as a power of two, roughly; see `magnitude`."""
        return max(operand.exponent for operand in operands)

    def grain(self, operands: Sequence[Node]) -> int:
        """The law times a power of two has exact parameters if this divides the power."""
        return max((operand.grain for operand in operands), default=1)

    def scaled(
        self, parameters: Sequence, power: int, operands: Sequence[Node]
    ) -> tuple[Sequence, Sequence[int]]:
        """The law times 2^power: parameters, and powers for the operands."""
        return parameters, [power] * len(operands)

    def sample_error(self, parameters: Sequence, ratio: Any, solved: Callable[[], tuple]) -> Any:
        """Training error of samples, from the first unknown and its entry of the inverse Hessian.

        None if the operation does not bring samples with that ratio; then nothing is solved.
        """
        return None

    def radius(self, parameters: Sequence, operands: Sequence[Node]) -> float:
        """A bound, up to a small factor, of the modulus of a compact support; else infinity."""
        raise NotImplementedError


class Image(NamedTuple):
    """A monotonic map of a part of the axis, `domain`, to the part with the ends `ends`."""

    operand: int
    forward: Callable[[Any], Any]
    backward: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    domain: tuple[Any, Any] = (-inf, inf)
    ends: tuple[Any, Any] = (-inf, inf)


@dataclass(frozen=True)
class Node:
    """An operation at values of its parameters, applied to operands."""

    operation: Operation
    parameters: tuple
    operands: tuple[Node, ...] = ()

    def __post_init__(self) -> None:
        _ = self.size  # now, so that it is never asked for at the bottom of a deep tree

    @cached_property
    def size(self) -> int:
        """Number of unknowns of the operation and all that is below."""
        return self.own + sum(node.size for node in self.operands)

    @cached_property
    def own(self) -> int:
        """Number of unknowns of the operation alone."""
        return self.operation.count(self.parameters)

    @property
    def point(self) -> Any:
        """Position of a point mass, if the law is one."""
        positions = list(self.atoms) if self.is_discrete else []
        return positions[0] if len(positions) == 1 else None

    @property
    def is_discrete(self) -> bool:
        """Whether the law consists of known eigenvalues."""
        return self.operation.images(self.parameters) == ()

    def moments(self, order: int) -> Sequence:
        """m_0, …, m_order."""
        operands = [node.moments for node in self.operands]
        return self.operation.moments(order, self.parameters, operands)

    @property
    def atoms(self) -> dict:
        """Masses of the atoms by position."""
        if "_atoms" not in vars(self):  # a cached property would take more of a deep stack
            below = [node.atoms for node in self.operands]
            vars(self)["_atoms"] = self.operation.atoms(self.parameters, below)
        return vars(self)["_atoms"]

    @cached_property
    def radius(self) -> float:
        """A bound of a compact support, up to a small factor; infinite without one."""
        return self.operation.radius(self.parameters, self.operands)

    @cached_property
    def scale(self) -> float:
        """The radius, or one where there is no radius."""
        return self.radius if 0 < self.radius < float("inf") else 1.0

    @cached_property
    def exponent(self) -> int:
        """Size of the law as a power of two, roughly: no step leaves the range of doubles."""
        return self.operation.exponent(self.parameters, self.operands)

    @property
    def unit(self) -> int:
        """The power of two that brings the law to scale one; none for a mass at zero."""
        return -multiple(self.exponent, self.grain) if self.exponent > _NOTHING // 2 else 0

    @cached_property
    def grain(self) -> int:
        """The powers of two by which the law is multiplied exactly are multiples of it."""
        return self.operation.grain(self.operands)

    def scaled(self, power: int) -> Node:
        """The law times 2^power, its operands at moderate scales, too; what underflows vanishes."""
        memory = vars(self).setdefault("_scaled", {})
        if power not in memory:
            numbers, powers = self.operation.scaled(self.parameters, power, self.operands)
            parameters = tuple(numbers)
            operands = tuple(o.scaled(k) for o, k in zip(self.operands, powers, strict=True))
            unchanged = parameters == self.parameters and all(map(is_, operands, self.operands))
            simpler = self if unchanged else self.operation.simplified(parameters, operands)
            memory[power] = simpler or self.remade(self.operation, parameters, operands)
        return memory[power]

    def mapped(self, function: Callable[[Any], Any]) -> Node:
        """The same tree with other numbers for the parameters."""
        operands = tuple(operand.mapped(function) for operand in self.operands)
        return self.remade(self.operation, mapped(self.parameters, function), operands)

    def remade(self, operation: Operation, parameters: tuple, operands: tuple[Node, ...]) -> Node:
        """The same law in other terms, without finding again on which sides operands are taken."""
        new = Node(operation, parameters, operands)
        vars(new)["operand_sides"] = self.operand_sides
        return new

    @cached_property
    def sides(self) -> list[int]:
        """For each unknown 1, -1 if it lies in the lower half-plane, 0 if anywhere."""
        found = list(self.operation.signs(self.parameters, self.operands))
        for side, node in zip(self.operand_sides, self.operands, strict=True):
            found += [side * inner for inner in node.sides]
        return found

    @cached_property
    def operand_sides(self) -> tuple[int, ...]:
        """For each operand 1; -1 if it is taken in the half-plane opposite to z, 0 if anywhere."""
        return self.operation.sides(self.parameters, self.operands)

    def start(
        self, at: Any, means: Callable[[Node], tuple], near: Callable[[Node, Any], Any]
    ) -> list:
        """The unknowns far away at z.

        `means` gives m₁ and m₂ of operands, `near` the unknowns of those not taken far away.
        """
        scales = [means(node) for node in self.operands]
        own = list(self.operation.start(at, self.parameters, scales))
        _, _, arguments = self.operation.value(at, *own, *self.parameters)
        return own + [
            unknown
            for node, argument in zip(self.operands, arguments, strict=True)
            for unknown in (
                node.start(argument, means, near)
                if self.operation.pole(self.parameters) is None
                else near(node, argument)
            )
        ]

    def logarithms(self, at: Any, unknowns: Sequence) -> tuple[list, Any, list[Branch]]:
        """Pairs (coefficient, argument) and rational part of the term; operands at their places."""
        own, rest = unknowns[: self.own], unknowns[self.own :]
        arguments, (rational,), places = self.operation.value(at, *own, *self.parameters)
        coefficients, multiplicities = self.operation.weights(*self.parameters)
        branches = []
        for node, place, weight, side in zip(
            self.operands, places, multiplicities, self.operand_sides, strict=True
        ):
            branches.append(Branch(node, place, rest[: node.size], weight, side))
            rest = rest[node.size :]
        return list(zip(coefficients, arguments, strict=True)), rational, branches

    def derivatives(self, at: Any, unknowns: Sequence) -> Derivatives:
        """First and second derivatives of Φ in z and the unknowns."""
        gradient, rows = self.lower(at, unknowns)
        count = range(len(rows))
        return Derivatives(gradient, [[rows[max(i, j)][min(i, j)] for j in count] for i in count])

    def lower(self, at: Any, unknowns: Sequence) -> Derivatives:
        """The same, the lower triangle of the Hessian by rows; a literal 0 vanishes identically."""
        n = self.own
        own, rest = unknowns[:n], unknowns[n:]
        first, second, places, slopes, bends = self.operation.kernel(at, *own, *self.parameters)
        gradient = list(first)
        rows = [list(second[_entry(i, 0) : _entry(i, 0) + i + 1]) for i in range(n + 1)]
        _, multiplicities = self.operation.weights(*self.parameters)
        for k, (node, place, weight) in enumerate(
            zip(self.operands, places, multiplicities, strict=True)
        ):
            below, inner = node.lower(place, rest[: node.size])
            rest = rest[node.size :]
            slope = slopes[k * (n + 1) : (k + 1) * (n + 1)]
            bend = iter(bends[k * len(second) : (k + 1) * len(second)])
            force, curvature = _times(weight, below[0]), _times(weight, inner[0][0])
            for i, row in enumerate(rows[: n + 1]):
                gradient[i] = _plus(gradient[i], slope[i], force)
                curved = _times(slope[i], curvature)
                for j in range(i + 1):
                    row[j] = _plus(row[j], next(bend), force)
                    if _nonzero(slope[i]):
                        row[j] = _plus(row[j], slope[j], curved)
            between = [0] * (len(rows) - n - 1)
            for down, (mixed, *row) in zip(below[1:], inner[1:], strict=True):
                gradient.append(_times(weight, down))
                mixed = _times(weight, mixed)
                rows.append(
                    [_times(s, mixed) for s in slope] + between + [_times(weight, h) for h in row]
                )
        return Derivatives(gradient, rows)


class Branch(NamedTuple):
    """An operand where its operation takes it."""

    node: Node
    at: Any
    unknowns: Sequence
    weight: Any
    side: int


class Derivatives(NamedTuple):
    """Gradient and Hessian of Φ in z and then the unknowns."""

    gradient: list
    hessian: list[list]


def kept(function: Callable[[Node], Any]) -> Callable[[Node], Any]:
    """A function of a node that is computed once for each."""

    @wraps(function)
    def found(node: Node) -> Any:
        if function not in (memory := vars(node).setdefault("_kept", {})):
            memory[function] = function(node)
        return memory[function]

    return found


def magnitude(*numbers: Any) -> int:
    """The largest k with 2^k ≤ one of the numbers' moduli; less than any double's for zeros."""
    return max((frexp(x)[1] - 1 for x in numbers if x), default=_NOTHING)


def shifted(value: Any, power: int) -> Any:
    """A double or a tuple of doubles times 2^power, to the ends of their range."""
    if isinstance(value, tuple):
        return tuple(shifted(part, power) for part in value)
    try:
        return ldexp(value, power)
    except OverflowError:
        return inf if value > 0 else -inf


def multiple(power: int, grain: int) -> int:
    """A power rounded down to what a law's tree can be multiplied by exactly."""
    return power // grain * grain


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """A number or nested tuples of numbers, mapped."""
    if isinstance(value, tuple):
        return tuple(mapped(part, function) for part in value)
    return function(value)


def node(operation: Operation, parameters: Sequence, operands: Sequence[Node] = ()) -> Node:
    """A node in its simplest form."""
    simpler = operation.simplified(parameters, operands)
    return Node(operation, tuple(parameters), tuple(operands)) if simpler is None else simpler


def _entry(i: int, j: int) -> int:
    """Place of an entry of a symmetric matrix in its lower triangle, by rows."""
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


def _nonzero(value: Any) -> bool:
    """False for the literal zero, which stands for a derivative that vanishes identically."""
    return type(value) is not int or value != 0


def _times(factor: Any, value: Any) -> Any:
    """The product; literal ones and zeros cost nothing."""
    if type(factor) is int and (factor == 0 or factor == 1):
        return value if factor else 0
    return factor * value if _nonzero(value) else 0


def _plus(value: Any, factor: Any, other: Any) -> Any:
    return value + _times(factor, other) if _nonzero(factor) else value
