"""Functions of the generated modules at random and adversarial arguments, drawn by families.

Parameters are drawn from their domains alone, points from the ends of the support and the atoms.
Every case carries the names of its two families, one of the parameters and one of the point.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
from flint import fmpq

from derive.laws.law import Law, Parameter
from derive.observables import Observable
from derive.observables.observable import LEVEL, ORDER, PLANE, RIDGE, Argument, X
from derive.reference import evaluate

DPS = 30  # of the reference; it takes more where its balls are not tight
_LONGEST = 3  # sequence of parameters
_HIGHEST = 12  # order of moments
_ON_AXIS = 0.4  # share of the points of the plane that are those of the axis
_GAPS, _SCALED = 0.02, 0.15  # shares of these families
_TRIES, _HALVINGS = 8, 60  # to find parameters with another number of intervals, and those between
_MOMENTS, _EQUAL = 4, 1e-25  # that tell whether parameters only scale a law
_SCALES = 990  # power of two
_TOP = 1e300  # of points
_EPS = float(np.finfo(float).eps)

Draw = Callable[[np.random.Generator], tuple[str, Any]]


@dataclass(frozen=True)
class Case:
    """A function of a generated module at given arguments."""

    law: Law
    module: ModuleType
    observable: Observable
    points: tuple
    parameters: dict[str, Any]
    family: str = ""

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.observable.public_name(self.law)

    def __str__(self) -> str:
        """The call in Python, every digit of the arguments included."""
        named = (f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.law.name}.{self.name}({', '.join([*map(repr, self.points), *named])})"

    def computed(self) -> np.ndarray:
        """Values of the generated module, flat. A warning is an error, but for an overflow."""
        function = getattr(self.module, self.name)
        with warnings.catch_warnings(action="error"):
            warnings.filterwarnings("ignore", "overflow")  # shows in the value
            found = function(*self.points, **self.parameters)
            return np.ravel([*found.values()] if isinstance(found, dict) else found)


def draw(
    law: Law,
    module: ModuleType,
    observables: Sequence[Observable],
    points: int,
    rng: np.random.Generator,
) -> Iterator[Case]:
    """Cases of some observables at one set of parameters, those at one point after each other."""
    parameters, family = draw_parameters(law, rng)
    places = Places(law, parameters)
    draws: dict[Argument, Draw] = {
        X: places.real,
        PLANE: places.plane,
        RIDGE: places.ridge,
        LEVEL: places.level,
        ORDER: lambda rng: ("", int(rng.integers(_HIGHEST + 1))),
    }
    # Cases of one observable do not depend on what the others are.
    *own, of_labels = rng.spawn(len(draws) + 1)
    streams = dict(zip(draws, own, strict=True))
    wanted = {observable.argument for observable in observables}
    for k in range(points):
        drawn: dict[Any, tuple] = {None: ("",)}
        for argument in draws:
            if argument in wanted or (argument is X and PLANE in wanted):
                drawn[argument] = draws[argument](streams[argument])
        if PLANE in wanted and streams[PLANE].random() < _ON_AXIS:
            drawn[PLANE] = drawn[X]
        variances = dict(zip(("signal", "noise"), _variances(of_labels), strict=True))
        for observable in observables:
            if observable.argument is RIDGE and places.ends[0] < 0:
                continue  # there is no ridge regression
            if k == 0 or observable.argument not in (None, ORDER):
                name, *point = drawn[observable.argument]
                families = ", ".join(filter(None, (family, name)))
                labels = {name: variances[name] for name in observable.labels(law)}
                given = parameters | labels
                yield Case(law, module, observable, tuple(point), given, families)


def _variances(rng: np.random.Generator) -> list[float]:
    """Of signal and noise, one of them zero now and then."""
    return [0.0 if rng.random() < 0.15 else 10 ** rng.uniform(-3, 3) for _ in range(2)]


# Parameters


def draw_parameters(law: Law, rng: np.random.Generator) -> tuple[dict[str, Any], str]:
    """Values of all parameters, and the name of their family."""
    if law.curve and rng.random() < _GAPS:
        return _with_a_gap(law, rng), "gap"
    family = str(rng.choice([*_ELEMENTS]))
    drawn = _drawn(law, _ELEMENTS[family], rng)
    if rng.random() < _SCALED and (scaled := _scaled(law, drawn, rng)):
        return scaled, f"{family}, scaled"
    return drawn, family


def _drawn(law: Law, element: Callable, rng: np.random.Generator) -> dict[str, Any]:
    """A value of every parameter, and now and then what may be given instead, and weights."""

    def number(parameter: Parameter, known: Mapping[str, float], place: int | None) -> float:
        low, high = parameter.bounds(known)
        lower, upper = _float(low), None if high is None else _float(high)
        value = element(lower, upper, [1.0, *known.values()], rng)
        inside = float(min(max(value, lower), np.inf if upper is None else upper))
        if parameter.strict and inside in (lower, upper):  # what is beside is rounded away
            return _plain(lower, upper, [], rng)
        return inside

    length = int(rng.integers(1, _LONGEST + 1))
    values = law.filled(number, length)
    for parameter in law.parameters:
        if parameter.instead_of and rng.random() < 0.5:
            del values[parameter.instead_of]
            values[parameter.name] = [number(parameter, {}, k) for k in range(length)]
        if parameter.kind == "weights" and parameter.matches in values and rng.random() < 0.5:
            shares = 10 ** rng.uniform(-3, 0, len(values[parameter.matches]))
            values[parameter.name] = (shares / shares.sum()).tolist()
    return values


def _plain(lower: float, upper: float | None, beside: list, rng: np.random.Generator) -> float:
    """Of ordinary size."""
    return lower + (10 ** rng.uniform(-3, 3) if upper is None else (upper - lower) * rng.random())


def _close(lower: float, upper: float | None, beside: list, rng: np.random.Generator) -> float:
    """At another parameter, at one or at a bound, or beside these."""
    if rng.random() < 0.4:
        return _plain(lower, upper, beside, rng)
    tiny = rng.choice([0, 10 ** rng.uniform(-16, -1)]) * rng.choice([-1, 1])
    if upper is None:
        return float(rng.choice(beside)) * (1 + tiny)
    share = abs(tiny)
    return lower + (upper - lower) * rng.choice([share, 1 - share])


def _wide(lower: float, upper: float | None, beside: list, rng: np.random.Generator) -> float:
    """Of any size between 1e-6 and 1e6, or as close to bounds."""
    if upper is None:
        return lower + 10 ** rng.uniform(-6, 6)
    share = 10 ** rng.uniform(-12, 0)
    return lower + (upper - lower) * rng.choice([share, 1 - share])


_ELEMENTS = {"plain": _plain, "close": _close, "wide": _wide}


def _scaled(law: Law, values: dict, rng: np.random.Generator) -> dict[str, Any] | None:
    """The same law at another scale, of up to 2^±990, if some parameters only scale it."""

    def by(factor: float, names: Iterable[str]) -> dict[str, Any]:
        moved = {name: np.multiply(values[name], factor).tolist() for name in names}
        return {**values, **moved}

    def moments(parameters: dict) -> list:
        return evaluate(law, "moments", _MOMENTS, dps=DPS, **parameters)

    for names in (names for k in range(1, len(values) + 1) for names in combinations(values, k)):
        try:
            before, after = moments(values), moments(by(2.0, names))
            power = round(2 * np.log2(float(after[2] / before[2]))) / 4
            with mpmath.workdps(DPS):
                expected = [m * 2 ** (k * mpmath.mpf(power)) for k, m in enumerate(before)]
                pairs = zip(after, expected, strict=True)
                is_scaled = all(abs(m - n) <= _EQUAL * abs(n) for m, n in pairs)
            if power and is_scaled:
                scaled = by(2.0 ** round(rng.uniform(-1, 1) * _SCALES / max(1, abs(power))), names)
                law.read(scaled)
                return scaled
        except ValueError:  # outside the domain
            continue
    return None


def _with_a_gap(law: Law, rng: np.random.Generator) -> dict[str, Any]:
    """Where intervals of the support are about to merge, as close to it as doubles can be."""

    def intervals(values: dict) -> int:
        return len(evaluate(law, "support", dps=DPS, **values))

    one = _drawn(law, _plain, rng)
    for _ in range(_TRIES):
        other = _drawn(law, _plain, rng)
        if intervals(one) != intervals(other):
            break
    for _ in range(int(rng.integers(10, _HALVINGS))):
        middle = {name: one[name] + (other[name] - one[name]) / 2 for name in one}
        if intervals(middle) == intervals(one):
            one = middle
        else:
            other = middle
    return one if rng.random() < 0.5 else other


def _float(number: fmpq) -> float:
    return int(number.p) / int(number.q)


# Points


class Places:
    """Points that belong to a law at given parameters."""

    def __init__(self, law: Law, parameters: dict[str, Any]):
        self.law, self.parameters = law, parameters

    @cached_property
    def atoms(self) -> list[float]:
        """Where there may be atoms."""
        return [
            0.0,
            *(_float(fmpq(a)) for a in self.law.tree(self.law.read(self.parameters)).atoms),
        ]

    @cached_property
    def ends(self) -> np.ndarray:
        """Finite ends of the support; where they are not proved, zero and twice the mean."""
        try:
            ends = np.ravel(np.array(self._evaluate("support"), float))
        except (ArithmeticError, ValueError):
            ends = np.empty(0)
        ends = ends[np.isfinite(ends)]
        return ends if ends.size else np.array([0, 2 * float(self._evaluate("moments", 1)[1])])

    @cached_property
    def top(self) -> float:
        """Size of the law."""
        return float(abs(self.ends).max()) or 1.0

    def _evaluate(self, name: str, *points: Any) -> Any:
        return evaluate(self.law, name, *points, dps=DPS, **self.parameters)

    def real(self, rng: np.random.Generator) -> tuple[str, float]:
        """A real point and its family."""
        ends, top = self.ends, self.top
        place = 2 * int(rng.integers(len(ends) // 2))
        low, high = ends[place : place + 2]
        before = ends[place - 1] if place else min(0.0, low)
        end, sign = rng.choice([low, high]), rng.choice([-1, 1])
        share = rng.choice([rng.random(), 10 ** rng.uniform(-12, 0)])
        roundings = sign * np.floor(10 ** rng.uniform(-1, 6))
        points = {
            "bulk": rng.choice([low + (high - low) * share, high - (high - low) * share]),
            "gap": before + (low - before) * rng.random(),
            "rounding": end + roundings * np.spacing(end),
            "beside": end * (1 + sign * 10 ** rng.uniform(-16, 0)),
            "outside": rng.choice([ends[0], ends[-1]]) * 10 ** rng.uniform(-6, 6),
            "negative": -top * 10 ** rng.uniform(-30, 6),
            "atom": rng.choice(self.atoms) * (1 + roundings * _EPS),
            "far": sign * _between(top, _TOP, rng),
            "tiny": sign * 10 ** rng.uniform(-323, -12) * top,
        }
        return _any(points, [6, 1, 3, 3, 2, 1, 0.3, 0.3, 0.7], rng)

    def plane(self, rng: np.random.Generator) -> tuple[str, complex]:
        """A complex point and its family."""
        name, x = self.real(rng)
        size, sign = abs(x) or self.top, rng.choice([-1, 1])
        heights = {
            "off the axis": size * 10 ** rng.uniform(-16, 2),
            "close to the axis": size * 10 ** rng.uniform(-310, -16),
            "over": self.top * 10 ** rng.uniform(-3, 1),
        }
        height, y = _any(heights, [2, 1, 1], rng)
        return f"{height} at {name}", complex(x, sign * y)

    def ridge(self, rng: np.random.Generator) -> tuple[str, float]:
        """A ridge parameter and its family."""
        points = {
            "ordinary": self.top * 10 ** rng.uniform(-8, 4),
            "beside": 10 ** rng.uniform(-1, 1) * rng.choice(abs(self.ends)),
            "small": self.top * 10 ** rng.uniform(-30, -8),
            "tiny": self.top * 10 ** rng.uniform(-323, -30),
            "far": _between(self.top, _TOP, rng),
            "zero": 0.0,
        }
        return _any(points, [4, 2, 2, 1, 0.3, 0.2], rng)

    def level(self, rng: np.random.Generator) -> tuple[str, float]:
        """A level of the distribution function and its family."""
        name, x = self.real(rng)
        tiny = 10 ** rng.uniform(-16, 0)
        try:
            mass = float(self._evaluate("cdf", x))
        except ArithmeticError:
            mass = 0.5
        sign = rng.choice([-1, 1])
        levels = {
            "level": rng.random(),
            "low": 10 ** rng.uniform(-300, 0),
            "high": 1 - tiny,
            f"mass at {name}": mass,
            f"beside the mass at {name}": rng.choice([mass * (1 - tiny), mass + (1 - mass) * tiny]),
            f"rounding of the mass at {name}": mass * (1 + sign * _EPS),
        }
        family, level = _any(levels, [3, 1, 1, 2, 2, 1], rng)
        return family, min(level, 1.0)


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """A number between others, evenly in the logarithm."""
    share = rng.random()
    return float(low ** (1 - share) * high**share)


def _any(
    points: dict[str, float], shares: list[float], rng: np.random.Generator
) -> tuple[str, float]:
    """One of some points, each of which comes up with its share, within the doubles."""
    name = str(rng.choice([*points], p=np.array(shares) / sum(shares)))
    return name, float(np.clip(points[name], -_TOP, _TOP))
