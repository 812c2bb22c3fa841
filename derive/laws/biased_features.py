"""Random features with bias (Piccolo-Schröder), f(WX + b) with one bias for each row.

A row with bias b is c₁(b)·(Gaussian row of WX) + √(V(b) - c₁(b)²)·noise, up to a constant that
makes one outlier. Given W, the columns of Y are samples with covariance
diag(V - c₁²) + diag(c₁)·WWᵀ/n0·diag(c₁), and WWᵀ/n0 is a sample covariance itself.
"""

from sympy import Symbol, symbols

from derive.calculus import layers
from derive.laws.law import Law, Parameter
from derive.runtime.bias import nodes

phi, psi, eta, zeta = symbols("phi psi eta zeta")


def spectrum(phi, psi, eta, zeta, weights):
    """Samples in front, and below them diag(c₁)·WWᵀ/n0·diag(c₁)."""
    stack = [(phi / psi, 1, 0), (1 / psi, 0, 1)]
    return layers(stack, [(w, 0, (v - c, c)) for w, v, c in zip(weights, eta, zeta, strict=True)])


LAW = Law(
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
        Parameter(
            eta, "V = Var f(ξ + b) at every node b of the bias", strict=False, kind="sequence"
        ),
        Parameter(
            zeta,
            "c₁² = (E ξ f(ξ + b))² at every node",
            upper=eta,
            strict=False,
            kind="sequence",
            matches="eta",
        ),
        Parameter(
            Symbol("weights"),
            "probabilities of the nodes, equal by default",
            strict=False,
            kind="weights",
            matches="eta",
        ),
    ),
    spectrum=spectrum,
    ratio=phi / psi,
    helpers=(nodes,),
)
