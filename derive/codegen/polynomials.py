"""Large polynomials as tables for `derive.runtime.polynomials`: irreducible factors, each once."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from flint import fmpz_mpoly
from sympy import Expr, Symbol

from derive.elimination import Ring

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTH = 84


@dataclass(frozen=True)
class Table:
    """Text of a polynomial's coefficients: arguments of `runtime.polynomials.Polynomial`."""

    variables: str
    factors: str
    coefficients: list[tuple[int, tuple[tuple[int, int], ...]]]


def table(polynomial: Expr, unknown: Symbol, shifts: Mapping[Symbol, Expr]) -> Table:
    """Coefficients in `unknown`, index k multiplying the k-th power.

    Symbols are replaced by `shifts` first: what is close to a bound is known by its distance.

    Raises
    ------
    ValueError
        If an exponent has two digits in base 36.
    """
    new = set[Symbol]().union(*(shift.free_symbols for shift in shifts.values()))
    ring = Ring(polynomial.free_symbols | new)
    shifted = ring.polynomial(polynomial)
    for symbol, shift in shifts.items():
        shifted = ring.substitute(shifted, symbol, shift)
    parts = [ring.factors(c) for c in ring.coefficients(shifted, unknown)]
    used = [
        k for k, s in enumerate(ring.symbols) if any(f.degrees()[k] for _, p in parts for f, _ in p)
    ]
    texts = [[(_terms(factor, used), k) for factor, k in factors] for _, factors in parts]
    factors = list(dict.fromkeys(text for row in texts for text, _ in row))
    return Table(
        " ".join(ring.symbols[k].name for k in used),
        textwrap.fill(", ".join(factors), _WIDTH, break_on_hyphens=False),
        [
            (content, tuple((factors.index(text), k) for text, k in row))
            for (content, _), row in zip(parts, texts, strict=True)
        ],
    )


def _terms(polynomial: fmpz_mpoly, used: list[int]) -> str:
    exponents = [[e[k] for k in used] for e in polynomial.monoms()]
    if max(max(row, default=0) for row in exponents) >= len(_DIGITS):
        raise ValueError(f"exponents of {len(_DIGITS)} and more are not written")
    words = [
        f"{number}:{''.join(_DIGITS[e] for e in row)}"
        for number, row in zip(polynomial.coeffs(), exponents, strict=True)
    ]
    return " ".join(words)
