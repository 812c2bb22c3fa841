"""From a law to the text of its NumPy module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sympy import Expr, Integer, Max, Min, Mul, Poly, Symbol, cse, factor

import derive
from derive import __version__, laws
from derive.accuracy import recorded
from derive.codegen import activations, composed, operations
from derive.codegen.bundle import bundle
from derive.codegen.composed import public
from derive.codegen.divisor import Product, SpecialPoints, UnsupportedCurveError
from derive.codegen.polynomials import Table, table
from derive.codegen.printer import code
from derive.curve import y
from derive.elimination import lowest_terms
from derive.laws.law import Law
from derive.observables import errors, observables
from derive.observables.observable import Coefficients

_COPIED = ("runtime", "networks")  # folders of ordinary Python


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
    environment.filters["factored"] = lambda expression: code(lowest_terms(expression))
    return environment


def render_module(law: Law) -> str:
    """Text of the self-contained NumPy module of a law, formatted.

    Raises
    ------
    ValueError
        If z(y) has factors of degree above two, or poles that are not rational; if a parameter's
        name is taken by the module's own variables.
    """
    return _formatted(_text(law, _accuracy(law)))


def _text(law: Law, accuracy: Mapping[str, str]) -> str:
    """Text of a module with what is known about its accuracy: an argument of `documented`."""
    context, kind = public(law, observables(law), accuracy), "composition"
    if law.curve is None:
        context |= composed.context(law)
    else:
        context, kind = context | _context(law, SpecialPoints(law)), "curve"
    return _environment().get_template(f"{kind}.py.j2").render(context)


def _accuracy(law: Law) -> dict[str, str]:
    """What is on record about a law's functions, or what a short run shows about all."""
    if laws.EVERY_LAW.get(law.name) is law and (known := recorded(law.name)):
        figures = (f"{name} {f.cases - f.above}/{f.cases}" for name, f in known.items())
        return {"measured": ", ".join(figures)}
    return {"accuracy": composed.measured(law, numpy_module(law, _text(law, {})))}


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
    root = Path(derive.__file__).parent
    copied = {
        f"nlrmt/{path.relative_to(root).as_posix()}": path.read_text(encoding="utf-8")
        for folder in _COPIED
        for path in sorted((root / folder).glob("*.py"))
    }
    rendered = {"operations": operations.render(), "activations": activations.render()}
    return {f"nlrmt/{name}.py": _formatted(text) for name, text in rendered.items()} | copied


def numpy_module(law: Law, text: str | None = None) -> ModuleType:
    """The NumPy module of a law, ready to call, without a file.

    Raises
    ------
    ValueError
        As `render_module` does.
    """
    if text is None:
        text = render_module(law)
    module = ModuleType(law.name, law.title)
    # On the toolkit's own operations and runtime, of which the import package has copies.
    text = text.replace("from nlrmt.", "from derive.")
    exec(compile(text, f"<module of {law.name}>", "exec"), module.__dict__)
    return module


