"""Moments, by Lagrange inversion of the curve at infinity."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from flint import fmpq, fmpq_poly
from sympy import Expr, Integer, Mul, Symbol

from derive.branch import specialise
from derive.curve import y
from derive.elimination import Ring, lowest_terms, numerator_and_denominator
from derive.laws import Law
from derive.observables.observable import ORDER, Sequence
from derive.rational import value_at

u = Symbol("u")


@cache
def series_at_infinity(law: Law) -> tuple[Expr, Expr, Expr]:
    """C, S(u), H(u) with u = 1/y, z = (C/u)·S(u), S(0) = 1, and zG = H(u)."""
    scaled = lowest_terms((law.curve.z * u).subs(y, 1 / u))
    leading = scaled.subs(u, 0)
    zG = law.curve.z * law.curve.cauchy
    return leading, lowest_terms(scaled / leading), lowest_terms(zG.subs(y, 1 / u))


def _inverted(S: list, H: list, product: Callable[..., list]) -> Iterator[tuple[int, Any]]:
    """Pairs of k and k·m_k/C^k = [u^(k-1)] H′(u)·S(u)^k, k from 1 to the series' order."""
    H_prime = [k * h for k, h in enumerate(H)][1:]
    power = S
    for k in range(1, len(H)):
        yield k, product(H_prime[:k], power[:k], k)[k - 1]
        power = product(power, S, len(H_prime))


@cache
def moments(law: Law, order: int) -> tuple[Expr, ...]:
    """m_0, …, m_order as expressions in the parameters."""
    C, S, H = series_at_infinity(law)
    # In u/scale all coefficients are polynomials.
    scale = Mul(*(numerator_and_denominator(series)[1].subs(u, 0) for series in (S, H)))
    ring = Ring({u, *law.symbols})
    S_series, H_series = (ring.series(f.subs(u, scale * u), u, order) for f in (S, H))
    numerator, denominator = ring.fraction(C / scale)
    return (
        Integer(1),
        *(
            ring.quotient(coefficient * numerator**k, k * denominator**k)
            for k, coefficient in _inverted(S_series, H_series, ring.product)
        ),
    )


def moments_at(law: Law, order: int, values: Mapping[Symbol, fmpq]) -> list[fmpq]:
    """m_0, …, m_order at exact parameters, without their expressions."""
    C, S, H = series_at_infinity(law)
    scale = value_at(C, values)
    S_series, H_series = (_rational_series(f, order, values) for f in (S, H))
    inverted = _inverted(S_series, H_series, _rational_product)
    return [fmpq(1), *(coefficient * scale**k / k for k, coefficient in inverted)]


def _rational_series(expression: Expr, order: int, values: Mapping[Symbol, fmpq]) -> list[fmpq]:
    f = specialise(expression, values, u)
    terms: list[fmpq] = []
    for k in range(order + 1):
        known = (
            f.denominator[j] * terms[k - j] for j in range(1, min(k, f.denominator.degree()) + 1)
        )
        terms.append((f.numerator[k] - sum(known, fmpq(0))) / f.denominator[0])
    return terms


def _rational_product(first: list[fmpq], second: list[fmpq], length: int) -> list[fmpq]:
    product = fmpq_poly(first).mul_low(fmpq_poly(second), length)
    return [product[k] for k in range(length)]


MOMENTS = Sequence(
    name="moments",
    title="Moments",
    equation=r"m_k = \int t^k\, \rho(dt)",
    argument=ORDER,
    terms=moments,
    terms_at=moments_at,
)
