"""What a law is: parameters with their domain, a composed spectrum, independent routes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Symbol, sympify

from derive.calculus import Spectrum
from derive.curve import RationalCurve
from derive.operations.sampling import sampled
from derive.rational import exact, value_at
from derive.runtime.potential import Node

# Arguments of observables, which a parameter cannot be named after.
_ARGUMENTS = ("x", "z", "q", "gamma", "order", "dps")


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
    meaning: str = "a parameter"
    lower: Expr = Integer(0)
    upper: Expr | None = None
    strict: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.symbol, Symbol):
            raise ValueError(f"symbol = {self.symbol!r} is not a SymPy symbol")
        if not _is_identifier(self.name):
            raise ValueError(f"symbol = {self.name!r} is not a Python identifier")
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is not None:
                object.__setattr__(self, name, _bound(bound, f"{name} bound of {self.name}"))

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


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _bound(value: Any, name: str) -> Expr:
    if isinstance(value, Expr) and value.free_symbols:
        return value
    number = exact(value, name)
    return Rational(int(number.p), int(number.q))


@dataclass(frozen=True, eq=False)
class Law:
    """A limiting spectral law.

    Attributes
    ----------
    name : str
        Identifier, also the generated module's name.
    parameters : tuple of Parameter
    spectrum : Spectrum
        The composition of operations on random matrices, in the symbols of the parameters.
    title, summary, source : str
        Heading; the matrix whose law it is, in a sentence or two; paper and equation numbers.
    curve : RationalCurve, optional
        The law as a rational curve. A law on [0, ∞) that has one is evaluated by it, and its
        NumPy module by radicals; all others by the potential of their composition.
    ratio : Expr
        Rows over columns of the feature matrix Y, with M = (1/columns)·YYᵀ; one if the matrix is
        the Gram matrix of the samples itself.
    routes : mapping of str to callable
        Derivations of the polynomial of the Cauchy transform that do not use the curve. Each
        gives a polynomial in (G, z) that vanishes on the law.

    Raises
    ------
    ValueError
        For a name that is no identifier or that an observable's argument has, a symbol that is no
        parameter, or a bound that names a later parameter.
    """

    name: str
    parameters: tuple[Parameter, ...]
    spectrum: Spectrum
    title: str = ""
    summary: str = ""
    source: str = ""
    curve: RationalCurve = None  # type: ignore[assignment]  # asked for before it is used
    ratio: Expr = Integer(1)
    routes: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", sympify(self.ratio))
        object.__setattr__(self, "title", self.title or self.name.replace("_", " "))
        if not isinstance(self.spectrum, Spectrum):
            raise ValueError(f"{self.name}: spectrum = {self.spectrum!r} is not a Spectrum")
        known: set[Symbol] = set()
        if not _is_identifier(self.name) or self.name.startswith("_"):
            raise ValueError(f"name = {self.name!r} is no public Python identifier")
        for parameter in self.parameters:
            if parameter.name in _ARGUMENTS:
                raise ValueError(
                    f"{self.name}: parameter name {parameter.name} is reserved: observables have "
                    f"arguments {', '.join(_ARGUMENTS)}"
                )
            if parameter.name in {symbol.name for symbol in known}:
                raise ValueError(f"{self.name}: two parameters are named {parameter.name}")
            bounds = [b for b in (parameter.lower, parameter.upper) if b is not None]
            self._require_known(set().union(*(b.free_symbols for b in bounds)), known)
            known.add(parameter.symbol)
        self._require_known(self.spectrum.symbols | self.ratio.free_symbols, known)

    def _require_known(self, symbols: set[Symbol] | frozenset[Symbol], known: set[Symbol]) -> None:
        unknown = sorted(str(symbol) for symbol in symbols - known)
        if unknown:
            raise ValueError(
                f"{self.name}: {unknown[0]} is no parameter listed before; a parameter's symbol "
                "must be the very symbol of the spectrum, with the same assumptions"
            )

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Parameter symbols in order."""
        return tuple(parameter.symbol for parameter in self.parameters)

    def read(self, given: Mapping[str, Any]) -> dict[Symbol, fmpq]:
        """Exact values of all parameters.

        Raises
        ------
        ValueError
            For a missing or unknown parameter, or a value outside its domain; the message names it.
        """
        names = [parameter.name for parameter in self.parameters]
        if set(given) != set(names):
            got = ", ".join(given) or "none"
            raise ValueError(f"{self.name} takes parameters {', '.join(names)}; got {got}")
        values: dict[Symbol, fmpq] = {}
        for parameter in self.parameters:
            shown = given[parameter.name]
            values[parameter.symbol] = exact(shown, parameter.name)
            if not parameter.contains(values):
                raise ValueError(
                    f"{parameter.name} = {shown} is outside its domain {parameter.domain}"
                )
        return values

    def tree(self, values: Mapping[Symbol, fmpq]) -> Node:
        """The composition at exact values of the parameters."""
        return self.spectrum.tree(values)

    def atom_position(self, values: Mapping[Symbol, fmpq]) -> fmpq:
        """Where the atom is whose mass is asked for."""
        return fmpq(0)

    def rows(self, values: Mapping[Symbol, fmpq]) -> fmpq:
        """Rows over columns of the feature matrix."""
        return value_at(self.ratio, values)

    def at(self, **parameters: Any) -> Spectrum:
        """The spectrum at values of the parameters."""
        values = self.read(parameters)
        return self.spectrum.subs({s: Rational(int(v.p), int(v.q)) for s, v in values.items()})

    def sample(self, n: int, rng: np.random.Generator, **parameters: Any) -> NDArray[np.float64]:
        """A symmetric n × n random matrix with this law in the limit, made by the composition.

        Parameters
        ----------
        n : int
            Number of rows.
        rng : numpy.random.Generator
        **parameters : number
        """
        return sampled(self.tree(self.read(parameters)), n, rng)

    def evaluate(self, observable: str, *points: Any, dps: int = 50, **parameters: Any) -> Any:
        """Value of an observable to `dps` digits; see `derive.reference.evaluate`."""
        from derive.reference import evaluate

        return evaluate(self, observable, *points, dps=dps, **parameters)
