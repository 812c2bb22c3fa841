"""Formulas on numbers as programs on arrays: traced once, run in memory that is used again.

Formulas are ordinary functions of numbers, in arithmetic and the functions of this module. Called
with what stands for arrays they tell what is done in which order; every intermediate result then
lives in a buffer, which is handed on as soon as its last reader is done.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from functools import cached_property, partial, reduce
from typing import Any

import numpy as np


class _Value:
    """Stands for an array: a place among the inputs and the results of all steps so far."""

    def __init__(self, trace: _Trace, place: int):
        self.trace, self.place = trace, place

    def __neg__(self) -> _Value:
        return self.trace.call("negative", self)

    def __abs__(self) -> _Value:
        return self.trace.call("abs", self)

    def __pow__(self, exponent: int) -> Any:
        if exponent <= 0:
            return 1.0 / self**-exponent if exponent else 1.0
        power = self if exponent == 1 else self.trace.call("square", self)
        return reduce(
            lambda product, _: self.trace.call("mul", product, self),
            range(exponent - 2),
            power,
        )


def _operator(name: str, unit: int, *, reflected: bool) -> Callable:
    def call(self: _Value, other: Any) -> _Value:
        if other == unit and not (reflected and name in ("sub", "truediv")):
            return self  # nothing is done, as in sums that begin with zero
        return self.trace.call(name, *((other, self) if reflected else (self, other)))

    return call


for _name, _unit in {"add": 0, "sub": 0, "mul": 1, "truediv": 1}.items():
    setattr(_Value, f"__{_name}__", _operator(_name, _unit, reflected=False))
    setattr(_Value, f"__r{_name}__", _operator(_name, _unit, reflected=True))


class _Trace:
    """What is done to a number of inputs; what is done twice is done once."""

    def __init__(self, inputs: int):
        self.inputs = inputs
        self.numbers: dict[complex, int] = {}  # and their places, negative ones
        self.steps: list[tuple] = []  # function, place of an operand, of the second one or None
        self.known: dict[tuple, int] = {}  # their places

    def call(self, name: str, *operands: Any) -> _Value:
        """The result of a step."""
        places = [o.place if isinstance(o, _Value) else self.place(o) for o in operands]
        step = (name, *places, *[None] * (2 - len(places)))
        if step not in self.known:
            self.known[step] = self.append(step)
        return _Value(self, self.known[step])

    def append(self, step: tuple) -> int:
        """A further step, and its place."""
        self.steps.append(step)
        return self.inputs + len(self.steps) - 1

    def place(self, value: Any) -> int:
        """Place of a number."""
        number = value if isinstance(value, complex) else float(value)
        return self.numbers.setdefault(number, -1 - len(self.numbers))


# Functions in formulas: on arrays, and as text on numbers.
_FUNCTIONS = {
    "add": (np.add, "{} + {}"),
    "sub": (np.subtract, "{} - {}"),
    "mul": (np.multiply, "{} * {}"),
    "truediv": (np.divide, "{} / {}"),
    "negative": (np.negative, "-{}"),
    "positive": (np.positive, "+{}"),
    "square": (np.square, "{0} * {0}"),
    "abs": (np.absolute, "abs({})"),
    "atan2": (np.arctan2, "atan2({}, {})"),
    "cbrt": (np.cbrt, "cbrt({})"),
    "copysign": (np.copysign, "copysign({}, {})"),
    "cos": (np.cos, "cos({})"),
    "csqrt": (np.sqrt, "csqrt({})"),
    "exp": (np.exp, "exp({})"),
    "log": (np.log, "log({})"),
    "log1p": (np.log1p, "log1p({})"),
    "max": (np.maximum, "max({}, {})"),
    "min": (np.minimum, "min({}, {})"),
    "sqrt": (np.sqrt, "sqrt({})"),
}
_ON_NUMBERS = vars(math) | {"abs": abs, "max": max, "min": min, "csqrt": cmath.sqrt}


def _function(name: str) -> Callable:
    """A function of numbers, of arrays, and of what stands for them."""
    ufunc, on_numbers = _FUNCTIONS[name][0], _ON_NUMBERS[name]

    def call(*operands: Any) -> Any:
        trace = next((o.trace for o in operands if isinstance(o, _Value)), None)
        if trace is None and not any(isinstance(o, np.ndarray) for o in operands):
            return on_numbers(*operands)
        step = ufunc if trace is None else partial(trace.call, name)
        return step(*operands) if ufunc.nin == 1 else reduce(step, operands)

    return call


atan2 = _function("atan2")
cbrt = _function("cbrt")
copysign = _function("copysign")
cos = _function("cos")
csqrt = _function("csqrt")  # principal, of complex numbers
exp = _function("exp")
log = _function("log")
log1p = _function("log1p")
maximum = _function("max")
minimum = _function("min")
sqrt = _function("sqrt")


class Program:
    """Formulas, on numbers and on arrays.

    Parameters
    ----------
    formulas : callable
        Takes points and a sequence of constants, and returns a number or numbers.
    points : int
        How many points.
    constants : int
        How many constants. What depends on them alone is computed apart, so that numbers stay
        numbers.
    """

    def __init__(self, formulas: Callable, points: int, constants: int):
        self.formulas, self.points, self.constants = formulas, points, constants

    @cached_property
    def at_numbers(self) -> Callable:
        """The same as a function of numbers, points and then constants one by one.

        Straight-line code: the formulas themselves would take their loops again.
        """
        names = [f"v{place}" for place in range(self.points + self.constants)]
        lines, outputs = self.straight_line(names, repr)
        body = [
            f"    {name} = {_FUNCTIONS[function][1].format(*operands)}"
            for name, function, operands in lines
        ]
        head, returned = f"def formula({', '.join(names)}):", f"    return {', '.join(outputs)}"
        scope: dict[str, Any] = {}
        exec("\n".join([head, *body, returned]), dict(_ON_NUMBERS), scope)
        return scope["formula"]

    def straight_line(
        self, inputs: Sequence[str], number: Callable[[complex], str]
    ) -> tuple[list[tuple[str, str, list[str]]], list[str]]:
        """What is done, for printers: lines (name, function, operands), and what is returned.

        Parameters
        ----------
        inputs : sequence of str
            Texts of points and constants.
        number : callable
            Text of a number.
        """
        trace, outputs, kept = self._traced
        names = [*inputs, *(f"v{k}" for k in range(trace.inputs, trace.inputs + len(trace.steps)))]
        names += map(number, reversed(trace.numbers))
        lines = [
            (names[place], function, [names[k] for k in operands if k is not None])
            for place, function, *operands in kept
        ]
        return lines, [names[place] for place in outputs]

    def run(
        self,
        points: Sequence[Any],
        constants: Sequence[Any],
        results: Any,
        free: Any,
    ) -> None:
        """Values at arrays.

        Parameters
        ----------
        points : sequence of (n,) array
        constants : sequence of number or (n,) array
        results : sequence of (n,) array
            Where the values go.
        free : sequence of (n,) array
            Working memory, at least `rows` of them.
        """
        steps, numbers, _ = self._plan
        results_of_steps = [None] * len(self._traced[0].steps)
        values, memory = [*points, *constants, *results_of_steps, *numbers], (*results, *free)
        for place, ufunc, a, b, buffer in steps:
            operands = (values[a],) if b is None else (values[a], values[b])
            out = {} if buffer is None else {"out": memory[buffer]}
            values[place] = ufunc(*operands, **out)

    @cached_property
    def _traced(self) -> tuple[_Trace, dict[int, int], list[tuple]]:
        """What the formulas do, which output is at a place, and the steps that outputs need."""
        trace = _Trace(self.points + self.constants)
        inputs = [_Value(trace, place) for place in range(trace.inputs)]
        found = self.formulas(*inputs[: self.points], inputs[self.points :])
        outputs: dict[int, int] = {}
        for k, value in enumerate(found if isinstance(found, (tuple, list)) else (found,)):
            place = value.place if isinstance(value, _Value) else trace.place(value)
            if place < trace.inputs or place in outputs:  # an input, a number, or named twice
                place = trace.append(("positive", place, None))
            outputs[place] = k
        needed, kept = set(outputs), []
        for place, step in reversed(list(enumerate(trace.steps, trace.inputs))):
            if place in needed:
                needed |= set(step[1:])
                kept.append((place, *step))
        return trace, outputs, kept[::-1]

    @property
    def outputs(self) -> int:
        """How many values the formulas have."""
        return len(self._traced[1])

    @property
    def rows(self) -> int:
        """How much working memory `run` needs."""
        return self._plan[2]

    @cached_property
    def _plan(self) -> tuple[list[tuple], list, int]:
        """Steps as (place, ufunc, operand, second one, buffer); numbers; how many buffers."""
        trace, outputs, kept = self._traced
        varying, last = set(range(self.points)), dict[int, int]()
        for place, _, *operands in kept:
            last |= dict.fromkeys(operands, place)
            if place in outputs or varying & set(operands):
                varying.add(place)
        steps, free, count = [], list[int](), len(outputs)
        buffers: dict[int, int] = {}
        for place, function, *operands in kept:
            free += {buffers.pop(o) for o in set(operands) if o in buffers and last[o] == place}
            free.sort(reverse=True)
            buffer = outputs.get(place)
            if buffer is None and place in varying:
                if not free:
                    free, count = [count], count + 1
                buffer = buffers[place] = free.pop()
            steps.append((place, _FUNCTIONS[function][0], *operands, buffer))
        return steps, list(trace.numbers)[::-1], count - len(outputs)
