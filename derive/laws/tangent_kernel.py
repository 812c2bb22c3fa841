"""The neural tangent kernel of a deep network (Fan-Wang): r + K_L + Σ_(l<L) b^(2(L-l)) K_l."""

from sympy import Integer, Sum, Symbol

from derive.laws.law import Parameter
from derive.laws.layered import depth, height
from derive.laws.network import b2, network

a, k = Symbol("a"), Symbol("k")

LAW = network(
    name="tangent_kernel",
    title="Neural tangent kernel of a deep network (Fan–Wang)",
    summary=(
        "Limiting spectrum of r₊ + K_L + Σ_(l<L) b^(2(L-l)) K_l (n × n), the tangent kernel of L "
        "random layers X_l = σ(W_l X_(l-1))/√d_l with K_l = X_lᵀX_l, E σ = 0 and E σ² = 1, and "
        "r₊ = Σ_(k=1..L) (a^k - b^(2k))."
    ),
    source="Fan & Wang (2020), Theorem 3.7",
    parameters=(
        Parameter(b2, "b² = (E σ′)²", upper=Integer(1), strict=False),
        Parameter(a, "a = E σ′²", lower=b2, strict=False),
    ),
    coefficient=b2**height,
    position=Sum(a**k - b2**k, (k, 1, depth)),
)
