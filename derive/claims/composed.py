"""Claims made of every law that is known by its composition, at sample parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from flint import fmpq
from mpmath import mpc, mpf
from sympy import Expr, Symbol

from derive.calculus.polynomial import terms
from derive.claims.samples import points, real, slope_of
from derive.claims.statements import Claims, Conditions, Identities, Values
from derive.laws.law import Law, Parameter
from derive.observables.cauchy_transform import cauchy_polynomial, polynomial_of
from derive.potential.stationary import floats
from derive.rational import exact, value_at
from derive.reference import evaluate
from derive.runtime import observables, series
from derive.runtime.transforms import is_nonnegative
from derive.variables import G, z

Sample = Mapping[str, Any]

_ORDER = 4
_ORDER_OF_POLYNOMIAL = 12
_SUPPORT_DIGITS = 20

# Of laws with sequences, beside one made from the domains.
_SAMPLES: Mapping[str, tuple[Sample, ...]] = {
    "conjugate_kernel": (
        {"ratios": (2, "1/2"), "b2": "9/10", "eigenvalues": (1, 5), "weights": ("1/4", "3/4")},
        {"ratios": (3,), "b2": 1, "base_ratio": "1/8"},
    ),
    "tangent_kernel": (
        {"ratios": ("1/2", "3/4"), "b2": "1/3", "a": "1/2", "eigenvalues": (1, 5)},
        {"ratios": (8,), "b2": "1/3", "a": "1/2", "base_ratio": 4},
    ),
    "biased_features": (
        {"phi": "3/2", "psi": "1/2", "eta": (1, 2), "zeta": (0, 2), "weights": ("1/3", "2/3")},
    ),
}


claims = Claims(assumptions="at sample parameters")


def samples(law: Law) -> list[dict[str, Any]]:
    """Sample parameters."""
    if not law.has_sequences:
        return [dict(point) for point in points(law)[:2]]

    def inside(parameter: Parameter, known: Mapping[str, Any], place: int | None) -> fmpq:
        lower, upper = parameter.bounds(known)
        k = place or 0
        return lower + (fmpq(2 + k, 3) if upper is None else (upper - lower) / (3 + k))

    return [law.filled(inside, 2), *map(dict, _SAMPLES.get(law.name, ()))]


@claims.proved(
    "moments",
    "the polynomial vanishes at G(z) = Σ m_k/z^(k+1)",
    of=lambda law: law.symbolic().has_series,
    assumptions=f"to order {_ORDER_OF_POLYNOMIAL}, at sample parameters",
)
def polynomial_and_moments(law: Law) -> Identities:
    """The expansion at infinity of the law with symbols, put into its polynomial."""
    spectrum = law.symbolic()

    def field(expression: Expr) -> fmpq:
        return value_at(expression, spectrum.sample_values)

    moments = spectrum.series(_ORDER_OF_POLYNOMIAL, field)
    coefficients = terms(cauchy_polynomial(law).subs(G, -G), field, G, z)
    residual = series.residual(coefficients, moments)
    yield "expansion", all(c == 0 for c in residual)


@claims.verified("polynomial-values", "G is a root of the polynomial from elimination")
def roots(law: Law, dps: int) -> Values:
    """A root against itself after a Newton step on the polynomial."""
    for name, sample in _each(law):
        polynomial = polynomial_of(law.at(**sample))
        at = evaluate(law, "cauchy_transform", "1/2+1/5j", dps=dps + 30, **sample)
        with mpmath.workdps(dps + 30):
            place = {z: mpc("0.5", "0.2"), G: at}
            value, slope = (_at(p, place) for p in (polynomial, polynomial.diff(G)))
            yield f"{name}; z = 1/2 + i/5", at - value / slope, at


@claims.verified("log-potential-derivative", "d/dγ ∫ln(t + γ)dρ = -G(-γ)")
def potential_slope(law: Law, dps: int) -> Values:
    """Central differences, left of the law."""
    for name, sample in _each(law):
        at = _left_of(law, sample)
        slope = slope_of(partial(evaluate, law, "log_potential", **sample), real(-at), dps)
        yield name, slope, -evaluate(law, "cauchy_transform", at, dps=dps + 10, **sample)


@claims.verified("density-is-derivative", "ρ = dF/dx")
def distribution_slope(law: Law, dps: int) -> Values:
    """Central differences inside the support."""
    for name, sample in _each(law):
        tree = floats(law.tree(law.read(sample)))
        tried = tree.scale * np.linspace(-0.96, 0.97, 60)
        at = exact(float(tried[np.argmax(observables.density(tree, tried))]), "x")
        slope = slope_of(partial(evaluate, law, "cdf", **sample), real(at), dps)
        yield name, slope, evaluate(law, "density", at, dps=dps + 10, **sample)


@claims.verified("cauchy-transform-prime", "G′ is the derivative of G")
def cauchy_slope(law: Law, dps: int) -> Values:
    """Central differences, left of the law."""
    for name, sample in _each(law):
        at = _left_of(law, sample)
        slope = slope_of(partial(evaluate, law, "cauchy_transform", **sample), real(at), dps)
        yield name, slope, evaluate(law, "cauchy_transform_prime", at, dps=dps + 10, **sample)


@claims.verified("train-error", "E_train = -γ²·G̃′(-γ) of the samples' Gram matrix")
def train_error(law: Law, dps: int) -> Values:
    """For features by rows, the samples' matrix has G̃ = cG + (1 - c)/z."""
    for name, sample in _each(law):
        at = _left_of(law, sample)
        prime = evaluate(law, "cauchy_transform_prime", at, dps=dps + 10, **sample)
        found = evaluate(law, "train_error", -at, dps=dps + 10, **sample)
        with mpmath.workdps(dps + 10):
            c = real(law.rows(law.read(sample)))
            yield name, found, 1 - c - c * real(at) ** 2 * prime


