"""Errors of ridge regression: test and training error, norm of the weights."""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from derive.reference import evaluate
from nlrmt import product_wishart, random_features

ERRORS = ("test_error", "train_error", "weight_norm")
PARAMETERS = {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.6}
LABELS = {"signal": 1.0, "noise": 0.3}


def closed_forms(gamma, phi, psi, eta, zeta, signal, noise):
    """By the two-step derivation in the variables of Pennington and Worah, as written on paper."""
    gamma, phi, psi, eta, zeta, signal, noise = map(
        mpf, (gamma, phi, psi, eta, zeta, signal, noise)
    )
    v = eta - zeta

    def fibre(y):
        A = y**2 + (phi * eta - zeta) * y - phi * v * zeta
        B = y**2 + (psi * eta - zeta) * y - psi * v * zeta
        return A * B + psi * gamma * y * (y - zeta) ** 2

    roots = mpmath.polyroots(mpmath.taylor(fibre, 0, 4)[::-1], maxsteps=500, extraprec=600)
    y = min(r.real for r in roots if abs(r.imag) < mpf(10) ** -60 * (1 + abs(r)))
    u, w = 1 / y, y / (y - zeta)
    h, p = 1 - w, v + zeta * w**2
    q = v * u + zeta / (y - zeta)
    D = (1 - phi * h**2) * (1 - psi * h**2) - phi * psi * u**2 * p**2
    of_signal = (w**2 + psi * v * zeta / (y - zeta) ** 2) / D
    error = noise * (1 - psi * h**2) / D + signal * of_signal
    norm = phi * psi * p * u**2 / D
    with_signal = w * norm + (1 + phi * q) * psi * zeta / ((y - zeta) ** 2 * D)
    return {
        "test_error": error,
        "train_error": (1 + phi * q) ** 2 * error,
        "weight_norm": noise * norm + signal * with_signal,
    }


def draw(rng):
    """Regular parameters and all kinds of degenerate ones."""
    phi, psi = 10 ** rng.uniform(-1.5, 1.5, 2)
    psi = rng.choice([psi, phi, phi * (1 + 1e-9), 1.0])
    eta = 10 ** rng.uniform(-2, 2)
    zeta = eta * rng.choice([0, 1, rng.random(), 1e-10, 1 - 1e-12])
    signal, noise = rng.choice([0, 1, 3 * rng.random()], 2)
    given = {"phi": phi, "psi": psi, "eta": eta, "zeta": zeta, "signal": signal, "noise": noise}
    return {name: float(value) for name, value in given.items()}


@pytest.mark.parametrize("seed", range(40))
def test_reference_and_module_are_the_closed_forms(seed):
    rng = np.random.default_rng(seed)
    given, gamma = draw(rng), float(10 ** rng.uniform(-13, 10))
    with mpmath.workdps(120):
        expected = closed_forms(gamma, **given)
    for name in ERRORS:
        reference = evaluate("random_features", name, gamma, dps=50, **given)
        assert abs(reference - expected[name]) <= mpf(10) ** -49 * expected[name]
        value = getattr(random_features, name)
        # What a last place of the ratios moves where features are nearly as many as samples.
        tolerance = 1e-13 if abs(given["phi"] / given["psi"] - 1) > 1e-6 else 1e-10
        found = [value(gamma, **given), *value(np.array([gamma, gamma]), **given)]
        np.testing.assert_allclose(found, float(reference), rtol=tolerance, atol=0)


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("gamma", [1e-300, 1e-200, 1e-100, 1e-30, 1e30, 1e60, 1e150, 1e300])
@pytest.mark.parametrize(
    "changes",
    [{}, {"zeta": 0.0}, {"zeta": 1.0}, {"psi": 0.5}, {"psi": 0.5, "zeta": 1.0}, {"psi": 0.3}],
)
def test_ridges_of_any_size(name, gamma, changes):
    given = PARAMETERS | changes | LABELS
    expected = float(evaluate("random_features", name, gamma, dps=20, **given))
    found = getattr(random_features, name)(gamma, **given)
    np.testing.assert_allclose(found, expected, rtol=2e-14, atol=1e-139)


@pytest.mark.parametrize("scale", [1e-290, 1e-30, 1e30, 1e290])
def test_a_scale_of_the_features_is_one_of_the_ridge(scale):
    scaled = PARAMETERS | {"eta": PARAMETERS["eta"] * scale, "zeta": PARAMETERS["zeta"] * scale}
    for name, power in (("test_error", 0), ("train_error", 0), ("weight_norm", -1)):
        value = getattr(random_features, name)
        expected = value(0.1, **PARAMETERS, **LABELS) * scale**power
        np.testing.assert_allclose(value(0.1 * scale, **scaled, **LABELS), expected, rtol=1e-14)


