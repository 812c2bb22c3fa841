"""What a law is: parameters with their domain, a composed spectrum, independent routes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray
from sympy import Add, Expr, Integer, Rational, Symbol, sympify

from derive.calculus import Spectrum
from derive.curve import RationalCurve
from derive.operations.sampling import sampled
from derive.rational import exact, value_at
from derive.runtime.frozen import Frozen
from derive.runtime.parameters import read
from derive.runtime.potential import Node

source = Symbol("source", nonnegative=True)

# Arguments of observables, which a parameter cannot be named after.
_KINDS = ("number", "sequence", "weights", "eigenvalues")
_ARGUMENTS = ("x", "z", "q", "gamma", "order", "dps")
_LABELS = ("signal", "noise")  # those of errors, for laws that have these


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
    kind, matches, number_for_all, instead_of
        See `derive.runtime.parameters.Domain`.

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
    kind: str = "number"
    matches: str = ""
    number_for_all: bool = False
    instead_of: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.symbol, Symbol):
            raise ValueError(f"symbol = {self.symbol!r} is not a SymPy symbol")
        if not _is_identifier(self.name):
            raise ValueError(f"symbol = {self.name!r} is not a Python identifier")
        if self.kind not in _KINDS:
            raise ValueError(f"kind = {self.kind!r} is not one of {', '.join(_KINDS)}")
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

    def bounds(self, known: Mapping[str, Any]) -> tuple[fmpq, fmpq | None]:
        """Bounds at values of the parameters before it; of those that match, of an element."""
        symbols = set().union(*(b.free_symbols for b in (self.lower, self.upper) if b is not None))
        values = {s: exact(known[s.name], s.name) for s in symbols}
        upper = None if self.upper is None else value_at(self.upper, values)
        return value_at(self.lower, values), upper

    def contains(self, value: fmpq, known: Mapping[str, Any]) -> bool:
        """Whether a value lies in the domain, beside those before it."""
        lower, upper = self.bounds(known)
        gaps = [value - lower] if upper is None else [value - lower, upper - value]
        return all(gap > 0 or (gap == 0 and not self.strict) for gap in gaps)


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _bound(value: Any, name: str) -> Expr:
    if isinstance(value, Expr) and value.free_symbols:
        return value
    number = exact(value, name)
    return Rational(int(number.p), int(number.q))


def _exact(parameter: Parameter, value: Any, name: str, known: Mapping[str, Any]) -> fmpq:
    """A rational number in a domain."""
    number = exact(value, name)
    if not parameter.contains(number, known):
        raise ValueError(f"{name} = {value} is outside its domain {parameter.domain}")
    return number


def _symbolic(parameter: Parameter, value: Any, name: str, known: Mapping[str, Any]) -> Any:
    """The same, or an expression; what is beside expressions is not checked."""
    if isinstance(value, Expr) and value.free_symbols:
        return value
    beside_expressions = any(isinstance(other, Expr) for other in known.values())
    return exact(value, name) if beside_expressions else _exact(parameter, value, name, known)


Composed = Spectrum | Callable[..., Spectrum]


@dataclass(frozen=True, eq=False)
class Law:
    """A limiting spectral law.

    Attributes
    ----------
    name : str
        Identifier, also the generated module's name.
    parameters : tuple of Parameter
    spectrum : Spectrum or callable
        The composition of operations on random matrices, in the symbols of the parameters; with
        sequences among these a function of all parameters by name, in the words of
        `derive.calculus`. Its text becomes a part of the generated module.
    title, summary, source : str
        Heading; the matrix whose law it is, in a sentence or two; paper and equation numbers.
    curve : RationalCurve, optional
        The law as a rational curve. A law on [0, ∞) that has one is evaluated by it, and its
        NumPy module by radicals; all others by the potential of their composition.
    signal : Expr, optional
        Of a law with a curve: the share w(y) of labels linear in the data that ridge regression
        leaves, so that yᵀ(YᵀY/m + γ)⁻¹y/m = s²w/κ with 1/κ = tr (YᵀY/m + γ)⁻¹/m for such labels of
        variance s². It grows with γ from below one to one.
    kernel : Spectrum, optional
        That of the samples with a source: YᵀY/m + `source`·K₀, K₀ the Gram matrix of the data with
        a diagonal of ones. The derivative of its potential in the source proves `signal`.
    data_ratio : Expr, optional
        Dimension of the data over the number of samples.
    ratio : Expr
        Rows over columns of the feature matrix Y, with M = (1/columns)·YYᵀ; one if the matrix is
        the Gram matrix of the samples itself.
    routes : mapping of str to callable
        Derivations of the polynomial of the Cauchy transform that do not use the curve. Each
        gives a polynomial in (G, z) that vanishes on the law.
    atom_position : callable, optional
        A function of all parameters by name: where the atom is whose mass is asked for; zero by
        default.
    helpers : tuple of callable
        Functions of `derive.runtime` that the generated module offers, too.

    Raises
    ------
    ValueError
        For a name that is no identifier or that an observable's argument has, a symbol that is no
        parameter, or a bound that names a later parameter.
    """

    name: str
    parameters: tuple[Parameter, ...]
    spectrum: Composed
    title: str = ""
    summary: str = ""
    source: str = ""
    curve: RationalCurve = None  # type: ignore[assignment]  # asked for before it is used
    signal: Expr | None = None
    kernel: Spectrum | None = None
    data_ratio: Expr | None = None
    ratio: Expr = Integer(1)
    routes: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)
    atom_position: Callable[..., Any] | None = None
    helpers: tuple[Callable[..., Any], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", sympify(self.ratio))
        object.__setattr__(self, "title", self.title or self.name.replace("_", " "))
        if not (isinstance(self.spectrum, Spectrum) or callable(self.spectrum)):
            raise ValueError(f"{self.name}: spectrum = {self.spectrum!r} is not a Spectrum")
        known: set[Symbol] = set()
        if not _is_identifier(self.name) or self.name.startswith("_"):
            raise ValueError(f"name = {self.name!r} is no public Python identifier")
        for parameter in self.parameters:
            reserved = _ARGUMENTS if self.signal is None else _ARGUMENTS + _LABELS
            if parameter.name in reserved:
                raise ValueError(
                    f"{self.name}: parameter name {parameter.name} is reserved: observables have "
                    f"arguments {', '.join(reserved)}"
                )
            if parameter.name in {symbol.name for symbol in known}:
                raise ValueError(f"{self.name}: two parameters are named {parameter.name}")
            earlier = {symbol.name for symbol in known} | {""}
            for role, other in vars(parameter).items():
                if role in ("matches", "instead_of") and other not in earlier:
                    raise ValueError(
                        f"{self.name}: {role} = {other!r} of {parameter.name} is no parameter "
                        "listed before"
                    )
            bounds = [b for b in (parameter.lower, parameter.upper) if b is not None]
            self._require_known(set().union(*(b.free_symbols for b in bounds)), known)
            known.add(parameter.symbol)
        self._require_known(self.ratio.free_symbols, known)
        if isinstance(self.spectrum, Spectrum):
            self._require_known(self.spectrum.symbols, known)

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

    @property
    def has_sequences(self) -> bool:
        """Whether some parameters are sequences, so that it is a law for each of their lengths."""
        return any(parameter.kind != "number" for parameter in self.parameters)

    def is_optional(self, parameter: Parameter) -> bool:
        """Whether a parameter may be left out."""
        replaced = {p.instead_of for p in self.parameters}
        return (
            parameter.kind == "weights" or bool(parameter.instead_of) or parameter.name in replaced
        )

    def read(
        self, given: Mapping[str, Any], number: Callable[..., Any] = _exact
    ) -> dict[Symbol, Any]:
        """Exact values of all parameters; tuples for sequences, None for what is not needed.

        `number` reads one value, see `derive.runtime.parameters.read`.

        Raises
        ------
        ValueError
            For a missing or unknown parameter, or a value outside its domain; the message names it.
        """
        names = [parameter.name for parameter in self.parameters]
        needed = [
            parameter.name for parameter in self.parameters if not self.is_optional(parameter)
        ]
        if set(given) - set(names) or set(needed) - set(given):
            got = ", ".join(given) or "none"
            raise ValueError(f"{self.name} takes parameters {', '.join(names)}; got {got}")
        values = read(self.parameters, given, number)
        return {parameter.symbol: values[parameter.name] for parameter in self.parameters}

    def filled(self, element: Callable[..., Any], length: int = 1) -> dict[str, Any]:
        """Values of all parameters but weights and those that stand for others.

        Parameters
        ----------
        element : callable
            Takes a parameter, the values of those before it, elements of the same place in
            sequences, and that place or None.
        length : int
            Of sequences, lists.
        """
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.kind == "weights" or parameter.instead_of:
                continue
            known = {n: v for n, v in values.items() if not isinstance(v, list)}
            if parameter.kind == "number":
                values[parameter.name] = element(parameter, known, None)
                continue
            partner = values.get(parameter.matches)
            beside = [{parameter.matches: v} for v in partner] if partner else [{}] * length
            values[parameter.name] = [
                element(parameter, known | extra, k) for k, extra in enumerate(beside)
            ]
        return values

    def symbolic(self, length: int = 1) -> Spectrum:
        """The spectrum with symbols for all parameters, and for all elements of sequences."""
        if isinstance(self.spectrum, Spectrum):
            return self.spectrum

        def element(parameter: Parameter, known: Mapping[str, Any], place: int | None) -> Symbol:
            return parameter.symbol if place is None else Symbol(f"{parameter.name}_{place + 1}")

        values = self.filled(element, length)
        for parameter in self.parameters:
            if parameter.number_for_all:
                values[parameter.name] = parameter.symbol
            if parameter.kind == "weights" and parameter.matches in values:
                free = [element(parameter, {}, k) for k in range(length - 1)]
                values[parameter.name] = [*free, 1 - Add(*free)]
        return self.at(**values)

    def __call__(self, **parameters: Any) -> Frozen:
        """The law at numbers for its parameters, with the methods of scipy.stats; see `Frozen`."""
        return self.composition(self.read(parameters))()

    def composition(self, values: Mapping[Symbol, Any]) -> Spectrum:
        """The spectrum at values of the symbols, numbers or expressions."""
        if isinstance(self.spectrum, Spectrum):
            return self.spectrum.subs(values)
        return self.spectrum(**{symbol.name: value for symbol, value in values.items()})

    def at(self, **parameters: Any) -> Spectrum:
        """The spectrum at values of the parameters; expressions of symbols are not checked."""
        return self.composition(self.read(parameters, _symbolic))

    def tree(self, values: Mapping[Symbol, Any]) -> Node:
        """The composition at exact values of the parameters."""
        if isinstance(self.spectrum, Spectrum):
            return self.spectrum.tree(values)
        return self.composition(values).tree({})

    def atom_at(self, values: Mapping[Symbol, Any]) -> fmpq:
        """Where the atom is whose mass is asked for."""
        if self.atom_position is None:
            return fmpq(0)
        return fmpq(self.atom_position(**{symbol.name: value for symbol, value in values.items()}))

    def rows(self, values: Mapping[Symbol, Any]) -> fmpq:
        """Rows over columns of the feature matrix."""
        return value_at(self.ratio, values)

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
