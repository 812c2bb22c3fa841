"""Networks by sizes and activations: constants, laws, simulations, comparisons, commands."""

import doctest
import json

import numpy as np
import pytest
from click.testing import CliRunner

import nlrmt
import nlrmt.networks.comparison
import nlrmt.networks.network
import nlrmt.networks.simulation
from derive import activations
from derive.cli import main
from derive.simulate import eigenvalues
from nlrmt import Network, compare, fit, random_features, tangent_kernel
from nlrmt.activations import ACTIVATIONS
from nlrmt.runtime.activations import constants

RNG = np.random.default_rng(10)


@pytest.mark.parametrize("name", activations.NAMES)
def test_constants_of_names_are_right_to_rounding(name):
    for sigma in (1, "13/10"):
        exact = activations.constants(name, sigma_w=sigma, dps=30)
        found = constants(ACTIVATIONS[name], 1.3 if sigma != 1 else 1.0)
        for value, true in zip(found, (exact.mean, exact.eta, exact.zeta), strict=False):
            assert abs(value - float(true)) < 2e-14 * (abs(float(true)) + float(exact.eta))
        assert found.error < 1e-14


def test_slopes_are_means_of_squared_derivatives():
    # E f′² of tanh by its own identity f′ = 1 - f²; of ReLU a half; of |x| one.
    f = constants(np.tanh, 0.7)
    xi, w = np.polynomial.hermite_e.hermegauss(120)
    expected = 0.49 * ((1 - np.tanh(0.7 * xi) ** 2) ** 2 @ w) / w.sum()
    assert abs(f.slope - expected) < 1e-10
    assert abs(constants(ACTIVATIONS["relu"], 2.0).slope - 2) < 1e-10
    assert constants(np.sign).slope == np.inf


