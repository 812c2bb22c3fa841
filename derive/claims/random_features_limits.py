"""The Pennington-Worah law at ζ = 0 (Marchenko-Pastur) and ζ = η (a linear network).

Each limit is proved on the polynomials, compared with a law that is derived on its own, and
approached at the proved rate, so that a change of branch on the way would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import chain

import mpmath
from mpmath import mpc, mpf
from sympy import Expr, Integer, Symbol

from derive.branch import specialise
from derive.claims.ledger import Claim
from derive.claims.random_features import PAPER
from derive.claims.samples import Point, parameters, point_at, real, shown, specialised, value
from derive.claims.statements import (
    Conditions,
    Identities,
    Values,
    confirmed,
    identical,
    proved,
    same_equation,
    verified,
)
from derive.curve import y
from derive.elimination import Ring, lowest_terms, polynomial_part
from derive.laws import LAWS
from derive.laws.law import Law
from derive.laws.marchenko_pastur import ratio, variance
from derive.laws.random_features import eta, phi, psi, zeta
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS
from derive.observables.moments import MOMENTS
from derive.observables.train_error import TRAIN_ERROR, TRAIN_ERROR_COEFFICIENTS
from derive.variables import E, G, gamma, z

epsilon = Symbol("epsilon", positive=True)


@dataclass(frozen=True, eq=False)
class Limit:
    """A value of ζ at which the law is a simpler one.

    Attributes
    ----------
    name : str
    limit : Expr
        Value of ζ.
    near : Expr
        ζ at a distance `epsilon` within its domain.
    law : Law
        The simpler law, derived without this one.
    parameters : mapping of Symbol to Expr
        Its parameters.
    order : int
        G and E_train differ from their limits by order epsilon^order.
    source : str
    """

    name: str
    limit: Expr
    near: Expr
    law: Law
    parameters: Mapping[Symbol, Expr]
    order: int
    source: str

    @property
    def label(self) -> str:
        """The limit as text."""
        return f"ζ = {'η' if self.limit == eta else self.limit}"


LIMITS = (
    Limit(
        "zeta-zero",
        Integer(0),
        epsilon,
        LAWS["marchenko_pastur"],
        {ratio: phi / psi, variance: eta},
        2,
        PAPER + "eq. (14)",
    ),
    Limit(
        "zeta-eta",
        eta,
        eta - epsilon,
        LAWS["product_wishart"],
        {s: s for s in (phi, psi, eta)},
        1,
        PAPER + "section 3.2",
    ),
)

# Few, as roots come together when ζ is small.
_RATE_DIGITS = 15
_MOMENTS = 4
# Values of φ, ψ, η: regular, with mass at zero, square, and degenerate.
_POINTS = ("1/2 3/4 1", "3/2 1/2 2", "2/3 2/3 3/2", "1 1 1")


def claims(law: Law) -> tuple[Claim, ...]:
    """Claims about both limits."""
    quoted = proved(
        law,
        "eq-14",
        "at ζ = 0, η = 1: zG² + ((1 - z)ψ/φ - 1)G + ψ/φ = 0",
        equation_14,
        PAPER + "eq. (14)",
        "ζ = 0, η = 1",
    )
    return (quoted, *chain.from_iterable(_claims(law, limit) for limit in LIMITS))


def _claims(law: Law, limit: Limit) -> tuple[Claim, ...]:
    other, power = limit.law.title, "" if limit.order == 1 else "²"
    distance = f"(η - ζ){power}" if limit.limit == eta else f"ζ{power}"
    off_edges = "z off the edges of the support"
    return (
        proved(
            law,
            limit.name,
            f"at {limit.label} polynomials of G and E_train and moments are those of: {other}",
            partial(polynomials_agree, limit=limit),
            limit.source,
            limit.label,
        ),
        verified(
            law,
            f"{limit.name}-values",
            f"at {limit.label} the values of every observable are those of: {other}",
            partial(values_agree, limit=limit),
            limit.source,
            limit.label,
        ),
        proved(
            law,
            f"{limit.name}-order",
            f"G and E_train differ from their limits at {limit.label} by order {distance} exactly",
            partial(order_of_approach, limit=limit),
            assumptions=off_edges,
        ),
        verified(
            law,
            f"{limit.name}-rate",
            f"(G - G at {limit.label})/{distance} tends to its proved limit; so for ρ, E_train",
            partial(rate_of_approach, limit=limit),
            assumptions=off_edges,
            at_most=_RATE_DIGITS,
        ),
        confirmed(
            law,
            f"{limit.name}-approach",
            f"the ratio is within 10ε of it at {distance.rstrip('²')} = ε = 10^-3, 10^-10, 10^-20",
            partial(approach, limit=limit),
            assumptions=off_edges,
        ),
    )


def equation_14(law: Law) -> Identities:
    """The polynomial as it is quoted."""
    polynomial = CAUCHY_COEFFICIENTS.polynomial(law).subs({zeta: 0, eta: 1})
    quoted = z * G**2 + ((1 - z) * psi / phi - 1) * G + psi / phi
    yield "(14)", same_equation(*(polynomial_part(e, G, z) for e in (polynomial, quoted)))


def polynomials_agree(law: Law, limit: Limit) -> Identities:
    """For E_train the degree drops at the limit, and factors of the other roots are left."""

    def simple(expression: Expr) -> Expr:
        return expression.subs(limit.parameters, simultaneous=True)

    full = CAUCHY_COEFFICIENTS.polynomial(law).subs(zeta, limit.limit)
    equations = full, simple(CAUCHY_COEFFICIENTS.polynomial(limit.law))
    yield "G", same_equation(*(polynomial_part(equation, G, z) for equation in equations))
    factor = polynomial_part(simple(TRAIN_ERROR_COEFFICIENTS.polynomial(limit.law)), E, gamma)
    polynomial = TRAIN_ERROR_COEFFICIENTS.polynomial(law)
    ring = Ring(polynomial.free_symbols)
    full = ring.substitute(ring.polynomial(polynomial), zeta, limit.limit)
    yield "E_train", full != 0 and divmod(full, ring.polynomial(factor))[1] == 0
    moments = zip(MOMENTS.terms(law, _MOMENTS), MOMENTS.terms(limit.law, _MOMENTS), strict=True)
    for k, (general, known) in enumerate(moments):
        yield f"m_{k}", identical(general.subs(zeta, limit.limit), simple(known))


def _points(
    law: Law, limit: Limit, points: tuple[str, ...] = _POINTS
) -> Iterator[tuple[Point, Point]]:
    """A point at the limit, and the same point of the simpler law."""
    for numbers in points:
        last = numbers.split()[-1] if limit.limit == eta else "0"
        point = point_at(law, f"{numbers} {last}")
        simple = ((s.name, specialised(law, limit.parameters[s], point)) for s in limit.law.symbols)
        yield point, tuple(simple)


def values_agree(law: Law, dps: int, limit: Limit) -> Values:
    """Observables of both laws, and the ends of the support."""
    requests = (
        ("cauchy_transform", mpc(1, 1)),
        ("cauchy_transform_prime", mpc(-0.5, 0.25)),
        ("density", mpf(1)),
        ("cdf", mpf(1)),
        ("log_potential", mpf(0.5)),
        ("train_error", mpf(0.5)),
    )
    for point, simple in _points(law, limit):
        for name, at in requests:
            found = value(law, name, point, at, dps=dps + 10)
            known = value(limit.law, name, simple, at, dps=dps + 10)
            yield f"{name}({at}), {shown(point)}", found, known
        ends, known_ends = (
            [value(of, "atom", at, dps=dps + 10), *chain(*value(of, "support", at, dps=dps + 10))]
            for of, at in ((law, point), (limit.law, simple))
        )
        for end, known in zip(ends, known_ends, strict=True):
            yield f"atom or edge, {shown(point)}", end, known


@cache
def _terms(limit: Limit, expression: Expr) -> tuple[Expr, ...]:
    """Taylor coefficients in epsilon at the limit, to the order of the approach."""
    expression = expression.subs(zeta, limit.near)
    ring = Ring(expression.free_symbols | {epsilon})
    top, bottom = (
        [ring.expression(c) for c in ring.coefficients(part, epsilon)] + [Integer(0)] * limit.order
        for part in ring.fraction(expression)
    )
    terms: list[Expr] = []
    for k in range(limit.order + 1):
        known = sum((bottom[j] * terms[k - j] for j in range(1, k + 1)), Integer(0))
        terms.append(lowest_terms((top[k] - known) / bottom[0]))
    return tuple(terms)


@cache
def leading_difference(law: Law, limit: Limit, on_curve: Expr) -> Expr:
    """Coefficient of epsilon^order, at fixed z, in the value of a function on the curve.

    A function of the parameter y of the limit's curve; all lower coefficients are zero.
    """
    f, *_, f_change = _terms(limit, on_curve)
    z_limit, *_, z_change = _terms(limit, law.curve.z)
    return lowest_terms(f_change - f.diff(y) / z_limit.diff(y) * z_change)


def order_of_approach(law: Law, limit: Limit) -> Identities:
    """The lower orders vanish at fixed y in z as well, so that they do at fixed z."""
    error = TRAIN_ERROR.on_curve(law).rational
    for name, on_curve in (("G", law.curve.cauchy), ("E_train", error)):
        for expression in (on_curve, law.curve.z):
            for term in _terms(limit, expression)[1:-1]:
                yield f"{name}: lower order", identical(term, Integer(0))
        yield f"{name}: order", leading_difference(law, limit, on_curve) != 0


def _ratios(
    law: Law, limit: Limit, points: tuple[str, ...], distance: Fraction, digits: int
) -> Iterator[tuple[str, mpf | mpc, mpf | mpc]]:
    """Difference over distance^order, and the limit of this ratio."""
    cauchy = leading_difference(law, limit, law.curve.cauchy)
    error = leading_difference(law, limit, TRAIN_ERROR.on_curve(law).rational)
    for point, simple in _points(law, limit, points):
        *others, (name, last) = point
        moved = (*others, (name, abs(last - distance)))  # ζ = distance or η - distance
        for observable, at, place, change in (
            ("cauchy_transform", mpc(1, 1), mpc(1, 1), cauchy),
            ("density", 2, 2, cauchy),
            ("train_error", 1, -1, error),
        ):
            near = value(law, observable, moved, at, dps=digits)
            far = value(limit.law, observable, simple, at, dps=digits)
            with mpmath.workdps(digits):
                expected = _on_limit(law, limit, point, simple, place, change, digits)
                if observable == "density":
                    expected = -expected.imag / mpmath.pi
                found = (near - far) / real(distance) ** limit.order
            yield f"{observable}({at}), {shown(moved)}", found, expected


def _on_limit(
    law: Law,
    limit: Limit,
    point: Point,
    simple: Point,
    place: mpc | int,
    function: Expr,
    digits: int,
) -> mpc:
    """A function of y on the limit's curve, where y = ψ/(zGG̃), at a value of z."""
    cauchy = value(limit.law, "cauchy_transform", simple, place, dps=digits)
    c, inverse_scale = (real(specialised(law, e, point)) for e in (law.ratio, psi))
    coordinate = inverse_scale / (cauchy * (c * place * cauchy + 1 - c))
    quotient = specialise(function, parameters(law, point))
    top, bottom = (
        mpmath.polyval([real(c) for c in reversed(list(part))], coordinate)
        for part in (quotient.numerator, quotient.denominator)
    )
    return top / bottom


def rate_of_approach(law: Law, dps: int, limit: Limit) -> Values:
    """At one distance, so small that the next order is below the digits asked for."""
    exponent = dps + 8
    digits = (limit.order + 1) * exponent + 20
    yield from _ratios(law, limit, _POINTS, Fraction(1, 10**exponent), digits)


def approach(law: Law, dps: int, limit: Limit) -> Conditions:
    """From far to near."""
    for k in (3, 10, 20):
        distance = Fraction(1, 10**k)
        for name, found, expected in _ratios(law, limit, _POINTS[::3], distance, 4 * k + 20):
            yield name, abs(found - expected) <= 10 * real(distance) * abs(expected)
