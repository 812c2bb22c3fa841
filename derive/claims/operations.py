"""Claims made of every operation on random matrices: of its term, polynomial and finite matrix.

The known equations are written here without the operations' files, g₁ and g₂ the values of the
operands' Cauchy transforms where they are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import mpmath
import numpy as np
from sympy import (
    Add,
    Expr,
    Integer,
    Matrix,
    Rational,
    Symbol,
    lambdify,
    log,
    nsimplify,
    sqrt,
    symbols,
)

from derive.calculus import Spectrum, atoms, marchenko_pastur, semicircle
from derive.claims.ledger import Claim, compare, confirm, prove
from derive.claims.statements import DERIVED
from derive.operations import OPERATIONS, Operation
from derive.potential.stationary import floats
from derive.runtime.observables import log_potential

z, w1, w2, g1, g2, m = symbols("z w1 w2 g1 g2 m")
a, b, c, p, q, r, s, t, v = symbols("a b c p q r s t v")

_SIZE = 240
_FAR, _SMALL = 300, 0.01
_PLACES = (0.25 + 1j, -1 + 0.125j)


class Known(NamedTuple):
    """Known equations of an operation at symbols for its parameters."""

    parameters: tuple
    transform: Expr  # G
    places: tuple[Expr, ...]  # where the operands' Cauchy transforms are taken
    solution: dict[Symbol, Expr]  # of the equations, for as many symbols as there are unknowns
    statement: str
    source: str = DERIVED


_UNIT = Integer(1) / (w1 + w2 - z)  # G of a free sum
_ZG = 1 + 1 / (w1 * w2 / z - 1)  # zG of a free product
_POWER = (t - 1) / (t * w1 - z)  # G of a free power
_POPULATION = (1 / w1 - 1 + c) / (c * z * w1)  # g₁ of a sample covariance
_DELTA = 1 - c * v / w1  # δ of information plus noise

KNOWN = {
    "atoms": Known(
        ((a, b), (p, 1 - p)),
        p / (z - a) + (1 - p) / (z - b),
        (),
        {},
        "G = p/(z - a) + (1 - p)/(z - b)",
    ),
    "semicircle": Known(
        (v,), 1 / w1, (), {z: w1 + v / w1}, "G = 1/w₁, z = w₁ + v/w₁", "Wigner (1955)"
    ),
    "affine": Known((p, q), g1 / p, ((z - q) / p,), {}, "G = g₁/p at (z - q)/p"),
    "mobius": Known(
        (p, q, r, s),
        ((r * (s * z - q) / (p - r * z) + s) * g1 - r) / (p - r * z),
        ((s * z - q) / (p - r * z),),
        {},
        "G = ((ru + s)g₁ - r)/(p - rz) at u = (sz - q)/(p - rz)",
    ),
    "mixture": Known((t,), t * g1 + (1 - t) * g2, (z, z), {}, "G = t·g₁ + (1 - t)·g₂ at z"),
    "square": Known(
        (), (g1 - g2) / (2 * sqrt(z)), (sqrt(z), -sqrt(z)), {}, "G = (g₁ - g₂)/(2√z) at √z and -√z"
    ),
    "sample_covariance": Known(
        (c,),
        w1 * _POPULATION,
        (z * w1,),
        {g1: _POPULATION},
        "G = w₁g₁ at w = zw₁, 1/w₁ = 1 - c + c·w·g₁",
        "Marchenko & Pastur (1967); Silverstein (1995)",
    ),
    "information_plus_noise": Known(
        (c, v),
        1 / w1,
        (_DELTA**2 * z - _DELTA * v * (1 - c),),
        {g1: 1 / (w1 * _DELTA), w2: c - 1 - c * z / w1},
        "G = 1/w₁ = δg₁ at δ²z - δv(1 - c), δ = 1 - cv/w₁, and w₂ = c - 1 - czG",
        "Dozier & Silverstein (2007)",
    ),
    "free_sum": Known(
        (),
        _UNIT,
        (w1, w2),
        {g1: _UNIT, g2: _UNIT},
        "G = g₁ = g₂ at w₁ and w₂, w₁ + w₂ - z = 1/G",
        "Biane (1998)",
    ),
    "free_product": Known(
        (),
        _ZG / z,
        (w1, w2),
        {g1: _ZG / w1, g2: _ZG / w2},
        "zG = w₁g₁ = w₂g₂ at w₁ and w₂, w₁w₂/z - 1 = 1/(zG - 1)",
        "Biane (1998)",
    ),
    "free_power": Known(
        (t,),
        _POWER,
        (w1,),
        {g1: _POWER},
        "G = g₁ at w₁, tw₁ - z = (t - 1)/G",
        "Belinschi & Bercovici (2004)",
    ),
}

_HALF, _THIRD = Rational(1, 2), Rational(1, 3)
_WISHART, _SKEW = marchenko_pastur(_HALF), atoms([0, 1, 3], [_HALF, _HALF / 2, _HALF / 2])
EXAMPLES = {
    "atoms": _SKEW,
    "semicircle": semicircle(2),
    "affine": _WISHART.affine(-3, 4),
    "mobius": _WISHART.mobius(2, 1, 1, 3),
    "mixture": _WISHART.mix(semicircle(1), _HALF / 2),
    "square": semicircle(1).affine(1, _HALF).square(),
    "sample_covariance": _SKEW.sample_covariance(_HALF),
    "information_plus_noise": _SKEW.information_plus_noise(_HALF, _THIRD),
    "free_sum": _SKEW.free_sum(_WISHART),
    "free_product": marchenko_pastur(2).free_product(_WISHART.inverse()),
    "free_power": _SKEW.free_power(_HALF * 3),
}


_claim = partial(Claim, "operations")


def claims() -> tuple[Claim, ...]:
    """The same ones about each operation with a symbolic term; those of layers are their laws'."""
    known = [operation for operation in OPERATIONS if operation.name in KNOWN]
    return tuple(claim for operation in known for claim in claims_for(operation))


