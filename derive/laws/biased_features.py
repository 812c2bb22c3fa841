"""Random features with bias (Piccolo-Schröder), f(WX + b) with one bias for each row.

A row with bias b is c₁(b)·(Gaussian row of WX) + √(V(b) - c₁(b)²)·noise, up to a constant that
makes one outlier. Given W, the columns of Y are samples with covariance
diag(V - c₁²) + diag(c₁)·WWᵀ/n0·diag(c₁), and WWᵀ/n0 is a sample covariance itself.
"""

from sympy import Integer, Symbol, symbols

from derive.laws.law import Parameter
from derive.laws.layered import LayeredLaw, ParameterSequence, Weights
from derive.runtime.layers import Layer

phi, psi, eta, zeta = symbols("phi psi eta zeta")

LAW = LayeredLaw(
    name="biased_features",
    title="Random features with bias (Piccolo–Schröder)",
    summary=(
        "Limiting spectrum, outlier aside, of M = (1/m) Y Yᵀ, Y = f(WX + B), for Gaussian weights "
        "W (n1 × n0, variance σ_w²/n0), data X (n0 × m, variance σ_x²) and a bias b that is "
        "constant along each row of B; the law of b is given by nodes."
    ),
    source="Piccolo & Schröder (2021)",
    parameters=(
        Parameter(phi, "ratio n0/m of input dimension to number of samples"),
        Parameter(psi, "ratio n0/n1 of input dimension to number of features"),
        ParameterSequence(eta, "V = Var f(ξ + b) at every node b of the bias", strict=False),
        ParameterSequence(
            zeta,
            "c₁² = (E ξ f(ξ + b))² at every node",
            upper=eta,
            strict=False,
            matches="eta",
        ),
        Weights(Symbol("weights"), "probabilities of the nodes, equal by default", matches="eta"),
    ),
    layers=(Layer(psi / phi, Integer(1), Integer(0)), Layer(psi, Integer(0), Integer(1))),
    entries=(eta - zeta, zeta),
    helpers=("bias_nodes",),
)
