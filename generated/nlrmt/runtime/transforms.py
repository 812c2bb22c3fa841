"""G, G′ and U of a law at arrays of z in the closed upper half-plane, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import chains
from .chains import chain, logarithm, principal
from .potential import Branch, Node, kept
from .solver import TINY, _dot, _means, above, accepted, solve, stationary

_BLOCK = 1 << 12  # points at a time
# Heights, relative, at which analytic functions have their value on the axis.
_BESIDE = 10.0 ** -np.arange(2, 9)  # of the scale: radii of circles around a point
_CIRCLE = np.exp(1j * np.pi * (np.arange(8) + 0.5) / 8)
_EPS = 2.0**-52
_NEXT = 2.0 ** -np.array([48.0, 42.0, 36.0])  # distances of a limit, relative
_SETTLED = 1e-13  # differences of values that have no power left
_SAME_TURN = 1e-9  # of potentials between which there is no mass
_ORDER = 6  # of the expansion far away


class Transforms(NamedTuple):
    """Cauchy transform G, its derivative G′, and the potential U with 0 ≤ Im U ≤ π."""

    cauchy: Any
    prime: Any
    potential: Any

    def conjugate(self) -> Transforms:
        """Values at the conjugate points."""
        return Transforms(*(part.conj() for part in self))


def transforms(tree: Node, z: Any, *, whole: bool = True) -> Transforms:
    """Values at z, an array of any shape; limits from above on the real axis.

    Below the axis values are conjugate. NaN where the physical point is not proved: at edges, and
    where values are infinite. The potential may be left out where it is not wanted.
    """
    z = np.asarray(z, complex)
    flat = z.ravel()
    lower = flat.imag < 0
    upper = np.where(lower, flat.conj(), flat)
    parts = [
        _upper(tree, upper[k : k + _BLOCK], whole) for k in range(0, max(flat.size, 1), _BLOCK)
    ]
    values = Transforms(*map(np.concatenate, zip(*parts, strict=True)))
    return Transforms(*(np.where(lower, v.conj(), v).reshape(z.shape) for v in values))


def _upper(tree: Node, z: np.ndarray, whole: bool) -> Transforms:
    with np.errstate(all="ignore"):
        if tree.own:
            return _expanded(tree, z, _by_stationary_point(tree, z, whole))
        first, second, _, slopes, bends = tree.operation.kernel(z, *tree.parameters)
        terms, rational, branches = tree.logarithms(z, ())
        G, prime, U = first[0] + 0 * z, second[0] + 0 * z, rational + 0 * z
        for c, f in terms:
            U = U + c * logarithm(f)
        for slope, bend, branch in zip(slopes, bends, branches, strict=True):
            below = _operand(branch, z, whole)
            G = G + branch.weight * slope * below.cauchy
            prime = prime + branch.weight * (bend * below.cauchy + slope**2 * below.prime)
            U = U + branch.weight * below.potential
        return Transforms(G, prime, principal(U - _constant(tree)))


def located(tree: Node, z: np.ndarray, unknowns: np.ndarray) -> Transforms:
    """Values at unknowns that are known; NaN where these are."""
    with np.errstate(all="ignore"):
        return _expanded(tree, z, _at(tree, z, unknowns))


def _expanded(tree: Node, z: np.ndarray, found: Transforms) -> Transforms:
    """Values, the expansions at infinity where these have all digits."""
    if not (np.abs(z) > 1e3 * tree.scale).any():
        return found
    try:
        moments, far = tree.moments(_ORDER), np.abs(z) > 1e3 * tree.scale
    except ArithmeticError:
        far = np.abs(z) > 1e7 * tree.scale
        moments = [1, *_means(tree)] if far.any() else [1]
    if not (far.any() and np.isfinite(tree.radius)):
        return found
    inverse = 1 / z[far]
    cauchy = prime = series = 0 * inverse
    for k in reversed(range(len(moments))):
        cauchy = moments[k] + inverse * cauchy
        prime = (k + 1) * moments[k] + inverse * prime
        series = inverse * series + (moments[k] / k if k else 0)
    new = (inverse * cauchy, -inverse * inverse * prime, logarithm(z[far]) - series)
    for values, part in zip(found, new, strict=True):
        values[far] = part
    return found


def _operand(branch: Branch, z: np.ndarray, whole: bool) -> Transforms:
    """Values of an operand that does not depend on unknowns."""
    at = np.broadcast_to(branch.at, z.shape)
    lower = (at.imag < 0) | ((at.imag == 0) & (branch.side < 0))
    values = _upper(branch.node, np.where(lower, at.conj(), at) + 0j, whole)
    return Transforms(*(np.where(lower, v.conj(), v) for v in values))


@kept
def _constant(tree: Node) -> Any:
    """What the potential of the operand has to lose where infinity comes from its pole."""
    pole = tree.operation.pole(tree.parameters)
    if pole is None:
        return 0
    (operand,) = tree.operands
    value = transforms(operand, np.array([complex(pole)])).potential[0]
    if np.isnan(value):
        value = _limit(operand, pole)
    return value if tree.operand_sides[0] > 0 else value.conjugate()


def _limit(tree: Node, x: float) -> Any:
    """U at an end of the support, to which it goes like a power of the distance."""
    steps = (abs(x) or tree.scale) * _NEXT
    found = []
    for side in (-1, 1):
        U = transforms(tree, x + side * steps + 0j).potential
        for part in (U.real, U.imag):
            first, second = np.diff(part)
            known = abs(first) > _SETTLED and first != second
            found.append(part[0] + first**2 / (first - second) if known else part[0])
    return complex(np.nanmean(found[::2]), np.nanmean(found[1::2]))


def _by_stationary_point(tree: Node, z: np.ndarray, whole: bool) -> Transforms:
    found = _proved(tree, z, whole)
    # In a gap an unknown may be infinite: there the functions are analytic, and their means over a
    # circle are their values in its centre.
    for share in _BESIDE:
        missing = np.flatnonzero(~np.isfinite(found.cauchy) & (z.imag == 0))
        missing = missing[~np.isin(z[missing], list(tree.atoms))]
        if not missing.size:
            break
        x, n = z[missing].real, missing.size
        d = share * (np.abs(x) + tree.scale)
        places = np.concatenate([x - 8 * d, x + 8 * d, *(x + d * turn for turn in _CIRCLE)])
        around = _proved(tree, places, True)
        left, right = (Transforms(*(v[k : k + n] for v in around)) for k in (0, n))
        gap = (left.cauchy.imag == 0) & (right.cauchy.imag == 0)
        gap &= np.abs(left.potential.imag - right.potential.imag) < _SAME_TURN
        turned = left.potential.imag
        mean = [v[2 * n :].reshape(-1, n).real.mean(axis=0) for v in around]
        # Next to a pole that is no gap but an atom G is large.
        gap &= np.abs(mean[0] - (left.cauchy.real + right.cauchy.real) / 2) * d < 1e-9
        gap &= np.isfinite(mean).all(axis=0)
        for values, new, angle in zip(found, mean, (0, 0, turned), strict=True):
            values[missing[gap]] = (new + 1j * angle)[gap]
    return found


def _proved(tree: Node, z: np.ndarray, whole: bool) -> Transforms:
    """Values where a point is proved: on a curve if the law is one and that loses no digits."""
    law = chain(tree)
    if law is None:
        return _at(tree, z, _from_above(tree, z))
    below, turn, cauchy, prime = chains.points(law, z)
    U = chains.potential(law, z, below) if whole else 0 * cauchy
    found = Transforms(cauchy, prime, U)
    rest = np.flatnonzero(~np.isfinite(cauchy + U))
    if rest.size:
        x, near = z[rest], chains.unknowns(law, z[rest], below[:, rest])
        w, good = accepted(tree, x, near)
        w[:, ~good] = np.nan
        lost = np.flatnonzero(~good & (turn[rest] != 1))
        w[:, lost] = _from_above(tree, x[lost])
        for part, new in zip(found, _at(tree, x, w), strict=True):
            part[rest] = new
    return found


def _from_above(tree: Node, z: np.ndarray) -> np.ndarray:
    """The unknowns at points; NaN at atoms, where nothing finite is to be found."""
    w, regular = np.full((tree.size, z.size), np.nan + 0j), ~np.isin(z, list(tree.atoms))
    w[:, regular] = stationary(tree, z[regular])
    return w


def _at(tree: Node, z: np.ndarray, w: np.ndarray) -> Transforms:
    tree = above(tree)
    gradient, rows = tree.lower(z, list(w))
    mixed = [row[0] for row in rows[1:]]
    slopes = solve(tree, rows, mixed)
    # With these an error of the unknowns is felt in second order only.
    cauchy = gradient[0] - _dot(slopes, gradient[1:])
    # Where large terms cancel there are no digits.
    sound = _EPS * np.abs(z) * np.abs(rows[0][0]) < 1e-6 * np.abs(cauchy)
    cauchy = np.where(sound, cauchy, np.nan)
    # Logarithms at real unknowns are limits from the side to which these move.
    move = TINY * np.abs(z) * (z.imag == 0)
    beside = [v - 1j * move * (v.imag == 0) * np.real(s) for v, s in zip(w, slopes, strict=True)]
    U = potential(tree, z + 1j * move, beside)
    real = (z.imag == 0) & (w[: tree.own].imag == 0).all(axis=0)
    prime = rows[0][0] - _dot(slopes, mixed)
    # Off the support G falls, and there is a turn between none and half: else slopes have no digit.
    sound = ~real | (prime.real < 0) & (np.abs(U.imag - np.pi / 2) < np.pi / 2 + _SAME_TURN)
    cauchy = np.where(sound, np.where(real, cauchy.real, cauchy), np.nan)
    U = np.where(sound, U, complex(np.nan, np.nan))
    return Transforms(cauchy + 0 * z, prime + 0 * z, U)


def potential(tree: Node, z: Any, unknowns: Sequence) -> Any:
    """U at a stationary point, z in the closed upper half-plane."""
    terms, rational, branches = tree.logarithms(z, unknowns)
    U = rational - _constant(tree)
    for c, f in terms:
        U = U + c * logarithm(f)
    for branch in branches:
        lower = (branch.at.imag < 0) | ((branch.at.imag == 0) & (branch.side < 0))
        at, *inner = (np.where(lower, w.conj(), w) for w in (branch.at, *branch.unknowns))
        below = potential(branch.node, at, inner)
        U = U + branch.weight * np.where(lower, below.conj(), below)
    return principal(U)


def gap_around(tree: Node, x: float) -> float:
    """A distance from x within which there is no mass, to a factor of two, or zero."""
    steps = (abs(x) + tree.scale) * 2.0 ** np.arange(-50.0, 4.0)
    left, right = (transforms(tree, x + side * steps) for side in (-1, 1))
    empty = (left.cauchy.imag == 0) & (right.cauchy.imag == 0)
    empty &= np.abs(left.potential.imag - right.potential.imag) < _SAME_TURN
    return float(max(steps[empty], default=0.0))


@kept
def is_nonnegative(tree: Node) -> bool:
    """Whether there is no mass below zero, as far as doubles tell."""
    if tree.is_discrete:
        return min(tree.atoms) >= 0
    tree = tree.mapped(float)
    tree = tree.scaled(tree.unit)
    values = transforms(tree, np.array([-1e-9 * tree.scale]))
    turn = values.potential.imag[0]
    return bool(values.cauchy.imag[0] == 0 and abs(turn - np.pi) < _SAME_TURN)