@claims.verified("large-z", f"(G - Σ m_j/z^(j+1), j < k)·z^(k+1) → m_k, k = 0, …, {_ORDER}")
def large_z(law: Law, dps: int) -> Values:
    """At z = -10^(dps + 20)."""
    far = -(mpf(10) ** (dps + 20))
    digits = (_ORDER + 2) * (dps + 25)
    for name, sample in _each(law):
        try:
            moments = evaluate(law, "moments", _ORDER, dps=digits, **sample)
        except ValueError:  # infinite or irrational, after a Möbius map
            continue
        rest = evaluate(law, "cauchy_transform", far, dps=digits, **sample)
        with mpmath.workdps(digits):
            for j, moment in enumerate(moments):
                yield f"{name}; m_{j}", rest * far ** (j + 1), moment
                rest -= moment / far ** (j + 1)


@claims.verified("atom", "the mass of the atom is the limit of -i·ε·G at iε from it")
def atom(law: Law, dps: int) -> Values:
    """At a distance of 10^-(3·dps + 30); the complements are compared."""
    for name, sample in _each(law):
        position = law.atom_at(law.read(sample))
        mass = evaluate(law, "atom", dps=dps + 20, **sample)
        with mpmath.workdps(4 * dps + 60):
            gap = mpf(10) ** -(3 * dps + 30)
            at = mpc(real(position), gap)
            # Fewer digits would first be sought at a precision at which the places are one.
            cauchy = evaluate(law, "cauchy_transform", at, dps=3 * dps + 60, **sample)
            yield name, 1 + gap * cauchy.imag, 1 - mass


@claims.confirmed(
    "support",
    "the density is positive inside the intervals of the support and zero just outside and in "
    "gaps, and the intervals and atoms hold all mass",
)
def support(law: Law, dps: int) -> Conditions:
    """In the middle of intervals and gaps, and at a relative distance of 10^-15 from every end."""
    near = mpf(10) ** -15
    for name, sample in _each(law)[:2]:

        def value(observable: str, at: mpf, sample: dict = sample) -> mpf:
            # Of twice the digits that tell the places apart, so that the first precision is enough.
            return evaluate(law, observable, at, dps=2 * _SUPPORT_DIGITS, **sample)

        intervals = evaluate(law, "support", dps=_SUPPORT_DIGITS, **sample)
        width = intervals[-1][1] - intervals[0][0]
        with mpmath.workdps(30):
            aside = near * width
            inside = [x for a, b in intervals for x in (a + aside, (a + b) / 2, b - aside)]
            outside = [x for a, b in intervals for x in (a - aside, b + aside)]
            outside += [(b + a) / 2 for (_, b), (a, _) in pairwise(intervals)]
        yield f"{name}; inside", all(value("density", x) > 0 for x in inside)
        yield f"{name}; outside", all(value("density", x) == 0 for x in outside)
        masses = law.tree(law.read(sample)).atoms
        total = sum(map(real, masses.values()))
        for a, b in intervals:
            held = sum(real(m) for x, m in masses.items() if a <= real(x) <= b)
            total += value("cdf", b + aside) - value("cdf", a - aside) - held
        yield f"{name}; mass", abs(total - 1) < mpf(10) ** -12


def _each(law: Law) -> list[tuple[str, dict[str, Any]]]:
    return [(f"sample {k + 1}", sample) for k, sample in enumerate(samples(law))]


def _left_of(law: Law, sample: Sample) -> fmpq:
    """A point of the negative axis left of the law."""
    tree = floats(law.tree(law.read(sample)))
    return fmpq(-3, 4) - (0 if is_nonnegative(tree) else 2 * round(tree.radius + 1))


def _at(polynomial: Expr, place: Mapping[Symbol, mpc]) -> mpc:
    monomials = polynomial.as_poly(G, z).terms()
    return sum(int(c) * place[G] ** j * place[z] ** k for (j, k), c in monomials)
