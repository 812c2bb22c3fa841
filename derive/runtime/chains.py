"""Laws of one operation after the other over known eigenvalues: curves in one complex variable.

At a point w of the known eigenvalues' law each operation takes the operand's z and G to those of
its result explicitly. If all z lie in the upper half-plane w is the physical point of the last of
them: nothing remains to be solved at a given w, and these w are the image of the half-plane under
a univalent function, the inverse of z(w). A Newton step for z(w) = z heads along the image of the
straight way to z, and a quarter of it stays in the domain by Koebe's theorem.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain as concatenated
from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np

from .potential import Node, kept
from .programs import Program

_FEW = 8  # known eigenvalues that are taken one by one
_ALONE = 4  # points up to which each is followed by itself, in numbers instead of arrays
_STRIDE = 8  # every so many points are sought from above first
_BLOCK = 1 << 14  # numbers in a block of points times eigenvalues
_EPS = 2.0**-52
TINY = 2.0**-200  # heights above real points that show the side and change nothing else
_MOVES, _STARTS = 100, 6
_SHORTEST = 1e-6  # part of a step
_CLOSE, _STEPS = 1e-8, 3  # relative length of a step before the last ones, and their number
_SETTLED = 1e-11  # relative length of the last one
_ROUNDING = 1e-13  # imaginary parts, relative, that may be real
_SHARP = 1e-10  # relative error of a real point: next to an end its slope is rounding
_CLEAR = 100  # errors by which an imaginary part proves a point
_NEXT, _LEVEL = 1e-8, 1e-5  # relative distance of z at a turn, and change with w
_LOSS = 64  # roundings of w that a z may lose
_DIGITS = 1e-6  # of G, relative, that may be lost to the rounding of z


@dataclass(frozen=True)
class Jet:
    """A function and its derivative."""

    value: Any
    slope: Any

    def __add__(self, number: Any) -> Jet:
        return Jet(self.value + number, self.slope)

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value * other, self.slope * other)
        return Jet(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __truediv__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value / other, self.slope / other)
        value = self.value / other.value
        return Jet(value, (self.slope - value * other.slope) / other.value)


class Position(NamedTuple):
    """At w: z of every operation from the innermost to the last, G of the last, and slopes."""

    z: tuple
    slopes: tuple
    cauchy: Any
    prime: Any


class Found(NamedTuple):
    """What is known at points: z of every operation below the last, and whether z(w) turns there.

    G and G′ are NaN where signs do not prove the point or digits are lost.
    """

    below: np.ndarray
    turn: np.ndarray
    cauchy: np.ndarray
    prime: np.ndarray


class Chain:
    """z and G of a law as functions of w."""

    def __init__(self, leaf: Node, nodes: Sequence[Node]):
        self.leaf, self.nodes = leaf, nodes  # from the innermost
        self.scale = nodes[-1].scale
        values, weights = leaf.parameters
        few = len(values) <= _FEW
        form = tuple((node.operation, len(node.parameters)) for node in nodes)
        self.program = _program(form, len(values) if few else 0)
        self.constants = [float(p) for node in nodes for p in node.parameters]
        self.constants += [float(v) for v in (*values, *weights)] if few else []
        self.is_few = few

    def __call__(self, w: Any) -> Position:
        """Everything at w, a complex number or an array of them."""
        known = [w]
        if not self.is_few:
            known += self._known(w)
        *rest, cauchy, prime = self.program(*known, *self.constants)
        half = len(rest) // 2
        return Position((w, *rest[:half]), (1.0, *rest[half:]), cauchy, prime)

    def _known(self, w: Any) -> list:
        """G and G′ of many known eigenvalues."""
        found = self.leaf.operation.kernel(np.atleast_1d(w), *self.leaf.parameters)
        parts = [part for (part,) in found[:2]]
        return parts if isinstance(w, np.ndarray) else [part.item() for part in parts]


@lru_cache(maxsize=256)
def _program(form: tuple, eigenvalues: int) -> Callable:
    """The z of operations, their slopes, and G of the last; from w, or w, G and G′."""

    def formulas(w: Any, *known: Any) -> list:
        *given, constants = known
        if not given:
            values, weights = constants[-2 * eigenvalues : -eigenvalues], constants[-eigenvalues:]
            terms = [1.0 / (w - a) for a in values]
            shares = [p * t for p, t in zip(weights, terms, strict=True)]
            slope = -sum(s * t for s, t in zip(shares, terms, strict=True))
            given = [sum(shares), slope]
        z, cauchy = Jet(w, 1.0), Jet(*given)
        numbers, found = iter(constants), []
        for operation, count in form:
            z, cauchy = operation.outwards(z, cauchy, *(next(numbers) for _ in range(count)))
            found.append(z)
        jets = (*(z.value for z in found), *(z.slope for z in found))
        return [*jets, cauchy.value, cauchy.slope]

    points = 1 if eigenvalues else 3
    return Program(formulas, points, 2 * eigenvalues + sum(n for _, n in form)).at_numbers


@kept
def chain(tree: Node) -> Chain | None:
    """The law as a curve, if it is one."""
    nodes = []
    while not tree.is_discrete:
        if tree.operation.outwards is None or tree.operand_sides != (1,):
            return None
        nodes.append(tree)
        (tree,) = tree.operands
    return Chain(tree, nodes[::-1]) if nodes else None


def potential(law: Chain, z: Any, below: Any) -> Any:
    """U at z, from z of every operation below the last; real ones are limits from above."""
    at = [_raised(v) for v in (*below, z)]
    values, weights = law.leaf.parameters
    w = at[0]
    if np.ndim(w) and len(values) > _FEW:
        U = np.empty_like(w)
        a, p = (np.array(part, float) for part in law.leaf.parameters)
        rows = max(1, _BLOCK // len(values))
        for k in range(0, w.size, rows):
            U[k : k + rows] = np.log(w[k : k + rows, None] - a) @ p
    else:
        U = sum(p * logarithm(w - a) for a, p in zip(values, weights, strict=True))
    for node, inner, outer in zip(law.nodes, at, at[1:], strict=False):
        own = node.operation.unknowns_at(outer, inner)
        arguments, (rational,), _ = node.operation.value(outer, *own, *node.parameters)
        coefficients, (multiplicity,) = node.operation.weights(*node.parameters)
        U = rational + multiplicity * U
        for c, f in zip(coefficients, arguments, strict=True):
            U = U + c * logarithm(f)
        U = principal(U)
    return U


def unknowns(law: Chain, z: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The unknowns of all operations from the last, as `solver.stationary` gives them."""
    at = [*below, z]
    pairs = zip(law.nodes[::-1], at[-2::-1], at[::-1], strict=False)
    rows = [node.operation.unknowns_at(outer, inner) for node, inner, outer in pairs]
    return np.array(list(concatenated.from_iterable(rows)))


