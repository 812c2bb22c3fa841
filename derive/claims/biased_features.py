"""What is claimed of features with bias alone: one node, moments, isospectrality, degrees."""

from __future__ import annotations

from sympy import Expr, Integer, Poly, symbols

from derive.claims.statements import Claims, Identities, identical, same_equation
from derive.laws import LAWS
from derive.laws import marchenko_pastur as mp
from derive.laws import random_features as features
from derive.laws.law import Law
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS, polynomial_of
from derive.variables import G, z

phi, psi, eta, zeta = features.phi, features.psi, features.eta, features.zeta
_SOURCE = "Piccolo & Schröder (2021)"

claims = Claims()


@claims.proved("one-node", "one node gives the law of random features", _SOURCE)
def one_node(law: Law) -> Identities:
    """Polynomials, equal up to sign."""
    found = polynomial_of(law.at(phi=phi, psi=psi, eta=[eta], zeta=[zeta]))
    expected = CAUCHY_COEFFICIENTS.polynomial(LAWS["random_features"])
    yield "polynomial", same_equation(found, expected)


def _three_nodes(law: Law) -> tuple[list[Expr], list[Expr], list[Expr], list[Expr]]:
    """Moments, variances V, squared means c₁² and weights."""
    V, c = symbols("V1:4"), symbols("c1:4")
    first, second = symbols("w1 w2")
    w = [first, second, 1 - first - second]
    spectrum = law.at(phi=phi, psi=psi, eta=V, zeta=c, weights=w)
    return list(spectrum.moments(2)), list(V), list(c), w


def _mean(values: list[Expr], weights: list[Expr]) -> Expr:
    return sum((w * v for w, v in zip(weights, values, strict=True)), Integer(0))


@claims.proved(
    "second-moment",
    "m₁ = E V and m₂ = E V² + (φ/ψ)(E V)² + (E c₁²)²/ψ",
    assumptions="three nodes with any weights",
)
def second_moment(law: Law) -> Identities:
    """From the expansion at infinity."""
    m, V, c, w = _three_nodes(law)
    squares = _mean([v**2 for v in V], w)
    yield "m₁", identical(m[1], _mean(V, w))
    expected = squares + phi / psi * _mean(V, w) ** 2 + _mean(c, w) ** 2 / psi
    yield "m₂", identical(m[2], expected)


@claims.proved(
    "isospectral",
    "m₂ exceeds that of Marchenko–Pastur with the same mean by Var V + (E c₁²)²/ψ, which "
    "is zero only for c₁ = 0 and constant V: with bias no activation but a constant "
    "preserves the spectrum, without bias every one with ζ = 0 does",
    _SOURCE,
    "three nodes with any weights",
)
def isospectral(law: Law) -> Identities:
    """The excess is a sum of two terms that are not negative."""
    m, V, c, w = _three_nodes(law)
    mean = _mean(V, w)
    variance = _mean([(v - mean) ** 2 for v in V], w)
    yield "excess", identical(m[2] - (1 + phi / psi) * mean**2, variance + _mean(c, w) ** 2 / psi)
    found = polynomial_of(law.at(phi=phi, psi=psi, eta=[eta], zeta=[Integer(0)]))
    expected = CAUCHY_COEFFICIENTS.polynomial(LAWS["marchenko_pastur"])
    expected = expected.subs({mp.ratio: phi / psi, mp.variance: eta}) * psi
    yield "ζ = 0 without bias", same_equation(found, expected)


@claims.proved(
    "degrees",
    "k nodes give a polynomial of degree (k + 1)(k + 4)/2 - 1 in G: 4, 8, 13",
    assumptions="k = 1, 2, 3 at sample parameters",
)
def degrees(law: Law) -> Identities:
    """Of the irreducible polynomials."""
    for k in (1, 2, 3):
        given = {"phi": "1/2", "psi": "3/4", "eta": (3, 2, 5)[:k], "zeta": ("1/7", "1/2", 2)[:k]}
        polynomial = Poly(polynomial_of(law.at(**given)), G, z)
        yield f"k = {k}", polynomial.degree(G) == (k + 1) * (k + 4) // 2 - 1
