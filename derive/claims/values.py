"""Properties of every law, checked on reference values at full precision."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import pairwise

import mpmath
from flint import acb, ctx
from mpmath import mpc, mpf

from derive.branch import Fibre, specialise
from derive.claims.samples import (
    LIMIT_DIGITS,
    Point,
    parameters,
    points,
    real,
    shown,
    slope_of,
    specialised,
    value,
)
from derive.claims.statements import Claims, Conditions, Values
from derive.laws.law import Law
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.support import SUPPORT
from derive.rational import exact
from derive.variables import x

# Few where a reference value takes many evaluations or a root close to others.
_AXIS_DIGITS, _QUANTILE_DIGITS = 20, 12
_MOMENTS = 3

claims = Claims()


def inner_points(law: Law, point: Point) -> list[mpf]:
    """One place inside each interval of the support."""
    return [a + (b - a) * mpf(3) / 8 for a, b in value(law, "support", point, dps=15)]


@claims.confirmed(
    "physical-branch",
    "over Im z > 0 exactly one point of the curve has Im w > 0 for every subordination "
    "function w; there Im G < 0, and every logarithm of the potential is principal",
    source="Silverstein & Choi (1995)",
)
def physical_branch(law: Law, dps: int) -> Conditions:
    """Uniqueness is decided by `Fibre.above`, which raises unless there is exactly one point."""
    logarithms = LOG_POTENTIAL.on_curve(law).logarithms
    near = Fraction(1, 10**30)
    with ctx.workprec(int(3.33 * dps) + 200):
        for point in points(law):
            values = parameters(law, point)
            fibre = Fibre(law, values)
            used = [f for c, f in logarithms if specialised(law, c, point) != 0]
            for at in ((1, 1), (-2, 1), (1, near), (-1, near), (1000, 1)):
                root = fibre.above(*(exact(part, "z") for part in at)).y
                name = f"{shown(point)}; z = {at[0]} + {at[1]}i"
                yield f"Im G < 0: {name}", bool(specialise(law.curve.cauchy, values)(root).imag < 0)
                for f in used:
                    yield f"principal ln({f}): {name}", _principal(specialise(f, values)(root))


def _principal(argument: acb) -> bool:
    return bool(argument.imag > 0 or (argument.imag == 0 and argument.real > 0))


@claims.verified(
    "real-axis",
    "G(x + iε) → G(x + i0) inside the support, in its gaps and on both sides",
    at_most=_AXIS_DIGITS,
)
def real_axis(law: Law, dps: int) -> Values:
    """The two rules for the branch, on the axis and above it, against each other."""
    height = mpf(10) ** -(dps + 10)
    for point in points(law)[:4]:
        ends = [end for interval in value(law, "support", point, dps=15) for end in interval]
        gaps = [(b + c) / 2 for b, c in zip(ends[1:-1:2], ends[2::2], strict=True)]
        for place in (-1, *inner_points(law, point), *gaps, 1 + ends[-1]):
            above = value(law, "cauchy_transform", point, mpc(place, height), dps=dps + 10)
            on_axis = value(law, "cauchy_transform", point, place, dps=dps + 10)
            yield f"{shown(point)}; x = {mpmath.nstr(place, 8)}", above, on_axis


@claims.verified("conjugate-symmetry", "G(z̄) is the conjugate of G(z)")
def conjugate_symmetry(law: Law, dps: int) -> Values:
    """Both half-planes."""
    for point, z in zip(points(law), ("1/2+1/3j", "-2+1e-30j"), strict=False):
        upper = value(law, "cauchy_transform", point, z, dps=dps + 10)
        lower = value(law, "cauchy_transform", point, z.replace("+", "-"), dps=dps + 10)
        yield f"{shown(point)}; z = {z}", lower, upper.conjugate()


@claims.verified("polynomial-values", "G is a root of its polynomial")
def polynomial_values(law: Law, dps: int) -> Values:
    """The constant term against the rest, so that a residual is relative to its terms."""
    name, at = CAUCHY_COEFFICIENTS.public_name(law), "1/2+1/3j"
    for point in points(law)[:3]:
        first, *rest = value(law, name, point, at, dps=dps + 20)
        root = value(law, "cauchy_transform", point, at, dps=dps + 20)
        with mpmath.workdps(dps + 20):
            others = mpmath.fsum(a * root ** (k + 1) for k, a in enumerate(rest))
        yield f"{shown(point)}; z = {at}", -others, first


@claims.verified(
    "train-error-values",
    "E_train = (1 - c) - c·γ²·G′(-γ), c = rows/columns",
    source="Pennington & Worah (2017), eqs. (21), (22)",
)
def train_error_values(law: Law, dps: int) -> Values:
    """The digits lost in 1 - c·(1 + γ²G′) for small γ are added to the precision."""
    for point in points(law):
        for ridge, lost in ((Fraction(1, 7), 2), (Fraction(1, 10**12), 30)):
            prime = value(law, "cauchy_transform_prime", point, -ridge, dps=dps + 10 + lost)
            with mpmath.workdps(dps + 10 + lost):
                c, gamma = real(specialised(law, law.ratio, point)), real(ridge)
                through_prime = (1 - c) - c * gamma**2 * prime.real
            closed = value(law, "train_error", point, ridge, dps=dps + 10)
            yield f"{shown(point)}; γ = {ridge}", closed, through_prime


@claims.verified(
    "large-z-values",
    f"(G(z) - Σ m_j/z^(j+1) over j < k)·z^(k+1) → m_k as z → ∞, k = 0, …, {_MOMENTS}",
    at_most=LIMIT_DIGITS,
)
def large_z_values(law: Law, dps: int) -> Values:
    """At z = 10^(dps + 10)."""
    z = 10 ** (dps + 10)
    digits = (_MOMENTS + 3) * (dps + 10)
    for point in points(law)[:3]:
        cauchy = value(law, "cauchy_transform", point, z, dps=digits).real
        moments = value(law, "moments", point, _MOMENTS, dps=digits)
        with mpmath.workdps(digits):
            for k, moment in enumerate(moments):
                known = mpmath.fsum(m * mpf(z) ** -(j + 1) for j, m in enumerate(moments[:k]))
                yield f"m_{k}, {shown(point)}", (cauchy - known) * mpf(z) ** (k + 1), moment


@claims.verified("density-is-derivative", "ρ = dF/dx")
def density_is_derivative(law: Law, dps: int) -> Values:
    """Central differences of F."""
    for point in points(law)[:3]:
        for place in inner_points(law, point):
            slope = slope_of(partial(value, law, "cdf", point), place, dps)
            density = value(law, "density", point, place, dps=dps + 10)
            yield f"{shown(point)}; x = {mpmath.nstr(place, 8)}", slope, density


@claims.verified("log-potential-derivative", "d/dγ ∫ln(t + γ)dρ = -G(-γ)")
def log_potential_derivative(law: Law, dps: int) -> Values:
    """Central differences of the logarithmic potential."""
    for point in points(law)[:3]:
        slope = slope_of(partial(value, law, "log_potential", point), mpf(0.75), dps)
        cauchy = value(law, "cauchy_transform", point, -0.75, dps=dps + 10)
        yield f"{shown(point)}; γ = 3/4", slope, -cauchy


@claims.verified(
    "atom",
    "the mass at zero is the limit of z·G(z) as z → 0-: the masses off zero agree",
    at_most=LIMIT_DIGITS,
)
def atom(law: Law, dps: int) -> Values:
    """At z = -10^-(3·dps + 30), as zG approaches its limit no slower than |z|^(1/3)."""
    at = -(mpf(10) ** -(3 * dps + 30))
    for point in points(law):
        cauchy = value(law, "cauchy_transform", point, at, dps=dps + 20)
        mass = value(law, "atom", point, dps=dps + 20)
        with mpmath.workdps(dps + 20):
            yield shown(point), 1 - at * cauchy, 1 - mass


@claims.verified("edges", "the ends of the support are zeros of the edge polynomial")
def edges(law: Law, dps: int) -> Values:
    """An edge against itself after one exact Newton step on the squarefree edge polynomial."""
    (formula,) = SUPPORT.formulas(law)
    for point in points(law):
        polynomial = specialise(formula.left, parameters(law, point), x).numerator
        polynomial //= polynomial.gcd(polynomial.derivative())
        for interval in value(law, "support", point, dps=dps + 10):
            for end in interval:
                at = exact(end, "edge")
                step = polynomial(at) / polynomial.derivative()(at)
                with mpmath.workdps(dps + 20):
                    yield f"{shown(point)}; x = {mpmath.nstr(end, 8)}", end - real(step), end


@claims.confirmed(
    "support", "the density is positive just inside the support and zero just outside"
)
def support(law: Law, dps: int) -> Conditions:
    """At a relative distance of 10^-dps from each edge, 10^-50 at the least."""
    dps = min(dps, LIMIT_DIGITS)
    for point in points(law):
        for a, b in value(law, "support", point, dps=2 * dps + 10):
            with mpmath.workdps(2 * dps + 10):
                near = mpf(10) ** -dps
                places = (a * (1 + near) or near, b * (1 - near), a * (1 - near) or -near)
                outside = b * (1 + near)
            for place, inside in zip((*places, outside), (True, True, False, False), strict=True):
                density = value(law, "density", point, place, dps=15)
                name = f"{shown(point)}; ρ({mpmath.nstr(place, 8)}) = {mpmath.nstr(density, 8)}"
                yield name, density > 0 if inside else density == 0


@claims.verified(
    "cdf-ends",
    "F is the mass at zero below the support, constant in gaps, and one above",
    at_most=LIMIT_DIGITS,
)
def cdf_ends(law: Law, dps: int) -> Values:
    """Around every interval."""
    for point in points(law):
        intervals = value(law, "support", point, dps=dps + 10)
        cdf = partial(value, law, "cdf", point, dps=dps + 10)
        mass = value(law, "atom", point, dps=dps + 10)
        yield f"{shown(point)}; zero", cdf(0), mass
        yield f"{shown(point)}; below", cdf(intervals[0][0] / 2), mass
        for (_, b), (a, _) in pairwise(intervals):
            yield f"{shown(point)}; gap to its lower end", cdf((a + b) / 2), cdf(b)
            yield f"{shown(point)}; gap to its upper end", cdf((a + b) / 2), cdf(a)
        yield f"{shown(point)}; above", cdf(2 * intervals[-1][1]), 1
        yield f"{shown(point)}; upper end", cdf(intervals[-1][1]), 1


@claims.verified("quantile", "the quantile of F(x) is x", at_most=_QUANTILE_DIGITS)
def quantile(law: Law, dps: int) -> Values:
    """Inside the first interval."""
    for point in points(law)[:2]:
        place = inner_points(law, point)[0]
        level = value(law, "cdf", point, place, dps=dps + 10)
        found = value(law, "quantile", point, level, dps=dps + 5)
        yield f"{shown(point)}; x = {mpmath.nstr(place, 8)}", found, place
