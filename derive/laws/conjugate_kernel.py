"""The conjugate kernel of a deep network (Fan-Wang): K_L, one Marchenko-Pastur map a layer."""

from derive.calculus import atoms, marchenko_pastur
from derive.laws.law import Law
from derive.laws.network import B2, DATA, RATIOS


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
        B2,
        *DATA,
    ),
    spectrum=spectrum,
)
