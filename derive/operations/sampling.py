"""Random matrices that operations share."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def rotated(A: Matrix, rng: np.random.Generator) -> Matrix:
    """UAUᵀ with U Haar distributed on the orthogonal group."""
    Q, R = np.linalg.qr(rng.standard_normal(A.shape))
    U = Q * np.sign(np.diag(R))
    return U @ A @ U.T


def root(A: Matrix) -> Matrix:
    """Square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(A)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
