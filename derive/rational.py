"""Exact rational numbers: reading them from users, and expressions at rational parameters."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from numbers import Rational
from operator import mul
from typing import Any

import mpmath
from flint import fmpq
from mpmath.libmp import to_rational
from sympy import Expr, Max, Piecewise, Symbol, prime
from sympy import Rational as SymPyRational

Complex = tuple[fmpq, fmpq]

_MOST_DIGITS = sys.int_info.default_max_str_digits  # that Python reads
_MOST_EXPONENT = 10_000  # of ten; an integer with so many digits is written out
_EXPONENT = re.compile(r"[eE]([+-]?\d+)$")
_COMPLEX = re.compile(r"(?P<real>.*?[^eE+\-])??(?P<imaginary>[+-]?[^+\-]*(?:[eE][+-]?\d+)?)[jJ]")


def exact(value: Any, name: str) -> fmpq:
    """A real number as an exact rational.

    Raises
    ------
    ValueError
        For anything else, and for numbers of very many digits.
    """
    if isinstance(value, fmpq):
        return value
    try:
        if isinstance(value, str | Decimal):
            value = _read(str(value).strip(), name)
        elif isinstance(value, mpmath.mpf):
            if abs(value._mpf_[2]) > _MOST_EXPONENT * 4:
                raise _TooLargeError(f"{name} has an exponent beyond ±{_MOST_EXPONENT}")
            value = Fraction(*to_rational(value._mpf_))
        elif isinstance(value, SymPyRational):
            value = Fraction(int(value.p), int(value.q))
        elif not isinstance(value, Rational):
            value = Fraction(float(value)) if isinstance(value, float) else Fraction(value)
        return fmpq(int(value.numerator), int(value.denominator))
    except _TooLargeError:
        raise
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"{name} = {value!r} is not a finite real number") from None


class _TooLargeError(ValueError):
    """A number that would take very many digits to write out."""


def _read(text: str, name: str) -> Fraction:
    exponent = _EXPONENT.search(text)
    shown = text if len(text) < 40 else f"{text[:30]}…"
    # The digits of the exponent are counted first: it may be too long to be read itself.
    if exponent and (len(exponent[1]) > 9 or abs(int(exponent[1])) > _MOST_EXPONENT):
        raise _TooLargeError(f"{name} = {shown} has an exponent beyond ±{_MOST_EXPONENT}")
    if len(text) > _MOST_DIGITS:
        raise _TooLargeError(f"{name} = {shown} has more than {_MOST_DIGITS} digits")
    return Fraction(text)


def expression(number: fmpq) -> SymPyRational:
    """A rational number as an expression."""
    return SymPyRational(int(number.p), int(number.q))


def exact_complex(value: Any, name: str) -> Complex:
    """A complex number as a pair of exact rationals."""
    if isinstance(value, str):
        match = _COMPLEX.fullmatch(value.replace(" ", ""))
        if match:
            return exact(match["real"] or "0", name), exact(match["imaginary"], name)
    elif isinstance(value, complex | mpmath.mpc):
        return exact(value.real, name), exact(value.imag, name)
    return exact(value, name), fmpq(0)


def value_at(expression: Expr, values: Mapping[Symbol, fmpq]) -> fmpq:
    """An expression of arithmetic, Max and Piecewise at rational values, exactly."""
    if expression.is_Symbol:
        return values[expression]
    if expression.is_Rational:
        return fmpq(int(expression.p), int(expression.q))
    if isinstance(expression, Piecewise):
        for case, condition in expression.args:
            if not condition.is_Relational or _holds(condition, values):
                return value_at(case, values)
    arguments = [value_at(argument, values) for argument in expression.args]
    if expression.is_Add:
        return sum(arguments, fmpq(0))
    if expression.is_Mul:
        return reduce(mul, arguments)
    if expression.is_Pow and expression.exp.is_Integer:
        return arguments[0] ** int(expression.exp)
    if isinstance(expression, Max):
        return max(arguments)
    raise ValueError(f"{expression} has no rational value")


def sample_values(symbols: Iterable[Symbol]) -> dict[Symbol, fmpq]:
    """Unrelated numbers for symbols."""
    ordered = enumerate(sorted(symbols, key=str))
    return {s: fmpq(prime(2 * k + 20), prime(2 * k + 21)) for k, s in ordered}


def float_at(expression: Expr, values: Mapping[Symbol, fmpq]) -> float:
    """The double nearest to an expression at rational values."""
    number = value_at(expression, values)
    return int(number.p) / int(number.q)


def _holds(equation: Expr, values: Mapping[Symbol, fmpq]) -> bool:
    left, right = (value_at(side, values) for side in equation.args)
    return left == right
