"""Parameters of laws: numbers and sequences of numbers, read by name and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "LABELS",
    "POINTS",
    "ArrayLike",
    "Complexes",
    "Domain",
    "Reals",
    "argument",
    "natural",
    "read",
    "real",
    "scaled",
]

# What functions return: a number for numbers, else an array.
Reals: TypeAlias = np.float64 | NDArray[np.float64]
Complexes: TypeAlias = np.complex128 | NDArray[np.complex128]

_TOLERANCE = 1e-12  # of a sum of weights
_EPS = 2.0**-52

# Arguments beside the parameters: what they are, and their domains.
POINTS = {
    "x": ("points on the real axis", "x real"),
    "z": ("points of the complex plane", "z complex"),
    "gamma": ("ridge parameter", "gamma >= 0"),
    "q": ("probability levels", "0 <= q <= 1"),
    "order": ("highest order", "order a non-negative integer"),
}
_BOUNDS = {"gamma": lambda v: v < 0, "q": lambda v: (v < 0) | (v > 1)}  # what lies outside


class Domain(NamedTuple):
    """A parameter in doubles.

    Attributes
    ----------
    name, domain : str
    contains : callable
        Of its value and those of the parameters before it, by name.
    kind : str
        "number", "sequence", "weights", which sum to one and are equal by default, or
        "eigenvalues": a sequence in which what rounding has left below zero is zero.
    matches : str
        Earlier sequence of the same length, beside whose elements bounds hold.
    number_for_all : bool
        Whether one number may stand for a sequence of equal ones.
    instead_of : str
        Earlier parameter in whose place this one may be given.
    meaning : str
        For docstrings.
    """

    name: str
    domain: str
    contains: Callable[..., Any]
    kind: str = "number"
    matches: str = ""
    number_for_all: bool = False
    instead_of: str = ""
    meaning: str = ""


# What is said of the labels of a regression: y = linear signal + everything else.
LABELS = (
    Domain(
        "signal",
        "signal >= 0",
        lambda signal, **_: signal >= 0,
        meaning="variance of the part of the labels that is linear in the data",
    ),
    Domain(
        "noise",
        "noise >= 0",
        lambda noise, **_: noise >= 0,
        meaning="variance of the rest: label noise, and the part of a teacher that is not linear",
    ),
)


def read(
    parameters: Sequence[Any],
    given: Mapping[str, Any],
    number: Callable[[Any, Any, str, Mapping[str, Any]], Any],
) -> dict[str, Any]:
    """Values by name: numbers, tuples of numbers, None for what is not needed.

    Parameters
    ----------
    parameters : sequence
        With the attributes of `Domain`, `contains` excepted.
    given : mapping of str to number or sequence
    number : callable
        Takes a parameter, a value, its name in messages and the values of those before it, and
        returns the value as a number in the domain, or raises.

    Raises
    ------
    ValueError
        For what is missing or outside its domain; the message names it.
    """
    values: dict[str, Any] = {}
    left_out = set()
    for parameter in parameters:
        if other := parameter.instead_of:
            if (given.get(other) is None) == (given.get(parameter.name) is None):
                raise ValueError(f"{other}, {parameter.name}: give one of the two")
            left_out.add(other if given.get(other) is None else parameter.name)
    for parameter in parameters:
        name, value = parameter.name, given.get(parameter.name)
        if name in left_out:
            values[name] = None
        elif parameter.kind == "number":
            _require(value, parameter)
            values[name] = number(parameter, value, name, values)
        else:
            values[name] = _sequence(parameter, value, values, number)
    return values


def _require(value: Any, parameter: Any) -> None:
    if value is None:
        raise ValueError(f"{parameter.name} = None is outside its domain: {parameter.domain}")


def _sequence(parameter: Any, value: Any, values: Mapping[str, Any], number: Any) -> Any:
    name, is_weights = parameter.name, parameter.kind == "weights"
    partner = values[parameter.matches] if parameter.matches else None
    if is_weights and (value is None or partner is None):
        if value is not None:
            raise ValueError(f"{name} are those of {parameter.matches}, which are not given")
        if partner is None:
            return None
        value = [Fraction(1, len(partner))] * len(partner)
    _require(value, parameter)
    items = _items(parameter, value, len(partner) if partner else 1)
    if parameter.kind == "eigenvalues":
        items = _rounded(items)
    if partner and len(items) != len(partner):
        raise ValueError(f"{name} has length {len(items)}, {parameter.matches} has {len(partner)}")
    read = []
    for k, item in enumerate(items):
        beside = {**values, parameter.matches: partner[k]} if partner else values
        read.append(number(parameter, item, f"{name}[{k}]", beside))
    if is_weights:
        total = sum(read)
        sums = np.asarray(total, float)
        if (wrong := abs(sums - 1) > _TOLERANCE).any():
            raise ValueError(f"{name} sum to {sums[wrong].flat[0]}, not to 1")
        read = [share / total for share in read]
    return tuple(read)


def _items(parameter: Any, value: Any, length: int) -> Sequence:
    """Elements of lists and tuples; of other arrays along their first axis."""
    if isinstance(value, list | tuple):
        items: Sequence = value
    elif parameter.number_for_all:
        return [value] * length
    elif isinstance(value, str | np.ma.MaskedArray) or not np.ndim(value):
        raise ValueError(f"{parameter.name} = {value!r} is not a sequence of numbers")
    else:
        array = np.asarray(value)
        items = array.tolist() if array.ndim == 1 else list(array)
    if not len(items):
        raise ValueError(f"{parameter.name} is empty; its domain is {parameter.domain}")
    return items


def _rounded(items: Sequence) -> Sequence:
    """Computed eigenvalues, zero for those below it by no more than n·eps times the largest."""
    try:
        sizes = [np.asarray(item, float) for item in items]
    except (TypeError, ValueError, OverflowError):
        return items
    least = -len(items) * _EPS * reduce(np.maximum, sizes)
    lost = [(size < 0) & (size >= least) for size in sizes]
    return [
        np.where(zero, 0.0, size)[()] if np.any(zero) else item
        for item, size, zero in zip(items, sizes, lost, strict=True)
    ]


def real(parameter: Domain, value: Any, name: str, known: Mapping[str, Any]) -> Any:
    """A double or an array of doubles in a domain."""
    number = _numbers(name, value, float, f"{parameter.domain}, real numbers")
    good = parameter.contains(**{**known, parameter.name: number})
    if isinstance(number, float) and isfinite(number) and good is True:
        return number
    good = np.isfinite(number) & good
    if not np.all(good):
        shown = np.broadcast_to(number, np.shape(good))[~good].flat[0]
        raise ValueError(f"{name} = {shown} is outside its domain: {parameter.domain}, finite")
    return number


def argument(name: str, value: Any) -> Any:
    """Points of an observable: a float or complex number for a number, else an array.

    Parameters
    ----------
    name : str
        One of `POINTS`.
    value : array-like

    Raises
    ------
    ValueError
        For what is no number or outside the domain, masked arrays, and lists that are ragged.
    """
    _, domain = POINTS[name]
    number = _numbers(name, value, complex if name == "z" else float, domain)
    with np.errstate(invalid="ignore"):
        bad = (
            number < 0 if name == "gamma" else (number < 0) | (number > 1) if name == "q" else False
        )
    if np.any(bad):
        shown = number if isinstance(number, float) else number[bad].flat[0]
        raise ValueError(f"{name} = {shown} is outside its domain: {domain}")
    return number


def natural(name: str, value: Any) -> int:
    """A non-negative integer."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(f"{name} = {value!r} is outside its domain: a non-negative integer")
    return int(value)


