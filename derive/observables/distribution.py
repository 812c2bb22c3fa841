"""Distribution function and quantiles, from the logarithmic potential above the real axis."""

from sympy import Integer

from derive.laws.law import Law
from derive.observables.cauchy_transform import DENSITY
from derive.observables.observable import LEVEL, Inverse, OnCurve, Part, Transform, X


def potential(law: Law) -> OnCurve:
    """U(z) = ∫ ln(z - t) ρ(dt) on the curve."""
    return OnCurve(law.curve.rational, law.curve.logarithms)


CDF = Transform(
    name="cdf",
    title="Distribution function",
    equation=r"F(x) = \rho((-\infty, x]) = 1 - \frac{1}{\pi} \operatorname{Im} U(x + i0)",
    argument=X,
    returns="Mass of (-inf, x], atoms included.",
    on_curve=potential,
    part=Part.TURNS,
    offset=Integer(1),
    at_zero=lambda law: law.curve.atom,
)


def _minus_potential(law: Law) -> OnCurve:
    U = potential(law)
    return OnCurve(-U.rational, tuple((-c, argument) for c, argument in U.logarithms))


SURVIVAL_FUNCTION = Transform(
    name="survival_function",
    title="Survival function",
    equation=r"1 - F(x) = \rho((x, \infty)) = \frac{1}{\pi} \operatorname{Im} U(x + i0)",
    argument=X,
    returns="Mass of (x, inf), not as a difference from one.",
    on_curve=_minus_potential,
    part=Part.TURNS,
    at_zero=lambda law: 1 - law.curve.atom,
)

QUANTILE = Inverse(
    name="quantile",
    title="Quantile function",
    equation=r"F^{-1}(q) = \inf\{x : F(x) \ge q\}",
    argument=LEVEL,
    returns="Smallest x with F(x) >= q; the lower end of everything at q = 0.",
    of=CDF,
    derivative=DENSITY,
)
