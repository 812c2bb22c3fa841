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
from derive.elimination import Ring, lowest_terms
from derive.laws.law import Law
from derive.observables.observable import (
    NOISE,
    RIDGE,
    SIGNAL,
    Formula,
    Lowest,
    OfLabels,
    OnCurve,
    Part,
    Parts,
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


@cache
def rising(law: Law) -> Expr:
    """Polynomial with the sign of dE_test/dγ at the points over -γ, which lie below all zeros of z.

    Raises
    ------
    ValueError
        If other factors than this polynomial may change their sign.
    """
    s2, n2 = Symbol(SIGNAL.name, positive=True), Symbol(NOISE.name, positive=True)
    error = n2 * test_error(law, noise) + s2 * test_error(law, signal)
    falling = -error.diff(y)
    ring = Ring(falling.free_symbols | {y})
    (content, factors), (below, others) = map(ring.factors, ring.fraction(falling))
    _, poles = ring.fraction(law.curve.z)
    sign, polynomial = content * below, Integer(1)
    for factor, power in [*factors, *others]:
        expression = ring.expression(factor)
        if {s2, n2} & expression.free_symbols:
            polynomial *= expression**power
        elif power % 2 and expression.has(y):
            # A pole of z lies above all points.
            if divmod(poles, factor)[1] != 0 or ring.degree(factor, y) != 1:
                raise ValueError(f"{law.name}: the sign of {expression} is not known")
            sign *= -1 if expression.coeff(y) > 0 else 1
        elif power % 2 and not expression.is_nonnegative:
            raise ValueError(f"{law.name}: the sign of {expression} is not known")
    replaced = {s2: Symbol(SIGNAL.name), n2: Symbol(NOISE.name)}
    return (polynomial if sign > 0 else -polynomial).subs(replaced)


@cache
def variances(law: Law) -> dict[str, tuple[str, Expr]]:
    """Parts of the test error: bias, and what samples, weights and noise add alone and together.

    Samples alone do what they do to ridge regression on the data with the ridge k = w/(1 - w) that
    leaves the same share of the signal; weights alone what is left of the signal as samples are as
    many as one likes, E_test then being that of another ridge.
    """
    w, of_noise = signal(law), test_error(law, noise)
    of_data = 1 / (1 - law.data_ratio * (1 - w) ** 2)
    of_weights = test_error(law, signal) / of_noise
    together = test_error(law, signal) - of_weights - w**2 * (of_data - 1)
    parts = {
        "noise": (NOISE.name, Integer(1)),
        "bias": (SIGNAL.name, w**2),
        "samples": (SIGNAL.name, w**2 * (of_data - 1)),
        "weights": (SIGNAL.name, of_weights - w**2),
        "samples_weights": (SIGNAL.name, together),
        "noise_samples": (NOISE.name, of_data - 1),
        "noise_samples_weights": (NOISE.name, of_noise - of_data),
    }
    return {name: (label, lowest_terms(part)) for name, (label, part) in parts.items()}


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

OPTIMAL_RIDGE = Lowest(
    name="optimal_ridge",
    title="Ridge of the least test error",
    equation=r"\operatorname{argmin}_{\gamma \ge 0} E_{\text{test}}(\gamma)",
    of=TEST_ERROR,
    rising=rising,
    returns="The ridge; 0 where none is best, infinite where labels are best not fitted at all, "
    "as without a signal.",
)

VARIANCE_DECOMPOSITION = Parts(
    name="variance_decomposition",
    title="Bias and variances",
    equation=r"E_{\text{test}} = \sigma^2 + s^2 w^2 + V_X + V_W + V_{XW} + "
    r"V_{X\varepsilon} + V_{XW\varepsilon}",
    argument=RIDGE,
    of=TEST_ERROR,
    on_curve=variances,
    returns="Parts that add up to the test error: `noise` of new labels, `bias` of the signal, "
    "and the variances that random samples, weights and labels' noise add, alone and together: "
    "`samples`, `weights`, `samples_weights`, `noise_samples`, `noise_samples_weights`. What a "
    "feature's non-linear part adds counts with the weights.",
)
