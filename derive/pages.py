"""Formulas for people: in lowest terms, in a fixed order, as text, LaTeX and Markdown pages.

Nothing here computes a result: pages state definitions, formulas and claims.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import mpmath
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sympy import Add, Expr, Function, Mul, Poly, Symbol, collect, log, pycode, symbols
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from derive.calculus import Spectrum
from derive.calculus.text import tex as spectrum_tex
from derive.claims.ledger import Claim
from derive.claims.tangent_recursion import unfold
from derive.curve import y
from derive.elimination import Ring, lowest_terms
from derive.laws import EVERY_LAW, LAWS
from derive.laws.law import Law, Parameter
from derive.observables import OBSERVABLES
from derive.observables.cauchy_transform import polynomial_of
from derive.observables.observable import Coefficients, Formula, Observable, Sequence
from derive.variables import E, G, G_prime, gamma, x, z

_LONGEST = 60  # terms of a polynomial that is still collected, and printed in full on a page
_UNKNOWNS = (G, G_prime, E, x)
_MAIN = (*_UNKNOWNS, y, z, gamma)  # sums are written in falling powers of the first they contain
_LATEX_STYLE = {
    "symbol_names": {
        G_prime: "G'",
        E: "E_{train}",
        Symbol("signal"): "s^{2}",
        Symbol("noise"): r"\sigma^{2}",
    },
    "mul_symbol": r" \, ",  # keeps names of several letters apart
    "ln_notation": True,
}

_DIGITS = 15
_EXAMPLE = {"ratios": ("1/2", "3/4"), "b2": "1/3", "a": "1/2", "eigenvalues": ("1", "3")}
_AT = "2+1/10j"

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


# Which formulas there are


def _curve(law: Law) -> tuple[Formula, ...]:
    return (
        Formula("curve", "Spectral variable on the curve", Function("z")(y), law.curve.z),
        Formula("curve", "Cauchy transform on the curve", Function("G")(y), law.curve.cauchy),
    )


def _subordination(law: Law) -> tuple[Formula, ...]:
    return tuple(
        Formula("subordination", "Subordination function", Function(f"w_{k}")(y), w)
        for k, w in enumerate(law.curve.subordination)
    )


def _potential(law: Law, length: int = 1) -> tuple[Formula, ...]:
    potential, _ = law.symbolic(length).potential(z)
    return (Formula("potential", "Potential, stationary in every w", Function("U")(z), potential),)


_OF_THE_CURVE: Mapping[str, Callable[[Law], tuple[Formula, ...]]] = {
    "curve": _curve,
    "subordination": _subordination,
}
# For sequences other eliminations do not end soon.
_OF_SEQUENCES = ("potential", "cauchy_polynomial", "moments")


@cache
def _owners() -> dict[str, Observable]:
    """The observable that each formula belongs to, by the formula's name."""
    # Formulas have the same names for every law; with few parameters they take the least time.
    complete = [law for law in LAWS.values() if all(o.exists(law) for o in OBSERVABLES)]
    law = min(complete, key=lambda law: len(law.parameters))
    owners = {f.name: o for o in OBSERVABLES for f in o.formulas(law)}
    return owners | {o.name: o for o in OBSERVABLES if isinstance(o, Sequence)}


def formula_names(law: Law | None = None) -> tuple[str, ...]:
    """Names that `formulas` takes for a law; by default, of all that are a curve."""
    if law is not None and law.has_sequences:
        return _OF_SEQUENCES
    on_curve = _OF_THE_CURVE if law is None or law.curve else ()
    owned = (name for name, o in _owners().items() if law is None or o.exists(law))
    return (*on_curve, "potential", *owned)