def _raised(z: Any) -> Any:
    if isinstance(z, complex):
        return z if z.imag else complex(z.real, TINY * abs(z))
    return z + 1j * TINY * np.abs(z) * (z.imag == 0)


def logarithm(f: Any) -> Any:
    """Real negative numbers are turned by π, also where zero is signed."""
    return cmath.log(f) if isinstance(f, complex) else np.log(f + 0j)


def principal(U: Any) -> Any:
    """0 ≤ Im U ≤ π: the logarithms of a term know it up to a turn."""
    turn = 2 * np.pi
    turns = (U.imag - np.pi / 2) / turn
    return U - 1j * turn * (round(turns) if isinstance(turns, float) else np.round(turns))


def points(law: Chain, z: np.ndarray) -> Found:
    """What is proved at points in the closed upper half-plane; NaN elsewhere."""
    if 0 < z.size <= _ALONE:
        alone = [_alone(law, point) for point in z.tolist()]
        return Found(*(np.array(part, complex).T for part in zip(*alone, strict=True)))
    shapes = ((len(law.nodes),), (), (), ())
    found = Found(*(np.full((*shape, z.size), np.nan + 0j) for shape in shapes))
    order = np.argsort(z.real, kind="stable")
    with np.errstate(all="ignore"):
        first = order[:: _STRIDE if z.size > 4 * _STRIDE else 1]
        _fill(law, z, found, first, _far(law, z[first]))
        missing = np.isnan(found.cauchy[order])
        known, rest = order[~missing], np.setdiff1d(order[missing], first)
        if known.size and rest.size:
            _fill(law, z, found, rest, _between(law, z, found, known, rest))
        rest = rest[np.isnan(found.cauchy[rest])]
        if rest.size:
            _fill(law, z, found, rest, _far(law, z[rest]))
    return found


