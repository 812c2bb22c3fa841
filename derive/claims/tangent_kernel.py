"""What is claimed of the tangent kernel alone: its recursion, and the curve at depth one."""

from __future__ import annotations

from sympy import Poly, symbols

from derive.claims.identities import divides
from derive.claims.statements import Claims, Identities, Values
from derive.claims.tangent_recursion import unfold
from derive.elimination import Ring
from derive.laws.law import Law
from derive.observables.cauchy_transform import polynomial_of
from derive.variables import G, z

gamma_0, gamma_1, b2, a = symbols("gamma0 gamma1 b2 a", positive=True)

_SOURCE = "Fan & Wang (2020), Theorem 3.7"
_NETWORKS = ((("1/2",), "1/3"), (("1/2", "3/4"), "1/3"), ((2, "1/2", 3), "2/3"))

claims = Claims()


@claims.verified(
    "recursion",
    "s_l = 1/σ_l solve s_l = 1/z_l + γ_l t_(l-1)(z_prev(s_l, z), (1 - b², 0, …, 0, b²)), "
    "and -G(z) = t_L((-z + r₊, q, 1), (1, 0, …, 0))",
    _SOURCE,
    "depths 1, 2 and 3, data with two eigenvalues",
)
def recursion(law: Law, dps: int) -> Values:
    """The equations as published, at the physical point."""
    for ratios, slope in _NETWORKS:
        given = {"ratios": ratios, "b2": slope, "a": "3/4", "eigenvalues": (1, 5)}
        for at in ("1/2+1/3j", "2+1/100j"):
            for line in unfold(law, given, at, dps=dps + 20):
                if line.expected is not None:
                    yield f"depth {len(ratios)}; z = {at}; {line.name}", line.value, line.expected


@claims.proved(
    "depth-one",
    "with Gaussian data and one layer the polynomial has degree (5, 2) in (G, z) and "
    "vanishes on s - 1/s = γ₁(1/(1 - v) + (c/b²)/(1 - v - γ₀)), c = 1 - b², "
    "y = v(1 - v - γ₀)/(1 - v), z = r₊ + b²(1 + 1/s)y + c/s, "
    "G = -1/((1 - v - γ₀)b²(1 + 1/s))",
    _SOURCE,
)
def depth_one(law: Law) -> Identities:
    """The polynomial on the curve, modulo the relation between s and v."""
    polynomial = polynomial_of(law.at(ratios=[gamma_1], b2=b2, a=a, base_ratio=gamma_0))
    found = Poly(polynomial, G, z)
    yield "degree", (found.degree(G), found.degree(z)) == (5, 2)
    s, v = symbols("s v")
    c, inner = 1 - b2, 1 - v - gamma_0
    relation = s - 1 / s - gamma_1 * (1 / (1 - v) + c / b2 / inner)
    z_of = a - b2 + b2 * (1 + 1 / s) * v * inner / (1 - v) + c / s
    G_of = -1 / (inner * b2 * (1 + 1 / s))
    ring = Ring({s, v, *polynomial.free_symbols})
    on_curve = ring.substitute(ring.polynomial(polynomial), z, z_of)
    on_curve = ring.substitute(on_curve, G, G_of)
    numerator, _ = ring.fraction(relation)
    yield "vanishes", divides(ring.expression(numerator), ring.expression(on_curve))
