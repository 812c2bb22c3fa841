"""The neural tangent kernel of a deep network (Fan-Wang): r + K_L + Σ_(l<L) b^(2(L-l)) K_l."""

from sympy import Integer, Symbol

from derive.calculus import layers
from derive.laws.law import Law, Parameter
from derive.laws.network import DATA, RATIOS, b2


def lower_end(ratios, b2, a, **_):
    """r₊ = Σ_(k=1..L) (a^k - b^(2k)), where the atom is."""
    return sum(a**k - b2**k for k in range(1, len(ratios) + 1))


def spectrum(ratios, b2, a, base_ratio, eigenvalues, weights):
    """Layers from the last to the first; Gaussian data are one more, of rows with covariance 1."""
    depth = len(ratios)
    stack = [(ratio, b2**h, b2) for h, ratio in enumerate(reversed(ratios))]
    if eigenvalues is None:
        stack.append((base_ratio, b2**depth, b2))
        nodes = [(1, 0, (*[1 - b2] * depth, 1))]
    else:
        nodes = [
            (w, b2**depth * x, (*[1 - b2] * (depth - 1), 1 - b2 + b2 * x))
            for x, w in zip(eigenvalues, weights, strict=True)
        ]
    return layers(stack, nodes) + lower_end(ratios, b2, a)


LAW = Law(
    name="tangent_kernel",
    title="Neural tangent kernel of a deep network (Fan–Wang)",
    summary=(
        "Limiting spectrum of r₊ + K_L + Σ_(l<L) b^(2(L-l)) K_l (n × n), the tangent kernel of L "
        "random layers X_l = σ(W_l X_(l-1))/√d_l with K_l = X_lᵀX_l, E σ = 0 and E σ² = 1, and "
        "r₊ = Σ_(k=1..L) (a^k - b^(2k))."
    ),
    source="Fan & Wang (2020), Theorem 3.7",
    parameters=(
        RATIOS,
        Parameter(b2, "b² = (E σ′)²", upper=Integer(1), strict=False),
        Parameter(Symbol("a"), "a = E σ′²", lower=b2, strict=False),
        *DATA,
    ),
    spectrum=spectrum,
    atom_position=lower_end,
)