def _fill(law: Chain, z: np.ndarray, found: Found, lanes: np.ndarray, w: np.ndarray) -> None:
    """Fill in points from approximate ones."""
    for part, new in zip(found, _proved(law, z[lanes], _followed(law, z[lanes], w)), strict=True):
        part[..., lanes] = new


def _inside(at: Position, count: int | None = None) -> np.ndarray:
    """Whether z of operations, of all or all but the last, lie in the half-plane."""
    return np.logical_and.reduce([z.imag >= 0 for z in at.z[:count]])


def _far(law: Chain, z: np.ndarray) -> np.ndarray:
    """W high above points."""
    height, w = np.abs(z) + law.scale, 8j * law.leaf.scale
    for _ in range(_STARTS):
        at = law(w + 0 * z)
        new = at.z[0] + (z + 1j * height - at.z[-1]) / at.slopes[-1]
        if _inside(law(new)).all():
            break
        height, w = 16 * height, 16 * w
    return new


def _between(
    law: Chain, z: np.ndarray, found: Found, known: np.ndarray, lanes: np.ndarray
) -> np.ndarray:
    """W by cubic interpolation between known points."""
    x, w = z[known].real, found.below[0, known]
    slopes = 1 / law(w).slopes[-1]
    right = np.clip(np.searchsorted(x, z[lanes].real), 1, max(known.size - 1, 1))
    right = np.minimum(right, known.size - 1)
    left = np.maximum(right - 1, 0)
    width = x[right] - x[left]
    t = (z[lanes].real - x[left]) / np.where(width > 0, width, np.inf)
    a, b, da, db = w[left], w[right], slopes[left] * width, slopes[right] * width
    return a + t * (da + t * (3 * (b - a) - 2 * da - db + t * (2 * (a - b) + da + db)))


