"""Training error of ridge regression on the features."""

from functools import cache

from sympy import Expr, Function

from derive.curve import y
from derive.elimination import Ring
from derive.laws.law import Law
from derive.observables.cauchy_transform import cauchy_prime_polynomial, sampled_factor
from derive.observables.errors import signal, train_error
from derive.observables.observable import RIDGE, Coefficients, Formula, OfLabels, OnCurve, Part
from derive.rational import float_at
from derive.variables import E, G_prime, gamma, z


@cache
def train_error_polynomial(law: Law) -> Expr:
    """Polynomial in (E_train, γ): that of G′ with E = (1-c) - c·γ²·G′(-γ), c = rows/columns."""
    c = law.ratio
    polynomial = cauchy_prime_polynomial(law)
    ring = Ring(polynomial.free_symbols | {E, gamma, y})
    at_ridge = ring.substitute(ring.polynomial(polynomial), z, -gamma)
    equation = ring.substitute(at_ridge, G_prime, ((1 - c) - E) / (c * gamma**2))
    if law.curve is None:
        rows = float_at(c, law.symbolic().sample_values)
        return sampled_factor(
            law, ring, equation, E, gamma, lambda at, t: ((1 - rows) - rows * at**2 * t.prime, -at)
        )
    return ring.physical_factor(equation, gamma, -law.curve.z, E, train_error(law))


TRAIN_ERROR = OfLabels(
    name="train_error",
    title="Training error",
    equation=r"E_{\text{train}}(\gamma) = \frac{\gamma^2}{m} \operatorname{tr}"
    r"{\bigl(\tfrac1m Y^{T} Y + \gamma\bigr)}^{-2} = -\gamma^2\, \tilde G'(-\gamma)",
    argument=RIDGE,
    returns="E_train; gamma = 0 gives the limit gamma -> 0.",
    on_curve=lambda law: OnCurve(train_error(law)),
    of_signal=lambda law: train_error(law, signal),
    defaults=(0.0, 1.0),
    part=Part.REAL,
    closed_form=lambda law: Formula(
        "train_error", "Training error on the curve", Function("E")(y), train_error(law)
    ),
)

TRAIN_ERROR_COEFFICIENTS = Coefficients(
    name="train_error_coefficients",
    title="Polynomial of the training error",
    equation=r"\sum_k c_k(\gamma)\, E_{\text{train}}(\gamma)^k = 0",
    argument=RIDGE,
    unknown=E,
    polynomial=train_error_polynomial,
    formula_name="train_error_polynomial",
)
