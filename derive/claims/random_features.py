"""What the paper and its Gaussian equivalent say about the Pennington-Worah law alone."""

from __future__ import annotations

import mpmath
from mpmath import mpc, mpf
from sympy import Expr, log

from derive.branch import specialise
from derive.claims.identities import companion, homogeneity, leading_term, transposition
from derive.claims.samples import (
    LIMIT_DIGITS,
    Point,
    parameters,
    point_at,
    points,
    real,
    shown,
    value,
)
from derive.claims.statements import Claims, Identities, Values, identical, same_equation
from derive.curve import y
from derive.elimination import Ring
from derive.laws.law import Law
from derive.laws.random_features import eta, phi, psi, zeta
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.moments import MOMENTS
from derive.observables.train_error import TRAIN_ERROR
from derive.variables import z

PAPER = "Pennington & Worah (2017), "

v = eta - zeta
A = y**2 + (phi * eta - zeta) * y - phi * v * zeta
B = y**2 + (psi * eta - zeta) * y - psi * v * zeta

claims = Claims()


@claims.proved("dictionary", "z = AB/(ψy(y - ζ)²), G = ψ(y - ζ)/A, G̃ = ψ(y - ζ)/B, y = ψ/(zGG̃)")
def dictionary(law: Law) -> Identities:
    """The curve in the notation u = 1/y = tP_φP_ψ of the paper."""
    yield "z", identical(law.curve.z, A * B / (psi * y * (y - zeta) ** 2))
    yield "G", identical(law.curve.cauchy, psi * (y - zeta) / A)
    yield "G̃", identical(companion(law), psi * (y - zeta) / B)
    yield "y", identical(y * law.curve.z * law.curve.cauchy * companion(law), psi)


@claims.proved(
    "eqs-11-13",
    "P, P_φ = zG̃ and P_ψ = zG solve the equations on the curve, t = 1/(ψz)",
    PAPER + "eqs. (11)–(13)",
)
def equations_11_to_13(law: Law) -> Identities:
    """P from (11), then (13), must satisfy (12)."""
    t = 1 / (psi * law.curve.z)
    P = (law.curve.z * law.curve.cauchy - (1 - psi)) / psi
    P_phi, P_psi = 1 + (P - 1) * phi, 1 + (P - 1) * psi
    u = t * P_phi * P_psi
    yield "(12)", identical(1 + v * u + u * zeta / (1 - u * zeta), P)
    yield "P_φ", identical(P_phi, law.curve.z * companion(law))
    yield "P_ψ", identical(P_psi, law.curve.z * law.curve.cauchy)


@claims.proved("eq-22", "(1/m)E tr Q = (1 - φ/ψ)/γ - (φ/ψ)G(-γ) = -G̃(-γ)", PAPER + "eq. (22)")
def equation_22(law: Law) -> Identities:
    """At γ = -z, with G̃ from the closed form in y."""
    trace = -(1 - phi / psi) / law.curve.z - phi / psi * law.curve.cauchy
    yield "(22)", identical(trace, -psi * (y - zeta) / B)


@claims.proved("eq-21", "E_train = -γ²·d/dγ (1/m)E tr Q", PAPER + "eq. (21)")
def equation_21(law: Law) -> Identities:
    """At γ = -z, by the chain rule."""
    trace = -(1 - phi / psi) / law.curve.z - phi / psi * law.curve.cauchy
    error = law.curve.z**2 * trace.diff(y) / law.curve.z.diff(y)
    yield "(21)", identical(TRAIN_ERROR.on_curve(law).rational, error)


claims.add(lambda law: homogeneity(law, eta, zeta, name="eq-23", source=PAPER + "eq. (23)"))


@claims.verified(
    "eq-23-values",
    "E_train(γ, η, ζ) = E_train(λγ, λη, λζ) and λ·ρ(λx; λη, λζ) = ρ(x; η, ζ)",
    PAPER + "eq. (23)",
)
def equation_23_values(law: Law, dps: int) -> Values:
    """One factor, at regular and degenerate points."""
    factor = 7
    for point in points(law):
        stretched = tuple(
            (name, number * (factor if name in (eta.name, zeta.name) else 1))
            for name, number in point
        )
        for name, at, power in (("train_error", 1, 0), ("density", 1, 1)):
            small = value(law, name, point, at, dps=dps + 10)
            large = value(law, name, stretched, factor * at, dps=dps + 10)
            yield f"{name}, {shown(point)}", factor**power * large, small


