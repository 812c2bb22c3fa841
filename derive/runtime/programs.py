"""Formulas on numbers as programs on arrays: traced once, run in memory that is used again.

Formulas are ordinary functions of numbers, in arithmetic and the functions of this module. Called
with what stands for arrays they tell what is done in which order; every intermediate result then
lives in a buffer, which is handed on as soon as its last reader is done.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np


class _Value:
    """Stands for an array: a place among the inputs and the results of all steps so far."""

    def __init__(self, trace: _Trace, place: int):
        self.trace, self.place = trace, place

    def __neg__(self) -> _Value:
        return self.trace.call(np.negative, self)

    def __abs__(self) -> _Value:
        return self.trace.call(np.absolute, self)

    def __pow__(self, exponent: int) -> Any:
        if exponent <= 0:
            return 1.0 / self**-exponent if exponent else 1.0
        power = self if exponent == 1 else self.trace.call(np.square, self)
        return reduce(
            lambda product, _: self.trace.call(np.multiply, product, self),
            range(exponent - 2),
            power,
        )


def _operator(ufunc: np.ufunc, unit: float | None, *, reflected: bool) -> Callable:
    def call(self: _Value, other: Any) -> _Value:
        if unit is not None and other == unit:  # nothing is done, as in sums that begin with zero
            return self
        return self.trace.call(ufunc, *((other, self) if reflected else (self, other)))

    return call


for _name, _ufunc, _unit in (
    ("add", np.add, 0),
    ("sub", np.subtract, 0),
    ("mul", np.multiply, 1),
    ("truediv", np.divide, 1),
):
    setattr(_Value, f"__{_name}__", _operator(_ufunc, _unit, reflected=False))
    _commutes = _name in ("add", "mul")
    setattr(
        _Value, f"__r{_name}__", _operator(_ufunc, _unit if _commutes else None, reflected=True)
    )


class _Trace:
    """What is done to a number of inputs; what is done twice is done once."""

    def __init__(self, inputs: int):
        self.inputs = inputs
        self.numbers: dict[complex, int] = {}  # and their places, negative ones
        self.steps: list[tuple] = []  # ufunc, place of an operand, of the second one or None
        self.known: dict[tuple, int] = {}  # their places

    def call(self, ufunc: np.ufunc, *operands: Any) -> _Value:
        """The result of a step."""
        places = [o.place if isinstance(o, _Value) else self.place(o) for o in operands]
        step = (ufunc, *places, *[None] * (2 - len(places)))
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


def _function(ufunc: np.ufunc, on_numbers: Callable) -> Callable:
    """A function of numbers, of arrays, and of what stands for them."""

    def call(*operands: Any) -> Any:
        trace = next((o.trace for o in operands if isinstance(o, _Value)), None)
        if trace is not None:
            step = trace.call
        elif any(isinstance(o, np.ndarray) for o in operands):
            step = lambda ufunc, *values: ufunc(*values)  # noqa: E731
        else:
            return on_numbers(*operands)
        if ufunc.nin == 1:
            return step(ufunc, *operands)
        return reduce(lambda a, b: step(ufunc, a, b), operands)

    return call


atan2 = _function(np.arctan2, math.atan2)
cbrt = _function(np.cbrt, math.cbrt)
copysign = _function(np.copysign, math.copysign)
cos = _function(np.cos, math.cos)
csqrt = _function(np.sqrt, cmath.sqrt)  # principal, of complex numbers
exp = _function(np.exp, math.exp)
log = _function(np.log, math.log)
log1p = _function(np.log1p, math.log1p)
maximum = _function(np.maximum, max)
minimum = _function(np.minimum, min)
sqrt = _function(np.sqrt, math.sqrt)


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

    def __call__(self, *arguments: Any) -> Any:
        """Values at numbers: points, then the sequence of constants."""
        return self.formulas(*arguments)

    def run(
        self,
        points: Sequence[np.ndarray],
        constants: Sequence[Any],
        results: Sequence[np.ndarray],
        free: Sequence[np.ndarray],
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
        values, memory = [*points, *constants, *[None] * len(steps), *numbers], (*results, *free)
        place = self.points + self.constants
        for ufunc, a, b, buffer in steps:
            operands = (values[a],) if b is None else (values[a], values[b])
            values[place] = ufunc(*operands) if buffer is None else ufunc(*operands, memory[buffer])
            place += 1

    @property
    def rows(self) -> int:
        """How much working memory `run` needs."""
        return self._plan[2]

    @cached_property
    def _plan(self) -> tuple[list[tuple], list, int]:
        """Steps as (ufunc, operand, second operand, buffer); numbers; how many buffers."""
        trace = _Trace(self.points + self.constants)
        inputs = [_Value(trace, place) for place in range(trace.inputs)]
        found = self.formulas(*inputs[: self.points], inputs[self.points :])
        outputs: dict[int, int] = {}
        for k, value in enumerate(found if isinstance(found, (tuple, list)) else (found,)):
            place = value.place if isinstance(value, _Value) else trace.place(value)
            if place < trace.inputs or place in outputs:  # an input, a number, or named twice
                place = trace.append((np.positive, place, None))
            outputs[place] = k
        varying, last = set(range(self.points)), dict[int, int]()
        for place, (_, *operands) in enumerate(trace.steps, trace.inputs):
            last |= dict.fromkeys(operands, place)
            if place in outputs or varying & set(operands):
                varying.add(place)
        steps, free, count = [], list[int](), len(outputs)
        buffers: dict[int, int] = {}
        for place, (ufunc, *operands) in enumerate(trace.steps, trace.inputs):
            free += {buffers.pop(o) for o in set(operands) if o in buffers and last[o] == place}
            free.sort(reverse=True)
            buffer = outputs.get(place)
            if buffer is None and place in varying:
                if not free:
                    free, count = [count], count + 1
                buffer = buffers[place] = free.pop()
            steps.append((ufunc, *operands, buffer))
        return steps, list(trace.numbers)[::-1], count - len(outputs)
