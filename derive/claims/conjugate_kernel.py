"""Claims about the conjugate kernel alone: its recursion, and one layer as random features."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from sympy import Expr, Integer, Poly, Rational, symbols

from derive.calculus import Spectrum, layers
from derive.claims.statements import Claims, Identities, Values
from derive.curve import RationalCurve, atom, y
from derive.elimination import Ring
from derive.laws import LAWS
from derive.laws import random_features as features
from derive.laws.law import Law
from derive.observables.cauchy_transform import polynomial_of
from derive.reference import evaluate
from derive.variables import G, z

gamma_0, gamma_1, gamma_2, b2 = symbols("gamma0 gamma1 gamma2 b2", positive=True)

_SOURCE = "Fan & Wang (2020), Theorem 3.4"
_NETWORKS = (
    (("1/2", "3/4"), ("1/3", "1/4"), "2/3"),
    ((2, "1/2", 3), ("9/10", "1/2", "1/4"), "1/8"),
)

claims = Claims()


def recursion_curve(ratios: tuple, maps: tuple, base: RationalCurve) -> RationalCurve:
    """Curve of the layers' recursion, each layer a Marchenko-Pastur map behind an affine one."""
    return reduce(
        lambda curve, layer: curve.affine(layer[1], 1 - layer[1]).sample_covariance(layer[0]),
        zip(ratios, maps, strict=True),
        base,
    )


@claims.proved(
    "random-features",
    "with Gaussian data and one layer, G(z) = G̃(z/γ₁)/γ₁, G̃ that of random features with "
    "φ = 1/γ₀, ψ = γ₁/γ₀, η = 1, ζ = b²",
    "Fan & Wang (2020), section 3; Pennington & Worah (2017)",
)
def one_layer(law: Law) -> Identities:
    """The polynomial on the curve of the companion of random features."""
    polynomial = polynomial_of(law.at(ratios=[gamma_1], b2=b2, base_ratio=gamma_0))
    curve = LAWS["random_features"].curve.companion(features.phi / features.psi)
    dictionary = {
        features.phi: 1 / gamma_0,
        features.psi: gamma_1 / gamma_0,
        features.eta: Integer(1),
        features.zeta: b2,
    }
    yield (
        "vanishes",
        _vanishes(
            polynomial,
            gamma_1 * curve.z.subs(dictionary, simultaneous=True),
            curve.cauchy.subs(dictionary, simultaneous=True) / gamma_1,
        ),
    )


def _vanishes(polynomial: Expr, z_of: Expr, cauchy_of: Expr) -> bool:
    ring = Ring(polynomial.free_symbols | z_of.free_symbols | cauchy_of.free_symbols | {y})
    return ring.vanishes(ring.polynomial(polynomial), z, z_of, G, cauchy_of)


@claims.proved(
    "recursion",
    "the polynomial vanishes on the curve of μ_l = ρ_γl ⊠ ((1 - b²) + b²μ_(l-1))",
    _SOURCE,
    "depths 1 and 2 with symbols and one b, 2 and 3 with numbers, one with two eigenvalues",
)
def recursion(law: Law) -> Identities:
    """Elimination against the calculus of curves."""
    for ratios in ((gamma_1,), (gamma_1, gamma_2)):
        polynomial = polynomial_of(law.at(ratios=ratios, b2=b2, base_ratio=gamma_0))
        curve = recursion_curve(ratios, (b2,) * len(ratios), atom(1).sample_covariance(gamma_0))
        yield f"depth {len(ratios)}, symbols", _vanishes(polynomial, curve.z, curve.cauchy)
    for numbers, maps, base in _NETWORKS:
        polynomial = polynomial_of(law.at(ratios=numbers, b2=maps, base_ratio=base))
        curve = _curve(numbers, maps, base)
        yield f"depth {len(numbers)}", _vanishes(polynomial, curve.z, curve.cauchy)
    given: dict[str, Any] = {"ratios": ("1/2", "3/4"), "b2": "1/3", "eigenvalues": (1, 3)}
    polynomial = polynomial_of(law.at(**given))
    half = Rational(1, 2)
    data = replace(atom(1), cauchy=half / (y - 1) + half / (y - 3))
    curve = recursion_curve((half, Rational(3, 4)), (Rational(1, 3),) * 2, data)
    yield "two eigenvalues", _vanishes(polynomial, curve.z, curve.cauchy)


def _curve(ratios: tuple, maps: tuple, base: str) -> RationalCurve:
    ratios, maps = (tuple(map(Rational, numbers)) for numbers in (ratios, maps))
    return recursion_curve(ratios, maps, atom(1).sample_covariance(Rational(base)))


def _stack(ratios: tuple, maps: tuple, base: str) -> Spectrum:
    """The same network as layers over data that are one more layer."""
    slopes = list(map(Rational, reversed(maps)))
    stack = list(zip(reversed(ratios), (1, *[0] * len(maps)), (0, *slopes), strict=False))
    stack.append((base, 0, slopes[-1]))
    return layers(stack, [(1, 0, (*(1 - s for s in slopes), 1))])


@claims.proved(
    "degrees",
    "degrees in (G, z): (2^(L+1), 2^L) for Gaussian data, (1 + k(2^L - 1), k·2^(L-1)) for "
    "k eigenvalues",
    assumptions="L = 1, 2, 3 and k = 2 at sample ratios",
)
def degrees(law: Law) -> Identities:
    """Of the irreducible polynomials."""
    ratios = ("1/2", "2/3", "3/5")
    for L in (1, 2, 3):
        expected = {
            "base_ratio": ("3/4", (2 ** (L + 1), 2**L)),
            "eigenvalues": ((1, 3), (1 + 2 * (2**L - 1), 2 * 2 ** (L - 1))),
        }
        for name, (data, degree) in expected.items():
            given = {"ratios": ratios[:L], "b2": "1/3", name: data}
            polynomial = Poly(polynomial_of(law.at(**given)), G, z)
            yield f"{name}, L = {L}", (polynomial.degree(G), polynomial.degree(z)) == degree


@claims.verified(
    "stack-values",
    "density, distribution, potential and mass at zero are those of a stack of layers with one σ "
    "each, in which the tangent kernel is stated",
    _SOURCE,
    "depths 2 and 3",
)
def stack_values(law: Law, dps: int) -> Values:
    """Two statements of one network."""
    points = {"density": "1/2", "cdf": "1/2", "log_potential": "1/2", "cauchy_transform": "-1/3"}
    for ratios, maps, base in _NETWORKS:
        given: dict[str, Any] = {"ratios": ratios, "b2": maps, "base_ratio": base}
        other = Law("stack", (), _stack(ratios, maps, base))
        for name, point in points.items():
            found = evaluate(law, name, point, dps=dps + 10, **given)
            expected = evaluate(other, name, point, dps=dps + 10)
            yield f"depth {len(ratios)}; {name}", found, expected
        mass = evaluate(law, "atom", dps=dps + 10, **given)
        yield f"depth {len(ratios)}; atom", mass, evaluate(other, "atom", dps=dps + 10)
