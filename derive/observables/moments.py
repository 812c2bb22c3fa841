"""Moments, by Lagrange inversion of the curve at infinity."""

from functools import cache

from sympy import Expr, Integer, Mul, Symbol

from derive.curve import y
from derive.elimination import Ring, lowest_terms, numerator_and_denominator
from derive.laws import Law
from derive.observables.observable import ORDER, Sequence

u = Symbol("u")


@cache
def series_at_infinity(law: Law) -> tuple[Expr, Expr, Expr]:
    """C, S(u), H(u) with u = 1/y, z = (C/u)·S(u), S(0) = 1, and zG = H(u)."""
    scaled = lowest_terms((law.curve.z * u).subs(y, 1 / u))
    leading = scaled.subs(u, 0)
    zG = law.curve.z * law.curve.cauchy
    return leading, lowest_terms(scaled / leading), lowest_terms(zG.subs(y, 1 / u))


@cache
def moments(law: Law, order: int) -> tuple[Expr, ...]:
    """m_0, …, m_order: m_k = (C^k/k)·[u^(k-1)] H′(u)·S(u)^k, or those of the composition."""
    if law.curve is None:
        return law.spectrum.moments(order)
    C, S, H = series_at_infinity(law)
    # In u/scale all coefficients are polynomials.
    scale = Mul(*(numerator_and_denominator(series)[1].subs(u, 0) for series in (S, H)))
    S, H = (series.subs(u, scale * u) for series in (S, H))
    ring = Ring({u, *law.symbols})
    S_series = ring.series(S, u, order)
    H_prime = [k * h for k, h in enumerate(ring.series(H, u, order))][1:]
    values = [Integer(1)]
    power = S_series
    for k in range(1, order + 1):
        coefficient = ring.product(H_prime[:k], power[:k], k)[k - 1]
        values.append(lowest_terms(ring.expression(coefficient / k) * (C / scale) ** k))
        power = ring.product(power, S_series, order)
    return tuple(values)


MOMENTS = Sequence(
    name="moments",
    title="Moments",
    equation=r"m_k = \int t^k\, \rho(dt)",
    argument=ORDER,
    terms=moments,
)