def _numbers(name: str, value: Any, kind: type, domain: str) -> Any:
    """A number of a kind, or an array of them; object arrays of numbers are taken."""
    try:
        if isinstance(value, (float, int, Fraction)) or (
            kind is complex and isinstance(value, complex)
        ):
            return kind(value)
        if not np.ma.isMaskedArray(value):
            array = np.asarray(value)
            known = "buifc" if kind is complex else "buif"
            if array.dtype.kind in known or (array.dtype.kind == "O" and _has_numbers(array)):
                array = array.astype(kind, copy=False)
                return array if array.ndim else kind(array)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name} = {value!r} is outside its domain: {domain}")


def _has_numbers(array: np.ndarray) -> bool:
    return not any(v is None or isinstance(v, (str, bytes)) for v in array.flat)


def scaled(value: Any, exponent: Any) -> Any:
    """A value times a power of two."""
    if isinstance(exponent, int) and not exponent:
        return value
    with np.errstate(all="ignore"):
        if np.iscomplexobj(value):
            scaled = np.empty(np.broadcast_shapes(np.shape(value), np.shape(exponent)), complex)
            scaled.real, scaled.imag = (
                np.ldexp(part, exponent) for part in (value.real, value.imag)
            )
            return complex(scaled) if isinstance(value, complex) and not scaled.ndim else scaled
        scaled = np.ldexp(value, exponent)
        return float(scaled) if isinstance(value, float) and np.ndim(scaled) == 0 else scaled
