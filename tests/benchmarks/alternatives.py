"""Other ways to the same values: all roots of the fibre's polynomial, then the physical one.

The polynomial is that of y over z, numerator - z·denominator of z(y), monic for the random-feature
law: its coefficients are cheaper and better than those of the polynomial in G.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp

from derive.curve import y
from derive.elimination import numerator_and_denominator
from derive.laws import Law
from derive.observables.train_error import train_error
from derive.variables import z

Solver = Callable[[np.ndarray], np.ndarray]


def fibre_coefficients(law: Law) -> list[sp.Expr]:
    """Coefficients in y of the polynomial over z, made monic, index k multiplying y^k."""
    numerator, denominator = numerator_and_denominator(law.curve.z)
    polynomial = sp.Poly(numerator - z * denominator, y)
    return [sp.collect(sp.expand(c / polynomial.LC()), z) for c in polynomial.all_coeffs()[::-1]]


def roots_one_by_one(rows: np.ndarray) -> np.ndarray:
    """All roots of monic polynomials, a row each, by np.roots."""
    return np.array([np.roots(row[::-1]) for row in rows])


def eigenvalues(rows: np.ndarray) -> np.ndarray:
    """All roots of monic polynomials as eigenvalues of a stack of companion matrices."""
    size, degree = rows.shape[0], rows.shape[1] - 1
    matrices = np.zeros((size, degree, degree))
    matrices[:, 1:, :-1] = np.eye(degree - 1)
    matrices[:, :, -1] = -rows[:, :-1]
    return np.linalg.eigvals(matrices)


def closed_form(degree: int) -> Solver:
    """All roots by SymPy's formula in radicals."""
    symbols = sp.symbols(f"a:{degree}")
    unknown = sp.Symbol("y")
    general = unknown**degree + sum(c * unknown**k for k, c in enumerate(symbols))
    formula = sp.lambdify(symbols, list(sp.roots(general, unknown)), "numpy", cse=True)

    def solve(rows: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.stack(formula(*rows[:, :-1].astype(complex).T), axis=-1)

    return solve


def functions(law: Law, solver: Solver) -> dict[str, Callable[..., np.ndarray]]:
    """Density and training error by a solver, as functions of a point and the parameters."""
    arguments = (z, *law.symbols)
    coefficients = sp.lambdify(arguments, fibre_coefficients(law), "numpy")
    cauchy = sp.lambdify((y, *law.symbols), law.curve.cauchy, "numpy")
    error = sp.lambdify((y, *law.symbols), train_error(law), "numpy", cse=True)

    def roots(point: np.ndarray, parameters: dict) -> np.ndarray:
        values = coefficients(np.atleast_1d(point), **parameters)
        return solver(np.stack(np.broadcast_arrays(*values), axis=-1))

    def density(x: np.ndarray, **parameters: float) -> np.ndarray:
        """The one pair of complex roots at x > 0 is physical."""
        return -cauchy(roots(x, parameters), **parameters).imag.min(axis=1) / np.pi

    def train_error_(gamma: np.ndarray, **parameters: float) -> np.ndarray:
        """The smallest real root at z = -γ is physical; dG̃/dz there by implicit differentiation."""
        found = roots(-gamma, parameters)
        real = np.where(np.abs(found.imag) < 1e-6 * np.abs(found), found.real, np.inf)
        return error(real.min(axis=1), **parameters)

    return {"density": density, "train_error": train_error_}