def _of_u() -> tuple[Expr, Expr, Expr, Expr]:
    u = 1 / y
    P = 1 + v * u + zeta * u / (1 - zeta * u)
    slope = v + zeta / (1 - zeta * u) ** 2
    return u, 1 + phi * (P - 1), 1 + psi * (P - 1), slope


@claims.proved(
    "train-error-factored",
    "E_train = P_φ²(P_ψ - ψuP′)/(P_φP_ψ - uP′(φP_ψ + ψP_φ)), u = 1/y, P′ = dP/du",
)
def train_error_factored(law: Law) -> Identities:
    """A form without subtraction of the limit γ → 0."""
    u, P_phi, P_psi, slope = _of_u()
    numerator = P_phi**2 * (P_psi - psi * u * slope)
    denominator = P_phi * P_psi - u * slope * (phi * P_psi + psi * P_phi)
    yield "E_train", identical(TRAIN_ERROR.on_curve(law).rational, numerator / denominator)


claims.proved("transposition", "G̃(z; φ, ψ) = (ψ/φ)·G(ψz/φ; ψ, φ): W and X trade places")(
    transposition
)


@claims.proved(
    "potential-closed-form",
    "U = ψvu + 2ψ/(1 - ζu) - ln u + (ψ + ψ/φ - 1)ln(1 - ζu) + (1 - ψ/φ)ln A_u - 2ψ - ln ψ",
)
def potential_closed_form(law: Law) -> Identities:
    """Equal derivatives, and both U - ln z → 0: that of ln y is ln ψ + ln z at infinity."""
    U = LOG_POTENTIAL.on_curve(law)
    u = 1 / y
    A_u = 1 + (phi * eta - zeta) * u - phi * v * zeta * u**2
    rational = psi * v * u + 2 * psi / (1 - zeta * u) - 2 * psi
    logarithms = ((psi + psi / phi - 1, 1 - zeta * u), (1 - psi / phi, A_u))
    expected = rational.diff(y) + 1 / y + sum(c * f.diff(y) / f for c, f in logarithms)
    derivative = U.rational.diff(y) + sum(c * f.diff(y) / f for c, f in U.logarithms)
    yield "derivative", identical(derivative, expected)
    yield "rational part at infinity", leading_term(rational)[1] < 0
    yield "logarithms at infinity", all(leading_term(f) == (1, 0) for _, f in logarithms)
    yield "z at infinity", log(leading_term(law.curve.z)[0]).expand() == -log(psi)


@claims.proved(
    "quartic", "the polynomial in G has degree 4, and leading terms φ²z²ζ(η - ζ)G⁴, 0 at ζ = 0"
)
def quartic(law: Law) -> Identities:
    """The leading coefficient vanishes at ζ = η, two of them at ζ = 0."""
    *_, a_3, a_4 = CAUCHY_COEFFICIENTS.coefficients(law)
    leading = phi**2 * z**2 * zeta * v
    yield "degree", CAUCHY_COEFFICIENTS.degree(law) == 4
    yield "a_4", same_equation(a_4, leading)
    yield "a_3", a_3.subs(zeta, 0) == 0


@claims.proved("low-moments", "m_1 = η, m_2 = η²(φ + ψ)/ψ + ζ²/ψ")
def low_moments(law: Law) -> Identities:
    """By the trace of the Gaussian equivalent."""
    _, first, second = MOMENTS.terms(law, 2)
    yield "m_1", identical(first, eta)
    yield "m_2", identical(second, eta**2 * (phi + psi) / psi + zeta**2 / psi)


@claims.proved("critical-points", "z′(y) has 5 zeros, 3 at ζ = η and 2 at ζ = 0")
def critical_points(law: Law) -> Identities:
    """Degree in y of the numerator of z′."""
    for at, degree in ((zeta, 5), (eta, 3), (0, 2)):
        slope = law.curve.z.subs(zeta, at).diff(y)
        ring = Ring(slope.free_symbols)
        yield f"ζ = {at}", ring.degree(ring.fraction(slope)[0], y) == degree


