"""Polynomials in many variables with integer coefficients, from compact tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any


class Polynomial:
    """A polynomial in one unknown by its coefficients, each a product of powers of factors.

    Parameters
    ----------
    variables : str
        Names.
    factors : str
        Terms of each: an integer, a colon, and the exponents as digits of base 36. A comma stands
        between factors.
    coefficients : sequence of (int, ((int, int), ...))
        For every power of the unknown from zero: a number, factors by index, and their exponents.
    """

    def __init__(self, variables: str, factors: str, coefficients: Sequence[tuple]):
        self.variables, self.text, self.coefficients = variables.split(), factors, coefficients

    @cached_property
    def _factors(self) -> list[Any]:
        return [
            _nested([_term(text) for text in factor.split()]) for factor in self.text.split(",")
        ]

    def __call__(self, values: Mapping[str, Any]) -> list[Any]:
        """Coefficients at values of the variables, numbers or arrays."""
        chosen = [values[name] for name in self.variables]
        factors = [_evaluated(nested, chosen) for nested in self._factors]
        found = []
        for number, powers in self.coefficients:
            value: Any = float(number)
            for k, exponent in powers:
                value = value * factors[k] ** exponent
            found.append(value)
        return found


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
    variable, ((above, first), *rest) = form
    x, value = values[variable], _evaluated(first, values)
    for power, inner in rest:
        value = value * x ** (above - power) + _evaluated(inner, values)
        above = power
    return value * x**above if above else value
