"""Errors of ridge regression on the features, from one function of the ridge.

Labels of m samples have a part that is linear in the data, of variance s², and a rest of variance
σ². With the kernel K = (1/m)YᵀY of the features,

    𝓛(γ) = (1/m) yᵀ(K + γ)⁻¹y = (σ² + s²w)/κ,    1/κ = (1/m) tr (K + γ)⁻¹ = -G̃(-γ),

w the share of a signal that is left (`Law.signal`). The residuals are γ(K + γ)⁻¹y, those of samples
left out of the regression κ(K + γ)⁻¹y, and the weights' squared norm is yᵀ(K + γ)⁻¹K(K + γ)⁻¹y/m.
"""

from collections.abc import Callable
from functools import cache

from sympy import Expr, Function, Integer, Symbol

from derive.curve import y
from derive.elimination import lowest_terms
from derive.laws.law import Law
from derive.observables.observable import (
    NOISE,
    RIDGE,
    SIGNAL,
    Formula,
    OfLabels,
    OnCurve,
    Part,
)

Share = Callable[[Law], Expr]


def noise(law: Law) -> Expr:
    """Share of the noise that is left: all."""
    return Integer(1)


def signal(law: Law) -> Expr:
    """Share of the signal that is left: w."""
    return law.signal


@cache
def generating(law: Law, share: Share) -> Expr:
    """A part of 𝓛: share/κ."""
    return lowest_terms(-share(law) * law.curve.companion(law.ratio).cauchy)


def _rate(law: Law, function: Expr) -> Expr:
    """d/dγ = -d/dz along the curve."""
    return -function.diff(y) / law.curve.z.diff(y)


@cache
def train_error(law: Law, share: Share = noise) -> Expr:
    """-γ²𝓛′: for noise alone -z²·G̃′(y)/z′(y)."""
    return lowest_terms(-(law.curve.z**2) * _rate(law, generating(law, share)))


@cache
def test_error(law: Law, share: Share) -> Expr:
    """-κ²𝓛′."""
    kappa = 1 / generating(law, noise)
    return lowest_terms(-(kappa**2) * _rate(law, generating(law, share)))


@cache
def weight_norm(law: Law, share: Share) -> Expr:
    """(γ𝓛)′."""
    return lowest_terms(_rate(law, -law.curve.z * generating(law, share)))


def _closed_form(name: str, title: str, letter: str, part: Callable[..., Expr]) -> Callable:
    def formula(law: Law) -> Formula:
        value = Symbol(NOISE.name) * part(law, noise) + Symbol(SIGNAL.name) * part(law, signal)
        return Formula(name, f"{title} on the curve", Function(letter)(y), value)

    return formula


TEST_ERROR = OfLabels(
    name="test_error",
    title="Test error",
    equation=r"E_{\text{test}}(\gamma) = -\kappa^2\, \mathcal{L}'(\gamma),\quad "
    r"\mathcal{L} = \frac{\sigma^2 + s^2 w}{\kappa},\quad \frac1\kappa = -\tilde G(-\gamma)",
    argument=RIDGE,
    returns="Mean squared error of new samples' labels, noise of these labels included, after "
    "ridge regression with gamma beside (1/m)YᵀY; gamma = 0 gives the limit gamma -> 0, infinite "
    "where features are as many as samples.",
    on_curve=lambda law: OnCurve(test_error(law, noise)),
    of_signal=lambda law: test_error(law, signal),
    part=Part.REAL,
    closed_form=_closed_form("test_error", "Test error", "E_test", test_error),
)

WEIGHT_NORM = OfLabels(
    name="weight_norm",
    title="Squared norm of the weights",
    equation=r"\lVert a \rVert^2(\gamma) = "
    r"\frac{d}{d\gamma} \bigl(\gamma \mathcal{L}(\gamma)\bigr)",
    argument=RIDGE,
    returns="Squared norm of the weights a that minimise ‖y - Yᵀa‖²/m + gamma·‖a‖²; gamma = 0 "
    "gives the limit gamma -> 0.",
    on_curve=lambda law: OnCurve(weight_norm(law, noise)),
    of_signal=lambda law: weight_norm(law, signal),
    part=Part.REAL,
    closed_form=_closed_form("weight_norm", "Squared norm of the weights", "N", weight_norm),
)
