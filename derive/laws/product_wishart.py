"""The law of a product of two Gaussian matrices: a linear network's features."""

from sympy import Expr, symbols

from derive.calculus import atoms, layers
from derive.curve import y
from derive.laws.law import Law, Parameter, source
from derive.variables import G, z

phi, psi, eta = symbols("phi psi eta", positive=True)


def s_transform() -> Expr:
    """Free multiplicative convolution of the two Wishart factors.

    With x = tr(A(1-A)⁻¹) of the n0 × n0 product, S(x) = [ψ/(1+ψx)]·[1/(1+φx)] and
    x/(1+x)·S(x) = η/z; the n1 × n1 matrix has zG - 1 = ψx.
    """
    x = (z * G - 1) / psi
    return x / (1 + x) * psi / ((1 + psi * x) * (1 + phi * x)) - eta / z


spectrum = (
    atoms([1]).sample_covariance(1 / psi).affine(scale=eta, shift=0).sample_covariance(phi / psi)
)

LAW = Law(
    name="product_wishart",
    title="Product of two Gaussian matrices",
    summary=(
        "Limiting spectrum of M = (1/m) Y Yᵀ for a linear network Y = √η WX/√n0, W (n1 × n0) and "
        "X (n0 × m) with independent standard entries."
    ),
    source="Pennington & Worah (2017), section 3.2 (ζ = η); Dupic & Pérez Castillo (2014)",
    parameters=(
        Parameter(phi, "ratio n0/m of input dimension to number of samples"),
        Parameter(psi, "ratio n0/n1 of input dimension to number of features"),
        Parameter(eta, "Gaussian mean of f²"),
    ),
    spectrum=spectrum,
    curve=spectrum.curve.reparametrise(scale=1 / (psi * eta), shift=1 - 1 / psi),
    signal=y / (y - eta),
    kernel=layers(
        [(psi / phi, phi / psi, 0), (1 / phi, source, eta)],
        [(1, 0, (0, 1))],
    ),
    data_ratio=phi,
    ratio=phi / psi,
    routes={"S-transforms of the two factors": s_transform},
)