def formulas(
    law: Law, name: str, order: int | None = None, length: int | None = None
) -> tuple[Formula, ...]:
    """Equations of a law under one name.

    Parameters
    ----------
    law : Law
    name : str
        One of `formula_names`.
    order : int, optional
        Highest order of a sequence such as the moments, 4 by default.
    length : int, optional
        Of parameters that are sequences, 1 by default.

    Returns
    -------
    tuple of Formula

    Raises
    ------
    ValueError
        For an unknown name, or an order or length where there is none.
    """
    if name not in formula_names(law):
        names = ", ".join(formula_names(law))
        raise ValueError(f"formula = {name!r} is not one of {names} (of {law.name})")
    kind = _owners().get(name)
    if order is not None and not isinstance(kind, Sequence):
        raise ValueError(f"{name} has no order")
    if length is not None and not law.has_sequences:
        raise ValueError(f"{law.name} has no parameters that are sequences, and so no length")
    if name == "potential":
        return _potential(law, length or 1)
    if isinstance(kind, Sequence):
        orders = 4 if order is None else order
        terms = law.symbolic(length).moments(orders) if length else kind.terms(law, orders)
        return tuple(
            Formula(name, kind.title, Symbol(f"{name[0]}_{k}"), term)
            for k, term in enumerate(terms)
        )
    if length not in (None, 1):
        raise ValueError(
            f"{name} of {law.name} is derived for sequences of length 1, not {length}; "
            "potential and moments exist for any"
        )
    if kind is None:
        return _OF_THE_CURVE[name](law)
    return tuple(formula for formula in kind.formulas(law) if formula.name == name)


# How they are written


def unknown(formula: Formula) -> Symbol | None:
    """Unknown of a polynomial equation; None for a formula solved for its left-hand side."""
    if formula.right != 0:
        return None
    return next((symbol for symbol in _UNKNOWNS if formula.left.has(symbol)), None)


def coefficients(polynomial: Expr, symbol: Symbol) -> tuple[Expr, ...]:
    """Factored coefficients, index k multiplying the k-th power."""
    ring = Ring(polynomial.free_symbols)
    parts = ring.coefficients(ring.polynomial(polynomial), symbol)
    return tuple(_gathered(ring.factored(part)) for part in parts)


def degree(polynomial: Expr, symbol: Symbol) -> int:
    """Degree of a polynomial in one symbol."""
    ring = Ring(polynomial.free_symbols)
    return ring.degree(ring.polynomial(polynomial), symbol)


def tidy(expression: Expr) -> Expr:
    """An equal expression to read: rational parts in lowest terms, factored and collected."""
    if not expression.free_symbols:
        return expression
    if not expression.is_rational_function():
        if isinstance(expression, Add | Mul | log):
            return expression.func(*map(tidy, expression.args))
        return expression
    return _gathered(lowest_terms(expression))


def _gathered(product: Expr) -> Expr:
    signs, factors = zip(*map(_collected, Mul.make_args(product)), strict=True)
    return Mul(*signs, *factors)


def _collected(factor: Expr) -> tuple[int, Expr]:
    """A factor in powers of its main variable, the first positive, and the sign taken out."""
    base, exponent = factor.as_base_exp()
    main = next((symbol for symbol in _MAIN if base.has(symbol)), None)
    if main is None or not base.is_Add or len(base.args) > _LONGEST:
        return 1, factor
    sign = -1 if Poly(base, main).LC().could_extract_minus_sign() else 1
    return sign**exponent, collect(sign * base, main, tidy) ** exponent


class _FallingPowers:
    """Printer that writes sums in falling powers of their main variable."""

    def _as_ordered_terms(self, expr: Expr, order: str | None = None) -> list[Expr]:
        terms = super()._as_ordered_terms(expr, order=order)  # type: ignore[misc]
        main = next((symbol for symbol in _MAIN if expr.has(symbol)), y)
        return sorted(terms, key=lambda term: -term.as_coeff_exponent(main)[1])


class _Text(_FallingPowers, StrPrinter):
    pass


class _Latex(_FallingPowers, LatexPrinter):
    def _print_Symbol(self, expr: Symbol) -> str:
        words = r"(?<![\\A-Za-z])[A-Za-z]{2,}"  # names of several letters that are no commands
        return re.sub(words, r"\\mathrm{\g<0>}", super()._print_Symbol(expr))


