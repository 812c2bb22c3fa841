"""The conjugate kernel of a deep network (Fan-Wang): K_L, one Marchenko-Pastur map a layer."""

from sympy import Integer

from derive.calculus import atoms, marchenko_pastur
from derive.laws.law import Law, Parameter
from derive.laws.network import DATA, RATIOS, b2


def spectrum(ratios, b2, base_ratio, eigenvalues, weights):
    """K_l is the sample covariance of rows with covariance (1 - b²) + b²K_(l-1)."""
    kernel = marchenko_pastur(base_ratio) if eigenvalues is None else atoms(eigenvalues, weights)
    for ratio, kept in zip(ratios, b2, strict=True):
        kernel = (kept * kernel + (1 - kept)).sample_covariance(ratio)
    return kernel


LAW = Law(
    name="conjugate_kernel",
    title="Conjugate kernel of a deep network (Fan–Wang)",
    summary=(
        "Limiting spectrum of K = XᵀX (n × n) for the features X of n samples in the last of L "
        "random layers X_l = σ(W_l X_(l-1))/√d_l, with E σ = 0 and E σ² = 1."
    ),
    source="Fan & Wang (2020), Theorem 3.4",
    parameters=(
        RATIOS,
        Parameter(
            b2,
            "b² = (E σ′)² of all layers, or a list of those of each",
            upper=Integer(1),
            strict=False,
            kind="sequence",
            matches="ratios",
            number_for_all=True,
        ),
        *DATA,
    ),
    spectrum=spectrum,
)
