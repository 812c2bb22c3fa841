"""From a composed law to the text of its NumPy module."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from jinja2 import Environment
from sympy import Expr, Rational, Symbol

from derive.calculus import Spectrum
from derive.codegen.printer import code
from derive.laws.law import Law, Parameter
from derive.observables import OBSERVABLES
from derive.observables.observable import Coefficients
from derive.reference import evaluate

_SEED = 20240229
_CASES = 6  # sets of parameters
_WORST = 1e-8  # error over 1 + condition number that a module may have
_LONG = 15  # digits from which a number is written as a double


def render(law: Law, environment: Environment, accuracy: str) -> str:
    """Text of the module, not yet formatted."""
    shown = [o for o in OBSERVABLES if not isinstance(o, Coefficients)]
    return environment.get_template("composed.py.j2").render(
        law=law,
        names=sorted(o.name for o in shown),
        observables=shown,
        tree=tree(law.spectrum),
        allowed=_allowed,
        arguments=_arguments,
        operations=sorted(_operations(law.spectrum)),
        accuracy=accuracy,
    )


def tree(law: Spectrum) -> str:
    """A composition as calls of `nlrmt.runtime.potential.node`."""
    operands = "".join(f"{tree(operand)}, " for operand in law.operands)
    return f"node({law.operation.name.upper()}, {_text(law.parameters)}, ({operands}))"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + "".join(f"{_text(part)}, " for part in value) + ")"
    return _number(value) if value.is_Rational else code(value)


def _number(value: Expr) -> str:
    """A quotient of integers as it stands if it is short, else the nearest double."""
    if max(abs(value.p), value.q) < 10**_LONG:
        return str(value)
    return repr(int(value.p) / int(value.q))


def _operations(law: Spectrum) -> set[str]:
    return {law.operation.name.upper()}.union(*map(_operations, law.operands))


def _arguments(parameter: Parameter) -> str:
    """Names that the domain depends on, and room for the others."""
    bounds = [b for b in (parameter.lower, parameter.upper) if b is not None]
    names = {parameter.name}.union(*({s.name for s in b.free_symbols} for b in bounds))
    return ", ".join([*sorted(names), "**_"])


def _allowed(parameter: Parameter) -> str:
    relation = ">" if parameter.strict else ">="
    text = f"({parameter.name} {relation} {code(parameter.lower)})"
    if parameter.upper is not None:
        text += f" & ({parameter.name} {relation.replace('>', '<')} {code(parameter.upper)})"
    return text


def measured(law: Law, module: ModuleType) -> str:
    """What a short run of a module against the reference shows, as a sentence.

    Raises
    ------
    ValueError
        If the module is not right; it names the law, the point and the values.
    """
    rng = np.random.default_rng(_SEED)
    worst = 0.0
    for _ in range(_CASES):
        parameters = _drawn(law, rng)
        for name, point in _points(law, module, parameters, rng):
            got = getattr(module, name)(point, **parameters)
            expected = complex(evaluate(law, name, point, dps=20, **parameters))
            step = abs(point) * 2.0**-30
            moved = complex(getattr(module, name)(point + step, **parameters))
            condition = abs(moved - expected) * 2.0**30
            error = abs(got - expected) / (abs(expected) + condition + np.finfo(float).tiny)
            if not error <= _WORST:
                raise ValueError(
                    f"{law.name}: its NumPy module is not right, and is not written: "
                    f"{name}({point!r}, {parameters}) gives {got} where {expected} is proved; "
                    "use derive.evaluate, and report the law"
                )
            worst = max(worst, float(error))
    bound = next(b for b in (1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1.0) if 3 * worst < b)
    return f"Measured errors are within {bound:.0e} (1 + condition number)."


def _drawn(law: Law, rng: np.random.Generator) -> dict[str, float]:
    """Parameters of ordinary size, at their bounds as well where these belong to the domain."""
    drawn: dict[Symbol, Rational] = {}
    for parameter in law.parameters:
        lower = parameter.lower.subs(drawn)
        if parameter.upper is None:
            value = float(lower) + 10 ** rng.uniform(-0.7, 0.7)
        else:
            upper = parameter.upper.subs(drawn)
            share = rng.choice([rng.random(), *([] if parameter.strict else [0.0, 1.0])])
            value = min(float(lower) + float(upper - lower) * share, float(upper))
        drawn[parameter.symbol] = Rational(value)
    return {symbol.name: float(value) for symbol, value in drawn.items()}


def _points(
    law: Law, module: ModuleType, parameters: dict[str, float], rng: np.random.Generator
) -> Iterator[tuple[str, Any]]:
    """Observables and points in the bulk, in gaps, outside, beside the edges and off the axis."""
    ends = module.support(**parameters).ravel()
    ends = ends[np.isfinite(ends)]
    if not ends.size:
        ends = np.array([-1.0, 1.0])
    width = ends[-1] - ends[0] + abs(ends).max() * 1e-3
    x = [ends[0] - rng.random() * width, ends[-1] + rng.random() * width]
    x += [a + (b - a) * rng.random() for a, b in pairwise(ends)]
    x += [e + s * width * 1e-4 for e in ends[[0, -1]] for s in (-1, 1)]
    for point in map(float, x):
        for name in ("density", "cdf", "cauchy_transform"):
            yield name, point
        yield "cauchy_transform", complex(point, width * rng.random())
    if ends[0] >= 0:
        for name in ("train_error", "log_potential"):
            yield name, float(width * rng.random())