def text(equations: Iterable[Formula]) -> str:
    """Equations as plain text, polynomials by powers of their unknown."""

    def lines(formula: Formula) -> str:
        symbol = unknown(formula)
        if symbol is None:
            return f"{_text(formula.left)} = {_text(tidy(formula.right))}"
        powers = reversed(list(enumerate(coefficients(formula.left, symbol))))
        return "0 = " + "\n  + ".join(f"({_text(c)})*{_text(symbol)}**{k}" for k, c in powers)

    return "\n".join(map(lines, equations))


def tex(equations: Iterable[Formula]) -> str:
    """Equations as LaTeX, one a line, without delimiters."""
    return "\n".join(map(_equation, equations))


def python(equations: Iterable[Formula]) -> str:
    """Right-hand sides as one Python expression, a tuple if there are several.

    A polynomial equated to zero stands for itself. Beside built-ins, only `log` is called.
    """
    written = [pycode(_side(formula), fully_qualified_modules=False) for formula in equations]
    return written[0] if len(written) == 1 else f"({', '.join(written)})"


def data(equations: Iterable[Formula]) -> list[dict]:
    """Equations as strings and lists that JSON can carry."""
    return [_data(formula) for formula in equations]


def _data(formula: Formula) -> dict:
    symbol = unknown(formula)
    sides = {"title": formula.title, "left": str(formula.left), "right": str(formula.right)}
    variables = sorted(s.name for s in formula.left.free_symbols | formula.right.free_symbols)
    if symbol is None:
        return {**sides, "variables": variables}
    powers = [str(c) for c in coefficients(formula.left, symbol)]
    return {**sides, "variables": variables, "unknown": symbol.name, "coefficients": powers}


def _text(expression: Expr) -> str:
    return _Text().doprint(expression)


def latex(expression: Expr) -> str:
    """LaTeX of an expression, sums in falling powers."""
    if isinstance(expression, AppliedUndef):
        name = Symbol(expression.func.__name__.replace("'", "prime"))
        return f"{latex(name)}({latex(expression.args[0])})"
    return _Latex(_LATEX_STYLE).doprint(expression)


def _equation(formula: Formula) -> str:
    left = "0" if unknown(formula) else latex(formula.left)
    return f"{left} = {latex(_side(formula))}"


def _side(formula: Formula) -> Expr:
    """The side that says something, to read."""
    symbol = unknown(formula)
    if symbol is None:
        return tidy(formula.right)
    return Add(*(c * symbol**k for k, c in enumerate(coefficients(formula.left, symbol))))


# Pages


def render(modules: Mapping[str, str], claims: Iterable[Claim]) -> dict[str, str]:
    """All generated pages.

    Parameters
    ----------
    modules : mapping of str to str
        Text of the generated module of each law, by the law's name.
    claims : iterable of Claim

    Returns
    -------
    dict of str to str
        Markdown, and reStructuredText, by path relative to the folder of the documentation.
    """
    pages = {f"laws/{name}.md": law_page(law, modules[name]) for name, law in EVERY_LAW.items()}
    for name in EVERY_LAW:
        pages[f"api/laws/{name}.rst"] = render_template("module.rst.j2", name=name)
    pages["laws/README.md"] = render_template("laws.md.j2", laws=EVERY_LAW.values())
    pages["tangent-kernel-example.md"] = tangent_kernel_example(EVERY_LAW["tangent_kernel"])
    return pages | {"ledger.md": ledger_page(claims)}


def law_page(law: Law, module: str) -> str:
    """Page of one law: definition, formulas, and the functions of its generated module."""

    def equations(name: str) -> list[str]:
        return [github(_equation(f)) for f in formulas(law, name)]

    return render_template(
        "law.md.j2",
        law=law,
        parameters=[(latex(p.symbol), p.name, p.meaning, domain(p)) for p in law.parameters],
        source="" if isinstance(law.spectrum, Spectrum) else inspect.getsource(law.spectrum),
        composition=github(spectrum_tex(law.symbolic(), latex)),
        potential=equations("potential"),
        curve=equations("curve") if law.curve else [],
        subordination=equations("subordination") if law.curve else [],
        observables=[
            (o, github(o.equation), _statements(law, o))
            for o in OBSERVABLES
            if o.exists(law)
            if not law.has_sequences or not isinstance(o, Coefficients) or _names(law, o)
        ],
        functions=_functions(module),
    )