def test_no_ridge():
    """Limits for fewer and more features than samples, as many, and none at all of the signal."""
    few = random_features.test_error(0, phi=0.5, psi=0.75, eta=1, zeta=0, signal=0, noise=1)
    assert few == pytest.approx(1 / (1 - 0.5 / 0.75), rel=1e-14)
    many = random_features.test_error(0, phi=0.5, psi=0.25, eta=1, zeta=0, signal=1, noise=0)
    assert many == pytest.approx(1 / (1 - 0.25 / 0.5), rel=1e-14)
    peak = random_features.test_error(0, phi=0.5, psi=0.5, eta=1, zeta=0.5, **LABELS)
    assert peak == random_features.weight_norm(0, phi=0.5, psi=0.5, eta=1, zeta=0.5, **LABELS)
    assert peak == np.inf
    assert evaluate("random_features", "test_error", 0, phi=1, psi=1, eta=1, zeta=0, **LABELS) == (
        mpmath.inf
    )
    linear = product_wishart.test_error(0, phi=0.5, psi=0.75, eta=1, signal=1, noise=0)
    assert linear == 0
    linear = product_wishart.test_error(0, phi=2, psi=1.5, eta=3, signal=1, noise=0.5)
    m, n1 = 1 / 2, 1 / 1.5  # over n0
    expected = (1 - m) / (1 - m / n1) + 0.5 * (1 / (1 - m) + 1 / (1 - m / n1) - 1)
    assert linear == pytest.approx(expected, rel=1e-14)


def test_features_that_do_not_see_the_data_leave_the_signal_as_noise():
    given = {"phi": 0.5, "psi": 0.7, "eta": 2.0, "zeta": 0.0}
    for name in ERRORS:
        value = getattr(random_features, name)
        signal, noise = (value(0.1, **given, signal=s, noise=1 - s) for s in (1, 0))
        assert signal == pytest.approx(noise, rel=1e-14)


def test_noise_alone_is_what_the_training_error_is_of():
    gamma = np.geomspace(1e-6, 1e3, 20)
    default = random_features.train_error(gamma, **PARAMETERS)
    twice = random_features.train_error(gamma, **PARAMETERS, noise=2.0)
    np.testing.assert_allclose(twice, 2 * default, rtol=1e-14)
    found = evaluate("random_features", "train_error", "1/3", **PARAMETERS)
    assert found == evaluate("random_features", "train_error", "1/3", **PARAMETERS, noise=1)


@pytest.mark.parametrize("name", ERRORS)
def test_arguments_broadcast(name):
    value = getattr(random_features, name)
    gamma, psi = np.array([0.0, 1e-3, 2.0])[:, None], np.array([0.3, 0.9])
    signal = np.array([0.0, 2.0, 1e300])[:, None, None]
    given = {"phi": 0.5, "eta": 1.0, "zeta": 0.5, "noise": 0.7}
    found = value(gamma, psi=psi, signal=signal, **given)
    assert found.shape == (3, 3, 2)
    for i, j, k in np.ndindex(found.shape):
        one = value(gamma[j, 0], psi=psi[k], signal=signal[i, 0, 0], **given)
        assert np.isscalar(one) and found[i, j, k] == pytest.approx(one, rel=1e-13, abs=1e-139)
    assert value(0.1, psi=0.3, signal=np.empty((2, 0)), **given).shape == (2, 0)
    assert np.isnan(value(np.nan, psi=0.3, signal=1.0, **given))
    assert value(0.1, psi=0.3, signal=0, **{**given, "noise": 0}) == 0


def test_many_ridges_agree_with_few():
    gamma = np.concatenate([[0.0], np.geomspace(1e-8, 1e4, 100_000), [np.inf, np.nan]])
    for name in ERRORS:
        value = getattr(random_features, name)
        few = [value(part, **PARAMETERS, **LABELS) for part in np.array_split(gamma, 40)]
        found = value(gamma, **PARAMETERS, **LABELS)
        np.testing.assert_allclose(found, np.concatenate(few), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"signal": -1, "noise": 1}, r"signal = -1.* is outside its domain: signal >= 0"),
        ({"signal": 1, "noise": np.inf}, r"noise = inf is outside its domain: noise >= 0"),
        ({"signal": "a", "noise": 1}, r"signal = 'a' is outside its domain: signal >= 0"),
    ],
)
def test_bad_variances_are_named(labels, message):
    for name in ERRORS:
        with pytest.raises(ValueError, match=message):
            getattr(random_features, name)(0.1, **PARAMETERS, **labels)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"signal": -1, "noise": 1}, "signal = -1 is outside its domain signal >= 0"),
        ({"noise": 1}, "signal is missing: the variances of labels are signal, noise"),
    ],
)
def test_the_reference_names_them_too(labels, message):
    with pytest.raises(ValueError, match=message):
        evaluate("random_features", "test_error", 1, **PARAMETERS, **labels)


