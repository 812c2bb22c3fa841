"""What a law is: parameters with their domain, a rational curve, and independent routes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flint import fmpq
from sympy import Expr, Integer, Symbol

from derive.curve import RationalCurve
from derive.rational import value_at


@dataclass(frozen=True)
class Parameter:
    """A real parameter between bounds.

    Attributes
    ----------
    symbol : Symbol
    meaning : str
        One phrase for docstrings and tables.
    lower, upper : Expr
        Bounds; they may name parameters listed before this one. No upper bound by default.
    strict : bool
        Whether the bounds themselves are excluded.
    """

    symbol: Symbol
    meaning: str
    lower: Expr = Integer(0)
    upper: Expr | None = None
    strict: bool = True

    @property
    def name(self) -> str:
        """Keyword under which users pass the parameter."""
        return self.symbol.name

    @property
    def domain(self) -> str:
        """Domain as text, for instance ``0 <= zeta <= eta``."""
        if self.upper is None:
            return f"{self.name} {'>' if self.strict else '>='} {self.lower}"
        relation = "<" if self.strict else "<="
        return f"{self.lower} {relation} {self.name} {relation} {self.upper}"

    def contains(self, values: Mapping[Symbol, fmpq]) -> bool:
        """Whether the parameter's value lies in its domain; `values` has those before it too."""
        value = values[self.symbol]
        gaps = [value - value_at(self.lower, values)]
        if self.upper is not None:
            gaps.append(value_at(self.upper, values) - value)
        return all(gap > 0 or (gap == 0 and not self.strict) for gap in gaps)


@dataclass(frozen=True, eq=False)
class Law:
    """A limiting spectral law.

    Attributes
    ----------
    name, title : str
        Identifier (also the generated module's name) and heading.
    summary : str
        The matrix whose law it is, in a sentence or two.
    source : str
        Paper and equation numbers.
    parameters : tuple of Parameter
    curve : RationalCurve
    ratio : Expr
        Rows over columns of the feature matrix Y, with M = (1/columns)·YYᵀ.
    cauchy, z : Symbol
        Unknown and spectral variable of the polynomials in `routes`.
    routes : mapping of str to callable
        Derivations of the polynomial of the Cauchy transform that do not use the curve. Each
        gives a polynomial in (G, z) that vanishes on the law.
    """

    name: str
    title: str
    summary: str
    source: str
    parameters: tuple[Parameter, ...]
    curve: RationalCurve
    ratio: Expr
    routes: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Parameter symbols in order."""
        return tuple(parameter.symbol for parameter in self.parameters)
