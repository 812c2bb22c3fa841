"""G, G′ and U of a law at arrays of z in the closed upper half-plane, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from derive.runtime.potential import Branch, Node
from derive.runtime.solver import _stack, solve, stationary

_BLOCK = 1 << 12  # points at a time
_BESIDE = 2.0**-27  # of the scale: height at which analytic functions have their value on the axis


class Transforms(NamedTuple):
    """Cauchy transform G, its derivative G′, and the potential U with 0 ≤ Im U ≤ π."""

    cauchy: Any
    prime: Any
    potential: Any

    def conjugate(self) -> Transforms:
        """Values at the conjugate points."""
        return Transforms(*(part.conj() for part in self))


def transforms(tree: Node, z: Any) -> Transforms:
    """Values at z, an array of any shape; limits from above on the real axis.

    Below the axis values are conjugate. NaN where the physical point is not proved: at edges, and
    where values are infinite.
    """
    z = np.asarray(z, complex)
    flat = z.ravel()
    lower = flat.imag < 0
    upper = np.where(lower, flat.conj(), flat)
    parts = [
        _upper(tree, upper[k : k + _BLOCK]) for k in range(0, max(flat.size, 1), _BLOCK)
    ]
    values = Transforms(*map(np.concatenate, zip(*parts, strict=True)))
    return Transforms(*(np.where(lower, v.conj(), v).reshape(z.shape) for v in values))


def _upper(tree: Node, z: np.ndarray) -> Transforms:
    with np.errstate(all="ignore"):
        if tree.operation.size:
            return _by_stationary_point(tree, z)
        first, second, _, slopes, bends = tree.operation.kernel(z, *tree.parameters)
        terms, rational, branches = tree.logarithms(z, ())
        G, prime, U = first[0] + 0 * z, second[0] + 0 * z, rational + 0 * z
        for c, f in terms:
            U = U + c * _log(f)
        for slope, bend, branch in zip(slopes, bends, branches, strict=True):
            below = _operand(branch, z)
            G = G + branch.weight * slope * below.cauchy
            prime = prime + branch.weight * (bend * below.cauchy + slope**2 * below.prime)
            U = U + branch.weight * below.potential
        return Transforms(G, prime, _principal(U - _constant(tree)))


def _operand(branch: Branch, z: np.ndarray) -> Transforms:
    """Values of an operand that does not depend on unknowns."""
    at = np.broadcast_to(branch.at, z.shape)
    lower = (at.imag < 0) | ((at.imag == 0) & (branch.side < 0))
    values = _upper(branch.node, np.where(lower, at.conj(), at) + 0j)
    return Transforms(*(np.where(lower, v.conj(), v) for v in values))


def _constant(tree: Node) -> Any:
    """What the potential of the operand has to lose where infinity comes from its pole."""
    pole = tree.operation.pole(tree.parameters)
    if pole is None:
        return 0
    (operand,) = tree.operands
    value = transforms(operand, np.array([complex(pole)])).potential[0]
    return value if tree.operation.sides(tree.parameters)[0] > 0 else value.conjugate()


def _by_stationary_point(tree: Node, z: np.ndarray) -> Transforms:
    w = stationary(tree, z)
    found = _at(tree, z, w)
    # In a gap an unknown may be infinite: there the functions are analytic, and a little above they
    # have the same real parts.
    missing = np.flatnonzero(np.isnan(found.cauchy) & (z.imag == 0))
    if missing.size:
        x, scale = z[missing], np.abs(z[missing]) + tree.radius
        sides = [_at(tree, x + d, stationary(tree, x + d)) for d in (-1e-6 * scale, 1e-6 * scale)]
        left, right = (np.where(v.cauchy.imag == 0, v.potential.imag, np.nan) for v in sides)
        gap = np.abs(left - right) < 1e-9
        at = x[gap] + 1j * _BESIDE * scale[gap]
        above = _at(tree, at, stationary(tree, at))
        for values, new, turned in zip(found, above, (0, 0, left[gap]), strict=True):
            values[missing[gap]] = new.real + 1j * turned
    return found


def _at(tree: Node, z: np.ndarray, w: np.ndarray) -> Transforms:
    gradient, hessian = tree.derivatives(z, list(w))
    mixed = _stack([row[0] for row in hessian[1:]], z.size)
    matrix = np.array([_stack(row[1:], z.size) for row in hessian[1:]])
    across = (mixed * solve(matrix + 0j, mixed + 0j)).sum(axis=0)
    return Transforms(
        gradient[0] + 0 * z, hessian[0][0] - across, potential(tree, z, list(w))
    )


def potential(tree: Node, z: Any, unknowns: Sequence) -> Any:
    """U at a stationary point, z in the closed upper half-plane."""
    terms, rational, branches = tree.logarithms(z, unknowns)
    U = rational - _constant(tree)
    for c, f in terms:
        U = U + c * _log(f)
    for branch in branches:
        lower = (branch.at.imag < 0) | ((branch.at.imag == 0) & (branch.side < 0))
        at, *inner = (
            np.where(lower, w.conj(), w) for w in (branch.at, *branch.unknowns)
        )
        below = potential(branch.node, at, inner)
        U = U + branch.weight * np.where(lower, below.conj(), below)
    return _principal(U)


def is_nonnegative(tree: Node) -> bool:
    """Whether there is no mass below zero, as far as doubles tell."""
    if tree.operation.name == "atoms":
        return min(tree.parameters[0]) >= 0
    values = transforms(tree, np.array([-1e-9 * tree.radius]))
    return bool(values.cauchy.imag[0] == 0 and abs(values.potential.imag[0] - np.pi) < 1e-9)


def _log(f: Any) -> Any:
    """Logarithm; real negative numbers are turned by π, also where zero is signed."""
    return np.log(f + 0j)


def _principal(U: Any) -> Any:
    """0 ≤ Im U ≤ π: the logarithms of the term know it up to a turn."""
    turn = 2 * np.pi
    return U - 1j * turn * np.round((U.imag - np.pi / 2) / turn)
