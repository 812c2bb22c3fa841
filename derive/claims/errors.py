"""Claims about errors of ridge regression: the signal's share, and what errors reduce to."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integer, symbols

from derive.calculus import Spectrum
from derive.claims.identities import companion, leading_term
from derive.claims.statements import Claims, Identities, identical
from derive.curve import y
from derive.elimination import lowest_terms
from derive.laws.law import Law, source
from derive.laws.random_features import eta, phi, psi, zeta
from derive.observables.errors import (
    noise,
    signal,
    test_error,
    train_error,
    variances,
    weight_norm,
)
from derive.variables import z

_IDENTITY = "identically in the curve's parameter and the law's"
_MEI_MONTANARI = "Mei & Montanari (2022), Definition 1"

claims = Claims()


def _has_signal(law: Law) -> bool:
    return law.signal is not None


def _kernel(law: Law) -> Spectrum:
    """That of the samples, with a source."""
    if law.kernel is None:
        raise ValueError(f"{law.name} has a signal and no kernel with a source")
    return law.kernel


def _of(name: str) -> Callable[[Law], bool]:
    return lambda law: law.name == name


def _stationary(law: Law) -> tuple[Expr, ...]:
    """Unknowns σ of the samples' kernel on the curve, from the outermost layer."""
    cauchy = companion(law)
    level = law.curve.z - 1 / cauchy
    if len(_kernel(law).parameters[0]) == 1:
        return (level,)
    outer = phi / (y * cauchy)
    _, fixed, (entry, _) = _kernel(law).parameters[1][0]
    return outer, level - fixed - entry * outer


@claims.proved(
    "signal",
    "with U(z, t) the potential of YᵀY/m + tK₀, K₀ the data's Gram matrix, ∂U/∂t = -wG̃ at t = 0",
    assumptions=_IDENTITY,
    of=_has_signal,
)
def signal_by_source(law: Law) -> Identities:
    """At the stationary point that is physical at infinity, derivatives in σ move nothing."""
    potential, unknowns = _kernel(law).potential(z)
    place = dict(zip(unknowns, _stationary(law), strict=True)) | {z: law.curve.z}

    def at_point(expression: Expr) -> Expr:
        return expression.subs(source, 0).subs(place, simultaneous=True)

    for unknown in unknowns:
        yield f"∂U/∂{unknown} = 0", identical(at_point(potential.diff(unknown)), Integer(0))
        at_infinity, degree = leading_term(lowest_terms(place[unknown]))
        start = _kernel(law).operation.start(z, _kernel(law).parameters, ())
        expected = dict(zip(unknowns, start, strict=True))[unknown]
        yield (
            f"{unknown} at infinity",
            degree == 0 and identical(at_infinity, expected.subs(source, 0)),
        )
    yield "∂U/∂z = G̃", identical(at_point(potential.diff(z)), companion(law))
    yield "∂U/∂t", identical(at_point(potential.diff(source)), -signal(law) * companion(law))


@claims.proved(
    "cross-validation",
    "E_train = (γ/κ)²·E_test, 1/κ = -G̃(-γ): generalised cross-validation is exact in the limit",
    assumptions=_IDENTITY,
    of=_has_signal,
)
def cross_validation(law: Law) -> Identities:
    """For noise and for signal."""
    share = law.curve.z * companion(law)
    for part in (noise, signal):
        found = share**2 * test_error(law, part)
        yield part.__name__, identical(train_error(law, part), found)


@claims.proved(
    "objective",
    "E_train + γ‖a‖² = (γ/κ)(σ² + s²w)",
    assumptions=_IDENTITY,
    of=_has_signal,
)
def objective(law: Law) -> Identities:
    """The minimum that ridge regression reaches."""
    share = law.curve.z * companion(law)
    for part in (noise, signal):
        found = train_error(law, part) - law.curve.z * weight_norm(law, part)
        yield part.__name__, identical(found, share * part(law))


@claims.proved(
    "errors-factored",
    "E_test = σ²(1 - ψh²)/D + s²(w² + ψvζ/(y - ζ)²)/D and ‖a‖² = σ²a_N + s²(wa_N + "
    "P_φψζ/((y - ζ)²D)), a_N = φψpu²/D, with h = 1 - w, p = v + ζw², D = ψz′(y)",
    assumptions=_IDENTITY,
    of=_of("random_features"),
)
def errors_factored(law: Law) -> Identities:
    """The closed forms of a two-step derivation: given the weights, then over them."""
    v, w, D = eta - zeta, signal(law), psi * law.curve.z.diff(y)
    h, p = 1 - w, v + zeta * w**2
    yield "noise", identical(test_error(law, noise), (1 - psi * h**2) / D)
    left = w**2 + psi * v * zeta / (y - zeta) ** 2
    yield "signal", identical(test_error(law, signal), left / D)
    of_noise = phi * psi * p / y**2 / D
    yield "norm, noise", identical(weight_norm(law, noise), of_noise)
    of_signal = w * of_noise + law.curve.z * companion(law) * psi * zeta / (y - zeta) ** 2 / D
    yield "norm, signal", identical(weight_norm(law, signal), of_signal)
    pretty = (1 - phi * h**2) * (1 - psi * h**2) - phi * psi * p**2 / y**2
    yield "D", identical(D, pretty)


