"""The Marchenko-Pastur law of a sample covariance matrix."""

from sympy import Expr, symbols

from derive.calculus import atoms, layers
from derive.curve import y
from derive.elimination import eliminate
from derive.laws.law import Law, Parameter, source
from derive.variables import G, z

ratio, variance = symbols("ratio variance", positive=True)


def resolvent_system() -> Expr:
    """Dyson equation of the pencil [[z, Y], [Yᵀ, 1]], the m × m block eliminated."""
    g2 = symbols("g2")
    return eliminate(1 / G - (z - variance * g2), 1 / g2 - (1 - ratio * variance * G), g2)


spectrum = atoms([variance]).sample_covariance(ratio)

LAW = Law(
    name="marchenko_pastur",
    title="Marchenko–Pastur",
    summary="Limiting spectrum of (1/m) Y Yᵀ for Y (n × m) with independent centred entries.",
    source="Marchenko & Pastur (1967); Pennington & Worah (2017), eq. (14)",
    parameters=(
        Parameter(ratio, "ratio n/m of rows to columns"),
        Parameter(variance, "variance of the entries"),
    ),
    spectrum=spectrum,
    curve=spectrum.curve,
    signal=y / (y - variance),
    kernel=layers([(1 / ratio, ratio * variance + source, 0)], [(1, 0, (1,))]),
    data_ratio=ratio,
    ratio=ratio,
    routes={"resolvent system": resolvent_system},
)