def tangent_kernel_example(law: Law) -> str:
    """Page of the recursion for two layers at one z, and of the equation for one layer."""
    lines = []
    for line in unfold(law, _EXAMPLE, _AT, dps=_DIGITS + 5):
        lines.append((line.name, *_parts(line.value)))
        if line.expected is not None:
            lines.append(("the same", *_parts(line.expected)))
    gamma_0, gamma_1, b = symbols("gamma_0 gamma_1 b")
    spectrum = law.at(ratios=[gamma_1], b2=b**2, a=b**2, base_ratio=gamma_0)
    polynomial = polynomial_of(spectrum)
    powers = coefficients(polynomial, G)
    given = [(name, ", ".join([v] if isinstance(v, str) else v)) for name, v in _EXAMPLE.items()]
    return render_template(
        "tangent_kernel_example.md.j2",
        given=[*given, ("z", _AT)],
        lines=lines,
        degree=len(powers) - 1,
        degree_z=degree(polynomial, z),
        coefficients=[latex(c) for c in powers],
    )


def _parts(value: mpmath.mpc) -> tuple[str, str]:
    number = mpmath.mpmathify(value)
    return tuple(mpmath.nstr(part, _DIGITS) for part in (number.real, number.imag))


def ledger_page(claims: Iterable[Claim]) -> str:
    """Page of all claims, by subject; no verdicts, those come from running them."""
    subjects: dict[str, list[Claim]] = {}
    for claim in claims:
        subjects.setdefault(claim.subject, []).append(claim)
    return render_template("ledger.md.j2", subjects=subjects)


def render_template(template: str, **context: object) -> str:
    """Text of one of the templates of pages."""
    return _ENVIRONMENT.get_template(template).render(**context)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in a table too."""
    return re.sub(r"([\\`*_{}\[\]<>|#$~])", r"\\\1", " ".join(text.split()))


_ENVIRONMENT.filters["plain"] = _plain


def github(text: str) -> str:
    r"""LaTeX for GitHub, which refuses \operatorname."""
    return re.sub(r"\\operatorname\{(\w+)\}", r"\\mathop{\\mathrm{\1}}", text)


def domain(parameter: Parameter) -> str:
    """Domain of a parameter as LaTeX."""
    symbol, lower = latex(parameter.symbol), latex(parameter.lower)
    if parameter.upper is None:
        relation = ">" if parameter.strict else r"\ge"
        return f"{symbol} {relation} {lower}"
    relation = "<" if parameter.strict else r"\le"
    return f"{lower} {relation} {symbol} {relation} {latex(parameter.upper)}"


def _statements(law: Law, observable: Observable) -> list[dict]:
    """What a page says on each formula of an observable."""
    return [
        _statement(formula) for name in _names(law, observable) for formula in formulas(law, name)
    ]


def _names(law: Law, observable: Observable) -> list[str]:
    """Names of the formulas of an observable."""
    return [name for name in formula_names(law) if _owners().get(name) is observable]


def _statement(formula: Formula) -> dict:
    symbol = unknown(formula)
    if symbol is None:
        return {"name": formula.name, "equation": github(_equation(formula))}
    terms = len(Add.make_args(formula.left))
    short = terms <= _LONGEST
    return {
        "name": formula.name,
        "title": formula.title,
        "unknown": latex(symbol),
        "degree": degree(formula.left, symbol),
        "terms": terms,
        "coefficients": [latex(c) for c in coefficients(formula.left, symbol)] if short else [],
    }


def _functions(module: str) -> list[tuple[str, str]]:
    """Signature and first line of the documentation of each public function of a module."""
    body = ast.parse(module).body
    public = next(
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    rows = []
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in public:
            for part in ast.walk(node.args):
                if isinstance(part, ast.arg):
                    part.annotation = None
            title, *_ = (ast.get_docstring(node) or "").split("\n")
            rows.append((f"{node.name}({ast.unparse(node.args)})", title))
    return rows
