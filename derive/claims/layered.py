"""Claims made of every layered law, at sample parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath
from flint import fmpq
from mpmath import mpc, mpf
from sympy import Rational, Symbol

from derive.claims.samples import slope_of
from derive.claims.statements import Claims, Conditions, Values
from derive.laws.law import Parameter
from derive.laws.layered import LayeredLaw, ParameterSequence, Weights
from derive.layered.polynomial import cauchy_polynomial
from derive.rational import exact
from derive.reference import evaluate
from derive.variables import G, z

Sample = Mapping[str, Any]

_ORDER = 4
_SUPPORT_DIGITS = 20
_POINTS = ("1/3", "2", "-1", "1/2+1/5j")

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


def samples(law: LayeredLaw) -> tuple[Sample, ...]:
    """Sample parameters: those listed, and for every law some from the domains."""
    made: dict[str, Any] = {}
    for parameter in law.parameters:
        if not isinstance(parameter, Weights) and parameter.name != "eigenvalues":
            made[parameter.name] = _inside(parameter, made)
    return (made, *_SAMPLES.get(law.name, ()))


def _inside(parameter: Parameter, made: Sample) -> Fraction | tuple[Fraction, ...]:
    """A value in the domain of a parameter, or two of them for a sequence."""

    def between(k: int) -> Fraction:
        known = {Symbol(n): Rational(v[k] if isinstance(v, tuple) else v) for n, v in made.items()}
        lower = Fraction(str(parameter.lower.subs(known)))
        if parameter.upper is None:
            return lower + Fraction(2 + k, 3)
        return lower + (Fraction(str(parameter.upper.subs(known))) - lower) * Fraction(1, 3 + k)

    return (between(0), between(1)) if isinstance(parameter, ParameterSequence) else between(0)


claims = Claims[LayeredLaw](assumptions="at sample parameters")


def _each(law: LayeredLaw, points: tuple[str, ...] = _POINTS) -> Iterator[tuple[str, Sample, str]]:
    for k, sample in enumerate(samples(law)):
        for point in points:
            yield f"sample {k + 1}; {point}", sample, point


@claims.verified("polynomial-values", "G is a root of the polynomial from elimination")
def roots(law: LayeredLaw, dps: int) -> Values:
    """A root against itself after a Newton step on the polynomial."""
    for sample in samples(law):
        polynomial = cauchy_polynomial(law.stack(law.read(sample)))
        at = evaluate(law, "cauchy_transform", "1/2+1/5j", dps=dps + 30, **sample)
        with mpmath.workdps(dps + 30):
            place = {z: mpc("0.5", "0.2"), G: at}
            value, slope = (_at(p, place) for p in (polynomial, polynomial.diff(G)))
            yield "z = 1/2 + i/5", at - value / slope, at


def _at(polynomial: Any, place: Mapping[Any, mpc]) -> mpc:
    terms = polynomial.as_poly(G, z).terms()
    return sum(int(c) * place[G] ** m[0] * place[z] ** m[1] for m, c in terms)


@claims.verified("log-potential-derivative", "d/dγ ∫ln(t + γ)dρ = -G(-γ)")
def potential_slope(law: LayeredLaw, dps: int) -> Values:
    """Central differences."""
    for name, sample, _ in _each(law, ("γ = 3/4",)):
        slope = slope_of(partial(evaluate, law, "log_potential", **sample), mpf(0.75), dps)
        yield name, slope, -evaluate(law, "cauchy_transform", "-3/4", dps=dps + 10, **sample)


@claims.verified("density-is-derivative", "ρ = dF/dx")
def distribution_slope(law: LayeredLaw, dps: int) -> Values:
    """Central differences."""
    for name, sample, _ in _each(law, ("x = 1",)):
        slope = slope_of(partial(evaluate, law, "cdf", **sample), mpf(1), dps)
        yield name, slope, evaluate(law, "density", 1, dps=dps + 10, **sample)


@claims.verified("cauchy-transform-prime", "G′ is the derivative of G")
def cauchy_slope(law: LayeredLaw, dps: int) -> Values:
    """Central differences on the negative axis."""
    for name, sample, _ in _each(law, ("z = -3/4",)):
        slope = slope_of(partial(evaluate, law, "cauchy_transform", **sample), mpf(-0.75), dps)
        yield name, slope, evaluate(law, "cauchy_transform_prime", "-3/4", dps=dps + 10, **sample)


@claims.verified("large-z", f"(G - Σ m_j/z^(j+1), j < k)·z^(k+1) → m_k, k = 0, …, {_ORDER}")
def large_z(law: LayeredLaw, dps: int) -> Values:
    """At z = -10^(dps + 20)."""
    far = -(mpf(10) ** (dps + 20))
    digits = (_ORDER + 2) * (dps + 25)
    for k, sample in enumerate(samples(law)):
        moments = evaluate(law, "moments", _ORDER, dps=digits, **sample)
        rest = evaluate(law, "cauchy_transform", far, dps=digits, **sample)
        with mpmath.workdps(digits):
            for j, moment in enumerate(moments):
                yield f"sample {k + 1}; m_{j}", rest * far ** (j + 1), moment
                rest -= moment / far ** (j + 1)


@claims.verified("atom", "the mass of the atom is the limit of G times the distance from it")
def atom(law: LayeredLaw, dps: int) -> Values:
    """At 10^-(3·dps + 30) below the lower end; the complements are compared."""
    for k, sample in enumerate(samples(law)):
        position = fmpq(law.stack(law.read(sample)).position)
        mass = evaluate(law, "atom", dps=dps + 20, **sample)
        with mpmath.workdps(4 * dps + 60):
            gap = mpf(10) ** -(3 * dps + 30)
            at = mpf(int(position.p)) / int(position.q) - gap
            # Fewer digits would first be sought at a precision at which the places are one.
            cauchy = evaluate(law, "cauchy_transform", at, dps=3 * dps + 60, **sample)
            yield f"sample {k + 1}", 1 + gap * cauchy, 1 - mass


@claims.verified("train-error", "E_train = -γ²·G̃′(-γ) of the samples' Gram matrix")
def train_error(law: LayeredLaw, dps: int) -> Values:
    """For features by rows, the samples' matrix has G̃ = cG + (1 - c)/z, c = φ/ψ."""
    for name, sample, _ in _each(law, ("γ = 3/4",)):
        prime = evaluate(law, "cauchy_transform_prime", "-3/4", dps=dps + 10, **sample)
        found = evaluate(law, "train_error", "3/4", dps=dps + 10, **sample)
        with mpmath.workdps(dps + 10):
            own = -mpf(9) / 16 * prime
            if not law.samples_inside:
                stack = law.stack(law.read(sample))
                c = mpf(int(stack.layers[0].dimension.q)) / int(stack.layers[0].dimension.p)
                own = 1 - c + c * own
            yield name, found, own


