"""From a law to the text of its NumPy module."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sympy import Symbol, collect, factor

from derive import __version__, laws, runtime
from derive.codegen import composed, horner, operations
from derive.codegen.bundle import bundle
from derive.codegen.divisor import Factor, SpecialPoints
from derive.codegen.kernel import Kernel
from derive.codegen.kernels import Kernels
from derive.codegen.printer import code, phrase, within
from derive.curve import y
from derive.elimination import lowest_terms
from derive.laws.law import Law
from derive.observables import OBSERVABLES
from derive.observables.observable import Coefficients, Observable

# Names that the templates give to arguments and variables beside the law's parameters.
_RESERVED = """
C F H S above alpha apart b bad below coefficient coefficients curve delta equation excess far gamma
inside interval k laws leading lifted logarithm mass members near np one order place power q r
rate result rest rounding rows share slope survival target turns value values w x y z
"""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("derive.codegen"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["code"] = code
    environment.filters["phrase"] = phrase
    environment.filters["within"] = within
    environment.filters["wrapped"] = horner.wrapped
    environment.filters["factored"] = lambda expression: code(lowest_terms(expression))
    environment.filters["collected"] = lambda expression: code(collect(expression, y))
    return environment


def render_module(law: Law) -> str:
    """Text of the self-contained NumPy module of a law, formatted.

    Raises
    ------
    UnsupportedCurveError
        If z(y) has factors of degree above two, or poles that are not rational.
    ValueError
        If a parameter's name is taken by the module's own variables.
    """
    if law.curve is None:
        accuracy = composed.measured(law, numpy_module(law, ""))
        return _formatted(composed.render(law, _environment(), accuracy))
    taken = sorted({parameter.name for parameter in law.parameters} & set(_RESERVED.split()))
    if taken:
        raise ValueError(f"{law.name}: parameter names {', '.join(taken)} are reserved")
    points = SpecialPoints(law)
    context = _context(law, points)
    functions = []
    for observable in OBSERVABLES:
        kind = "coefficients" if isinstance(observable, Coefficients) else observable.name
        own = _own(observable, law)
        template = _environment().get_template("function.py.j2")
        functions.append(template.render(kind=kind, o=observable, **own, **context))
    text = _environment().get_template("module.py.j2").render(functions=functions, **context)
    return _formatted(text)


def render_file(law: Law) -> str:
    """Text of a module in one file that needs NumPy alone."""
    return bundle(render_module(law), _library())


def render_package() -> dict[str, str]:
    """Text of every file of the import package, by path."""
    every = laws.EVERY_LAW.values()
    modules = {f"nlrmt/{law.name}.py": render_module(law) for law in every}
    package = _environment().get_template("package.py.j2").render(laws=every, version=__version__)
    return {
        "nlrmt/__init__.py": _formatted(package),
        "nlrmt/py.typed": "",
        **_library(),
        **modules,
    }


def _library() -> dict[str, str]:
    """What the modules share."""
    copied = {
        f"nlrmt/runtime/{path.name}": path.read_text(encoding="utf-8")
        for path in sorted(Path(runtime.__file__).parent.glob("*.py"))
    }
    return {"nlrmt/operations.py": _formatted(operations.render()), **copied}


def numpy_module(law: Law, text: str | None = None) -> ModuleType:
    """The NumPy module of a law, ready to call, without a file.

    Raises
    ------
    ValueError
        As `render_module` does.
    """
    if text is None:
        text = render_module(law)
    elif not text:
        text = composed.render(law, _environment(), "")
    module = ModuleType(law.name, law.title)
    # On the toolkit's own operations and runtime, of which the import package has copies.
    text = text.replace("from nlrmt.", "from derive.")
    exec(compile(text, f"<module of {law.name}>", "exec"), module.__dict__)
    return module


def _formatted(text: str) -> str:
    """Text formatted, without imports that it does not use."""
    for command in (["check", "--fix-only", "--select=F401"], ["format", "--line-length=100"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode or not result.stdout:
            raise ValueError(f"generated text is not Python: {result.stderr}")
        text = result.stdout
    return text


def _context(law: Law, points: SpecialPoints) -> dict[str, Any]:
    curve = law.curve
    kernels = _kernels(law, points)
    return {
        "law": law,
        "origin": f"derive/laws/{law.name}.py",
        "names": sorted(observable.public_name(law) for observable in OBSERVABLES),
        "points": points,
        "pole_index": {p.roots[0]: k for k, p in enumerate(points.poles)},
        "position": lambda f: -f.coefficients[0],
        "type_of": lambda parameter, o: "float" if o.name == "support" else "array_like",
        "gaps": [[gap for f in points.zeros for gap in _gaps(f, pole)] for pole in points.poles],
        "scale": points.product(curve.z).constant,
        "accuracy": "Measured errors are within 32 eps (1 + condition number), eps = 2.2e-16.",
        "kernels": kernels,
        "by_radicals": "pair" in {k.name for k in kernels},
        "kernel": {k.name: k for k in kernels},
        "special": ", ".join(str(output) for output in kernels[0].outputs),
        "offsets": ", ".join(name for f in points.factors for name in f.roots),
        "rows": 5 + max(len(k.buffer_names) for k in kernels),
        "planes": 4 + max(len(k.buffer_names) for k in kernels if k.name.startswith("c")),
        "potential_text": str(curve.potential),
        "subordination": [points.product(w) for w in curve.subordination[1:]],
        "subordination_text": ", ".join(code(factor(w)) for w in curve.subordination),
        "atom": curve.atom,
        "expansions": {
            "S": [points.partial_fractions(part)[1] for part in points.balanced(curve.z / y)],
            "H": points.partial_fractions(curve.z * curve.cauchy)[1],
        },
    }


def _kernels(law: Law, points: SpecialPoints) -> list[Kernel]:
    """The kernels of a module, in the order in which they are printed."""
    make, curve, companion = Kernels(points), law.curve, law.curve.companion(law.ratio)
    cauchy = points.product(curve.cauchy)
    (_, leading), *others = curve.logarithms
    potential = (
        points.product(leading),
        points.residues(curve.rational),
        [(c, points.product(1 / f), points.residues(1 / f)) for c, f in others],
    )
    on_axis = [make.pair, make.axis_step, make.real_roots, make.real_step]
    return [
        make.special_points,
        *(on_axis if make.by_radicals else []),
        make.ridge_step,
        make.complex_start,
        make.complex_step,
        make.height(curve.subordination[1:]),
        make.density(points.residues(curve.z * curve.cauchy)),
        make.distribution(*potential),
        make.cauchy_transform(cauchy),
        make.cauchy_transform_prime(points.product(curve.cauchy / curve.z), cauchy),
        make.train_error(
            points.product(companion.z * companion.cauchy), points.product(companion.cauchy)
        ),
        make.log_potential(*potential),
    ]


def _own(observable: Observable, law: Law) -> dict[str, Any]:
    """What one observable's text needs beside the law's context."""
    if not isinstance(observable, Coefficients):
        return {}
    # A parameter close to its bound is known by its distance from it.
    distances, shifts = {}, {}
    for parameter in law.parameters:
        if parameter.upper is not None:
            distance = Symbol(f"{parameter.upper}_minus_{parameter.name}")
            distances[distance.name] = parameter.upper - parameter.symbol
            shifts[parameter.upper] = parameter.symbol + distance
    text = horner.coefficients(observable.polynomial(law), observable.unknown, shifts)
    return {"distances": distances, "shared": text.shared, "coefficients": text.texts}


def _gaps(zero: Factor, pole: Factor) -> list[str]:
    """Text of pole - root for the roots of a factor, where a subtraction could cancel."""
    position = -pole.coefficients[0]
    if len(zero.roots) == 1:
        return [code(factor(position + zero.coefficients[0]))]
    lower, upper = zero.roots
    # Their product is the factor's value at the pole.
    value = code(zero.at(position))
    return [
        f"_gap({pole.roots[0]}, {lower}, {upper}, {value})",
        f"_gap({pole.roots[0]}, {upper}, {lower}, {value})",
    ]