@claims.verified(
    "two-intervals",
    "at φ = 1/8, ψ = 1/4, η = 1, ζ = 9/10 the support is [0.01038, 0.23825] ∪ "
    "[0.79048, 9.97503], to five decimals",
    assumptions="this point",
    at_most=4,
)
def two_intervals(law: Law, digits: int) -> Values:
    """Rounded to five decimals."""
    support = value(law, "support", point_at(law, "1/8 1/4 1 9/10"), dps=15)
    ends = [end for interval in support for end in interval]
    for end, expected in zip(ends, (1038, 23825, 79048, 997503), strict=True):
        yield str(expected), mpmath.nint(end * 10**5), expected


@claims.verified(
    "branch", "over Im z > 0 exactly one root of the quartic has Im y > 0 and Im G < 0"
)
def branch(law: Law, dps: int) -> Values:
    """By counting among all roots, without the subordination functions."""
    for point in points(law)[:4]:
        for at in (mpc(1, 1), mpc(-2, 1), mpc(0.5, 1e-6)):
            with mpmath.workdps(dps + 20):
                roots = _quartic_roots(law, point, at, dps)
                values = [_cauchy_at(point, root) for root in roots if root.imag > 0]
                physical = [G for G in values if G.imag < 0]
            yield f"number of roots, {shown(point)}", len(physical), 1
            expected = value(law, "cauchy_transform", point, at, dps=dps + 10)
            yield f"G({at}), {shown(point)}", physical[0], expected


def _quartic_roots(law: Law, point: Point, z: mpc, dps: int) -> list[mpc]:
    """Roots in y of the numerator of z(y) - z."""
    curve = specialise(law.curve.z, parameters(law, point))
    with mpmath.workdps(dps + 20):
        difference = [real(c) for c in curve.numerator]
        for k, c in enumerate(curve.denominator):
            difference[k] -= z * real(c)
        return mpmath.polyroots(difference[::-1], maxsteps=500, extraprec=8 * dps)


def _cauchy_at(point: Point, root: mpc) -> mpc:
    """G by the dictionary."""
    f, p, e, s = (real(number) for _, number in point)
    return p * (root - s) / (root**2 + (f * e - s) * root - f * (e - s) * s)


@claims.verified("ridge-branch", "at z = -γ the smallest real root of the quartic gives G(-γ)")
def ridge_branch(law: Law, dps: int) -> Values:
    """By comparing all real roots."""
    for point in points(law)[:6]:
        for ridge in (1e-6, 1.0):
            with mpmath.workdps(dps + 20):
                roots = _quartic_roots(law, point, mpc(-ridge), dps)
                smallest = min(r.real for r in roots if abs(r.imag) <= abs(r) * mpf(10) ** -dps)
                found = _cauchy_at(point, smallest)
            expected = value(law, "cauchy_transform", point, -ridge, dps=dps + 10)
            yield f"G(-{ridge}), {shown(point)}", found, expected.real


@claims.proved(
    "ridge-monotone", "d ln(-z)/du = φP′/P_φ + ψP′/P_ψ - 1/u, positive where P_φ, P_ψ > 0 > u"
)
def ridge_monotone(law: Law) -> Identities:
    """dy/du = -y²."""
    u, P_phi, P_psi, slope = _of_u()
    expected = phi * slope / P_phi + psi * slope / P_psi - 1 / u
    yield "derivative", identical(-(y**2) * law.curve.z.diff(y) / law.curve.z, expected)


@claims.verified(
    "ridge-limit",
    "y → -(b + √(b² + 4Mvζ))/2 as γ → 0, M = max(φ, ψ), b = Mη - ζ",
    assumptions="ζ < η, or ζ = η and M > 1",
    at_most=LIMIT_DIGITS,
)
def ridge_limit(law: Law, dps: int) -> Values:
    """At γ = 10^-(3·dps + 30), by y = ψ/(zGG̃)."""
    at = -(mpf(10) ** -(3 * dps + 30))
    for point in points(law):
        cauchy = value(law, "cauchy_transform", point, at, dps=5 * dps + 60).real
        with mpmath.workdps(5 * dps + 60):
            f, p, e, s = (real(number) for _, number in point)
            largest = max(f, p)
            b = largest * e - s
            limit = -(b + mpmath.sqrt(b**2 + 4 * largest * (e - s) * s)) / 2
            if s == e and largest <= 1:
                continue
            found = p / (at * cauchy * (f / p * cauchy + (1 - f / p) / at))
        yield shown(point), found, limit