def _followed(law: Chain, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """W as close to the points of z as steps lead that stay in the domain."""
    result, lanes, on_axis = w.copy(), np.arange(z.size), z.imag == 0
    at = law(w)
    miss, share = z - at.z[-1], np.where(_inside(at, -1), 1.0, 0.0)
    step = miss / at.slopes[-1]
    for _ in range(_MOVES):
        close = np.abs(step) < _CLOSE * np.abs(w)
        result[lanes] = np.where(close, w + step, w)
        left = np.flatnonzero(~close & (share > _SHORTEST))
        if not left.size:
            break
        if left.size < lanes.size:
            lanes, on_axis, z, w, miss, step, share = (
                part[left] for part in (lanes, on_axis, z, w, miss, step, share)
            )
        new = w + share * step
        # On the axis conjugates belong to the same z.
        new = np.where(on_axis & (new.imag < 0), new.conj(), new)
        at = law(new)
        ahead = z - at.z[-1]
        better = _inside(at, -1) & (np.abs(ahead) < (1 - share / 4) * np.abs(miss))
        w, miss = np.where(better, new, w), np.where(better, ahead, miss)
        step = np.where(better, ahead / at.slopes[-1], step)
        share = np.where(better, np.minimum(1, 2 * share), share / 4)
    return result


def _proved(law: Chain, z: np.ndarray, w: np.ndarray) -> Found:
    """What signs prove at the end of Newton's method: off the axis, then on it."""
    found = _settled(law, z, w, np.ones(z.size, bool))
    rest = np.flatnonzero(np.isnan(found.cauchy) & (z.imag == 0))
    if rest.size:
        real = _settled(law, z[rest], w[rest].real + 0j, np.zeros(rest.size, bool))
        good = ~np.isnan(real.cauchy)
        for part, new in zip(found, real, strict=True):
            part[..., rest[good]] = new[..., good]
    return found


def _settled(law: Chain, z: np.ndarray, w: np.ndarray, above: np.ndarray) -> Found:
    for k in range(_STEPS):
        at = law(w)
        step = (z - at.z[-1]) / at.slopes[-1]
        if not k:
            first, turn = np.array(at.z[:-1]), _turns(at, z)
        blur = _EPS * np.abs(z / at.slopes[-1])
        proved = np.abs(step) <= np.maximum(_SETTLED * np.abs(w), 4 * blur)
        if proved.all():
            break
        w = w + np.where(proved, 0, step)
    error = np.abs(step) + blur / 8
    # With the last step an error of w is felt in second order only.
    cauchy, prime = at.cauchy + step * at.prime, at.prime / at.slopes[-1]
    proved &= above | (blur < _SHARP * np.abs(w))
    proved &= _EPS * np.abs(z * prime) < _DIGITS * np.abs(cauchy)
    for v, slope in zip(at.z, at.slopes, strict=True):
        high = v.imag > np.maximum(_CLEAR * error * np.abs(slope), _ROUNDING * np.abs(v))
        last = v is at.z[-1]
        proved &= np.where(above, high | last, (v.imag == 0) & (np.real(slope) > 0))
        proved &= np.abs(w * slope) < _LOSS * np.abs(v)
    moved = [v + s * step for v, s in zip(at.z[:-1], at.slopes[:-1], strict=True)]
    below = np.where(proved, np.where(above, moved, np.real(moved) + 0j), first)
    values = (np.where(proved, part, np.nan) for part in (cauchy, prime))
    return Found(below, turn, *values)


def _turns(at: Position, z: Any) -> Any:
    """Whether z(w) is next to a turn, where no way leads any closer to the point."""
    close = abs(z - at.z[-1]) < _NEXT * abs(z)
    return close & (abs(at.z[0] * at.slopes[-1]) < _LEVEL * abs(z))


def _alone(law: Chain, z: complex) -> tuple:
    """The same at one point."""
    try:
        w = _followed_alone(law, z)
        found = _settled_alone(law, z, w, above=True)
        if not z.imag and isnan(found[-1].real):
            real = _settled_alone(law, z, complex(w.real), above=False)
            found = found if isnan(real[-1].real) else real
    except ArithmeticError:
        found = (nan,) * len(law.nodes), False, nan, nan
    return found


def _followed_alone(law: Chain, z: complex) -> complex:
    height, far = abs(z) + law.scale, 8j * law.leaf.scale
    for _ in range(_STARTS):
        at = law(far)
        w = far + (z + 1j * height - at.z[-1]) / at.slopes[-1]
        at = law(w)
        if all(v.imag >= 0 for v in at.z):
            break
        height, far = 16 * height, 16 * far
    miss, share = z - at.z[-1], 1.0
    step = miss / at.slopes[-1]
    for _ in range(_MOVES):
        if abs(step) < _CLOSE * abs(w):
            return w + step
        if not share > _SHORTEST:
            break
        new = w + share * step
        if new.imag < 0 and not z.imag:
            new = new.conjugate()
        at = law(new)
        ahead = z - at.z[-1]
        inside = all(v.imag >= 0 for v in at.z[:-1])
        if inside and abs(ahead) < (1 - share / 4) * abs(miss):
            w, miss, step, share = new, ahead, ahead / at.slopes[-1], min(1.0, 2 * share)
        else:
            share /= 4
    return w


def _settled_alone(law: Chain, z: complex, w: complex, *, above: bool) -> tuple:
    for k in range(_STEPS):
        at = law(w)
        if not k:
            first, turn = at.z[:-1], _turns(at, z)
        step = (z - at.z[-1]) / at.slopes[-1]
        blur = _EPS * abs(z / at.slopes[-1])
        proved = abs(step) <= max(_SETTLED * abs(w), 4 * blur)
        if proved:
            break
        w = w + step
    error = abs(step) + blur / 8
    cauchy, prime = at.cauchy + step * at.prime, at.prime / at.slopes[-1]
    proved &= above or blur < _SHARP * abs(w)
    proved &= _EPS * abs(z * prime) < _DIGITS * abs(cauchy)
    for v, slope in zip(at.z, at.slopes, strict=True):
        high = v.imag > max(_CLEAR * error * abs(slope), _ROUNDING * abs(v))
        last = v is at.z[-1]
        proved &= (high or last) if above else v.imag == 0 and slope.real > 0
        proved &= abs(w * slope) < _LOSS * abs(v)
    if not proved:
        return first, turn, nan, nan
    moved = [v + s * step for v, s in zip(at.z[:-1], at.slopes[:-1], strict=True)]
    return moved if above else [complex(v.real) for v in moved], turn, cauchy, prime
