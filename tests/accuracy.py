"""Errors of the generated modules against proved digits, in units of 1 + condition number.

Errors of polynomials' coefficients are taken relative to the sum of the moduli of their terms.

    python -m tests.accuracy [N]

draws N sets of parameters and a point for every observable of every law, many of them at or close
to a bound, an edge, an atom or a coincidence of parameters, and prints how large the errors are.
"""

import importlib
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from sympy import Poly

from derive.laws import LAWS, Law
from derive.observables import OBSERVABLES, Observable
from derive.observables.observable import LEVEL, ORDER, PLANE, RIDGE, Coefficients, X
from derive.reference import evaluate

_DPS = 45
_FINE, _COARSE = mpf(2) ** -60, mpf(2) ** -50  # relative changes of an input, exact in _BITS
_BITS = 300
_NEGLIGIBLE = 1e-14  # the condition number is asked for above this error
_SUSPICIOUS = 1e-11  # ... and, in these units, over the coarse change as well
_SMALLEST = mpf("1e-290")  # below, errors are absolute: doubles end


@dataclass(frozen=True)
class Case:
    """A function of a generated module at given arguments."""

    law: Law
    observable: Observable
    points: tuple
    parameters: dict[str, float]

    @property
    def name(self) -> str:
        return self.observable.public_name(self.law)

    def __str__(self) -> str:
        parameters = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return ", ".join([*map(repr, self.points), parameters])

    def computed(self) -> np.ndarray:
        """Values of the generated module, flat."""
        function = getattr(importlib.import_module(f"nlrmt.{self.law.name}"), self.name)
        return np.ravel(function(*self.points, **self.parameters))

    def reference(self) -> list | None:
        """Proved values, flat; None at a pole."""
        return _flat(self.law, self.name, self.points, self.parameters)

    def conditions(self, values: list, step: mpf) -> np.ndarray:
        """Σ |input · ∂ ln value/∂ input| for every value, by differences within the domain."""
        points = () if self.observable.argument is ORDER else self.points
        inputs = [key for key, size in [*enumerate(points), *self.parameters.items()] if size]
        return sum((self._change(key, values, step) for key in inputs), np.zeros(len(values)))

    def _change(self, key: int | str, values: list, step: mpf) -> np.ndarray:
        """The larger of the relative changes up and down over the step."""
        changes = np.zeros(len(values))
        for signed in (step, -step):
            points, parameters = list(self.points), dict(self.parameters)
            inputs: Any = points if isinstance(key, int) else parameters
            with mpmath.workprec(_BITS):
                inputs[key] = mpmath.mpmathify(inputs[key]) * (1 + signed)
            try:
                moved = _flat(self.law, self.name, points, parameters)
            except ValueError:
                continue  # outside the domain
            if moved is None or len(moved) != len(values):
                return np.full(len(values), np.inf)
            errors = np.array([_error(m, v, v) for m, v in zip(moved, values, strict=True)])
            with np.errstate(over="ignore"):
                changes = np.maximum(changes, errors / float(step))
        return changes

    def sizes(self) -> list[float]:
        """For coefficients, the sum of the moduli of the terms of each."""
        variables, polynomials = _terms(self.law, self.observable)
        at = {self.observable.argument.name: abs(self.points[0]), **self.parameters}
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


@dataclass(frozen=True)
class Result:
    """The worst value of a case."""

    case: Case
    units: float
    error: float = np.inf
    condition: float = 0.0
    note: str = ""


def _flat(law: Law, name: str, points: Any, parameters: dict) -> list | None:
    try:
        value = evaluate(law, name, *points, dps=_DPS, **parameters)
    except ValueError as error:
        if "pole" in str(error):
            return None
        raise
    items = value if isinstance(value, list) else [value]
    return [v for item in items for v in (item if isinstance(item, tuple) else [item])]


def examine(case: Case) -> Result:
    """Compare a case with its reference."""
    expected = case.reference()
    try:
        got = case.computed()
    except Exception as error:
        return Result(case, np.inf, note=repr(error))
    if expected is None:
        return Result(case, 0.0 if np.isnan(got).all() else np.inf, note="pole")
    if len(got) != len(expected):
        return Result(case, np.inf, note=f"{len(got)} values, expected {len(expected)}")
    coefficients = isinstance(case.observable, Coefficients)
    sizes = case.sizes() if coefficients else expected
    errors = np.array(
        [_error(*triple) for triple in zip(got.tolist(), expected, sizes, strict=True)]
    )
    conditions, units = np.zeros(len(errors)), errors
    if not coefficients and np.any(errors > _NEGLIGIBLE):
        conditions = case.conditions(expected, _FINE)
        units = _units(errors, conditions)
        if np.any(units > _SUSPICIOUS):  # a kink or a jump close by?
            conditions = np.maximum(conditions, case.conditions(expected, _COARSE))
            units = _units(errors, conditions)
    if not len(units):
        return Result(case, 0.0, 0.0)
    worst = int(np.argmax(units))
    note = f"{got[worst]!r} for {mpmath.nstr(expected[worst], 17)}"
    return Result(case, units[worst], errors[worst], conditions[worst], note)


