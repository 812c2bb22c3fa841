"""Kinds of observables: what an observable says about every law.

An observable knows its symbolic definition on a law's curve. High-precision values, NumPy text and
documentation are made from that definition elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from flint import fmpq
from sympy import Expr, Integer, Symbol

from derive.elimination import coefficients
from derive.laws.law import Law
from derive.runtime.parameters import LABELS, POINTS

_coefficients = cache(coefficients)


@dataclass(frozen=True)
class Formula:
    """An equation left = right of a law, or polynomial = 0."""

    name: str
    title: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Argument:
    """An argument of an observable beside the law's parameters."""

    name: str
    meaning: str
    domain: str


X, PLANE, RIDGE, LEVEL, ORDER = (Argument(name, *text) for name, text in POINTS.items())
SIGNAL, NOISE = (Argument(label.name, label.meaning, label.domain) for label in LABELS)


@dataclass(frozen=True)
class Observable:
    """What every observable has.

    Attributes
    ----------
    name, title : str
    equation : str
        Definition as LaTeX.
    argument : Argument or None
        None for a quantity of the law alone.
    returns : str
        What the values are, and what they are at singular points.
    """

    name: str
    title: str
    equation: str
    argument: Argument | None
    returns: str

    def exists(self, law: Law) -> bool:
        """Whether a law has it."""
        return True

    def labels(self, law: Law) -> Mapping[str, float | None]:
        """Variances of labels that it takes after a law's parameters, with their defaults."""
        return {}

    def shape(self, law: Law) -> str:
        """Type of the value, in words."""
        return "float or ndarray of float"

    @property
    def annotation(self) -> str:
        """The same in Python."""
        return "Reals"

    def public_name(self, law: Law) -> str:
        """Name of the function users call."""
        return self.name

    def formulas(self, law: Law) -> tuple[Formula, ...]:
        """Equations to show for a law."""
        return ()


class Part(Enum):
    """What is taken from the value of a transform at the physical point."""

    VALUE = "the value"
    REAL = "the real part"
    TURNS = "minus the imaginary part over π"


@dataclass(frozen=True)
class OnCurve:
    """A function on the curve: Σ c ln f over `logarithms`, plus `rational` in y."""

    rational: Expr
    logarithms: tuple[tuple[Expr, Expr], ...] = ()


@dataclass(frozen=True)
class Transform(Observable):
    """A function of the point y(z): `offset` + `part` of `on_curve`.

    The argument x means z = x + i0, and gamma means z = -gamma. A function of x takes the value
    `at_zero` at x = 0 (the density is infinite there when zero is an edge).
    """

    argument: Argument
    on_curve: Callable[[Law], OnCurve]
    part: Part
    offset: Integer = Integer(0)
    at_zero: Callable[[Law], Expr] = lambda law: Integer(0)
    closed_form: Callable[[Law], Formula] | None = None

    def shape(self, law: Law) -> str:
        """See `Observable`."""
        return "complex or ndarray of complex" if self.part is Part.VALUE else super().shape(law)

    @property
    def annotation(self) -> str:
        """See `Observable`."""
        return "Complexes" if self.part is Part.VALUE else "Reals"

    def formulas(self, law: Law) -> tuple[Formula, ...]:
        """The closed form along the curve."""
        return (self.closed_form(law),) if self.closed_form and law.curve else ()


@dataclass(frozen=True, kw_only=True)
class OfLabels(Transform):
    """A transform of labels: noise · `on_curve` + signal · `of_signal`.

    A law that says nothing of signals has those with defaults alone, at these.
    """

    of_signal: Callable[[Law], Expr]
    defaults: tuple[float, float] | None = None

    def exists(self, law: Law) -> bool:
        """See `Observable`."""
        return law.signal is not None or self.defaults is not None

    def labels(self, law: Law) -> Mapping[str, float | None]:
        """See `Observable`."""
        if law.signal is None:
            return {}
        return dict(zip((SIGNAL.name, NOISE.name), self.defaults or (None, None), strict=True))


