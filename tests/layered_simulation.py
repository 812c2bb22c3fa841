"""Distances of simulated networks from layered laws: `python -m tests.layered_simulation`."""

import numpy as np

from nlrmt import biased_features, conjugate_kernel, marchenko_pastur, tangent_kernel

N = 1500
WIDTHS = (2000, 1800, 1400, 1000)


def kolmogorov(eigenvalues, cdf, **law):
    """Largest distance of the empirical distribution function from F, at 1000 points."""
    x = np.linspace(eigenvalues[0] - 0.01, eigenvalues[-1] + 0.01, 1000)
    return np.max(np.abs(np.searchsorted(eigenvalues, x) / len(eigenvalues) - cdf(x, **law)))


def centred(function):
    """Activation with mean 0 and variance 1 over a normal, its derivative, b² and a."""
    xi = np.linspace(-12, 12, 200_001)
    weights = np.exp(-(xi**2) / 2)
    weights /= weights.sum()
    mean = function(xi) @ weights
    size = np.sqrt((function(xi) - mean) ** 2 @ weights)
    slope = np.gradient(function(xi), xi) / size

    def f(v):
        return (function(v) - mean) / size

    def derivative(v):
        return (function(v + 1e-6) - function(v - 1e-6)) / (2e-6 * size)

    return f, derivative, (slope @ weights) ** 2, slope**2 @ weights


def layers(n, widths, f, rng):
    """Pre-activations and features of every layer, Gaussian data first, and the weights."""
    features, inside, weights = (
        [rng.standard_normal((widths[0], n)) / np.sqrt(widths[0])],
        [],
        [None],
    )
    for width in widths[1:]:
        weights.append(rng.standard_normal((width, len(features[-1]))))
        inside.append(weights[-1] @ features[-1])
        features.append(f(inside[-1]) / np.sqrt(width))
    return features, inside, weights


def tangent(features, inside, weights, derivative, rng, outputs):
    """Tangent kernel K_L + Σ_l (S_lᵀS_l)∘K_(l-1), averaged over read-out vectors."""
    grams = [X.T @ X for X in features]
    depth = len(inside)
    kernel = grams[-1].copy()
    for _ in range(outputs):
        slopes = derivative(inside[-1])
        S = slopes * rng.standard_normal((len(slopes), 1)) / np.sqrt(len(slopes))
        for k in range(depth, 0, -1):
            kernel += (S.T @ S) * grams[k - 1] / outputs
            if k > 1:
                slopes = derivative(inside[k - 2])
                S = slopes * (weights[k].T @ S) / np.sqrt(len(slopes))
    return kernel


def main():
    """Print one line for every law and activation."""
    for name, function in (("tanh", np.tanh), ("ReLU", lambda v: np.maximum(v, 0))):
        f, derivative, b2, a = centred(function)
        for depth in (1, 2, 3):
            rng = np.random.default_rng(depth)
            features, inside, weights = layers(N, WIDTHS[: depth + 1], f, rng)
            grams = [X.T @ X for X in features]
            ratios = [N / width for width in WIDTHS[: depth + 1]]
            law = {"ratios": ratios[1:], "b2": b2, "base_ratio": ratios[0]}
            values = np.linalg.eigvalsh(grams[-1])
            distance = kolmogorov(values, conjugate_kernel.cdf, **law)
            print(f"conjugate kernel, {name}, L = {depth}: {distance:.4f}", flush=True)
            matrix = sum(b2 ** (depth - k) * gram for k, gram in enumerate(grams))
            matrix += sum(a**k - b2**k for k in range(1, depth + 1)) * np.eye(N)
            kernels = {"r + K_L + Σ q_l K_l": matrix}
            for outputs in (1, 40) if depth < 3 else ():
                made = tangent(features, inside, weights, derivative, rng, outputs)
                kernels[f"network's own, {outputs} read-outs"] = made
            for kind, kernel in kernels.items():
                values = np.linalg.eigvalsh(kernel)
                distance = kolmogorov(values, tangent_kernel.cdf, a=a, **law)
                print(f"tangent kernel, {name}, L = {depth}, {kind}: {distance:.4f}", flush=True)
        rng = np.random.default_rng(9)
        n0, n1, m = 1000, N, 2000
        WX = rng.standard_normal((n1, n0)) @ rng.standard_normal((n0, m)) / np.sqrt(n0)
        Y = function(WX + rng.standard_normal((n1, 1)))
        Y -= Y.mean(axis=1, keepdims=True)
        values = np.linalg.eigvalsh(Y @ Y.T / m)
        nodes = biased_features.nodes(function, sigma_b=1.0, size=48)
        shape = {"phi": n0 / m, "psi": n0 / n1}
        mean = {k: [nodes["weights"] @ nodes[k]] for k in ("eta", "zeta")}
        for kind, given in (("", nodes), (" averaged", mean)):
            distance = kolmogorov(values, biased_features.cdf, **shape, **given)
            print(f"features with bias, {name}{kind}: {distance:.4f}", flush=True)


def isospectrality():
    """Print distances of layers 1 and 10 from Marchenko-Pastur, and of layer 10 from its law."""
    ratio = 0.5
    for name, function in (
        ("|x|", np.abs),
        ("tanh", np.tanh),
        ("ReLU", lambda v: np.maximum(v, 0)),
    ):
        f, _, b2, _ = centred(function)
        features, _, _ = layers(N, [2 * N] * 11, f, np.random.default_rng(4))
        first, last = (np.linalg.eigvalsh(features[k].T @ features[k]) for k in (1, 10))
        marchenko = [
            kolmogorov(values, marchenko_pastur.cdf, ratio=ratio, variance=1.0)
            for values in (first, last)
        ]
        law = {"ratios": [ratio] * 10, "b2": b2, "base_ratio": ratio}
        own = kolmogorov(last, conjugate_kernel.cdf, **law)
        print(f"{name}: {marchenko[0]:.4f} {marchenko[1]:.4f} {own:.4f}", flush=True)


if __name__ == "__main__":
    main()
    isospectrality()
