"""Elimination: polynomials that vanish on rational curves, exactly and in lowest terms.

SymPy expressions go in and come out; python-flint does the multivariate arithmetic between.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import gcd
from operator import mul

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx
from sympy import Expr, Integer, Mul, Poly, Symbol, default_sort_key

Series = list[fmpz_mpoly]


class Ring:
    """Polynomials with integer coefficients in the given symbols."""

    def __init__(self, symbols: Iterable[Symbol]):
        self.symbols = tuple(sorted(set(symbols), key=default_sort_key))
        self.context = fmpz_mpoly_ctx.get([s.name for s in self.symbols], Ordering.lex)

    def polynomial(self, expression: Expr) -> fmpz_mpoly:
        """Element of the ring equal to a polynomial expression with integer coefficients."""
        numerator, denominator = self.fraction(expression)
        if denominator != 1:
            raise ValueError(f"{expression} is not a polynomial with integer coefficients")
        return numerator

    def fraction(self, expression: Expr) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """Numerator and denominator, coprime, of a rational expression."""
        one = self.context.constant(1)
        if expression.is_Rational:
            return one * int(expression.p), one * int(expression.q)
        if expression.is_Symbol:
            return self.context.gen(self.symbols.index(expression)), one
        if expression.is_Pow and expression.exp.is_Integer:
            numerator, denominator = self.fraction(expression.base)
            power = int(expression.exp)
            if power < 0:
                numerator, denominator = denominator, numerator
            return self._positive(numerator ** abs(power), denominator ** abs(power))
        if not (expression.is_Add or expression.is_Mul):
            raise ValueError(f"{expression} is not rational")
        parts = [self.fraction(argument) for argument in expression.args]
        numerator, denominator = parts[0]
        for n, d in parts[1:]:
            if expression.is_Mul:
                numerator, denominator = numerator * n, denominator * d
            elif d == denominator:
                numerator += n
            else:
                numerator, denominator = numerator * d + n * denominator, denominator * d
            if denominator != 1:
                common = numerator.gcd(denominator)
                numerator, denominator = numerator / common, denominator / common
        return self._positive(numerator, denominator)

    @staticmethod
    def _positive(numerator: fmpz_mpoly, denominator: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """The same fraction with a positive first coefficient in the denominator."""
        if denominator.leading_coefficient() < 0:
            return -numerator, -denominator
        return numerator, denominator

    def expression(self, polynomial: fmpz_mpoly) -> Expr:
        """SymPy expression (expanded) of an element of the ring."""
        terms = {m: int(c) for m, c in polynomial.to_dict().items()}
        if not self.symbols:
            return Integer(terms.get((), 0))
        return Poly.from_dict(terms, *self.symbols).as_expr()

    def factored(self, polynomial: fmpz_mpoly) -> Expr:
        """Expression as a product of powers of irreducible factors."""
        content, factors = self.factors(polynomial)
        return Mul(content, *(self.expression(f) ** k for f, k in factors))

    def quotient(self, numerator: fmpz_mpoly, denominator: fmpz_mpoly) -> Expr:
        """Expression of a fraction, as factored coprime polynomials."""
        common = numerator.gcd(denominator)
        parts = self._positive(numerator / common, denominator / common)
        try:
            top, bottom = map(self.factored, parts)
        except OverflowError:  # flint does not factor polynomials with very large coefficients
            top, bottom = map(self.expression, parts)
        return top / bottom

    def factors(self, polynomial: fmpz_mpoly) -> tuple[int, list[tuple[fmpz_mpoly, int]]]:
        """Content and irreducible factors with their multiplicities."""
        # The content is taken out first, as flint overflows on a large one.
        if polynomial.is_constant():
            return int(polynomial.leading_coefficient()), []
        content = gcd(*(int(c) for c in polynomial.coeffs()))
        unit, factors = (polynomial / content).factor()
        return int(unit) * content, [(f, int(k)) for f, k in factors]

    def degree(self, polynomial: fmpz_mpoly, symbol: Symbol) -> int:
        """Degree in one symbol."""
        return polynomial.degrees()[self.symbols.index(symbol)]

    def coefficients(self, polynomial: fmpz_mpoly, symbol: Symbol) -> Series:
        """Coefficients in one symbol, index k multiplying the k-th power."""
        position = self.symbols.index(symbol)
        parts: list[dict] = [{} for _ in range(polynomial.degrees()[position] + 1)]
        for monomial, c in polynomial.to_dict().items():
            rest = (*monomial[:position], 0, *monomial[position + 1 :])
            parts[monomial[position]][rest] = c
        return [self.context.from_dict(part) for part in parts]

    def substitute(self, polynomial: fmpz_mpoly, symbol: Symbol, value: Expr) -> fmpz_mpoly:
        """Numerator of a polynomial with a rational expression put in for one symbol."""
        numerator, denominator = self.fraction(value)
        coefficients = self.coefficients(polynomial, symbol)
        top = len(coefficients) - 1
        terms = (c * numerator**k * denominator ** (top - k) for k, c in enumerate(coefficients))
        return sum(terms, self.context.from_dict({}))

    def vanishes(
        self, polynomial: fmpz_mpoly, z: Symbol, z_of: Expr, unknown: Symbol, value_of: Expr
    ) -> bool:
        """Whether a polynomial in (unknown, z) is zero identically on a rational curve.

        After z is put in, it must be divisible by denominator·unknown - numerator.
        """
        numerator, denominator = self.fraction(value_of)
        divisor = denominator * self.polynomial(unknown) - numerator
        _, remainder = divmod(self.substitute(polynomial, z, z_of), divisor)
        return remainder == 0

    def physical_factor(
        self, polynomial: fmpz_mpoly, z: Symbol, z_of: Expr, unknown: Symbol, value_of: Expr
    ) -> Expr:
        """The one irreducible factor of a polynomial that vanishes on a rational curve.

        Raises
        ------
        ArithmeticError
            When no factor or more than one vanishes there.
        """
        _, factors = self.factors(polynomial)
        physical = [f for f, _ in factors if self.vanishes(f, z, z_of, unknown, value_of)]
        if len(physical) != 1:
            raise ArithmeticError(f"{len(physical)} factors vanish on the curve, expected one")
        return self.normalised(physical[0], unknown)

    def without_content(self, polynomial: fmpz_mpoly, *unknowns: Symbol) -> Expr:
        """Squarefree part without the factors that lack one of the unknowns."""
        _, factors = self.factors(polynomial)
        kept = (f for f, _ in factors if all(self.degree(f, unknown) for unknown in unknowns))
        return self.normalised(reduce(mul, kept), unknowns[0])

    def normalised(self, polynomial: fmpz_mpoly, unknown: Symbol) -> Expr:
        """Expression with a positive first term in the leading coefficient in `unknown`."""
        leading = self.coefficients(polynomial, unknown)[-1]
        return self.expression(polynomial if leading.leading_coefficient() > 0 else -polynomial)

    def series(self, expression: Expr, symbol: Symbol, order: int) -> Series:
        """Taylor coefficients to `order` of a fraction with denominator ±1 at symbol = 0."""
        numerator, denominator = (self.coefficients(p, symbol) for p in self.fraction(expression))
        unit = int(denominator[0].leading_coefficient())
        terms: Series = []
        for k in range(order + 1):
            term = unit * numerator[k] if k < len(numerator) else self.context.from_dict({})
            for j in range(1, min(k, len(denominator) - 1) + 1):
                term -= unit * denominator[j] * terms[k - j]
            terms.append(term)
        return terms

    def product(self, first: Series, second: Series, length: int) -> Series:
        """Product of two power series, to `length` coefficients."""
        zero = self.context.from_dict({})
        return [
            sum((a * b for a, b in zip(first[: k + 1], second[k::-1], strict=True)), zero)
            for k in range(length)
        ]


def _ring_of(*expressions: Expr) -> Ring:
    return Ring(set[Symbol]().union(*(expression.free_symbols for expression in expressions)))


def eliminate(first: Expr, second: Expr, unknown: Symbol) -> Expr:
    """Polynomial that vanishes when two rational equations share a root in `unknown`."""
    ring = _ring_of(first, second)
    (one, _), (two, _) = ring.fraction(first), ring.fraction(second)
    return ring.expression(one.resultant(two, unknown.name))


def polynomial_part(equation: Expr, *unknowns: Symbol) -> Expr:
    """Polynomial of a rational equation, without factors that lack one of the unknowns."""
    ring = _ring_of(equation)
    numerator, _ = ring.fraction(equation)
    return ring.without_content(numerator, *unknowns)


def lowest_terms(expression: Expr) -> Expr:
    """Rational expression as a fraction of factored coprime polynomials."""
    ring = _ring_of(expression)
    return ring.quotient(*ring.fraction(expression))


def numerator_and_denominator(expression: Expr) -> tuple[Expr, Expr]:
    """Coprime numerator and denominator of a rational expression, expanded."""
    ring = _ring_of(expression)
    numerator, denominator = ring.fraction(expression)
    return ring.expression(numerator), ring.expression(denominator)


def coefficients(polynomial: Expr, unknown: Symbol) -> tuple[Expr, ...]:
    """Coefficients of a polynomial with integer coefficients, index k multiplying unknown^k."""
    ring = Ring(polynomial.free_symbols | {unknown})
    return tuple(
        ring.expression(c) for c in ring.coefficients(ring.polynomial(polynomial), unknown)
    )
