"""Moments and cumulants of one law from those of others, as exact series arithmetic.

A sequence holds m_0 = 1, m_1, … or 0, κ_1, … over any exact field: rational numbers, or rational
functions of symbols. Nothing here knows of Stieltjes transforms or polynomials, so that it decides
between the factors that elimination leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from math import comb
from operator import mul
from typing import Any

Element = Any
Series = Sequence[Element]
Terms = Mapping[tuple[int, int], Element]  # coefficients by the exponents of m and z


def _composed_powers(moment: Callable[[int], Element], ratio: Element) -> Callable:
    """power(s, j) = [x^j] T(x)^s with T = (1 + M)(1 + ratio·M) and M = Σ_{k≥1} m_k x^k."""

    @cache
    def base(j: int) -> Element:
        if j == 0:
            return 1
        products = sum(moment(i) * moment(j - i) for i in range(1, j))
        return (1 + ratio) * moment(j) + ratio * products

    @cache
    def power(s: int, j: int) -> Element:
        if s == 0:
            return int(j == 0)
        return sum(base(i) * power(s - 1, j - i) for i in range(j + 1))

    return power


def cumulants(moments: Series, ratio: Element = 0) -> Series:
    """Free cumulants: C(x(1 + M)(1 + ratio·M)) = M, with C = Σ κ_k x^k and M = Σ m_k x^k.

    With ratio > 0 they are the rectangular ones of Benaych-Georges, for matrices AAᵀ whose A has
    `ratio` rows a column; these add up for A + B.
    """
    power = _composed_powers(moments.__getitem__, ratio)
    values: list[Element] = [0]
    for n in range(1, len(moments)):
        values.append(moments[n] - sum(values[s] * power(s, n - s) for s in range(1, n)))
    return values


def from_cumulants(cumulants: Series, ratio: Element = 0) -> Series:
    """Moments with the given free cumulants, rectangular if ratio > 0."""

    @cache
    def moment(n: int) -> Element:
        return sum(cumulants[s] * power(s, n - s) for s in range(1, n + 1))

    power = _composed_powers(moment, ratio)
    return [1, *(moment(n) for n in range(1, len(cumulants)))]


def affine(moments: Series, scale: Element, shift: Element) -> Series:
    """Moments of scale·x + shift."""
    scales, shifts = (
        list(accumulate([one] * len(moments), mul, initial=1)) for one in (scale, shift)
    )
    return [
        sum(comb(n, k) * scales[k] * shifts[n - k] * moments[k] for k in range(n + 1))
        for n in range(len(moments))
    ]


def sample_covariance(moments: Series, ratio: Element) -> Series:
    """Moments of a sample covariance: its companion has the free cumulants ratio·m_k."""
    companion = from_cumulants([0, *(ratio * m for m in moments[1:])])
    return [1, *(m / ratio for m in companion[1:])]


def free_product(first: Series, second: Series) -> Series:
    """Moments of the free multiplicative convolution.

    With x·h(x) = 1 - 1/(1 + M), the subordination functions solve u = x·h₂(v), v = x·h₁(u).
    """
    h1, h2 = _boolean_cumulants(first), _boolean_cumulants(second)
    length = len(h1)
    u, v = [0] * (length + 1), [0] * (length + 1)
    for known in range(1, length + 1):
        u, v = [0, *_composed(h2, v[:known])], [0, *_composed(h1, u[:known])]
    product = multiplied(u, _composed(h1, u))
    moments: list[Element] = [1]
    for n in range(1, len(first)):
        moments.append(sum(product[k] * moments[n - k] for k in range(1, n + 1)))
    return moments


def _boolean_cumulants(moments: Series) -> list[Element]:
    """β_1, β_2, … with Σ β_k x^k = 1 - 1/(1 + M)."""
    values: list[Element] = []
    for n in range(1, len(moments)):
        values.append(moments[n] - sum(values[k] * moments[n - 1 - k] for k in range(n - 1)))
    return values


def multiplied(first: Series, second: Series) -> list[Element]:
    """Product of power series, to the length of the shorter."""
    return [
        sum(first[i] * second[n - i] for i in range(n + 1))
        for n in range(min(len(first), len(second)))
    ]


def _composed(outer: Series, inner: Series) -> list[Element]:
    """outer(inner(x)) to the length of `inner`, whose constant term is zero."""
    result: list[Element] = [0] * len(inner)
    for coefficient in reversed(outer[: len(inner)]):
        result = multiplied(inner, result)
        result[0] += coefficient
    return result


def residual(terms: Terms, moments: Series) -> Series:
    """Coefficients of Σ c_jk m^j z^k at m = -Σ m_k z^(-k-1), from the highest power of z on."""
    m = [0, *(-moment for moment in moments[:-1])]
    degree, top = (max(exponents) for exponents in zip(*terms, strict=True))
    total: list[Element] = [0] * len(moments)
    power: list[Element] = [1, *([0] * (len(moments) - 1))]
    for j in range(degree + 1):
        for k in range(top + 1):
            if (j, k) in terms:
                for n in range(top - k, len(moments)):
                    total[n] += terms[j, k] * power[n - top + k]
        power = multiplied(power, m)
    return total


def continued(terms: Terms, first: Element, order: int) -> Series:
    """Moments to `order` of the root of Σ c_jk m^j z^k = 0 with the given first moment.

    Raises
    ------
    ArithmeticError
        When the first moment does not single out one root.
    """
    slope_terms = {(j - 1, k): j * c for (j, k), c in terms.items() if j}
    top = max(k for _, k in terms) - max(k for _, k in slope_terms)
    slope = residual(slope_terms, [1, first, 0])
    lead = next((n for n, c in enumerate(slope) if c != 0), None)
    if lead is None or top + lead > 2:
        raise ArithmeticError("the first moment belongs to more than one root")
    moments = [1, first]
    while len(moments) <= order:
        # m moves the residual by its own change times the slope.
        n = len(moments)
        error = residual(terms, [*moments, *([0] * (top + lead + 2))])[n + 1 + top + lead]
        moments.append(error / slope[lead])
    return moments[: order + 1]
