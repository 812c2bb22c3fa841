"""What a law is: parameters with their domain, a rational curve, and independent routes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword

from flint import fmpq
from sympy import Expr, Integer, Symbol

from derive.curve import RationalCurve, y
from derive.rational import exact, expression, value_at

# Arguments of observables.
ARGUMENTS = ("x", "z", "q", "gamma", "order", "dps")


@dataclass(frozen=True)
class Parameter:
    """A real parameter between bounds.

    Attributes
    ----------
    symbol : Symbol
    meaning : str
        One phrase for docstrings and tables.
    lower, upper : Expr or number
        Bounds; they may name parameters listed before this one. No upper bound by default.
    strict : bool
        Whether the bounds themselves are excluded.

    Raises
    ------
    ValueError
        For a symbol that is none or no identifier, or a bound that is no finite number.
    """

    symbol: Symbol
    meaning: str
    lower: Expr = Integer(0)
    upper: Expr | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.symbol, Symbol):
            raise ValueError(f"symbol = {self.symbol!r} is not a SymPy symbol")
        if not self.name.isidentifier() or iskeyword(self.name):
            raise ValueError(f"symbol = {self.name!r} is not a Python identifier")
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is not None and not (isinstance(bound, Expr) and bound.free_symbols):
                number = expression(exact(bound, f"{name} bound of {self.name}"))
                object.__setattr__(self, name, number)  # past the freezing

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

    Raises
    ------
    ValueError
        For a parameter named as an observable's argument or twice, and for a symbol that is no
        parameter, or one that is listed after the bound it appears in.
    """

    name: str
    title: str
    summary: str
    source: str
    parameters: tuple[Parameter, ...]
    curve: RationalCurve
    ratio: Expr
    routes: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known: set[Symbol] = set()
        for parameter in self.parameters:
            if parameter.name in ARGUMENTS:
                raise ValueError(
                    f"{self.name}: the parameter name {parameter.name} is reserved; observables "
                    f"have the arguments {', '.join(ARGUMENTS)}"
                )
            if parameter.name in {symbol.name for symbol in known}:
                raise ValueError(f"{self.name}: two parameters are named {parameter.name}")
            self._require_known(parameter.lower, known)
            if parameter.upper is not None:
                self._require_known(parameter.upper, known)
            known.add(parameter.symbol)
        for given in (self.curve.z, self.curve.cauchy, self.ratio):
            self._require_known(given, known | {y})

    def _require_known(self, given: Expr, known: set[Symbol]) -> None:
        unknown = sorted(map(str, given.free_symbols - known))
        if unknown:
            raise ValueError(
                f"{self.name}: {unknown[0]} is no parameter listed before; a parameter's symbol is "
                "the very symbol of the curve, with the same assumptions"
            )

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Parameter symbols in order."""
        return tuple(parameter.symbol for parameter in self.parameters)