def _units(errors: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """Error over 1 + condition number; none where that is infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(conditions), 0.0, errors / (1 + conditions))


def _error(got: Any, expected: Any, size: Any) -> float:
    """Modulus of the difference over the size."""
    if got == expected:
        return 0.0
    if not (mpmath.isfinite(expected) and mpmath.isfinite(got)):
        return np.inf
    with mpmath.workdps(_DPS):
        return float(abs(mpmath.mpmathify(got) - expected) / max(abs(size), _SMALLEST))


# Arguments


def draw(law: Law, observable: Observable, rng: np.random.Generator) -> Case:
    """A random case."""
    parameters = _draw_parameters(law, rng)
    argument = observable.argument
    if argument is None:
        return Case(law, observable, (), parameters)
    if argument is ORDER:
        return Case(law, observable, (int(rng.integers(13)),), parameters)
    draw_point = {X: _draw_real, PLANE: _draw_complex, RIDGE: _draw_ridge, LEVEL: _draw_level}
    point = draw_point[argument](law, parameters, rng)
    if isinstance(observable, Coefficients) and argument is RIDGE:
        point = max(point, 1e-30)  # products of powers end with the doubles
    return Case(law, observable, (point,), parameters)


def _draw_parameters(law: Law, rng: np.random.Generator) -> dict[str, float]:
    drawn: dict = {}
    for parameter in law.parameters:
        tiny = 10 ** rng.uniform(-15, -1)
        if parameter.upper is None:
            beside = rng.choice([1.0, *drawn.values()])
            free = 10 ** rng.uniform(-3, 3)
            value = rng.choice([free, free, free, beside, beside * (1 + tiny), beside * (1 - tiny)])
        else:
            lower, upper = (float(b.subs(drawn)) for b in (parameter.lower, parameter.upper))
            at_bounds = [] if parameter.strict else [0.0, 1.0]
            share = rng.choice([*at_bounds, tiny, 1 - tiny, rng.random(), rng.random()])
            value = min(lower + (upper - lower) * share, upper)
        drawn[parameter.symbol] = float(value)
    return {symbol.name: value for symbol, value in drawn.items()}


def _draw_real(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    """Points in the bulk, in gaps and tails, beside edges, at zero."""
    edges = np.ravel(np.array(evaluate(law, "support", dps=20, **parameters), float))
    place = rng.integers(len(edges) // 2) * 2
    low, high = edges[place : place + 2]
    positive = max(low, high * 1e-25)
    tiny = 10 ** rng.uniform(-13, 0)
    before = edges[place - 1] if place else 0.0
    candidates = [
        low + (high - low) * rng.random(),
        positive * (high / positive) ** rng.random(),
        rng.choice([positive, high]) * (1 + tiny),
        rng.choice([positive, high]) * (1 - tiny),
        before + (low - before) * rng.random(),
        edges[-1] * 10 ** rng.uniform(-12, 6),
        -edges[-1] * 10 ** rng.uniform(-30, 6),
    ]
    return float(rng.choice(candidates)) if rng.random() < 0.98 else 0.0


def _draw_complex(law: Law, parameters: dict, rng: np.random.Generator) -> float | complex:
    """On the axis, and above and below it at a distance of 1e-14 to 100 times the real part."""
    real = _draw_real(law, parameters, rng) * rng.choice([-1, 1])
    if rng.random() < 0.2:
        return float(real)
    return complex(real, abs(real) * 10 ** rng.uniform(-14, 2) * rng.choice([-1, 1]))


def _draw_ridge(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    (_, top), *_ = reversed(evaluate(law, "support", dps=20, **parameters))
    lowest = rng.choice([-8, -30, -300])
    return float(top * 10 ** rng.uniform(lowest, 4)) if rng.random() < 0.98 else 0.0


def _draw_level(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    """Levels in general, close to zero and one, and close to the mass of an atom or up to a gap."""
    tiny = 10 ** rng.uniform(-12, 0)
    x = _draw_real(law, parameters, rng)
    mass = float(evaluate(law, "cdf", x, dps=20, **parameters))
    candidates = [rng.random(), tiny, 1 - tiny, mass, mass + (1 - mass) * tiny, mass * (1 - tiny)]
    return float(rng.choice(candidates))


# Report


def survey(law: Law, observable: Observable, count: int, seed: int = 0) -> list[Result]:
    """Results of random cases, worst first."""
    rng = np.random.default_rng([seed, sum(map(ord, law.name + observable.name))])
    results = [examine(draw(law, observable, rng)) for _ in range(count)]
    return sorted(results, key=lambda result: -np.nan_to_num(result.units, nan=np.inf))


def main(count: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)
    table = Table("Law", "Observable", "Max", "99 %", "Median", title="Error / (1 + κ)")
    worst = []
    for law in LAWS.values():
        for observable in OBSERVABLES:
            results = survey(law, observable, count)
            units = [f"{results[k].units:.1e}" for k in (0, count // 100, count // 2)]
            table.add_row(law.name, observable.public_name(law), *units)
            worst.append(results[0])
    console.print(table)
    for result in sorted(worst, key=lambda result: -result.units)[:10]:
        case = result.case
        console.print(f"{result.units:.1e} (κ {result.condition:.1e}): {case.law.name}.{case.name}")
        console.print(f"    ({case})  {result.note}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
