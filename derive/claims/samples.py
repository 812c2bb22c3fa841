"""Sample parameters of any law, made from its domain: ordinary, degenerate and nearly so."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
from flint import fmpq
from mpmath import mpf
from sympy import Expr, Rational, Symbol

from derive.laws.law import Law
from derive.rational import exact
from derive.reference import evaluate

# Digits asked for at most where a limit is approached: near a hard edge roots come together.
LIMIT_DIGITS = 50

Point = tuple[tuple[str, Fraction], ...]

# Values of the unbounded parameters in order, and how far up its interval a bounded one is.
_ROWS = (
    ("1/8 1/4 1", "9/10"),  # two intervals
    ("3/2 1/2 2", "1/3"),  # mass at zero
    ("3/2 3/2 3/2", "0"),  # as many rows as columns
    ("1/2 3/4 1", "1"),
    ("3/4 1/3 1", "1"),
    ("1/3 3/4 1", "1"),
    ("1 1 1", "1"),  # every kind of degeneracy at once
    ("1/2 3/4 1", "0.999999999"),
    ("1 1.000000001 1", "1e-9"),
)


def points(law: Law) -> tuple[Point, ...]:
    """Sample points in the domain of a law; the first three are far from any change of regime."""
    return tuple(dict.fromkeys(_point(law, *row) for row in _ROWS))


def _point(law: Law, unbounded: str, part: str) -> Point:
    values: dict[str, Fraction] = {}
    symbols: dict[Symbol, Rational] = {}
    remaining = map(Fraction, unbounded.split() * len(law.parameters))
    for parameter in law.parameters:
        lower = Fraction(str(parameter.lower.subs(symbols)))
        if parameter.upper is None:
            number = lower + next(remaining)
        else:
            number = lower + Fraction(part) * (Fraction(str(parameter.upper.subs(symbols))) - lower)
        values[parameter.name], symbols[parameter.symbol] = number, Rational(number)
    return tuple(values.items())


def point_at(law: Law, numbers: str) -> Point:
    """The point with these values of the parameters, in order."""
    return tuple(zip((p.name for p in law.parameters), map(Fraction, numbers.split()), strict=True))


def parameters(law: Law, point: Point) -> dict[Symbol, fmpq]:
    """A sample point as values of the law's symbols."""
    return {s: exact(number, s.name) for s, (_, number) in zip(law.symbols, point, strict=True)}


def specialised(law: Law, expression: Expr, point: Point) -> Fraction:
    """An expression in the parameters alone, at a sample point."""
    values = {s: Rational(number) for s, (_, number) in zip(law.symbols, point, strict=True)}
    return Fraction(str(expression.subs(values)))


def real(number: Fraction | fmpq) -> mpf:
    """A rational number at mpmath's present precision."""
    return mpf(int(number.numerator)) / int(number.denominator)


def value(law: Law, observable: str, point: Point, *argument: Any, dps: int) -> Any:
    """Reference value of an observable at a sample point."""
    return evaluate(law, observable, *argument, dps=dps, **dict(point))


def slope_of(function: Callable[..., mpf], place: mpf, dps: int) -> mpf:
    """Derivative by a central difference, right to `dps` digits away from singularities."""
    digits = dps // 2 + 5
    with mpmath.workdps(dps + digits + 20):
        step = place * mpf(10) ** -digits
        ahead, behind = (function(place + s, dps=dps + digits + 20) for s in (step, -step))
        return (ahead - behind) / (2 * step)


def shown(point: Point) -> str:
    """A sample point as text."""
    return ", ".join(f"{name} = {number}" for name, number in point)
