"""The Pennington-Worah law near zero: training error without ridge, and the hard edge."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import mpmath
from mpmath import mpf
from sympy import Expr, Integer

from derive.claims.identities import divides
from derive.claims.quadrature import DIGITS, integral
from derive.claims.random_features import PAPER, A, B, v
from derive.claims.samples import (
    LIMIT_DIGITS,
    Point,
    point_at,
    points,
    real,
    shown,
    specialised,
    value,
)
from derive.claims.statements import Claims, Conditions, Identities, Values, identical
from derive.curve import y
from derive.elimination import numerator_and_denominator
from derive.laws.law import Law
from derive.laws.random_features import eta, phi, psi, zeta
from derive.observables.train_error import TRAIN_ERROR

claims = Claims()


@claims.proved(
    "eq-24",
    "E_train is 1 - φ/ψ at zeros of B, 0 at zeros of A, where A - B = (φ - ψ)(ηy - vζ); "
    "at ζ = η it is 1 - φ, 1 - φ/ψ, 0 at y = 0, (1 - ψ)η, (1 - φ)η: the smallest counts",
    PAPER + "eq. (24)",
)
def equation_24(law: Law) -> Identities:
    """Values at the zeros of z(y); φ < ψ puts the smallest of B below that of A."""
    error = TRAIN_ERROR.on_curve(law).rational
    above = 1 - phi / psi
    yield "at zeros of B", divides(B, numerator_and_denominator(error - above)[0])
    yield "at zeros of A", divides(A, numerator_and_denominator(error)[0])
    yield "order of the zeros", identical(A - B, (phi - psi) * (eta * y - v * zeta))
    linear = error.subs(zeta, eta)
    zeros: tuple[tuple[Expr, Expr], ...] = (
        (Integer(0), 1 - phi),
        ((1 - psi) * eta, above),
        ((1 - phi) * eta, Integer(0)),
    )
    for at, expected in zeros:
        numerator, denominator = numerator_and_denominator(linear)
        yield f"y = {at}", identical(numerator.subs(y, at), expected * denominator.subs(y, at))


def ridgeless(point: Point) -> Fraction:
    """Equation (24) without the restriction to η = 1."""
    f, p, e, s = (number for _, number in point)
    return max(Fraction(0), 1 - f if s == e and p < 1 else 1 - f / p)


@claims.verified(
    "eq-24-values",
    "as γ → 0, E_train → [1 - φ]₊ if ζ = η and ψ < 1, else [1 - φ/ψ]₊",
    PAPER + "eq. (24)",
    at_most=LIMIT_DIGITS,
)
def equation_24_values(law: Law, dps: int) -> Values:
    """At γ = 0, and where γ^(1/3) is below the digits asked for; one is added as both may be 0."""
    near = mpf(10) ** -(3 * dps + 30)
    for point in points(law):
        for ridge in (0, near):
            error = value(law, "train_error", point, ridge, dps=dps + 10)
            expected = ridgeless(point)
            yield f"γ = {mpmath.nstr(ridge)}, {shown(point)}", 1 + error, real(1 + expected)


@claims.verified(
    "ridgeless-rate",
    "E_train(γ) - E_train(0) ~ γ²∫ρ̃(dt)/t² over t > 0",
    assumptions="zero is no edge of the continuous part",
    at_most=DIGITS,
)
def regular_rate(law: Law, digits: int) -> Values:
    """Against quadrature of the density, ρ̃ = c·ρ off zero."""
    for point in points(law)[:2]:
        ridge = mpf(10) ** -(digits + 5)
        lost = 2 * (digits + 5)
        difference = value(law, "train_error", point, ridge, dps=digits + 10 + lost)
        with mpmath.workdps(digits + 10 + lost):
            difference -= real(ridgeless(point))
        c = real(specialised(law, law.ratio, point))
        total = integral(law, point, lambda t: t**-2)
        yield shown(point), difference / ridge**2, c * total


class HardEdge(NamedTuple):
    """Parameters φ, ψ, η, ζ at which zero is an edge, and the leading terms there.

    E_train - E_train(0) ~ error·γ^power, and ρ ~ density·x^(power - 1).
    """

    point: str
    power: Fraction
    error: mpf
    density: mpf


def _hard_edges() -> Iterator[HardEdge]:
    """At mpmath's present precision."""
    half, third = Fraction(1, 2), Fraction(1, 3)
    for f, e, s in ((Fraction(2, 3), 2, 1), (Fraction(3, 2), 2, 0), (Fraction(2), 3, 3)):
        b = real(f * e - s)
        u = 2 / (b + mpmath.sqrt(b**2 + 4 * real(f * (e - s) * s)))  # |u_*|
        root = mpmath.sqrt(real(f) * u)
        yield HardEdge(f"{f} {f} {e} {s}", half, root / 2, root / mpmath.pi)
    p, e = Fraction(1, 3), 2
    root = mpmath.sqrt(real(p / ((1 - p) * e)))
    yield HardEdge(f"1 {p} {e} {e}", half, root / 2, real(p) * root / mpmath.pi)
    f, e = Fraction(1, 3), 2
    root = 1 / mpmath.sqrt(real((1 - f) * e))
    yield HardEdge(f"{f} 1 {e} {e}", half, real(f) * root / 2, root / mpmath.pi)
    root = mpf(2) ** -real(third)
    yield HardEdge("1 1 2 2", third, root * 2 / 3, mpmath.sqrt(3) / (2 * mpmath.pi) * root)


