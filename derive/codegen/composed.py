"""From a composed law to the text of its NumPy module."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from sympy import Expr

from derive.calculus import Spectrum
from derive.calculus.text import plain
from derive.codegen.printer import code, within
from derive.laws.law import Law, Parameter
from derive.observables.observable import Coefficients, Observable
from derive.reference import evaluate
from derive.runtime.parameters import POINTS

# Names by which a module composes.
_WORDS = {"atoms", "layers", "marchenko_pastur", "semicircle"}
_IMPORTED = {"np", "law", "Law", "CurveLaw", "Domain", "Product", "Potential", "Polynomial"}
_SEED = 20240229
_CASES = 6  # sets of parameters
_LENGTH = 2  # of sequences
_PLAIN = 1e-14  # relative error that needs no excuse
_WORST = 1e-8  # error over 1 + condition number that a module may have
_LONG = 15  # digits from which a number is written as a double


def context(law: Law) -> dict[str, Any]:
    """What the text of a composition needs.

    Raises
    ------
    ValueError
        If a function of the law uses more than the module has.
    """
    position, spectrum = law.atom_position, law.spectrum
    return {
        "composition": plain(spectrum, _text, None) if isinstance(spectrum, Spectrum) else "",
        "spectrum_source": "" if isinstance(spectrum, Spectrum) else _source(spectrum, law),
        "position_source": _source(position, law) if position else "",
    }


def public(
    law: Law, observables: Sequence[Observable], accuracy: Mapping[str, str]
) -> dict[str, Any]:
    """What the text of a module's public functions needs, for every law.

    Raises
    ------
    ValueError
        If a parameter has the name of an argument, or of what a module imports.
    """
    if taken := sorted({p.name for p in law.parameters} & {*POINTS, *_WORDS, *_IMPORTED}):
        raise ValueError(f"{law.name}: parameter names {', '.join(taken)} are reserved")
    position = law.atom_position
    names = [observable.public_name(law) for observable in observables]
    names += ["law", *(f.__name__ for f in law.helpers)]

    return {
        "law": law,
        "origin": f"the law {law.name}",
        "names": sorted([*names, *(["atom_position"] if position else [])]),
        "observables": observables,
        "is_polynomial": lambda o: isinstance(o, Coefficients),
        "position": position.__name__ if position else "",
        "domain": _domain,
        "accuracy": dict(accuracy),
    }


def _source(function: Callable[..., Any], law: Law) -> str:
    """Text of a function that a law is defined by."""
    known = _WORDS | ({law.atom_position.__name__} if law.atom_position else set())
    used = inspect.getclosurevars(function)
    if unknown := sorted({*used.globals, *used.nonlocals} - known):
        raise ValueError(
            f"{law.name}: {function.__name__} uses {unknown[0]}, which its NumPy module does not "
            f"have: compose with {', '.join(sorted(_WORDS))} and the parameters alone"
        )
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except OSError:
        text = ""
    if not text.startswith("def "):
        raise ValueError(f"{law.name}: the text of {function!r} is not found: define it in a file")
    return text


def _text(value: Expr) -> str:
    return _number(value) if value.is_Rational else code(value)


def _number(value: Expr) -> str:
    """A quotient of integers as it stands if it is short, else the nearest double."""
    if max(abs(value.p), value.q) < 10**_LONG:
        return str(value)
    return repr(int(value.p) / int(value.q))


def _domain(parameter: Parameter) -> str:
    """Arguments of `runtime.parameters.Domain`."""
    name = parameter.name
    bounds = [b for b in (parameter.lower, parameter.upper) if b is not None]
    names = sorted({name}.union(*({s.name for s in b.free_symbols} for b in bounds)))
    condition = f"lambda {', '.join([*names, '**_'])}: {within(parameter, name)}"
    arguments = [f'"{name}", "{parameter.domain}", {condition}']
    defaults = {f.name: f.default for f in fields(parameter)}
    for key in ("kind", "matches", "number_for_all", "instead_of", "meaning"):
        if (value := getattr(parameter, key)) != defaults.get(key):
            arguments.append(f"{key}={value!r}")
    return f"Domain({', '.join(arguments)})"


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
        for name, points in _points(module, parameters, rng):
            function = getattr(module, name)
            for point, got in zip(points, function(np.array(points), **parameters), strict=True):
                expected = complex(evaluate(law, name, point, dps=20, **parameters))
                size = abs(expected) + np.finfo(float).tiny
                error = abs(got - expected) / size
                if not error <= _PLAIN:  # more than rounding: the condition number is asked for
                    moved = function(point + abs(point) * 2.0**-30, **parameters)
                    error = abs(got - expected) / (size + abs(moved - expected) * 2.0**30)
                if not error <= _WORST:
                    raise ValueError(
                        f"{law.name}: its NumPy module is not right, and is not written: "
                        f"{name}({point!r}, {parameters}) gives {got} where {expected} is proved; "
                        "use derive.evaluate, and report the law"
                    )
                worst = max(worst, float(error))
    bound = next(b for b in (1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1.0) if 3 * worst < b)
    return f"Measured errors are within {bound:.0e} (1 + condition number)."


def _drawn(law: Law, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters of ordinary size, at their bounds as well where these belong to the domain."""

    def element(parameter: Parameter, known: Mapping[str, float], place: int | None) -> float:
        lower, upper = parameter.bounds(known)
        if upper is None:
            return float(lower) + 10 ** rng.uniform(-0.7, 0.7)
        share = rng.choice([rng.random(), *([] if parameter.strict else [0.0, 1.0])])
        return min(float(lower) + float(upper - lower) * share, float(upper))

    return law.filled(element, _LENGTH)


def _points(
    module: ModuleType, parameters: dict[str, Any], rng: np.random.Generator
) -> Iterator[tuple[str, list]]:
    """Observables, and points in the bulk, in gaps, outside, beside the edges and off the axis."""
    ends = module.support(**parameters).ravel()
    ends = ends[np.isfinite(ends)]
    if not ends.size:
        ends = np.array([-1.0, 1.0])
    width = ends[-1] - ends[0] + abs(ends).max() * 1e-3
    x = [ends[0] - rng.random() * width, ends[-1] + rng.random() * width]
    x += [a + (b - a) * rng.random() for a, b in pairwise(ends)]
    x += [e + s * width * 1e-4 for e in ends[[0, -1]] for s in (-1, 1)]
    x = list(map(float, x))
    yield "density", x
    yield "cdf", x
    yield "cauchy_transform", [*x, *(complex(point, width * rng.random()) for point in x)]
    if ends[0] >= 0:
        for name in ("train_error", "log_potential"):
            yield name, [float(width * rng.random())]
