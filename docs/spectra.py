"""Draw docs/spectra.png: densities and training errors beside simulated networks."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from derive.activations import constants
from nlrmt import random_features

PHI, PSI, SAMPLES = 0.5, 0.75, 2400
ACTIVATIONS = {"identity": "x", "tanh": "tanh(x)", "|x|": "abs(x)"}
FUNCTIONS = {"identity": lambda x: x, "tanh": np.tanh, "|x|": np.abs}


def simulated_eigenvalues(function, seed: int) -> np.ndarray:
    """Eigenvalues of (1/m) Y Yᵀ for one network with f centred and normalised."""
    rng = np.random.default_rng(seed)
    n0, n1 = int(PHI * SAMPLES), int(PHI / PSI * SAMPLES)
    features = function(rng.normal(size=(n1, n0)) @ rng.normal(size=(n0, SAMPLES)) / np.sqrt(n0))
    features = (features - features.mean()) / features.std()
    return np.linalg.eigvalsh(features @ features.T / SAMPLES)


def main() -> None:
    """Write the picture beside this file."""
    figure, (spectra, errors) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    gamma = np.geomspace(1e-4, 1e3, 300)
    for seed, (name, text) in enumerate(ACTIVATIONS.items()):
        zeta = float(constants(text).zeta_normalised)
        parameters = {"phi": PHI, "psi": PSI, "eta": 1.0, "zeta": zeta}
        x = np.geomspace(1e-4, 20, 1000)
        label = f"f = {name}, ζ/η = {zeta:.3f}"
        eigenvalues = simulated_eigenvalues(FUNCTIONS[name], seed)
        density = random_features.density(x, **parameters)
        spectra.semilogx(x, x * density, color=f"C{seed}", label=label)
        counts, ends = np.histogram(np.log(np.maximum(eigenvalues, 1e-12)), 70, (np.log(1e-4), 3))
        heights = counts / len(eigenvalues) / np.diff(ends)
        spectra.stairs(heights, np.exp(ends), color=f"C{seed}", alpha=0.5)
        errors.semilogx(gamma, random_features.train_error(gamma, **parameters), color=f"C{seed}")
        points = gamma[::25, None]
        resolvent = (points / (eigenvalues + points)) ** 2
        rows_per_sample = PHI / PSI
        simulated = 1 - rows_per_sample + rows_per_sample * resolvent.mean(axis=1)
        errors.plot(points, simulated, "o", ms=3.5, color=f"C{seed}")
    spectra.set(xlabel="eigenvalue x of M", ylabel="density of ln x, x ρ(x)", ylim=(0, None))
    spectra.legend(frameon=False, loc="upper left")
    errors.set(xlabel="ridge parameter γ", ylabel="training error", ylim=(0, 1.02))
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=130)


if __name__ == "__main__":
    main()