@claims.proved(
    "variances",
    "bias w², V_X = w²(B - 1), V_W = ψζp/((y - ζ)²(1 - ψh²)), noise's V_X = B - 1 and V_XW = "
    "φψu²p²B/D with B = 1/(1 - φh²); all parts add up to E_test",
    "Adlam & Pennington (2020), the symmetric split",
    assumptions=_IDENTITY,
    of=_of("random_features"),
)
def variances_factored(law: Law) -> Identities:
    """What is evaluated against products of terms of one sign."""
    w, D = signal(law), psi * law.curve.z.diff(y)
    h, p = 1 - w, eta - zeta + zeta * w**2
    bag = 1 / (1 - phi * h**2)
    of_weights = psi * zeta * p / ((y - zeta) ** 2 * (1 - psi * h**2))
    together = phi * psi * p**2 / y**2 * bag / D
    found = {name: part for name, (_, part) in variances(law).items()}
    yield "bias", identical(found["bias"], w**2)
    yield "samples", identical(found["samples"], w**2 * (bag - 1))
    yield "weights", identical(found["weights"], of_weights)
    both = of_weights * (bag - 1 + together) + w**2 * together
    yield "samples and weights", identical(found["samples_weights"], both)
    yield "noise, samples", identical(found["noise_samples"], bag - 1)
    yield "noise, samples and weights", identical(found["noise_samples_weights"], together)
    for part, name in ((noise, "noise"), (signal, "signal")):
        total = sum(value for label, value in variances(law).values() if label == name)
        yield f"sum, {name}", identical(total, test_error(law, part))


@claims.proved(
    "no-linear-part",
    "at ζ = 0 a signal is noise: both parts of E_test are y²/(y² - φψη²)",
    assumptions="ζ = 0",
    of=_of("random_features"),
)
def no_linear_part(law: Law) -> Identities:
    """Features that are independent of the data."""
    for part in (noise, signal):
        found = test_error(law, part).subs(zeta, 0)
        yield part.__name__, identical(found, y**2 / (y**2 - phi * psi * eta**2))


@claims.proved(
    "wide-limit",
    "as ψ → 0 at k = -y/ζ: E_test = (σ² + s²w²)/(1 - φh²), h = 1/(1 + k), and "
    "(ψγ + φv)/ζ = k(1 - φh): ridge regression on the data",
    "Hastie, Montanari, Rosset & Tibshirani (2022)",
    assumptions="ψ → 0 at fixed ψγ",
    of=_of("random_features"),
)
def wide_limit(law: Law) -> Identities:
    """The curve is regular there."""
    k = symbols("k", positive=True)
    h = 1 / (1 + k)

    def limit(expression: Expr) -> Expr:
        return lowest_terms(expression).subs(y, -k * zeta).subs(psi, 0)

    yield (
        "ridge",
        identical((limit(-psi * law.curve.z) + phi * (eta - zeta)) / zeta, k * (1 - phi * h)),
    )
    yield "noise", identical(limit(test_error(law, noise)), 1 / (1 - phi * h**2))
    yield "signal", identical(limit(test_error(law, signal)), (1 - h) ** 2 / (1 - phi * h**2))


@claims.proved(
    "linear-network",
    "as γ → 0 with m the smallest of the sizes (signal; noise): (1 - m/n0)/(1 - m/n1); "
    "1/(1 - m/n0) + 1/(1 - m/n1) - 1, with n1: (1 - n1/n0)/(1 - n1/m); 1/(1 - n1/m), "
    "with n0: 0; 1/(1 - n0/m)",
    of=_of("product_wishart"),
)
def linear_network(law: Law) -> Identities:
    """At the three zeros of z(y): y = η(1 - φ), η(1 - ψ) and 0; the lowest is physical."""
    samples, features = 1 / phi, 1 / psi  # m/n0, n1/n0
    expected = {
        eta * (1 - phi): (
            (1 - samples) / (1 - psi / phi),
            1 / (1 - samples) + 1 / (1 - psi / phi) - 1,
        ),
        eta * (1 - psi): ((1 - features) / (1 - phi / psi), 1 / (1 - phi / psi)),
        Integer(0): (Integer(0), 1 / (1 - phi)),
    }
    for place, (of_signal, of_noise) in expected.items():
        yield f"z({place}) = 0", identical(law.curve.z.subs(y, place), Integer(0))
        yield f"signal, y = {place}", identical(test_error(law, signal).subs(y, place), of_signal)
        yield f"noise, y = {place}", identical(test_error(law, noise).subs(y, place), of_noise)


@claims.proved(
    "mei-montanari",
    "with ψ₁ = 1/ψ, ψ₂ = 1/φ, ζ² of theirs ζ/v and χ = v/y: E₁/E₀ is the signal's part of E_test, "
    "1 + E₂/E₀ the noise's",
    _MEI_MONTANARI,
    assumptions="ζ < η",
    of=_of("random_features"),
)
def mei_montanari(law: Law) -> Identities:
    """Their rational functions of χ."""
    a, b, chi, s = 1 / psi, 1 / phi, (eta - zeta) / y, zeta / (eta - zeta)
    E0 = (
        -(chi**5) * s**3
        + 3 * chi**4 * s**2
        + (a * b - b - a + 1) * chi**3 * s**3
        - 2 * chi**3 * s**2
        - 3 * chi**3 * s
        + (a + b - 3 * a * b + 1) * chi**2 * s**2
        + 2 * chi**2 * s
        + chi**2
        + 3 * a * b * chi * s
        - a * b
    )
    E1 = b * chi**3 * s**2 - b * chi**2 * s + a * b * chi * s - a * b
    E2 = (
        chi**5 * s**3
        - 3 * chi**4 * s**2
        + (a - 1) * chi**3 * s**3
        + 2 * chi**3 * s**2
        + 3 * chi**3 * s
        + (-a - 1) * chi**2 * s**2
        - 2 * chi**2 * s
        - chi**2
    )
    yield "signal", identical(E1 / E0, test_error(law, signal))
    yield "noise", identical(1 + E2 / E0, test_error(law, noise))
