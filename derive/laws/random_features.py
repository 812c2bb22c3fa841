"""The Pennington-Worah law of a random-feature Gram matrix."""

from sympy import Expr, Integer, symbols

from derive.calculus import atoms, layers
from derive.curve import y
from derive.elimination import eliminate
from derive.laws.law import Law, Parameter, source
from derive.variables import G, z

phi, psi, eta = symbols("phi psi eta", positive=True)
zeta = symbols("zeta", nonnegative=True)

# Given the weights, the columns of the Gaussian equivalent √ζ·WX/√n0 + √(η-ζ)·noise are samples
# with covariance (η-ζ) + ζ·WWᵀ/n0; n1/n0 = 1/ψ and n1/m = φ/ψ. The last step makes the curve
# regular at ζ = 0.
spectrum = (
    atoms([1])
    .sample_covariance(1 / psi)
    .affine(scale=zeta, shift=eta - zeta)
    .sample_covariance(phi / psi)
)
curve = spectrum.curve.reparametrise(scale=1 / (psi * zeta), shift=1 - 1 / psi)

# Layers (columns over rows, share in the matrix, share in the layer before) of the features and of
# the data, whose node has the covariance η - ζ in the first and 1 in the second.
kernel = layers(
    [(psi / phi, phi / psi, 0), (1 / phi, source, zeta)],
    [(1, 0, (eta - zeta, 1))],
)


def published() -> Expr:
    """Equations (11)-(13) of the paper, P solved from (11) and put into (12)."""
    t = 1 / (psi * z)
    P = (z * G - (1 - psi)) / psi  # eq. (11): G = (ψ/z)P(1/(ψz)) + (1-ψ)/z
    P_phi, P_psi = 1 + (P - 1) * phi, 1 + (P - 1) * psi  # eq. (13)
    product = P_phi * P_psi * t
    return 1 + (eta - zeta) * product + product * zeta / (1 - product * zeta) - P  # eq. (12)


def resolvent_system() -> Expr:
    """Dyson equation of the Gaussian equivalent's linear pencil, auxiliaries eliminated.

    The blocks of sizes n1, m, n0, n0 of the pencil

        [[z, N, W, 0], [Nᵀ, 1, 0, Xᵀ], [Wᵀ, 0, 0, -1], [0, X, -1, 0]]

    have normalised traces g1 = G, g2 and, on the last two, the inverse of
    [[-(ζ/ψ)g1, -1], [-1, -g2]].
    """
    g2 = symbols("g2")
    determinant = zeta * G * g2 / psi - 1
    weights, data = -g2 / determinant, -zeta * G / (psi * determinant)
    return eliminate(
        1 / G - (z - (eta - zeta) * g2 - zeta * weights),
        1 / g2 - (1 - (eta - zeta) * phi / psi * G - phi * data),
        g2,
    )


LAW = Law(
    name="random_features",
    title="Random features (Pennington–Worah)",
    summary=(
        "Limiting spectrum of M = (1/m) Y Yᵀ, Y = f(WX), for Gaussian weights W (n1 × n0, variance "
        "σ_w²/n0) and data X (n0 × m, variance σ_x²), with E f = 0."
    ),
    source="Pennington & Worah (2017), eqs. (11)–(13)",
    parameters=(
        Parameter(phi, "ratio n0/m of input dimension to number of samples"),
        Parameter(psi, "ratio n0/n1 of input dimension to number of features"),
        Parameter(eta, "Gaussian mean of f²"),
        Parameter(
            zeta, "squared Gaussian mean of f′ (times σ_w²σ_x²)", Integer(0), eta, strict=False
        ),
    ),
    spectrum=spectrum,
    curve=curve,
    signal=y / (y - zeta),
    kernel=kernel,
    data_ratio=phi,
    ratio=phi / psi,
    routes={
        "published equations (11)–(13)": published,
        "resolvent system of the Gaussian equivalent": resolvent_system,
    },
)
