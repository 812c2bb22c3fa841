"""Parameters that the laws of deep networks at random initialisation share.

X_l = σ(W_l X_(l-1))/√d_l, K_l = X_lᵀX_l (n × n), n/d_l → γ_l, weights standard normal, E σ = 0,
E σ² = 1, b = E σ′ over a standard normal. Given K_(l-1), the rows of X_l have covariance
(1 - b²) + b²K_(l-1). K_0 is the Gram matrix of the data.
"""

from sympy import Integer, Symbol

from derive.laws.law import Parameter

b2 = Symbol("b2")

RATIOS = Parameter(
    Symbol("ratios"), "γ₁, …, γ_L, samples over width of each layer", kind="sequence"
)
B2 = Parameter(
    b2,
    "b² = (E σ′)² of all layers, or a list of those of each",
    upper=Integer(1),
    strict=False,
    kind="sequence",
    matches="ratios",
    number_for_all=True,
)
DATA = (
    Parameter(Symbol("base_ratio"), "γ₀ = n/d₀, samples over input dimension, of Gaussian data"),
    Parameter(
        Symbol("eigenvalues"),
        "eigenvalues of the data's Gram matrix K₀, instead of γ₀",
        strict=False,
        kind="eigenvalues",
        instead_of="base_ratio",
    ),
    Parameter(
        Symbol("weights"),
        "their weights, equal by default",
        strict=False,
        kind="weights",
        matches="eigenvalues",
    ),
)
