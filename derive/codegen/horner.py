"""Large polynomials as source text: irreducible factors in Horner form, common ones named once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flint import fmpz_mpoly
from sympy import Expr, Symbol

from derive.elimination import Ring

_SHORT = 24  # characters of a factor that is not worth a name


@dataclass(frozen=True)
class Coefficients:
    """Text of the coefficients of a polynomial.

    Attributes
    ----------
    shared : dict of str to str
        Factors that occur more than once, by name.
    texts : list of str
        Coefficients, index k multiplying the k-th power.
    """

    shared: dict[str, str]
    texts: list[str]


def coefficients(polynomial: Expr, unknown: Symbol, shifts: dict[Symbol, Expr]) -> Coefficients:
    """Text of the coefficients in `unknown`, after symbols are replaced by `shifts`."""
    new = set[Symbol]().union(*(shift.free_symbols for shift in shifts.values()))
    ring = Ring(polynomial.free_symbols | new)
    shifted = ring.polynomial(polynomial)
    for symbol, shift in shifts.items():
        shifted = ring.substitute(shifted, symbol, shift)
    parts = [ring.factors(c) for c in ring.coefficients(shifted, unknown)]
    texts = [[(horner(ring, f), k) for f, k in factors] for _, factors in parts]
    occurrences = Counter(text for factors in texts for text, _ in factors)
    repeated = [text for text, n in occurrences.items() if n > 1 and len(text) > _SHORT]
    names = {text: f"factor_{k}" for k, text in enumerate(repeated)}
    products = [
        _product(content, [(names.get(text, text), k) for text, k in factors])
        for (content, _), factors in zip(parts, texts, strict=True)
    ]
    return Coefficients({name: text for text, name in names.items()}, products)


def horner(ring: Ring, polynomial: fmpz_mpoly) -> str:
    """Horner form, nested over the symbols by falling degree."""
    degrees = polynomial.degrees()
    if max(degrees) == 0:
        return str(polynomial)
    symbol = ring.symbols[degrees.index(max(degrees))]
    text, above = "", 0
    terms = [(k, c) for k, c in enumerate(ring.coefficients(polynomial, symbol)) if c != 0]
    for power, coefficient in reversed(terms):
        if text:
            text = _times(text, symbol.name, above - power) + " + "
        text += horner(ring, coefficient)
        above = power
    return _times(text, symbol.name, above).replace("+ -", "- ")


def _times(text: str, name: str, power: int) -> str:
    """Text of an expression times a power of a symbol."""
    if power == 0:
        return text
    variable = name if power == 1 else f"{name}**{power}"
    if text in ("1", "-1"):
        return text[:-1] + variable
    return f"{_bracketed(text)}*{variable}"


def _bracketed(text: str) -> str:
    """Text with brackets if it is a sum."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == " " and depth == 0:
            return f"({text})"
    return text


def _product(content: int, factors: list[tuple[str, int]]) -> str:
    """Text of a product of powers."""
    texts = [f"{_bracketed(text)}**{k}" if k > 1 else _bracketed(text) for text, k in factors]
    if content in (1, -1) and texts:
        return "-" * (content < 0) + "*".join(texts)
    return "*".join([str(content), *texts])


def wrapped(text: str, indent: int) -> str:
    """Long text broken at spaces; a formatter would stack its brackets."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= 96 - indent:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(" " * indent + line for line in lines)
