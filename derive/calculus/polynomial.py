"""The polynomial of a composed law: the one irreducible factor that vanishes on it.

An elimination may leave spurious factors. The moments, which have an exact calculus of their own
(`derive.runtime.series`), tell the physical one; where they are no rational functions of the
parameters, values at sample points do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import lcm
from typing import Any, Protocol

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr, Integer, Symbol

from derive.elimination import Ring, coefficients
from derive.operations.operation import m, z
from derive.rational import value_at
from derive.runtime import series
from derive.runtime.transforms import Transforms

Terms = Mapping[tuple[int, int], Any]  # coefficients by the exponents of m and z

_ANY = fmpq(59, 61)
_SMALL = 1e-9  # value of a factor at a point on it, relative to its terms


class _Law(Protocol):
    @property
    def has_series(self) -> bool: ...
    @property
    def sample_values(self) -> Mapping[Symbol, Any]: ...
    def series(self, order: int, field: Any) -> Sequence: ...
    def sample_points(self) -> list[tuple[Transforms, complex]]: ...


def physical_factor(equation: Expr, law: _Law) -> Expr:
    """The factor of a rational equation in m and z that vanishes on a law.

    Raises
    ------
    ArithmeticError
        When not exactly one factor is left.
    """
    ring = Ring(equation.free_symbols | {m, z})
    numerator, _ = ring.fraction(equation)
    _, factors = ring.factors(numerator)
    candidates = [f for f, _ in factors if ring.degree(f, m)]
    # A factor that does not vanish at some values of the symbols does not vanish at all.
    order = 4
    while len(candidates) > 1 and order < 64:
        order *= 2
        vanishes = _by_moments(law, order) if law.has_series else _by_values(law)
        candidates = [f for f in candidates if vanishes(ring.expression(f))]
    if len(candidates) != 1:
        raise ArithmeticError(f"{len(candidates)} factors are left, expected one")
    return ring.normalised(candidates[0], m)


def _by_moments(law: _Law, order: int) -> Callable[[Expr], bool]:
    def field(expression: Expr) -> Any:
        return value_at(expression, law.sample_values)

    moments = law.series(order, field)
    return lambda factor: not any(c != 0 for c in series.residual(terms(factor, field), moments))


def _by_values(law: _Law) -> Callable[[Expr], bool]:
    points = [(-t.cauchy, place) for t, place in law.sample_points()]
    return lambda factor: vanishes(factor, m, z, law.sample_values, points)


def vanishes(
    factor: Expr,
    unknown: Symbol,
    variable: Symbol,
    values: Mapping[Symbol, Any],
    points: Sequence[tuple[complex, complex]],
) -> bool:
    """Whether a polynomial is zero, to rounding, at (unknown, variable), at values of the rest."""
    numbers = terms(factor, lambda e: value_at(e, values), unknown, variable)
    for first, second in points:
        parts = [
            int(c.p) / int(c.q) * complex(first) ** j * second**k for (j, k), c in numbers.items()
        ]
        if abs(sum(parts)) > _SMALL * sum(map(abs, parts)):
            return False
    return True


def over_parameters(compute: Callable[[Callable[[Expr], Any]], Sequence]) -> tuple[Expr, ...]:
    """Values that are polynomials in the parameters of operations, these rational in symbols.

    Each parameter is a variable of its own while they are computed, so that no fraction needs to be
    reduced before the end.
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


def _substituted(value: fmpq_mpoly, pairs: list[tuple], ring: Ring) -> Expr:
    """A polynomial at fractions, in lowest terms."""
    degrees = list(map(int, value.degrees()))
    scale = lcm(*(int(c.q) for c in value.coeffs()), 1)
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
    common = numerator.gcd(denominator)
    if numerator == 0:
        return Integer(0)
    return ring.factored(numerator / common) / ring.factored(denominator / common)


def terms(
    equation: Expr, field: Callable[[Expr], Any], unknown: Symbol = m, variable: Symbol = z
) -> dict[tuple[int, int], Any]:
    """Coefficients in a field by the exponents of m and z."""
    return {
        (j, k): field(c)
        for j, a in enumerate(coefficients(equation, unknown))
        for k, c in enumerate(coefficients(a, variable))
        if c != 0
    }