@claims.confirmed(
    "support",
    "the density is positive just inside the ends of the support and zero just outside, "
    "and the intervals hold all mass but the atom's",
)
def support(law: LayeredLaw, dps: int) -> Conditions:
    """At a relative distance of 10^-15 from every end."""
    near = mpf(10) ** -15
    for k, sample in enumerate(samples(law)[:2]):
        # Of twice the digits that tell the places apart, so that the first precision is enough.
        value: Callable[..., Any] = partial(evaluate, law, dps=2 * _SUPPORT_DIGITS, **sample)
        position = fmpq(law.stack(law.read(sample)).position)
        total, mass = mpf(0), value("atom")
        for a, b in evaluate(law, "support", dps=_SUPPORT_DIGITS, **sample):
            name = f"sample {k + 1}; [{mpmath.nstr(a, 8)}, {mpmath.nstr(b, 8)}]"
            with mpmath.workdps(30):
                inner = (a * (1 + near) or near, b * (1 - near))
                outer = (a * (1 - near) or -near, b * (1 + near))
            for places, inside in ((inner, True), (outer, False)):
                yield name, all((value("density", place) > 0) == inside for place in places)
            below, above = (value("cdf", place) for place in outer)
            total += above - below
            if exact(outer[0], "x") < position < exact(outer[1], "x"):
                mass = mpf(0)  # is in the difference
        yield f"sample {k + 1}; mass", abs(total + mass - 1) < mpf(10) ** -12
