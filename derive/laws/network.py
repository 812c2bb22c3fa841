"""What the laws of deep networks at random initialisation share: their layers and their data.

X_l = σ(W_l X_(l-1))/√d_l, K_l = X_lᵀX_l (n × n), n/d_l → γ_l, weights standard normal, E σ = 0,
E σ² = 1, b = E σ′ over a standard normal. Given K_(l-1), the rows of X_l have covariance
(1 - b²) + b²K_(l-1). A law of r + Σ q_l K_l is stacked from the last layer to the first: the part
c_l K_l leaves c_l τ_l((1 - b_l²) + b_l² K_(l-1)), so that c_(l-1) = q_(l-1) + b_l² σ_l.
"""

from sympy import Expr, Integer, Symbol

from derive.laws.law import Parameter
from derive.laws.layered import (
    LayeredLaw,
    ParameterSequence,
    Weights,
    above,
    innermost,
    kept,
    ratio,
    x,
)
from derive.runtime.layers import Layer

b2 = Symbol("b2")

DATA = (
    Parameter(Symbol("base_ratio"), "γ₀ = n/d₀, samples over input dimension, of Gaussian data"),
    ParameterSequence(
        Symbol("eigenvalues"),
        "eigenvalues of the data's Gram matrix K₀, instead of γ₀",
        strict=False,
    ),
    Weights(Symbol("weights"), "their weights, equal by default", matches="eigenvalues"),
)
RATIOS = ParameterSequence(Symbol("ratios"), "γ₁, …, γ_L, samples over width of each layer")


def network(
    *,
    name: str,
    title: str,
    summary: str,
    source: str,
    parameters: tuple[Parameter, ...],
    coefficient: Expr,
    position: Expr = Integer(0),
) -> LayeredLaw:
    """Law of position + Σ_l coefficient·K_l, the coefficient an expression in `height` = L - l."""
    return LayeredLaw(
        name=name,
        title=title,
        summary=summary,
        source=source,
        parameters=(RATIOS, *parameters, *DATA),
        layers=(Layer(1 / ratio, coefficient, above),),
        entries=(1 - kept + innermost * kept * x,),
        fixed=coefficient * x,
        position=position,
        deep=True,
        samples_inside=True,
    )
