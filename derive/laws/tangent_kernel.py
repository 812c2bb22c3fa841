"""The neural tangent kernel of a deep network (Fan-Wang): r + K_L + Σ_(l<L) q_l K_l."""

from sympy import Symbol

from derive.calculus import layers
from derive.laws.law import Law, Parameter
from derive.laws.network import B2, DATA, RATIOS, b2


def lower_end(b2, a, **_):
    """r₊ = Σ_(l<L) (Π_(k>l) a_k - Π_(k>l) b²_k), where the atom is."""
    end, slopes, kept = 0, 1, 1
    for slope, linear in zip(reversed(a), reversed(b2), strict=True):
        slopes, kept = slopes * slope, kept * linear
        end += slopes - kept
    return end


def spectrum(ratios, b2, a, base_ratio, eigenvalues, weights):
    """Layers from the last to the first; Gaussian data are one more, of rows with covariance 1."""
    stack, entries, kept, passed = [], [], 1, 0
    for ratio, linear in zip(reversed(ratios), reversed(b2), strict=True):
        stack.append((ratio, kept, passed))
        entries.append(1 - linear)
        kept, passed = kept * linear, linear
    if eigenvalues is None:
        stack.append((base_ratio, kept, passed))
        nodes = [(1, 0, (*entries, 1))]
    else:
        nodes = [
            (w, kept * x, (*entries[:-1], entries[-1] + passed * x))
            for x, w in zip(eigenvalues, weights, strict=True)
        ]
    return layers(stack, nodes) + lower_end(b2, a)


LAW = Law(
    name="tangent_kernel",
    title="Neural tangent kernel of a deep network (Fan–Wang)",
    summary=(
        "Limiting spectrum of r₊ + K_L + Σ_(l<L) q_l K_l (n × n), the tangent kernel of L random "
        "layers X_l = σ_l(W_l X_(l-1))/√d_l with K_l = X_lᵀX_l, E σ_l = 0 and E σ_l² = 1; "
        "q_l = Π_(k>l) b²_k and r₊ = Σ_(l<L) (Π_(k>l) a_k - q_l)."
    ),
    source="Fan & Wang (2020), Theorem 3.7",
    parameters=(
        RATIOS,
        B2,
        Parameter(
            Symbol("a"),
            "a = E σ′² of all layers, or a list of those of each",
            lower=b2,
            strict=False,
            kind="sequence",
            matches="b2",
            number_for_all=True,
        ),
        *DATA,
    ),
    spectrum=spectrum,
    atom_position=lower_end,
)