def _formatted(text: str) -> str:
    """Text formatted, without imports that it does not use."""
    for command in (
        ["check", "--fix-only", "--select=F401"],
        ["format", "--line-length=100", "--config=format.skip-magic-trailing-comma=true"],
    ):
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
    """What the text of a law's curve needs."""
    curve, companion = law.curve, law.curve.companion(law.ratio)
    pole_index = {p.roots[0]: k for k, p in enumerate(points.poles)}
    slots = [root for f in points.zeros for _ in range(f.exponent) for root in f.roots]
    slots += pole_index

    def exponents(product: Product) -> str:
        found = dict(product.exponents)
        return _list(found.pop(root, 0) for root in slots)

    def product(function: Expr) -> str:
        found = points.product(function)
        return f"Product({code(found.constant)}, {exponents(found)})"

    def residues(function: Expr) -> str:
        found = dict(points.residues(function).terms)
        return _list(code(found.get(pole, Integer(0))) for pole in pole_index)

    def fractions(terms: list) -> str:
        texts = (
            f"({code(points.pole_position(pole))}, {power}, {code(coefficient)})"
            for pole, power, coefficient in terms
        )
        return f"[{', '.join(texts)}]"

    def growth(function: Expr, sign: int = 1) -> str:
        found = points.growth(function, sign)
        multiplicities = dict(found.multiplicities)
        each = _list(multiplicities.pop(root, 0) for root in slots)
        return f"Growth({slots.index(found.root)}, {_list(map(code, found.coefficients))}, {each})"

    def labels(w: Expr) -> dict[str, Any]:
        k = w / (1 - w)
        rising = Poly(errors.rising(law), y).all_coeffs()[::-1]
        shared, coefficients = cse([factor(c) for c in rising], order="canonical")
        return {
            "share": product(w),
            "rest": product(1 - w),
            "falling": growth(w * companion.cauchy, -1),
            "fitted": growth(companion.z * companion.cauchy),
            "growing": growth(w),
            "effective": growth(k),
            "smoothed": growth(1 / (companion.cauchy * k)),
            "shared": shared,
            "rising": coefficients,
        }

    def subordination(w: Expr) -> str:
        linear, terms = points.partial_fractions(w)
        texts = (f"({pole_index[pole]}, {k}, {code(c)})" for pole, k, c in terms)
        return f"Subordination({code(linear)}, [{', '.join(texts)}])"

    def joined(function: Expr) -> tuple[str, str]:
        try:
            return product(curve.z / function), residues(curve.z / function)
        except UnsupportedCurveError:
            return product(function), subordination(function)

    (_, leading), *logarithms = curve.logarithms
    degrees = points.dimensions
    return {
        "scale": points.product(curve.z).constant,
        "zeros": [
            (
                _list(map(code, f.coefficients)),
                _list(code(f.at(-p.coefficients[0])) for p in points.poles),
            )
            for f in points.zeros
            for _ in range(f.exponent)
        ],
        "poles": [(-p.coefficients[0], -p.exponent) for p in points.poles],
        "hidden": points.hidden
        and tuple(
            (h.zero_rank, pole_index[h.pole], 1 if h.pole_above else -1) for h in points.hidden
        ),
        "cauchy": product(curve.cauchy),
        "zG": residues(curve.z * curve.cauchy),
        "leading": product(leading),
        "rational": residues(curve.rational),
        "logarithms": [(c, factor(c + 1), product(1 / f), residues(1 / f)) for c, f in logarithms],
        "joined": [
            (_list(chosen), *joined(leading / Mul(*(logarithms[k][1] for k in chosen))))
            for n in range(len(logarithms) + 1)
            for chosen in combinations(range(len(logarithms)), n)
        ],
        "companion_zG": product(companion.z * companion.cauchy),
        "companion": exponents(points.product(companion.cauchy)),
        "labels": None if law.signal is None else labels(law.signal),
        "subordination": [subordination(w) for w in curve.subordination[1:]],
        "dimensions": tuple(int(degrees.get(s, 0)) for s in law.symbols),
        "masses": masses(law),
        "S": [fractions(points.partial_fractions(w)[1]) for w in points.balanced(curve.z / y)],
        "H": fractions(points.partial_fractions(curve.z * curve.cauchy)[1]),
        "polynomials": {
            o.public_name(law): _table(o, law)
            for o in observables(law)
            if isinstance(o, Coefficients)
        },
        "distances": {str(name): value for name, value in _distances(law).values()},
    }


def masses(law: Law) -> tuple[Expr, Expr]:
    """Mass at zero, and of the rest."""
    atom = law.curve.atom
    return atom, Min(*(factor(1 - part) for part in Max.make_args(atom)))


def _list(texts: Iterable[Any]) -> str:
    return f"[{', '.join(map(str, texts))}]"


def _distances(law: Law) -> dict[Symbol, tuple[Symbol, Expr]]:
    """A parameter close to its upper bound is known by its distance from it: name and value."""
    return {
        p.upper: (Symbol(f"{p.upper}_minus_{p.name}"), p.upper - p.symbol)
        for p in law.parameters
        if p.upper is not None
    }


def _table(observable: Coefficients, law: Law) -> Table:
    shifts = {upper: upper - value + name for upper, (name, value) in _distances(law).items()}
    return table(observable.polynomial(law), observable.unknown, shifts)