def claims_for(operation: Operation) -> tuple[Claim, ...]:
    """Claims about one operation."""
    known, spectrum = KNOWN[operation.name], EXAMPLES[operation.name]
    return (
        _claim(
            f"{operation.name}/stationary",
            f"the potential is stationary, with slope G in z, where {known.statement}",
            known.source,
            "identically in unknowns and parameters",
            lambda dps: prove(stationary(operation)),
        ),
        _claim(
            f"{operation.name}/potential-at-infinity",
            "U(-γ) - ln γ → 0 as γ → ∞",
            DERIVED,
            f"{spectrum!r}, to {_SMALL} at γ = {_FAR}",
            lambda dps: confirm(potential_at_infinity(operation)),
        ),
        _claim(
            f"{operation.name}/polynomial",
            "the polynomial from elimination vanishes where the potential is stationary",
            DERIVED,
            f"{spectrum!r} at z = {', '.join(map(str, _PLACES))}",
            lambda dps: compare(polynomial_and_values(operation, dps), dps),
        ),
        _claim(
            f"{operation.name}/matrix",
            "the eigenvalues of the finite matrix have the distribution function of the law to "
            "ln(n)/n",
            DERIVED,
            f"{spectrum!r}, one matrix with n = {_SIZE}",
            lambda dps: confirm(matrix(operation)),
        ),
    )


def stationary(operation: Operation) -> Iterator[tuple[str, Expr | bool]]:
    """Derivatives of the potential's term, as evaluated, where the known equations hold."""
    known, variables = KNOWN[operation.name], (z, *operation.unknowns)
    solved = list(known.solution)
    functions, (rational,), places = operation.value(*variables, *known.parameters)
    coefficients, multiplicities = operation.weights(*known.parameters)
    term = Add(rational, *(k * log(f) for k, f in zip(coefficients, functions, strict=True)))
    operands = list(zip(multiplicities, (g1, g2)[: len(places)], places, strict=True))
    slope, *gradient = (
        term.diff(u) + Add(*(k * g * place.diff(u) for k, g, place in operands)) for u in variables
    )

    def there(expression: Expr) -> Expr:
        # Programs write roots with floats.
        return nsimplify(expression, rational=True).subs(known.solution)

    yield "∂Φ/∂z = G", there(slope - known.transform)
    for unknown, force in zip(operation.unknowns, gradient, strict=True):
        yield f"∂Φ/∂{unknown} = 0", there(force)
    for place, expected in zip(places, known.places, strict=True):
        yield "operand's argument", there(place - expected)
    # Nothing else near these equations makes the potential stationary.
    jacobian = Matrix(len(gradient), len(gradient), lambda i, k: gradient[i].diff(solved[k]))
    yield "independent equations", there(jacobian.det()).cancel() != 0


def potential_at_infinity(operation: Operation) -> Iterator[tuple[str, bool]]:
    """The potential's constant, which no derivative shows: what is left is the mean over γ.

    In doubles, which know other ways further out.
    """
    difference = log_potential(floats(_example(operation).tree({})), _FAR) - np.log(_FAR)
    yield f"U(-γ) - ln γ = {difference:.2g}", bool(abs(difference) < _SMALL)


def polynomial_and_values(operation: Operation, dps: int) -> Iterator[tuple[str, object, object]]:
    """A step of Newton's method from the stationary point stays where it is."""
    spectrum = _example(operation)
    polynomial = spectrum.polynomial(m, z)
    function, slope = (lambdify((m, z), e, "mpmath") for e in (polynomial, polynomial.diff(m)))
    for place in _PLACES:
        with mpmath.workdps(dps + 20):
            at = mpmath.mpmathify(place)
            found = -spectrum.evaluate("cauchy_transform", at, dps=dps + 20)
            yield f"z = {place}", found, found - function(found, at) / slope(found, at)


def matrix(operation: Operation) -> Iterator[tuple[str, bool]]:
    """Kolmogorov distance between the eigenvalues of one matrix and the law.

    Eigenvalues are rigid: the distance is of the order ln(n)/n, not 1/√n as for independent points.
    """
    spectrum = _example(operation)
    values = np.linalg.eigvalsh(spectrum.sample(_SIZE, np.random.default_rng(0)))
    # On either side of every eigenvalue, further than rounding takes it from an atom.
    aside = 1e-6 * (values[-1] - values[0])
    x = np.concatenate([values - aside, values + aside])
    distance = np.max(abs(spectrum.cdf(x) - np.searchsorted(values, x) / _SIZE))
    yield f"distance {distance:.4f}", bool(distance < np.log(_SIZE) / _SIZE)


def _example(operation: Operation) -> Spectrum:
    """The composition, with this operation for its own of that name."""
    spectrum = EXAMPLES[operation.name]
    return Spectrum(operation, spectrum.parameters, spectrum.operands, spectrum.on_half_line)
