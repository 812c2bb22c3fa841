"""Time per point of the generated functions, beside root finding on the quartic.

    python -m tests.benchmarks

The alternatives find all four roots of the quartic in G at every x and choose none of them:
np.roots point by point, np.linalg.eigvals on a stack of companion matrices, and SymPy's closed form
through lambdify(cse=True). The coefficients are timed with them.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import sympy as sp
from rich.console import Console
from rich.table import Table

from nlrmt import random_features

PARAMETERS = {"phi": 1 / 2, "psi": 3 / 4, "eta": 1, "zeta": 1 / 2}
SIZES = (1, 1000, 100_000)
SECONDS = 0.5  # a measurement is the best of as many runs as fit in


def points(size: int) -> dict[str, np.ndarray]:
    """Arguments across the bulk, its neighbourhood and the domains of the other functions."""
    ((low, high),) = random_features.support(**PARAMETERS)
    x = np.linspace(low, high, size + 2)[1:-1]
    level = (np.arange(size) + 0.5) / size
    gamma = np.geomspace(1e-6, 1e3, size)
    return {
        "density": x,
        "cdf": x,
        "cauchy_transform": x + 0.1j,
        "train_error": gamma,
        "log_potential": gamma,
        "quantile": level,
    }


def alternatives() -> dict[str, Callable[[np.ndarray], object]]:
    """All roots of the quartic in three ways."""
    a = sp.symbols("a:5")
    unknown = sp.Symbol("G")
    quartic = sp.Poly(sum(c * unknown**k for k, c in enumerate(a)), unknown)
    formula = sp.lambdify(a, list(sp.roots(quartic)), "numpy", cse=True)

    def coefficients(x: np.ndarray) -> np.ndarray:
        return random_features.quartic_coefficients(x, **PARAMETERS)

    def companion(x: np.ndarray) -> np.ndarray:
        rows = coefficients(x)
        matrices = np.zeros((len(x), 4, 4))
        matrices[:, 1:, :3] = np.eye(3)
        matrices[:, :, 3] = -rows[:, :4] / rows[:, 4:]
        return np.linalg.eigvals(matrices)

    def closed_form(x: np.ndarray) -> list:
        with np.errstate(all="ignore"):
            return formula(*coefficients(x).astype(complex).T)

    return {
        "np.roots": lambda x: [np.roots(row[::-1]) for row in coefficients(x)],
        "np.linalg.eigvals": companion,
        "SymPy, lambdify": closed_form,
    }


def seconds(function: Callable[[], object]) -> float:
    """Best time of a call."""
    best, end = np.inf, perf_counter() + SECONDS
    while True:
        start = perf_counter()
        function()
        best = min(best, perf_counter() - start)
        if perf_counter() > end:
            return best


def main() -> None:
    table = Table("ns per point at", *(f"{size:,}" for size in SIZES), caption="×: times density")
    for column in table.columns[1:]:
        column.justify = "right"
    at = {size: points(size) for size in SIZES}
    density = {}
    for name in at[1]:
        function = getattr(random_features, name)
        times = [
            seconds(lambda f=function, p=at[n][name]: f(p, **PARAMETERS)) / n * 1e9 for n in SIZES
        ]
        if name == "density":
            density = dict(zip(SIZES, times, strict=True))
        table.add_row(name, *(f"{time:,.0f}" for time in times))
    table.add_section()
    for name, function in alternatives().items():
        times = {n: seconds(lambda f=function, p=at[n]["density"]: f(p)) / n * 1e9 for n in SIZES}
        cells = (f"{time:,.0f} ({time / density[n]:.1f}×)" for n, time in times.items())
        table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
