"""Pages on layered laws: their potential, and the tangent kernel's recursion by hand."""

from __future__ import annotations

import mpmath
from flint import fmpq
from sympy import Expr, Symbol, symbols

from derive import pages
from derive.laws import LAYERED_LAWS
from derive.laws.layered import LayeredLaw, above, depth, height, innermost, kept, ratio, x
from derive.laws.network import b2
from derive.layered.polynomial import cauchy_polynomial
from derive.layered.tangent_recursion import unfold
from derive.potential.reference import OBSERVABLES
from derive.variables import G

_DIGITS = 15
_EXAMPLE = {"ratios": ("1/2", "3/4"), "b2": "1/3", "a": "1/2", "eigenvalues": ("1", "3")}
_AT = "2+1/10j"

gamma_0, gamma_1, b = symbols("gamma_0 gamma_1 b")
_SHOWN = {
    b2: Symbol("b", positive=True) ** 2,
    kept: Symbol("b_i", positive=True) ** 2,
    above: Symbol("b_{i-1}", positive=True) ** 2,
    ratio: Symbol("gamma_i"),
    height: Symbol("h"),
    depth: Symbol("L"),
    innermost: Symbol("delta_i"),
    x: Symbol("x_k"),
    Symbol("ratios"): Symbol("gamma_l"),
    Symbol("base_ratio"): Symbol("gamma_0"),
    Symbol("eigenvalues"): Symbol("x_k"),
    Symbol("weights"): Symbol("w_k"),
}
_SAMPLE = {gamma_0: fmpq(2, 3), gamma_1: fmpq(3, 5), b: fmpq(1, 2)}


def law_page(law: LayeredLaw, functions: list[tuple[str, str]]) -> str:
    """Page of one law: definition, potential, and the functions of its generated module."""
    return pages.render_template(
        "layered_law.md.j2",
        law=law,
        parameters=[
            (_tex(p.symbol), p.name, p.meaning, pages.domain(p, _SHOWN)) for p in law.parameters
        ],
        position=_tex(law.position),
        equations=[pages.github(equation) for equation in _equations(law)],
        observables=[(o, pages.github(o.equation)) for o in OBSERVABLES],
        functions=functions,
    )


def _equations(law: LayeredLaw) -> list[str]:
    """The layers' constants and the nodes, as LaTeX."""
    indices = ["i"] if law.deep else [str(i + 1) for i in range(len(law.layers))]
    equations = []
    for i, layer in zip(indices, law.layers, strict=True):
        before = "{i-1}" if law.deep else f"{{{int(i) - 1}}}"
        scale = layer.offset + layer.gain * Symbol(rf"\sigma_{before}")
        equations.append(rf"n_{i} = {_tex(layer.dimension)}, \qquad c_{i} = {_tex(scale)}")
    if law.deep:
        (entry,) = law.entries
        fixed = law.fixed.subs(height, Symbol("L"))
        equations.append(rf"\ell_k = {_tex(fixed)} + \sum_i \left({_tex(entry)}\right) \sigma_i")
    else:
        level = sum(
            (e * Symbol(f"sigma_{i}") for i, e in zip(indices, law.entries, strict=True)), law.fixed
        )
        equations.append(rf"\ell = {_tex(level)}")
    return equations


def _tex(expression: Expr) -> str:
    return pages.latex(expression.subs(_SHOWN))


def tangent_kernel_example() -> str:
    """Page of the recursion for two layers at one z, and of the equation for one layer."""
    law = LAYERED_LAWS["tangent_kernel"]
    lines = []
    for line in unfold(law, _EXAMPLE, _AT, dps=_DIGITS + 5):
        lines.append((line.name, *_parts(line.value)))
        if line.expected is not None:
            lines.append(("the same", *_parts(line.expected)))
    values = {"ratios": [gamma_1], "b2": b**2, "a": b**2, "base_ratio": gamma_0}
    polynomial = cauchy_polynomial(law.stack(values), _SAMPLE)
    powers = pages.coefficients(polynomial, G)
    given = [(name, ", ".join([v] if isinstance(v, str) else v)) for name, v in _EXAMPLE.items()]
    return pages.render_template(
        "tangent_kernel_example.md.j2",
        given=[*given, ("z", _AT)],
        lines=lines,
        degree=len(powers) - 1,
        degree_z=pages.degree(polynomial, Symbol("z")),
        coefficients=[pages.latex(c) for c in powers],
    )


def _parts(value: mpmath.mpc) -> tuple[str, str]:
    number = mpmath.mpmathify(value)
    return tuple(mpmath.nstr(part, _DIGITS) for part in (number.real, number.imag))