@claims.verified(
    "ridgeless-rate-at-hard-edge",
    "E_train(γ) - E_train(0) ~ γ^(1/2)·½√(ψ|u_*|), γ^(1/2)·½√(ψ/((1 - ψ)η)), "
    "γ^(1/2)·½φ/√((1 - φ)η), γ^(1/3)·⅔η^(-1/3)",
    assumptions="φ = ψ (> 1 if ζ = η); ζ = η, φ = 1 > ψ; ζ = η, ψ = 1 > φ; ζ = η, φ = ψ = 1",
    at_most=LIMIT_DIGITS,
)
def hard_edge_rate(law: Law, dps: int) -> Values:
    """Where the next order, of relative size γ^power, is below the digits asked for."""
    for edge in _hard_edges():
        point = point_at(law, edge.point)
        ridge = mpf(10) ** (-int((dps + 10) / edge.power))
        digits = 2 * dps + 40
        difference = value(law, "train_error", point, ridge, dps=digits)
        with mpmath.workdps(digits):
            difference -= real(ridgeless(point))
            yield shown(point), difference / ridge ** real(edge.power), edge.error


@claims.verified(
    "hard-edge",
    "ρ(x) ~ (1/π)√(ψ|u_*|/x), (1/π)√(ψ³/((1 - ψ)ηx)), (1/π)/√((1 - φ)ηx), "
    "(√3/2π)·η^(-1/3)·x^(-2/3)",
    assumptions="φ = ψ (> 1 if ζ = η); ζ = η, φ = 1 > ψ; ζ = η, ψ = 1 > φ; ζ = η, φ = ψ = 1",
    at_most=LIMIT_DIGITS,
)
def hard_edge_density(law: Law, dps: int) -> Values:
    """Where the next order, of relative size x^power, is below the digits asked for."""
    for edge in _hard_edges():
        point = point_at(law, edge.point)
        place = mpf(10) ** (-int((dps + 10) / edge.power))
        density = value(law, "density", point, place, dps=dps + 10)
        yield shown(point), density * place ** real(1 - edge.power), edge.density


@claims.confirmed(
    "hard-edge-absent",
    "the support begins above zero when only the two largest of n0, m, n1 are equal",
    assumptions="ζ = η",
)
def gap_at_zero(law: Law, dps: int) -> Conditions:
    """The three ways for two to be equal and the third smaller."""
    for numbers in ("1 3 2 2", "3 1 2 2", "1/2 1/2 2 2"):
        point = point_at(law, numbers)
        yield shown(point), value(law, "support", point, dps=15)[0][0] > 0
