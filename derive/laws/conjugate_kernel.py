"""The conjugate kernel of a deep network (Fan-Wang): K_L alone, all other coefficients vanish."""

from sympy import Integer, Pow

from derive.laws.layered import ParameterSequence, height
from derive.laws.network import b2, network

LAW = network(
    name="conjugate_kernel",
    title="Conjugate kernel of a deep network (Fan–Wang)",
    summary=(
        "Limiting spectrum of K = XᵀX (n × n) for the features X of n samples in the last of L "
        "random layers X_l = σ(W_l X_(l-1))/√d_l, with E σ = 0 and E σ² = 1."
    ),
    source="Fan & Wang (2020), Theorem 3.4",
    parameters=(
        ParameterSequence(
            b2,
            "b² = (E σ′)², one number or one for each layer",
            upper=Integer(1),
            strict=False,
            matches="ratios",
            number_for_all=True,
        ),
    ),
    coefficient=Pow(0, height),
)
