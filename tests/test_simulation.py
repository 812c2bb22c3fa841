"""Random networks against their limit: eigenvalues, and ridge regression on the features."""

import numpy as np
import pytest
from sympy import lambdify

from derive.activations import X, constants, leaky_family
from nlrmt import random_features

N0, N1, M = 600, 800, 1200
LAW = {"phi": N0 / M, "psi": N0 / N1}


@pytest.fixture(
    scope="module",
    params=["tanh", leaky_family("-1/4"), "identity"],
    ids=["tanh", "leaky", "identity"],
)
def network(request):
    """Features Y of a random layer, centred and normalised, and the parameters of their law."""
    found = constants(request.param, dps=20)
    f, mean, eta = lambdify(X, found.function), float(found.mean), float(found.eta)
    rng = np.random.default_rng(7)
    W, inputs = rng.standard_normal((N1, N0)) / np.sqrt(N0), rng.standard_normal((N0, M))
    Y = (f(W @ inputs) - mean) / np.sqrt(eta)
    return Y, {**LAW, "eta": 1.0, "zeta": float(found.zeta_normalised)}


def test_eigenvalues_follow_the_distribution_function(network):
    Y, parameters = network
    eigenvalues = np.linalg.eigvalsh(Y @ Y.T / M)
    x = np.concatenate((np.geomspace(1e-9, 1e-3, 50), np.linspace(1e-3, eigenvalues[-1], 3000)))
    empirical = np.searchsorted(eigenvalues, x) / N1
    assert np.max(np.abs(empirical - random_features.cdf(x, **parameters))) <= 0.015


@pytest.mark.parametrize("gamma", [0.01, 0.3])
def test_ridge_regression_has_the_training_error(network, gamma):
    """Mean squared residual for independent labels, ‖1 - Yᵀ(YYᵀ/m + γ)⁻¹Y/m‖²/m."""
    Y, parameters = network
    fitted = Y.T @ np.linalg.solve(Y @ Y.T / M + gamma * np.eye(N1), Y) / M
    error = np.sum((np.eye(M) - fitted) ** 2) / M
    assert random_features.train_error(gamma, **parameters) == pytest.approx(error, abs=3e-3)
