"""Möbius maps x ↦ (px + q)/(rx + s) of laws."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer

from derive.elimination import lowest_terms

Map = tuple[Expr, Expr, Expr, Expr]  # p, q, r, s
IDENTITY: Map = (Integer(1), Integer(0), Integer(0), Integer(1))


def image(m: Any, z: Any, p: Any, q: Any, r: Any, s: Any) -> tuple[Any, Any]:
    """Stieltjes transform and place of the law of (pA + q)/(rA + s) from those of A."""
    denominator = r * z + s
    return denominator * (r + denominator * m) / (p * s - q * r), (p * z + q) / denominator


def product(first: Map, second: Map) -> Map:
    """The second map, then the first."""
    (p, q, r, s), (a, b, c, d) = first, second
    return (
        lowest_terms(p * a + q * c),
        lowest_terms(p * b + q * d),
        lowest_terms(r * a + s * c),
        lowest_terms(r * b + s * d),
    )
