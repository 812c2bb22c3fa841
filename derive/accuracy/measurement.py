"""The error of one case against proved digits, and its condition number by exact differences."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from sympy import Poly

from derive.accuracy.cases import Case
from derive.laws.law import Law
from derive.observables.observable import ORDER, Coefficients
from derive.reference import evaluate

_POINTS = ""  # among the names of inputs: that of no parameter
_EPS = float(np.finfo(float).eps)
_DPS = 45
_FINE, _COARSE = mpf(2) ** -60, mpf(2) ** -50  # relative changes of an input, exact in _BITS
_BITS = 300
_NEGLIGIBLE = 4.0  # units of eps; the condition number is asked for above this error
_SUSPICIOUS = 32.0  # ... and, where it does not explain the error, over the coarse change as well
_SMALLEST = mpf("1e-290")  # below, errors are absolute: doubles end


@dataclass(frozen=True)
class Measurement:
    """The worst value of a case.

    Attributes
    ----------
    case : Case
    units : float
        Error over eps·(1 + condition); infinite for NaN, an exception, a wrong number of values.
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
    try:
        expected = _values(case, case.points, case.parameters)
        got = case.computed()
    except Exception as error:  # of the reference, too: what is not known is no success
        return Measurement(case, np.inf, note=repr(error))
    if expected is None:
        return Measurement(case, 0.0 if np.isnan(got).all() else np.inf, note=f"{got!r} at a pole")
    if len(got) != len(expected):
        return Measurement(case, np.inf, note=f"{len(got)} values for {len(expected)}")
    polynomial = case.observable if isinstance(case.observable, Coefficients) else None
    sizes = _sizes(case, polynomial) if polynomial else expected
    triples = zip(got.tolist(), expected, sizes, strict=True)
    errors = np.array([_error(*triple) for triple in triples])
    conditions = np.zeros(len(errors))
    if not polynomial and _worst(_units(errors, conditions)) > _NEGLIGIBLE:
        conditions = _conditions(case, expected, _FINE)
        if _worst(_units(errors, conditions)) > _SUSPICIOUS:  # a kink or a jump close by?
            conditions = np.maximum(conditions, _conditions(case, expected, _COARSE))
    units = _units(errors, conditions)
    if not len(units):
        return Measurement(case, 0.0)
    worst = int(np.argmax(units))
    note = f"{got[worst]!s} for {mpmath.nstr(expected[worst], 17)}"
    return Measurement(case, float(units[worst]), float(conditions[worst]), note)


def _values(case: Case, points: Any, parameters: dict) -> list | None:
    """Proved values, flat; None at a pole."""
    try:
        value = evaluate(case.law, case.name, *points, dps=_DPS, **parameters)
    except ValueError as error:
        if "pole" in str(error):
            return None
        raise
    items = value if isinstance(value, list) else [value]
    return [v for item in items for v in (item if isinstance(item, tuple) else [item])]


def _worst(units: np.ndarray) -> float:
    return float(np.max(units, initial=0.0))


def _units(errors: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """Error over eps·(1 + condition number); no condition excuses an infinite error."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.isinf(errors), np.inf, errors / (1 + conditions) / _EPS)


def _error(got: Any, expected: Any, size: Any) -> float:
    """Modulus of the difference over the size."""
    if got == expected:
        return 0.0
    if not (mpmath.isfinite(expected) and mpmath.isfinite(got)):
        return np.inf
    with mpmath.workdps(_DPS):
        return float(abs(mpmath.mpmathify(got) - expected) / max(abs(size), _SMALLEST))


def _conditions(case: Case, values: list, step: mpf) -> np.ndarray:
    """Σ |input · ∂ ln value/∂ input| for every value, by differences within the domain."""
    inputs: list[tuple[str, int | None]] = []
    for name, value in _inputs(case).items():
        elements = enumerate(value) if isinstance(value, list) else [(None, value)]
        inputs += [(name, place) for place, size in elements if size]
    if case.observable.argument is ORDER:
        inputs = [key for key in inputs if key[0] != _POINTS]
    return sum((_change(case, *key, values, step) for key in inputs), np.zeros(len(values)))


def _inputs(case: Case) -> dict[str, Any]:
    """Points and parameters by name, those of sequences as lists."""
    return {_POINTS: list(case.points), **case.parameters}


def _change(case: Case, name: str, place: int | None, values: list, step: mpf) -> np.ndarray:
    """The larger of the relative changes up and down with an input, or one of a sequence."""
    changes = np.zeros(len(values))
    for signed in (step, -step):
        parameters = _inputs(case)
        with mpmath.workprec(_BITS):
            if place is None:
                parameters[name] = mpmath.mpmathify(parameters[name]) * (1 + signed)
            else:
                parameters[name] = list(parameters[name])
                parameters[name][place] = mpmath.mpmathify(parameters[name][place]) * (1 + signed)
        points = parameters.pop(_POINTS)
        try:
            moved = _values(case, points, parameters)
        except ValueError:
            continue  # outside the domain
        if moved is None or len(moved) != len(values):
            return np.full(len(values), np.inf)
        errors = np.array([_error(m, v, v) for m, v in zip(moved, values, strict=True)])
        with np.errstate(over="ignore"):
            changes = np.maximum(changes, errors / float(step))
    return changes


def _sizes(case: Case, observable: Coefficients) -> list[float]:
    """For coefficients, the sum of the moduli of the terms of each."""
    variables, polynomials = _terms(case.law, observable)
    at = {observable.argument.name: abs(case.points[0]), **case.parameters}
    values = np.array([at[name] for name in variables])
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
