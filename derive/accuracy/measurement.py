"""The error of one case against proved digits, and its condition number by exact differences."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import mpmath
import numpy as np
from flint import fmpq
from mpmath import mpf
from sympy import Poly

from derive.accuracy.cases import DPS, Case
from derive.laws.law import Law
from derive.observables.cauchy_transform import DENSITY
from derive.observables.distribution import CDF, QUANTILE
from derive.observables.observable import ORDER, Coefficients, Intervals
from derive.rational import exact
from derive.reference import evaluate_near

_POINTS = ""  # among the names of inputs: that of no parameter
_EPS = float(np.finfo(float).eps)
_QUANTILE_DPS = 20  # each step of the reference costs as much as a value of F
_MOST = mpf(np.finfo(float).max)
_FINE, _COARSE = fmpq(1, 2**60), fmpq(1, 2**50)  # relative changes of an input
_BITS = 120  # in which those of a double are exact
_CLOSED = 2.0**-48  # relative width of gaps that are not resolved
_NEGLIGIBLE = 4.0  # units of eps; the condition number is asked for above this error
SUSPICIOUS = 32.0  # ... and, where it does not explain the error, over the coarse change as well
_SMALLEST = mpf(np.finfo(float).tiny)  # below, errors are absolute: doubles lose digits
_POWERS = 290  # of ten, of terms of polynomials; larger ones are not compared


@dataclass(frozen=True)
class Measurement:
    """The worst value of a case.

    Attributes
    ----------
    case : Case
    units : float
        Error over eps·(1 + condition); infinite for NaN, an exception, a wrong number of values;
        NaN where the reference decides nothing.
    condition : float
        Sum over all inputs of |input · ∂ ln(value)/∂ input|; 0 where the error is so small that it
        was not asked for.
    note : str
        The value beside the proved one, or what went wrong.
    """

    case: Case
    units: float
    condition: float = 0.0
    note: str = ""


def measure(case: Case) -> Measurement:
    """Compare a case with its reference.

    Relative errors are meant, those of complex numbers in modulus. Errors of polynomials'
    coefficients are taken relative to the sum of the moduli of their terms.
    """
    polynomial = case.observable if isinstance(case.observable, Coefficients) else None
    sizes = _sizes(case, polynomial) if polynomial else None
    if sizes == []:
        return Measurement(case, 0.0)
    try:
        got = case.computed()
    except Exception as error:
        return Measurement(case, np.inf, note=repr(error))
    try:
        expected = _values(case, case.points, case.parameters, got)
    except ArithmeticError as error:
        return Measurement(case, np.nan, note=f"not known: {error}")
    if expected is None:
        infinite = not np.isfinite(got).any()
        return Measurement(case, 0.0 if infinite else np.inf, note=f"{got!r} at a pole")
    if isinstance(case.observable, Intervals):
        got, expected = np.array(_resolved(got.tolist())), _resolved(expected)
    if len(got) != len(expected):
        return Measurement(case, np.inf, note=f"{len(got)} values for {len(expected)}")
    triples = zip(np.asarray(got).tolist(), expected, sizes or expected, strict=True)
    errors = np.array([_error(*triple) for triple in triples])
    conditions = np.zeros(len(errors))
    try:
        if not polynomial and _worst(_units(errors, conditions)) > _NEGLIGIBLE:
            conditions = _conditions(case, expected, _FINE)
            if _worst(_units(errors, conditions)) > SUSPICIOUS:  # a kink or a jump close by?
                conditions = np.maximum(conditions, _conditions(case, expected, _COARSE))
    except ArithmeticError as error:
        return Measurement(case, np.nan, note=f"condition not known: {error}")
    units = _units(errors, conditions)
    if not len(units):
        return Measurement(case, 0.0)
    worst = int(np.argmax(units))
    note = f"{got[worst]!s} for {mpmath.nstr(expected[worst], 17)}"
    return Measurement(case, float(units[worst]), float(conditions[worst]), note)


def _values(case: Case, points: Any, parameters: dict, near: Any) -> list | None:
    """Proved values, flat, found sooner from numbers near them; None at a pole."""
    start: dict[str, Any] = {"dps": DPS}
    if case.observable is QUANTILE:
        start = {"dps": _QUANTILE_DPS, "near": near[0] if len(near) else None}
    try:
        value = evaluate_near(case.law, case.name, *points, **start, **parameters)
    except ValueError as error:
        if "pole" in str(error):
            return None
        raise
    if isinstance(value, dict):
        value = [*value.values()]
    items = value if isinstance(value, list) else [value]
    return [v for item in items for v in (item if isinstance(item, tuple) else [item])]


def _resolved(ends: list) -> list:
    """Ends without the gaps that doubles do not resolve: they may be there or not."""
    kept = list(ends)
    for upper, lower in zip(ends[1::2], ends[2::2], strict=False):
        if lower - upper <= _CLOSED * abs(lower):
            kept = [end for end in kept if end not in (upper, lower)]
    return kept


def _worst(units: np.ndarray) -> float:
    return float(np.max(units, initial=0.0))


def _units(errors: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """Error over eps·(1 + condition number); no condition excuses an infinite error."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.isinf(errors), np.inf, errors / (1 + conditions) / _EPS)


