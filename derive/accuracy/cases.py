"""Functions of the generated modules at random and adversarial arguments.

Parameters without an upper bound are spread over [1e-3, 1e3] above their lower one, evenly in the
logarithm, or lie at 1 or at another parameter or within 1e-15 to 1e-1 of it; those between two
bounds lie anywhere, at the bounds, or as close to them. Points lie in the bulk, in gaps and tails,
at edges times 1 ± 10^(-k), at zero and at the ends of the doubles.
"""

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq

from derive.laws.law import Law, Parameter
from derive.observables import Observable
from derive.observables.observable import LEVEL, ORDER, PLANE, RIDGE, Coefficients, X
from derive.reference import evaluate

_LONGEST = 3  # sequence of parameters
_DPS = 20  # of the edges and masses that points are drawn beside


@dataclass(frozen=True)
class Case:
    """A function of a generated module at given arguments."""

    law: Law
    observable: Observable
    points: tuple
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.observable.public_name(self.law)

    def __str__(self) -> str:
        """The call in Python, every digit of the arguments included."""
        named = (f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.law.name}.{self.name}({', '.join([*map(repr, self.points), *named])})"

    def computed(self) -> np.ndarray:
        """Values of the generated module, flat. A warning is an error."""
        function = getattr(importlib.import_module(f"nlrmt.{self.law.name}"), self.name)
        with warnings.catch_warnings(action="error"):
            return np.ravel(function(*self.points, **self.parameters))


def draw(law: Law, observable: Observable, rng: np.random.Generator) -> Case:
    """A random case."""
    parameters = _draw_parameters(law, rng)
    argument = observable.argument
    if argument is None:
        return Case(law, observable, (), parameters)
    if argument is ORDER:
        return Case(law, observable, (int(rng.integers(13)),), parameters)
    draw_point = {X: _draw_real, PLANE: _draw_complex, RIDGE: _draw_ridge, LEVEL: _draw_level}
    point: Any = draw_point[argument](law, parameters, rng)
    if isinstance(observable, Coefficients) and argument is RIDGE:
        point = max(point, 1e-30)  # products of powers end with the doubles
    return Case(law, observable, (point,), parameters)


def _draw_parameters(law: Law, rng: np.random.Generator) -> dict[str, Any]:
    """Values of all parameters; equal weights, and now and then what may be given instead."""

    def element(parameter: Parameter, known: Mapping[str, float], place: int | None) -> float:
        return _draw_number(parameter, known, rng)

    length = int(rng.integers(1, _LONGEST + 1))
    drawn = law.filled(element, length)
    for parameter in law.parameters:
        if parameter.instead_of and rng.random() < 0.5:
            del drawn[parameter.instead_of]
            drawn[parameter.name] = [_draw_number(parameter, {}, rng) for _ in range(length)]
    return drawn


def _draw_number(
    parameter: Parameter, known: Mapping[str, float], rng: np.random.Generator
) -> float:
    """A value of a parameter, or an element of a sequence, beside numbers that are drawn."""
    lower, upper = parameter.bounds(known)
    tiny = 10 ** rng.uniform(-15, -1)
    if upper is None:
        beside = rng.choice([1.0, *known.values()])
        free = _float(lower) + 10 ** rng.uniform(-3, 3)
        close = (max(beside * f, _float(lower)) for f in (1, 1 + tiny, 1 - tiny))
        inside = [
            value if value > _float(lower) or not parameter.strict else free for value in close
        ]
        return float(rng.choice([free, free, free, *inside]))
    at_bounds = [] if parameter.strict else [0.0, 1.0]
    share = rng.choice([*at_bounds, tiny, 1 - tiny, rng.random(), rng.random()])
    return float(min(_float(lower) + _float(upper - lower) * share, _float(upper)))


def _float(number: fmpq) -> float:
    return int(number.p) / int(number.q)


def _draw_real(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    """Points in the bulk, in gaps and tails, beside edges, at zero."""
    edges = _edges(law, parameters)
    place = rng.integers(len(edges) // 2) * 2
    low, high = edges[place : place + 2]
    positive = max(low, high * 1e-25)
    tiny = 10 ** rng.uniform(-16, 0)
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


def _edges(law: Law, parameters: dict) -> np.ndarray:
    """Ends of the support; without a curve, where they take long, zero and twice the mean."""
    if law.curve is None:
        return np.array([0.0, 2 * float(evaluate(law, "moments", 1, dps=_DPS, **parameters)[1])])
    return np.ravel(np.array(evaluate(law, "support", dps=_DPS, **parameters), float))


def _draw_complex(law: Law, parameters: dict, rng: np.random.Generator) -> float | complex:
    """On the axis, and above and below it at a distance of 1e-300 to 100 times the real part."""
    real = _draw_real(law, parameters, rng) * rng.choice([-1, 1])
    if rng.random() < 0.2:
        return float(real)
    lowest = rng.choice([-14, -300])
    return complex(real, abs(real) * 10 ** rng.uniform(lowest, 2) * rng.choice([-1, 1]))


def _draw_ridge(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    """Ridge parameters from 1e-300 to 1e4 times the largest edge, and zero."""
    top = _edges(law, parameters)[-1]
    lowest = rng.choice([-8, -30, -300])
    return float(top * 10 ** rng.uniform(lowest, 4)) if rng.random() < 0.98 else 0.0


def _draw_level(law: Law, parameters: dict, rng: np.random.Generator) -> float:
    """Levels in general, close to zero and one, and close to the mass of an atom or up to a gap."""
    tiny = 10 ** rng.uniform(-12, 0)
    x = _draw_real(law, parameters, rng)
    mass = float(evaluate(law, "cdf", x, dps=_DPS, **parameters))
    candidates = [rng.random(), tiny, 1 - tiny, mass, mass + (1 - mass) * tiny, mass * (1 - tiny)]
    return float(rng.choice(candidates))
