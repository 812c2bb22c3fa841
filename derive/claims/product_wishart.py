"""What is known about the law of a product of two Gaussian matrices alone."""

from __future__ import annotations

import mpmath
from mpmath import mpf
from sympy import binomial

from derive.claims.identities import homogeneity, transposition
from derive.claims.samples import point_at, value
from derive.claims.statements import Claims, Identities, Values
from derive.laws.law import Law
from derive.laws.product_wishart import eta, phi, psi
from derive.observables.moments import MOMENTS

_ORDER = 6
_SQUARE = "φ = ψ = η = 1"

claims = Claims()

claims.add(lambda law: homogeneity(law, eta))

claims.proved("transposition", "G̃(z; φ, ψ) = (ψ/φ)·G(ψz/φ; ψ, φ): the two matrices trade places")(
    transposition
)


@claims.proved(
    "fuss-catalan",
    f"m_k = binom(3k, k)/(2k + 1), k = 1, …, {_ORDER}",
    "Penson & Życzkowski (2011)",
    _SQUARE,
)
def fuss_catalan(law: Law) -> Identities:
    """At φ = ψ = η = 1."""
    for k, moment in enumerate(MOMENTS.terms(law, _ORDER)[1:], start=1):
        known = binomial(3 * k, k) / (2 * k + 1)
        yield f"m_{k}", moment.subs({phi: 1, psi: 1, eta: 1}) == known


@claims.verified("fuss-catalan-edges", "the support is [0, 27/4]", assumptions=_SQUARE)
def edges(law: Law, dps: int) -> Values:
    """The lower end, zero on both sides, is not counted."""
    ((lower, upper),) = value(law, "support", point_at(law, "1 1 1"), dps=dps + 10)
    yield "lower", lower, 0
    yield "upper", upper, mpf(27) / 4


@claims.verified(
    "fuss-catalan-density",
    "ρ(x) = (2^(1/3)√3/12π)·(2^(1/3)w² - 6x^(1/3))/(x^(2/3)w), w³ = 27 + 3√(81 - 12x)",
    "Penson & Życzkowski (2011)",
    _SQUARE,
)
def density(law: Law, dps: int) -> Values:
    """From next to the hard edge to the soft one."""
    for x in (mpf(10) ** -9, mpf(1) / 8, mpf(1), mpf(6), mpf(27) / 4 - mpf(2) ** -20):
        found = value(law, "density", point_at(law, "1 1 1"), x, dps=dps + 20)
        yield f"x = {mpmath.nstr(x, 8)}", found, fuss_catalan_density(x)


def fuss_catalan_density(x: mpf) -> mpf:
    """Density with the moments binomial(3k, k)/(2k + 1), on (0, 27/4)."""
    r = mpmath.cbrt(27 + 3 * mpmath.sqrt(81 - 12 * x))
    two, root = mpmath.cbrt(2), mpmath.cbrt(x)
    return two * mpmath.sqrt(3) / (12 * mpmath.pi) * (two * r**2 - 6 * root) / (root**2 * r)