# The best ridge, and parts of the error


@pytest.mark.parametrize("seed", range(30))
def test_the_best_ridge_is_where_the_error_is_least(seed):
    given = draw(np.random.default_rng(seed))
    found = random_features.optimal_ridge(**given)
    best = evaluate("random_features", "optimal_ridge", dps=40, **given)
    assert found == best or found == pytest.approx(float(best), rel=1e-14)
    if 0 < best < mpmath.inf:
        with mpmath.workdps(60):
            below, least, above = (
                evaluate("random_features", "test_error", best * step, dps=60, **given)
                for step in (mpf(3) / 4, 1, mpf(4) / 3)
            )
        assert least < min(below, above)
    elif given["signal"] or given["noise"]:
        few, many = (
            evaluate("random_features", "test_error", gamma, dps=60, **given)
            for gamma in ("1e-3", "1e3")
        )
        assert few <= many if best == 0 else few >= many


def test_no_ridge_is_best_below_a_share_of_noise():
    """With more features than samples; the share in closed form at the limit γ → 0."""
    phi, psi, eta, zeta = 1.5, 0.1, 1.0, 0.7
    v, b = eta - zeta, phi * eta - zeta
    y = -(b + np.sqrt(b**2 + 4 * phi * v * zeta)) / 2
    X = y - zeta
    over = psi**2 * v * zeta**2 * (zeta**2 * y**3 - v**2 * X**3) - v * zeta * y**3 * X**3
    over += psi * (
        v**2 * y**2 * X**3 * (y - 3 * zeta) + 2 * v * zeta * y**3 * X**3 + zeta**2 * y**6
    )
    under = psi**2 * zeta**3 * (v**2 * X**3 - zeta**2 * y**3) + zeta**2 * y**3 * X**3
    under += psi * (
        v**2 * X**6 + 2 * v * zeta * y**3 * X**3 + zeta**2 * y**3 * X**2 * (y + 2 * zeta)
    )
    share = -over / under
    given = {"phi": phi, "psi": psi, "eta": eta, "zeta": zeta, "signal": 1.0}
    at_share = random_features.optimal_ridge(**given, noise=share * np.array([1 - 1e-9, 1 + 1e-9]))
    assert share > 0 and at_share[0] == 0 < at_share[1] < 1e-6


def test_the_best_ridge_in_known_cases():
    assert random_features.optimal_ridge(**PARAMETERS, signal=0, noise=1) == np.inf
    assert random_features.optimal_ridge(**PARAMETERS | {"zeta": 0.0}, **LABELS) == np.inf
    assert random_features.optimal_ridge(**PARAMETERS, signal=0, noise=0) == 0
    scaled = PARAMETERS | {"eta": 1e290, "zeta": 0.6e290}
    plain = random_features.optimal_ridge(**PARAMETERS, **LABELS)
    assert random_features.optimal_ridge(**scaled, **LABELS) == pytest.approx(plain * 1e290)
    assert random_features.optimal_ridge(**PARAMETERS, signal=[], noise=1).shape == (0,)


@pytest.mark.parametrize("seed", range(20))
def test_parts_add_up_to_the_test_error(seed):
    rng = np.random.default_rng(seed)
    given, gamma = draw(rng), float(10 ** rng.uniform(-10, 8))
    expected = evaluate("random_features", "variance_decomposition", gamma, dps=40, **given)
    total = evaluate("random_features", "test_error", gamma, dps=40, **given)
    with mpmath.workdps(50):
        assert abs(sum(expected.values()) - total) <= mpf(10) ** -38 * total
    found = random_features.variance_decomposition(gamma, **given)
    assert found.keys() == expected.keys() and min(expected.values()) >= 0
    tolerance = 1e-13 if abs(given["phi"] / given["psi"] - 1) > 1e-6 else 1e-9
    for name, value in found.items():
        assert value == pytest.approx(float(expected[name]), rel=tolerance, abs=0)


def test_parts_broadcast():
    gamma = np.array([0.0, 1e-300, 0.1, 1e200, np.inf, np.nan])
    parts = random_features.variance_decomposition(
        gamma, **PARAMETERS, signal=[[1.0], [0]], noise=2
    )
    assert {part.shape for part in parts.values()} == {(2, 6)}
    total = random_features.test_error(gamma, **PARAMETERS, signal=[[1.0], [0]], noise=2)
    np.testing.assert_allclose(sum(parts.values()), total, rtol=1e-14)


