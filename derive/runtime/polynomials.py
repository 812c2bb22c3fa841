"""Polynomials in many variables with integer coefficients, from compact tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from .blocks import Blocks, Workspace, are_numbers
from .parameters import POINTS
from .programs import Program

_LAWS = 256  # whose coefficients are remembered


class Polynomial:
    """A polynomial in one unknown by its coefficients, each a product of powers of factors.

    These are polynomials in a point, first of all: what parameters contribute is known once for all
    points of a law.

    Parameters
    ----------
    variables : str
        Names, that of the point among them.
    factors : str
        Terms of each: an integer, a colon, and the exponents as digits of base 36. A comma stands
        between factors.
    coefficients : sequence of (int, ((int, int), ...))
        For every power of the unknown from zero: a number, factors by index, and their exponents.
    """

    def __init__(self, variables: str, factors: str, coefficients: Sequence[tuple]):
        self.variables, self.text, self.coefficients = variables.split(), factors, coefficients
        self.place = next(k for k, name in enumerate(self.variables) if name in POINTS)
        self._at_law = lru_cache(maxsize=_LAWS)(self._contributions)

    def __call__(
        self, at: Any, parameters: Sequence[Any], named: Callable[..., Mapping[str, Any]]
    ) -> np.ndarray:
        """Coefficients along the last axis.

        Parameters
        ----------
        at : number or array
        parameters : sequence of number or array
        named : callable
            From the parameters: the variables by name.
        """
        law, points = self._law, self._points
        shape = np.broadcast_shapes(np.shape(at), *map(np.shape, parameters))
        result = np.empty((*shape, len(self.coefficients)), np.asarray(at).dtype)
        own: Any = None
        if are_numbers(parameters):
            own = self._at_law(*self._chosen(named(*parameters)))
            if not np.ndim(at):
                result[:] = points.at_numbers(at, *own)
                return result

        def block(at: np.ndarray, some: list, space: Workspace, *results: np.ndarray) -> None:
            constants, rows = own, space.rows
            if own is None:
                constants, rows = rows[: len(law)], rows[len(law) :]
                values = [np.broadcast_to(v, at.shape) for v in self._chosen(named(*some))]
                for program, row in zip(law, constants, strict=True):
                    program.run(values, (), [row], rows)
            points.run([at], constants, results, space.planes if at.dtype == complex else rows)

        each = [result[..., k] for k in range(result.shape[-1])]
        free = points.rows if own is not None else max(points.rows, *(p.rows for p in law))
        blocks = Blocks(len(law) + free, points.rows)
        blocks(block, at, parameters, *[result.dtype.type] * len(each), out=each)
        return result

    def _chosen(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] for k, name in enumerate(self.variables) if k != self.place]

    @cached_property
    def _factors(self) -> list[dict[int, Any]]:
        """Nested forms by the power of the point."""
        found: list[dict[int, Any]] = []
        for factor in self.text.split(","):
            powers: dict[int, list] = {}
            for number, exponents in map(_term, factor.split()):
                powers.setdefault(exponents.pop(self.place), []).append((number, exponents))
            found.append({power: _nested(powers[power]) for power in sorted(powers, reverse=True)})
        return found

    @cached_property
    def _law(self) -> list[Program]:
        """What parameters contribute to the factors, one after the other."""
        return [
            Program(lambda *values, form=form: _evaluated(form, values), len(self.variables) - 1, 0)
            for forms in self._factors
            for form in forms.values()
        ]

    def _contributions(self, *values: float) -> list[float]:
        return [program.at_numbers(*values) for program in self._law]

    @cached_property
    def _points(self) -> Program:
        """Coefficients at a point."""

        def formula(at: Any, contributions: Sequence[Any]) -> list[Any]:
            rest = iter(contributions)
            factors = [_horner(at, [(power, next(rest)) for power in f]) for f in self._factors]
            found = []
            for number, powers in self.coefficients:
                value: Any = float(number)
                for k, exponent in powers:
                    value = value * factors[k] ** exponent
                found.append(value)
            return found

        return Program(formula, 1, sum(map(len, self._factors)))


def _term(text: str) -> tuple[int, list[int]]:
    number, _, exponents = text.partition(":")
    return int(number), [int(digit, 36) for digit in exponents]


def _nested(terms: list[tuple[int, list[int]]]) -> Any:
    """Horner form: a number, or (variable, [(power, form), ...]) of falling powers."""
    degrees = [max(column) for column in zip(*(exponents for _, exponents in terms), strict=True)]
    if not any(degrees):
        return float(sum(number for number, _ in terms))
    variable = degrees.index(max(degrees))
    groups: dict[int, list] = {}
    for number, exponents in terms:
        rest = [0 if k == variable else e for k, e in enumerate(exponents)]
        groups.setdefault(exponents[variable], []).append((number, rest))
    return variable, [(power, _nested(groups[power])) for power in sorted(groups, reverse=True)]


def _evaluated(form: Any, values: Sequence[Any]) -> Any:
    if isinstance(form, float):
        return form
    variable, terms = form
    return _horner(values[variable], [(power, _evaluated(inner, values)) for power, inner in terms])


def _horner(x: Any, terms: Sequence[tuple[int, Any]]) -> Any:
    """Σ value·x^power, powers falling."""
    (above, value), *rest = terms
    for power, term in rest:
        value = value * x ** (above - power) + term
        above = power
    return value * x**above if above else value
