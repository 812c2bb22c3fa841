"""Compositions of random matrices in doubles, in the words of `derive.calculus`.

What a law's module says its spectrum is. Arguments are not checked again: the module has done so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..operations import (
    AFFINE,
    ATOMS,
    FREE_POWER,
    FREE_PRODUCT,
    FREE_SUM,
    INFORMATION_PLUS_NOISE,
    LAYERS,
    MIXTURE,
    MOBIUS,
    SAMPLE_COVARIANCE,
    SEMICIRCLE,
    SQUARE,
)
from .potential import Node, Operation, node
from .transforms import is_nonnegative


class Composition:
    """What spectra with numbers and with symbols have in common: all that follows from these."""

    affine: Callable[..., Any]
    mobius: Callable[..., Any]
    free_sum: Callable[..., Any]
    free_product: Callable[..., Any]

    def inverse(self) -> Any:
        """Law of A⁻¹; A has no atom at zero."""
        return self.mobius(0, 1, 1, 0)

    def __add__(self, other: Any) -> Any:
        return self.free_sum(other) if isinstance(other, Composition) else self.affine(1, other)

    __radd__ = __add__

    def __mul__(self, scale: Any) -> Any:
        return NotImplemented if isinstance(scale, Composition) else self.affine(scale, 0)

    __rmul__ = __mul__

    def __truediv__(self, scale: Any) -> Any:
        return self.affine(1 / scale, 0)

    def __neg__(self) -> Any:
        return self.affine(-1, 0)

    def __sub__(self, shift: Any) -> Any:
        return NotImplemented if isinstance(shift, Composition) else -(shift - self)

    def __rsub__(self, shift: Any) -> Any:
        return self.affine(-1, shift)

    def __matmul__(self, other: Any) -> Any:
        return self.free_product(other) if isinstance(other, Composition) else NotImplemented


@dataclass(frozen=True)
class Spectrum(Composition):
    """A spectrum with numbers for all parameters; see `derive.calculus.Spectrum`."""

    tree: Node

    def affine(self, scale: float, shift: float) -> Spectrum:
        """Law of scale·A + shift."""
        return self._under(AFFINE, scale, shift)

    def mobius(self, p: float, q: float, r: float, s: float) -> Spectrum:
        """Law of (pA + q)(rA + s)⁻¹."""
        return self._under(MOBIUS, p, q, r, s) if r else self.affine(p / s, q / s)

    def square(self) -> Spectrum:
        """Law of A²."""
        return self._under(SQUARE, others=(self,))

    def mix(self, other: Spectrum, weight: float) -> Spectrum:
        """Law of the block-diagonal matrix of A and B, of which A is a part `weight`."""
        return self._under(MIXTURE, weight, others=(other,))

    def companion(self, ratio: float) -> Spectrum:
        """Law of XᵀX if this is that of XXᵀ and X has `ratio` rows a column."""
        return self.mix(atoms([0.0]), ratio)

    def sample_covariance(self, ratio: float) -> Spectrum:
        """Marchenko-Pastur map, ratio = n/N."""
        return self._under(SAMPLE_COVARIANCE, ratio)

    def information_plus_noise(self, ratio: float, variance: float) -> Spectrum:
        """Law of (1/N)(R + σX)(R + σX)ᵀ, (1/N)RRᵀ of this law."""
        return self._under(INFORMATION_PLUS_NOISE, ratio, variance)

    def free_power(self, t: float) -> Spectrum:
        """Law with t times the free cumulants."""
        return self._under(FREE_POWER, t)

    def compress(self, fraction: float) -> Spectrum:
        """Law of a corner of UAUᵀ."""
        return self.free_power(1 / fraction).affine(fraction, 0)

    def free_sum(self, other: Spectrum) -> Spectrum:
        """Free additive convolution."""
        return self._under(FREE_SUM, others=(other,))

    def free_product(self, other: Spectrum) -> Spectrum:
        """Free multiplicative convolution; one of the two lives on [0, ∞)."""
        if is_nonnegative(other.tree):
            return self._under(FREE_PRODUCT, others=(other,))
        return other._under(FREE_PRODUCT, others=(self,))

    def _under(
        self, operation: Operation, *parameters: float, others: Sequence[Spectrum] = ()
    ) -> Spectrum:
        operands = (self.tree, *(other.tree for other in others))
        return Spectrum(node(operation, parameters, operands))


def atoms(values: Sequence[float], weights: Sequence[float] | None = None) -> Spectrum:
    """Finitely many atoms, of equal weights by default."""
    if weights is None:
        weights = [1 / len(values)] * len(values)
    return Spectrum(node(ATOMS, (tuple(values), tuple(weights))))


def semicircle(variance: float) -> Spectrum:
    """Wigner's law."""
    return Spectrum(node(SEMICIRCLE, (variance,)))


def marchenko_pastur(ratio: float) -> Spectrum:
    """Law of (1/N)XXᵀ with standard entries in X (n × N), ratio = n/N."""
    return atoms([1.0]).sample_covariance(ratio)


def layers(stack: Sequence[tuple], nodes: Sequence[tuple]) -> Spectrum:
    """Random layers that share their data; see `derive.calculus.layers`."""
    return Spectrum(node(LAYERS, (tuple(map(tuple, stack)), tuple(map(tuple, nodes)))))
