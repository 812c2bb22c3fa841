"""Random matrices of composed laws, and what operations share."""

from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derive.runtime.potential import Node

Matrix = NDArray[np.float64]


def sampled(law: Node, n: Any, rng: np.random.Generator) -> Matrix:
    """A symmetric n × n random matrix made by the composition of the law."""
    if not isinstance(n, Integral) or n < 1:
        raise ValueError(f"n = {n!r} is outside its domain: a positive integer")
    operands = [partial(sampled, operand, rng=rng) for operand in law.operands]
    return law.operation.matrix(int(n), rng, law.parameters, operands)  # type: ignore[attr-defined]


def rotated(A: Matrix, rng: np.random.Generator) -> Matrix:
    """UAUᵀ with U Haar distributed on the orthogonal group."""
    Q, R = np.linalg.qr(rng.standard_normal(A.shape))
    U = Q * np.sign(np.diag(R))
    return U @ A @ U.T


def root(A: Matrix) -> Matrix:
    """Square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(A)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