# Real regressions


def relu(x):
    return np.maximum(x, 0) - 1 / np.sqrt(2 * np.pi)


@pytest.mark.parametrize(
    ("function", "sizes"),
    [(np.tanh, (300, 500, 400)), (relu, (300, 400, 500)), (np.sin, (500, 400, 400))],
    ids=["tanh", "relu", "sin"],
)
def test_regression_on_the_features_of_a_network(function, sizes):
    """Mean over draws of labels, in closed form; new samples are more of the same."""
    n0, m, n1 = sizes
    new, gamma = 2000, 0.1
    rng = np.random.default_rng(n0 + n1)
    x, weight = np.polynomial.hermite_e.hermegauss(120)
    weight /= weight.sum()
    eta = weight @ function(x) ** 2
    zeta = (weight @ (x * function(x))) ** 2
    found = []
    for _ in range(4):
        W, X = rng.standard_normal((n1, n0)) / np.sqrt(n0), rng.standard_normal((n0, m + new))
        F = function(W @ X)
        Y, T = F[:, :m], F[:, m:]
        # The weights are A times the labels, which are Xᵀβ/√n0 and noise.
        A = np.linalg.solve(Y @ Y.T / m + gamma * np.eye(n1), Y) / m
        for samples, features in ((X[:, m:], T), (X[:, :m], Y)):
            fit = features.T @ A
            missed = samples.T - fit @ X[:, :m].T
            signal = np.sum(missed**2) / n0 / features.shape[1]
            own = np.eye(m) - fit if features is Y else fit
            noise = np.sum(own**2) / features.shape[1] + (features is T)
            found.append([signal, noise])
        found.append([np.sum((A @ X[:, :m].T) ** 2) / n0, np.sum(A**2)])
    found = np.array(found).reshape(4, 3, 2).mean(0)
    given = {"phi": n0 / m, "psi": n0 / n1, "eta": eta, "zeta": zeta}
    for row, name in zip(found, ("test_error", "train_error", "weight_norm"), strict=True):
        for value, labels in zip(row, ((1.0, 0.0), (0.0, 1.0)), strict=True):
            signal, noise = labels
            expected = getattr(random_features, name)(gamma, **given, signal=signal, noise=noise)
            assert value == pytest.approx(expected, rel=0.02), name


def test_variances_of_networks_with_samples_or_weights_in_common():
    """Covariances of two regressions that share weights, samples, both or neither."""
    n0, m, n1, gamma = 300, 450, 350, 0.1
    rng = np.random.default_rng(11)
    x, weight = np.polynomial.hermite_e.hermegauss(120)
    weight /= weight.sum()
    eta, zeta = weight @ np.tanh(x) ** 2, (weight @ (x * np.tanh(x))) ** 2
    new = rng.standard_normal((n0, 1500))
    errors = {}
    for _ in range(3):
        W = [rng.standard_normal((n1, n0)) / np.sqrt(n0) for _ in range(2)]
        X = [rng.standard_normal((n0, m)) for _ in range(2)]
        for i, j in np.ndindex(2, 2):
            Y, T = np.tanh(W[i] @ X[j]), np.tanh(W[i] @ new)
            A = np.linalg.solve(Y @ Y.T / m + gamma * np.eye(n1), Y) / m
            errors[i, j] = new - (T.T @ (A @ X[j].T)).T
        for k, pairs in {
            "samples_weights": [((i, j), (i, j)) for i, j in np.ndindex(2, 2)],
            "samples": [((0, j), (1, j)) for j in range(2)],
            "weights": [((i, 0), (i, 1)) for i in range(2)],
            "bias": [((0, 0), (1, 1)), ((0, 1), (1, 0))],
        }.items():
            found = np.mean([np.mean(errors[a] * errors[b]) for a, b in pairs])
            errors[k] = errors.get(k, 0) + found / 3
    given = {"phi": n0 / m, "psi": n0 / n1, "eta": eta, "zeta": zeta}
    parts = random_features.variance_decomposition(gamma, **given, signal=1, noise=0)
    bias, samples, weights, both = (
        parts[name] for name in ("bias", "samples", "weights", "samples_weights")
    )
    assert errors["bias"] == pytest.approx(bias, rel=0.02)
    assert errors["samples"] == pytest.approx(bias + samples, rel=0.02)
    assert errors["weights"] == pytest.approx(bias + weights, rel=0.02)
    total = bias + samples + weights + both
    assert errors["samples_weights"] == pytest.approx(total, rel=0.02)