@dataclass(frozen=True, kw_only=True)
class Lowest(Observable):
    """The ridge at which a function of labels is least.

    `rising` is a polynomial in y, signal and noise with the sign of the function's derivative.
    """

    argument: None = None
    of: OfLabels
    rising: Callable[[Law], Expr]

    def exists(self, law: Law) -> bool:
        """See `Observable`."""
        return law.curve is not None and law.signal is not None

    def labels(self, law: Law) -> Mapping[str, float | None]:
        """See `Observable`."""
        return self.of.labels(law)


@dataclass(frozen=True, kw_only=True)
class Parts(Observable):
    """Functions of the ridge by name, each with the label whose variance it multiplies."""

    argument: Argument
    of: OfLabels
    on_curve: Callable[[Law], Mapping[str, tuple[str, Expr]]]

    def exists(self, law: Law) -> bool:
        """See `Observable`."""
        return law.curve is not None and law.signal is not None and law.data_ratio is not None

    def labels(self, law: Law) -> Mapping[str, float | None]:
        """See `Observable`."""
        return self.of.labels(law)

    def shape(self, law: Law) -> str:
        """See `Observable`."""
        return "dict of str to float or ndarray of float"

    @property
    def annotation(self) -> str:
        """See `Observable`."""
        return "dict[str, Reals]"


@dataclass(frozen=True)
class Inverse(Observable):
    """Generalised inverse inf{x : F(x) ≥ q} of a non-decreasing transform F."""

    argument: Argument
    of: Transform
    derivative: Transform


@dataclass(frozen=True)
class Constant(Observable):
    """An expression in the parameters."""

    expression: Callable[[Law], Expr]

    def formulas(self, law: Law) -> tuple[Formula, ...]:
        """The expression itself, for a law with a curve."""
        if law.curve is None:
            return ()
        return (Formula(self.name, self.title, Symbol(self.name), self.expression(law)),)


@dataclass(frozen=True)
class Sequence(Observable):
    """Expressions in the parameters, one for every order from zero, and their values alone."""

    argument: Argument
    terms: Callable[[Law, int], tuple[Expr, ...]]
    terms_at: Callable[[Law, int, Mapping[Symbol, fmpq]], list[fmpq]]

    def shape(self, law: Law) -> str:
        """See `Observable`."""
        return "ndarray, shape (..., order + 1)"


@dataclass(frozen=True)
class Intervals(Observable):
    """Disjoint real intervals, bounded by critical values of z(y)."""

    def shape(self, law: Law) -> str:
        """See `Observable`."""
        return "ndarray, shape (..., k, 2)"


@dataclass(frozen=True, kw_only=True)
class Coefficients(Observable):
    """Coefficients of a polynomial in `unknown`, index k multiplying the k-th power."""

    argument: Argument
    unknown: Symbol
    polynomial: Callable[[Law], Expr]
    formula_name: str
    name_of_degree: Callable[[int], str] | None = None
    returns: str = "Coefficients, index k multiplying the k-th power."

    def shape(self, law: Law) -> str:
        """See `Observable`."""
        return f"ndarray, shape (..., {self.degree(law) + 1})"

    @property
    def annotation(self) -> str:
        """See `Observable`."""
        return "Complexes" if self.argument is PLANE else "Reals"

    def degree(self, law: Law) -> int:
        """Degree of the polynomial in its unknown."""
        return len(self.coefficients(law)) - 1

    def coefficients(self, law: Law) -> tuple[Expr, ...]:
        """Coefficients, index k multiplying the k-th power of the unknown."""
        return _coefficients(self.polynomial(law), self.unknown)

    def public_name(self, law: Law) -> str:
        """Name of the function users call; some are named by the degree."""
        return self.name_of_degree(self.degree(law)) if self.name_of_degree else self.name

    def formulas(self, law: Law) -> tuple[Formula, ...]:
        """The polynomial, equated to zero."""
        return (Formula(self.formula_name, self.title, self.polynomial(law), Integer(0)),)
