"""Reading of arguments: rational numbers and rational expressions of symbols, in a domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr, Float, Rational, Symbol, false
from sympy.logic.boolalg import Boolean

from derive import rational
from derive.elimination import lowest_terms


def positive(value: Expr) -> Boolean | bool:
    """Domain of the positive numbers."""
    return value > 0


def nonnegative(value: Expr) -> Boolean | bool:
    """Domain of the numbers from zero on."""
    return value >= 0


def parameter(
    value: Any, name: str, domain: Callable[[Expr], Boolean | bool] = lambda _: True
) -> Expr:
    """A number, taken exactly, or a rational expression of symbols.

    Raises
    ------
    ValueError
        When it is neither, or certainly outside the domain.
    """
    if isinstance(value, Expr) and value.free_symbols:
        expression = value.replace(lambda e: isinstance(e, Float), Rational)
        try:
            expression = lowest_terms(expression)
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"{name} = {value} is not a rational expression") from None
    else:
        if isinstance(value, Expr) and value.is_algebraic and not value.is_rational:
            raise ValueError(
                f"{name} = {value} is an irrational algebraic number, which is not supported: "
                "use a symbol and give it a value, or a rational number close to it"
            )
        expression = rational.expression(rational.exact(value, name))
    if domain(expression) in (False, false):
        symbol = Symbol(name)
        raise ValueError(f"{name} = {value} is outside its domain {domain(symbol)}")
    return expression
