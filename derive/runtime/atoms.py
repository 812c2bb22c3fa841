"""Known eigenvalues: the operation without operands that takes sequences of any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .potential import Image, Node, Operation, magnitude, shifted

_BLOCK = 1 << 14  # numbers in a block of points times atoms


class Atoms(Operation):
    """U(z) = Σ w ln(z - a); parameters are the positions and the weights."""

    name = "atoms"
    size = 0

    def kernel(self, z: Any, values: Sequence, weights: Sequence) -> tuple:
        """G and G′."""
        if isinstance(z, np.ndarray) and len(values) > 8:
            first, second = _sums(z.ravel(), np.asarray(values), np.asarray(weights))
            first, second = first.reshape(z.shape), second.reshape(z.shape)
        else:
            inverses = [1 / (z - a) for a in values]
            pairs = list(zip(inverses, weights, strict=True))
            first = sum((w * v for v, w in pairs), 0 * z)
            second = -sum((w * v * v for v, w in pairs), 0 * z)
        return (first,), (second,), (), (), ()

    def value(self, z: Any, values: Sequence, weights: Sequence) -> tuple:
        """Arguments of the logarithms."""
        return tuple(z - a for a in values), (0,), ()

    def weights(self, values: Sequence, weights: Sequence) -> tuple:
        """Coefficients of the logarithms."""
        return tuple(weights), ()

    def moments(self, order: int, parameters: Sequence, operands: Sequence) -> Sequence:
        """Power sums."""
        values, weights = parameters
        powers, found = list(weights), [1]
        for _ in range(order):
            powers = [p * a for p, a in zip(powers, values, strict=True)]
            found.append(sum(powers))
        return found

    def atoms(self, parameters: Sequence, operands: Sequence[dict]) -> dict:
        """Masses by position."""
        found: dict = {}
        for a, w in zip(*parameters, strict=True):
            if w:
                found[a] = found.get(a, 0) + w
        return found

    def images(self, parameters: Sequence) -> tuple[Image, ...]:
        """No other law is below this one."""
        return ()

    def exponent(self, parameters: Sequence, operands: Sequence[Node]) -> int:
        """Of the largest modulus."""
        return magnitude(*parameters[0])

    def scaled(
        self, parameters: Sequence, power: int, operands: Sequence[Node]
    ) -> tuple[Sequence, Sequence[int]]:
        """Positions move, weights stay."""
        values, weights = parameters
        return (shifted(tuple(values), power), weights), ()

    def radius(self, parameters: Sequence, operands: Sequence[Node]) -> float:
        """Largest modulus."""
        return max(abs(a) for a in parameters[0])


def _sums(z: np.ndarray, values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """G and G′ at points, in real arithmetic: with d + iy = z - a and s = 1/|z - a|²."""
    plain, moved, squared, both = np.empty((4, z.size))
    step = max(1, _BLOCK // values.size)
    for k in range(0, z.size, step):
        some = slice(k, k + step)
        d = z.real[some, None] - values
        s = d * d
        s += z.imag[some, None] ** 2
        np.divide(1, s, out=s)
        plain[some] = s @ weights
        d *= s
        moved[some] = d @ weights
        d *= s
        both[some] = d @ weights
        s *= s
        squared[some] = s @ weights
    y = z.imag
    if not np.iscomplexobj(z):
        return moved, -plain
    prime = 2 * y**2 * squared - plain + 2j * y * both
    return moved - 1j * y * plain, prime