def _error(got: Any, expected: Any, size: Any) -> float:
    """Modulus of the difference over the size; an infinite value is right where doubles end."""
    if got == expected or (abs(expected) > _MOST and not mpmath.isfinite(got)):
        return 0.0
    if not (mpmath.isfinite(expected) and mpmath.isfinite(got)):
        return np.inf
    with mpmath.workdps(DPS):
        return float(abs(mpmath.mpmathify(got) - expected) / max(abs(size), _SMALLEST))


def _conditions(case: Case, values: list, step: fmpq) -> np.ndarray:
    """Σ |input · ∂ ln value/∂ input| for every value, by differences within the domain."""
    if step == _FINE and case.observable is QUANTILE and values[0] and mpmath.isfinite(values[0]):
        return _of_inverse(case, values[0])
    keys = _places(case.parameters if case.observable.argument is ORDER else _inputs(case))
    return sum((_change(case, *key, values, step) for key in keys), np.zeros(len(values)))


def _of_inverse(case: Case, x: mpf) -> np.ndarray:
    """The same for a quantile x: (F + Σ |parameter · ∂F/∂ parameter|)/(x·ρ(x))."""
    F, density = (
        evaluate_near(case.law, kind.name, x, dps=DPS, **case.parameters) for kind in (CDF, DENSITY)
    )
    if not density:
        return np.array([np.inf])
    at = replace(case, observable=CDF, points=(x,))
    moved = sum((_change(at, *key, [F], _FINE) for key in _places(at.parameters)), np.zeros(1))
    return (1 + moved) * float(F / abs(x * density))


def _inputs(case: Case) -> dict[str, Any]:
    """Points and parameters by name, those of sequences as lists."""
    return {_POINTS: list(case.points), **case.parameters}


def _places(inputs: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Names of all inputs that are not zero, with the place in a sequence."""
    elements = (
        (name, place, size)
        for name, value in inputs.items()
        for place, size in (enumerate(value) if isinstance(value, list) else [(None, value)])
    )
    return [(name, place) for name, place, size in elements if size]


def _change(case: Case, name: str, place: int | None, values: list, step: fmpq) -> np.ndarray:
    """The relative change with an input, or one of a sequence; the larger one of coarse steps."""
    changes = np.zeros(len(values))
    for signed in (step, -step):
        inputs = _inputs(case)
        if place is None:
            inputs[name] = _moved(inputs[name], 1 + signed)
        else:
            inputs[name] = [*inputs[name]]
            inputs[name][place] = _moved(inputs[name][place], 1 + signed)
        points = inputs.pop(_POINTS)
        try:
            moved = _values(case, points, inputs, values)
        except ValueError:
            continue  # outside the domain
        if moved is None or len(moved) != len(values):
            return np.full(len(values), np.inf)
        errors = np.array([_error(m, v, v) for m, v in zip(moved, values, strict=True)])
        with np.errstate(over="ignore"):
            changes = np.maximum(changes, errors * int(step.q))
        if step == _FINE:
            break
    return changes


def _moved(value: Any, factor: fmpq) -> Any:
    if isinstance(value, complex):
        with mpmath.workprec(_BITS):
            return mpmath.mpc(value) * int(factor.p) / int(factor.q)
    return exact(value, "input") * factor


def _sizes(case: Case, observable: Coefficients) -> list[float]:
    """For coefficients, the sum of the moduli of the terms of each; none where doubles end."""
    variables, polynomials = _terms(case.law, observable)
    at = {observable.argument.name: abs(case.points[0]), **case.parameters}
    values = np.array([at[name] for name in variables])
    highest = np.max([exponents.max(0) for _, exponents in polynomials], axis=0)
    positive = values > 0
    if (highest * abs(np.log10(values, where=positive, out=0 * values))).sum() > _POWERS:
        return []
    return [float(c @ np.prod(values**exponents, axis=1)) for c, exponents in polynomials]


@cache
def _terms(law: Law, observable: Coefficients) -> tuple[list[str], list]:
    """Names of the variables; moduli of coefficients and exponents of each polynomial."""
    expressions = observable.coefficients(law)
    symbols = sorted(set().union(*(e.free_symbols for e in expressions)), key=str)
    polynomials = [Poly(expression, *symbols) for expression in expressions]
    return [s.name for s in symbols], [
        (np.abs(np.array(p.coeffs(), float)), np.array(p.monoms())) for p in polynomials
    ]
