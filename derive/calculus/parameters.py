"""Results that are rational in the parameters of operations, these rational in symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr, Symbol

from derive.elimination import Ring

_ANY = fmpq(59, 61)


def over_parameters(compute: Callable[[Callable[[Expr], Any]], Sequence]) -> tuple[Expr, ...]:
    """Values that are polynomials in the parameters, with these put in at the end.

    Each parameter is a variable of its own while they are computed, so that no fraction needs to be
    reduced on the way.

    Parameters
    ----------
    compute : callable
        Gives the values, from a map that takes parameters to elements of a field.

    Raises
    ------
    flint.utils.flint_exceptions.DomainError
        When a value is no polynomial in the parameters.
    """
    parameters: dict[Expr, None] = {}

    def collect(expression: Expr) -> Any:
        if expression.free_symbols:
            parameters.setdefault(expression)
        return _ANY

    compute(collect)
    names = [f"p{k}" for k in range(len(parameters))]
    context = fmpq_mpoly_ctx.get(names, Ordering.lex)
    variables = dict(zip(parameters, context.gens(), strict=True))

    def field(expression: Expr) -> Any:
        if expression.free_symbols:
            return variables[expression]
        return context.constant(fmpq(int(expression.p), int(expression.q)))

    ring = Ring(set[Symbol]().union(*(p.free_symbols for p in parameters)))
    pairs = [ring.fraction(p) for p in parameters]
    return tuple(_substituted(context.constant(1) * value, pairs, ring) for value in compute(field))


def _substituted(value: fmpq_mpoly, pairs: Sequence[tuple], ring: Ring) -> Expr:
    """A polynomial at fractions, in lowest terms."""
    degrees = list(map(int, value.degrees()))
    scale = lcm(*(int(c.q) for c in value.coeffs()))
    powers = [
        [n**k * d ** (top - k) for k in range(top + 1)]
        for (n, d), top in zip(pairs, degrees, strict=True)
    ]
    numerator = ring.context.constant(0)
    for exponents, c in value.to_dict().items():
        term = ring.context.constant(int(c * scale))
        for row, k in zip(powers, exponents, strict=True):
            term *= row[int(k)]
        numerator += term
    denominator = ring.context.constant(scale)
    for (_, d), top in zip(pairs, degrees, strict=True):
        denominator *= d**top
    return ring.quotient(numerator, denominator)