@pytest.mark.parametrize("name", ["abs", "cos", "gaussian", "figure_3_1"])
def test_even_activations_have_no_linear_part(name):
    net = Network(300, 600, 500, name)
    _, eta, zeta, *_ = net.layers[0].constants
    assert zeta == 0
    expected = nlrmt.marchenko_pastur.support(ratio=600 / 500, variance=eta)
    np.testing.assert_allclose(net.spectrum().support(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "name, known",
    [("ReLU", "relu"), ("swish", "silu"), ("Leaky_ReLU", "leaky_relu"), ("hard_tanh", "hardtanh")],
)
def test_names_of_other_libraries(name, known):
    assert Network(10, 10, 10, name).layers[0].name == known


def test_one_layer_is_the_law_of_random_features():
    for _ in range(8):
        n0, n1, m = (int(v) for v in RNG.integers(20, 4000, 3))
        sigma = float(RNG.uniform(0.3, 3))
        net = Network(n0, n1, m, "gelu", weight_std=sigma / 2, data_std=2.0)
        eta, zeta = net.layers[0].constants[1:3]
        law = random_features.law(phi=n0 / m, psi=n0 / n1, eta=eta, zeta=zeta)
        ours = net.spectrum()
        np.testing.assert_allclose(ours.support(), law.support(), rtol=1e-12)
        x = law.ppf(RNG.random(5))
        np.testing.assert_allclose(ours.pdf(x), law.pdf(x), rtol=1e-9)
        np.testing.assert_allclose(ours.cdf(x), law.cdf(x), atol=1e-12)
        assert ours.atoms.keys() == law.atoms.keys()
        assert abs(ours.mean() - law.mean()) < 1e-13 * law.mean()
        ridge = 10 ** RNG.uniform(-6, 2, 4)
        expected = random_features.train_error(ridge, phi=n0 / m, psi=n0 / n1, eta=eta, zeta=zeta)
        np.testing.assert_allclose(net.train_error(ridge), expected, rtol=1e-10)


@pytest.mark.parametrize("convention", ["features", "alpha", "kernel"])
def test_training_error_is_that_of_ridge_regression_in_every_convention(convention):
    net, rng = Network(300, (500, 400), 600, ("tanh", "relu")), np.random.default_rng(3)
    Y = net.simulate(1).features
    ridge = {"features": 0.05, "alpha": 30.0, "kernel": 0.075}[convention]
    losses = {
        # minimises |y - Y'w|^2/m + γ|w|^2, |y - Y'w|^2 + α|w|^2; kernel ridge regression
        "features": lambda y: np.linalg.solve(Y @ Y.T / 600 + ridge * np.eye(400), Y @ y / 600),
        "alpha": lambda y: np.linalg.solve(Y @ Y.T + ridge * np.eye(400), Y @ y),
        "kernel": lambda y: Y @ np.linalg.solve(Y.T @ Y / 400 + ridge * np.eye(600), y) / 400,
    }
    y = rng.standard_normal((600, 50))
    error = np.mean((y - Y.T @ losses[convention](y)) ** 2)
    assert abs(net.train_error(ridge, convention) - error) < 0.02 * error
    assert abs(net.train_error(0.05) - error) < 0.02 * error  # all three are one ridge


NETWORKS = [
    dict(inputs=500, widths=400, samples=700, activation="tanh"),
    dict(inputs=400, widths=(600,), samples=300, activation="ReLU", weight_std=2.0),
    dict(inputs=300, widths=(500, 400, 600), samples=400, activation=("selu", "sin", "gelu")),
    dict(inputs=500, widths=(700,), samples=400, activation="relu", bias_std=0.8),
    dict(inputs=400, widths=(300, 300), samples=600, activation=np.arctan, data_std=0.5),
]


@pytest.mark.parametrize("given", NETWORKS, ids=range(len(NETWORKS)))
@pytest.mark.parametrize("matrix", ["features", "kernel", "data"])
def test_simulated_networks_follow_their_laws(given, matrix):
    found = Network(**given).compare(matrix, seed=2)
    assert found.kolmogorov < 0.015
    assert abs(found.scale - 1) < 0.04
    assert not found.outliers.size


def test_tangent_kernel_with_other_constants_in_every_layer():
    net = Network(600, (900, 700), 500, ("relu", "tanh"), weight_std=1.4)
    simulated = net.simulate(5)
    first, second = net.layers
    grams = simulated._grams  # of the data, and of features that are not normalised
    shares = [first.constants.eta * second.b2 / first.constants.eta, second.b2 * first.b2]
    K = [grams[2] / second.constants.eta, grams[1] / first.constants.eta, grams[0]]
    low = second.a - second.b2 + second.a * first.a - second.b2 * first.b2
    matrix = K[0] + shares[0] * K[1] + shares[1] * K[2] + low * np.eye(500)
    law = tangent_kernel.law(
        ratios=(5 / 9, 5 / 7), b2=(first.b2, second.b2), a=(first.a, second.a), base_ratio=5 / 6
    )
    assert compare(np.linalg.eigvalsh(matrix), law).kolmogorov < 0.01
    own = compare(simulated.eigenvalues("tangent_kernel"), net.spectrum("tangent_kernel"))
    assert own.wasserstein < 0.05 * net.spectrum("tangent_kernel").mean()


def test_the_tangent_kernel_is_made_of_gradients(monkeypatch):
    # Of w·Y/√width in all weights, by finite differences; the mean over read-outs w is exact here.
    monkeypatch.setattr(nlrmt.networks.simulation, "_READOUTS", 20_000)
    net = Network(3, (4, 5), 6, "sin", weight_std=1.5)
    simulated = net.simulate(0)

    def features(changed):
        Y = simulated.data
        for W in changed:
            Y = np.sin(1.5 * W @ Y / np.sqrt(W.shape[1]))
        return Y

    expected = features(simulated.weights).T @ features(simulated.weights) / 5
    for k, W in enumerate(simulated.weights):
        for index in np.ndindex(W.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [V.copy() for V in simulated.weights]
                moved[k][index] += step
                ends.append(features(moved))
            slope = (ends[0] - ends[1]) / 2e-5
            expected += slope.T @ slope / 5
    found = simulated.matrix("tangent_kernel")
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()


def test_given_samples_and_given_eigenvalues():
    X = RNG.standard_normal((300, 400)) * np.linspace(0.3, 1.7, 400)
    net = Network(widths=(500,), activation="tanh", data=X + 5)
    assert (net.samples, net.inputs) == (300, 400)
    assert net.compare("kernel").kolmogorov < 0.012
    again = Network(400, 500, 300, "tanh", data=np.linalg.eigvalsh(net._gram(net.X.T)))
    np.testing.assert_allclose(again.spectrum().support(), net.spectrum().support(), rtol=1e-9)
    assert again.compare("features", seed=1).kolmogorov < 0.015


def test_a_mean_is_one_eigenvalue():
    net = Network(400, 500, 600, "relu")
    Y = net.simulate(0).features + net.layers[0].constants.mean
    values = np.linalg.eigvalsh(Y @ Y.T / 600)
    found = compare(values, net.spectrum())
    assert found.outliers.size == 1
    assert abs(found.outliers[0] / net.mean_eigenvalue() - 1) < 0.1


# Frozen laws


def test_frozen_laws_have_the_habits_of_scipy():
    assert random_features.law(phi=0.75, psi=2.0, eta=1.0, zeta=0.5).atoms == {}
    law = random_features.law(phi=0.5, psi=0.25, eta=1.0, zeta=0.5)
    (mass,) = law.atoms.values()
    assert mass == 0.5 == law.cdf(0.0)
    assert law.expect(lambda x: x) == pytest.approx(law.mean(), rel=1e-9)
    assert law.expect(lambda x: np.ones_like(x)) == pytest.approx(1, rel=1e-9)
    assert law.var() == pytest.approx(law.moment(2) - 1, rel=1e-11)
    draws = law.rvs(4000, random_state=1)
    assert abs(np.mean(draws) - law.mean()) < 0.1
    assert abs(np.mean(draws == 0) - mass) < 0.03
    assert repr(law) == "random_features(phi=0.5, psi=0.25, eta=1.0, zeta=0.5)"
    with pytest.raises(ValueError, match="phi is an array"):
        random_features.law(phi=[1.0, 2.0], psi=1, eta=1, zeta=0)


def test_fit_finds_scale_and_linear_share():
    n0, n1, m, zeta = 500, 700, 900, 0.6
    shape = dict(phi=n0 / m, psi=n0 / n1)
    W, X = (np.random.default_rng(k).standard_normal(s) for k, s in enumerate([(n1, n0), (n0, m)]))
    noise = np.random.default_rng(5).standard_normal((n1, m))
    Y = np.sqrt(zeta / n0) * (W @ X) + np.sqrt(1 - zeta) * noise
    values = 3 * np.linalg.eigvalsh(Y @ Y.T / m)
    scale, share = fit(values, lambda zeta: random_features.law(**shape, eta=1, zeta=zeta))
    assert abs(scale - 3) < 0.03
    assert abs(share - zeta) < 0.02


def test_draws_do_not_depend_on_workers():
    net = Network(40, 50, 60, "relu")
    one, many = (eigenvalues(net, draws=3, seed=4, workers=k) for k in (1, 3))
    assert one.shape == (3, 50)
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize(
    "given, message",
    [
        (dict(inputs=0, widths=3, samples=4), "inputs = 0"),
        (dict(inputs=2, widths=(3, -1), samples=4), r"widths\[1\] = -1"),
        (dict(inputs=2, widths=(), samples=4), "widths is empty"),
        (dict(inputs=2, widths=3, samples=4, activation="foo"), "activation = 'foo'"),
        (dict(inputs=2, widths=3, samples=4, activation=3), "activation"),
        (dict(inputs=2, widths=3, samples=4, activation=lambda x: 0 * x), "constant"),
        (dict(inputs=2, widths=3, samples=4, activation=lambda x: np.exp(x**4)), "finite"),
        (dict(inputs=2, widths=3, samples=4, weight_std=-1), "weight_std = -1"),
        (dict(inputs=2, widths=(3, 3), samples=4, bias_std=1), "bias_std = 1"),
        (dict(inputs=2, widths=3, data=np.ones((4, 2))), "all samples are equal"),
        (dict(inputs=2, widths=3, data=np.ones((4, 3))), "inputs = 2, but data has 3"),
        (dict(inputs=2, widths=3, data=[[np.nan]]), "not finite"),
        (dict(inputs=2, widths=3, data=[1.0, -1.0]), "not negative"),
    ],
)
def test_bad_networks_are_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message):
        Network(**given)


def test_bad_questions_are_refused_by_name():
    net = Network(2, 3, 4, "sign")
    for ask, message in (
        (lambda: net.spectrum("gram"), "matrix = 'gram'"),
        (lambda: net.spectrum("tangent_kernel"), "sign jumps"),
        (lambda: net.train_error(-1.0), "gamma"),
        (lambda: net.train_error(1.0, "lasso"), "convention = 'lasso'"),
        (lambda: compare([], net.spectrum()), "eigenvalues"),
        (lambda: Network(10**6, 10**6, 10**6).simulate(), "samples"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


@pytest.mark.parametrize("module", [nlrmt.networks.network, nlrmt.networks.comparison])
def test_examples(module):
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


# The command line

SIZES = ["--inputs", "60", "--features", "90", "--samples", "80"]


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_spectrum_command(tmp_path):
    picture = tmp_path / "law.png"
    result = run(
        *("spectrum", *SIZES, "--activation", "tanh(2*x)", "--depth", 2, "--kernel", "tangent"),
        *("--simulate", "--json", "--plot", picture),
    )
    assert not result.exit_code, result.output
    found = json.loads(result.output)
    net = Network(60, (90, 90), 80, lambda x: np.tanh(2 * x))
    law = net.spectrum("tangent_kernel")
    np.testing.assert_allclose(found["edges"], law.support())
    assert found["mean"] == pytest.approx(law.mean())
    assert found["number_of_eigenvalues"] == 80
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "edges" in run("spectrum", *SIZES).output


def test_train_error_command():
    one = run("train-error", *SIZES, "--ridge", "0.1", "--convention", "alpha")
    net = Network(60, 90, 80)
    assert float(one.output) == pytest.approx(net.train_error(0.1, "alpha"), rel=1e-11)
    sweep = json.loads(run("train-error", *SIZES, "--ridge", "1e-3:10", "--json").output)
    np.testing.assert_allclose(sweep["train_error"], net.train_error(np.array(sweep["ridge"])))


def test_compare_command(tmp_path):
    path = tmp_path / "values.npy"
    np.save(path, Network(60, 90, 80).simulate(1).eigenvalues())
    by_network = json.loads(run("compare", path, *SIZES, "--json").output)
    eta, zeta = Network(60, 90, 80).layers[0].constants[1:3]
    law = ["--phi", 60 / 80, "--psi", 60 / 90, "--eta", eta, "--zeta", zeta]
    by_law = json.loads(run("compare", path, "random_features", *law, "--json").output)
    assert by_network.pop("outliers") == by_law.pop("outliers") == []
    assert by_network == pytest.approx(by_law, rel=1e-6)
    assert by_network["Kolmogorov_distance"] < 0.05


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["spectrum", "--inputs", 3, "--samples", 4], "--features"),
        (["spectrum", "--inputs", 3, "--samples", 4, "--features", "2x"], "widths[0] = '2x'"),
        (["spectrum", *SIZES, "--activation", "a*x"], "activation = 'a*x'"),
        (["spectrum", *SIZES, "--plot", "law.xyz"], "law.xyz"),
        (["train-error", *SIZES, "--ridge", "1:0"], "--ridge 1:0"),
        (["compare", "no-file.npy", *SIZES], "no-file.npy"),
    ],
)
def test_errors_are_one_line(arguments, message):
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_spectrum_stands_for_more_samples_and_arrays_of_others_are_taken():
    class Tensor:
        def __init__(self, values):
            self.values = values

        def __array__(self, dtype=None, copy=None):
            return np.asarray(self.values, dtype)

    net = Network(700, 500, 600, "tanh", data=Tensor([0.5, 1.0, 4.0]))
    assert net.samples == 600
    assert net.compare("kernel", seed=1).kolmogorov < 0.015
    x = np.array([0.5, 1.0])
    np.testing.assert_array_equal(net.spectrum().pdf(Tensor(x)), net.spectrum().pdf(x))
    found = compare(Tensor(net.simulate(1).eigenvalues()), net.spectrum())
    assert found.kolmogorov < 0.015
