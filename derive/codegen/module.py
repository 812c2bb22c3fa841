"""From a law to the text of its NumPy module."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sympy import Expr, Poly, Symbol, collect, factor

from derive.codegen import horner, layered
from derive.codegen.divisor import Factor, Product, Residues, SpecialPoints
from derive.codegen.printer import code
from derive.curve import y
from derive.elimination import lowest_terms, numerator_and_denominator
from derive.laws import LAWS, LAYERED_LAWS, Law, LayeredLaw, Parameter
from derive.observables import OBSERVABLES
from derive.observables.moments import series_at_infinity, u
from derive.observables.observable import Coefficients, Observable

# Names that the templates give to arguments and variables beside the law's parameters.
_RESERVED = """
C F H S above alpha apart b bad below coefficient coefficients curve delta equation excess far gamma
inside interval k laws leading lifted logarithm mass members near np one order place power q r
rate result rest rounding rows share slope survival target turns value values w x y z
"""


@dataclass(frozen=True)
class LogarithmTerm:
    """A term -coefficient·ln α of the potential, α with residues at the poles of z."""

    coefficient: Expr
    product: Product
    residues: Residues


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
    environment.filters["wrapped"] = horner.wrapped
    environment.filters["factored"] = lambda expression: code(lowest_terms(expression))
    environment.filters["collected"] = lambda expression: code(collect(expression, y))
    return environment


def render_module(law: Law | LayeredLaw) -> str:
    """Text of the self-contained NumPy module of a law, formatted.

    Raises
    ------
    UnsupportedCurveError
        If z(y) has factors of degree above two, or poles that are not rational.
    ValueError
        If a parameter's name is taken by the module's own variables.
    """
    if isinstance(law, LayeredLaw):
        return _formatted(layered.render(law, _environment()))
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


def render_package() -> dict[str, str]:
    """Text of every file of the import package, by path."""
    laws: tuple[Law | LayeredLaw, ...] = (*LAWS.values(), *LAYERED_LAWS.values())
    modules = {f"nlrmt/{law.name}.py": render_module(law) for law in laws}
    package = _environment().get_template("package.py.j2").render(laws=laws)
    return {"nlrmt/__init__.py": _formatted(package), "nlrmt/py.typed": "", **modules}


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ValueError(f"generated text is not Python: {result.stderr}")
    return result.stdout


def _context(law: Law, points: SpecialPoints) -> dict[str, Any]:
    curve, companion = law.curve, law.curve.companion(law.ratio)
    (_, leading), *logarithms = curve.logarithms
    C, S, H = series_at_infinity(law)
    return {
        "law": law,
        "origin": f"derive/laws/{law.name}.py",
        "names": sorted(observable.public_name(law) for observable in OBSERVABLES),
        "points": points,
        "pole_index": {p.roots[0]: k for k, p in enumerate(points.poles)},
        "position": lambda f: -f.coefficients[0],
        "allowed": _allowed,
        "gaps": [[gap for f in points.zeros for gap in _gaps(f, pole)] for pole in points.poles],
        "scale": points.product(curve.z).constant,
        "accuracy": "Relative error below 1e-10 times (1 + condition number) on the whole domain.",
        "cauchy": points.product(curve.cauchy),
        "cauchy_over_z": points.product(curve.cauchy / curve.z),
        "zG": points.residues(curve.z * curve.cauchy),
        "zG_text": code(factor(curve.z * curve.cauchy)),
        "companion": points.product(companion.cauchy),
        "companion_zG": points.product(companion.z * companion.cauchy),
        "leading": points.product(leading),
        "rational": points.residues(curve.rational),
        "logarithms": [
            LogarithmTerm(c, points.product(1 / f), points.residues(1 / f)) for c, f in logarithms
        ],
        "potential_text": str(curve.potential),
        "subordination": [points.product(w) for w in curve.subordination[1:]],
        "subordination_text": ", ".join(code(factor(w)) for w in curve.subordination),
        "atom": curve.atom,
        "series": {"C": C, "S": _coefficients_of_quotient(S), "H": _coefficients_of_quotient(H)},
    }


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


def _allowed(parameter: Parameter) -> str:
    relation = ">" if parameter.strict else ">="
    text = f"(value {relation} {code(parameter.lower)})"
    if parameter.upper is not None:
        text += f" & (value {relation.replace('>', '<')} {code(parameter.upper)})"
    return text


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


def _coefficients_of_quotient(quotient: Expr) -> tuple[list[Expr], list[Expr]]:
    """Factored coefficients in u of numerator and denominator, the latter starting with 1."""
    parts = [Poly(part, u) for part in numerator_and_denominator(quotient)]
    unit = parts[1].eval(0)
    numerator, denominator = (
        [factor(c / unit) for c in reversed(part.all_coeffs())] for part in parts
    )
    return numerator, denominator
