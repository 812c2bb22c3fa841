"""Observables of a law in double precision, from its tree; the last function of each module.

Points are arrays of any shape; scalars in give a scalar out. Off the points where the law is
singular, values come from the proved stationary point (`derive.runtime.solver`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from derive.runtime.potential import Node
from derive.runtime.transforms import transforms

_BESIDE = (2.0**-30, 2.0**-42)  # distances, relative, at which a singular point is looked at
_CELLS = 64  # of the first division of the axis
_ROUNDS = 100
_NARROWEST = 1e-9  # relative width of intervals and gaps that are resolved
_ROUNDING = 1e-12
_WIDEST = 2.0**60  # where mass beyond means that the support is unbounded
_HALVINGS = 90
_NODES = 8.0 ** -np.arange(3, 8)  # distances of the nodes of an extrapolation, relative


def density(tree: Node, x: Any) -> Any:
    """Density of the continuous part, -Im G(x + i0)/π.

    At an atom or an end of the support it is the larger limit from the two sides, by the values at
    two small distances: zero or ``inf`` where these fall or grow like a power, else the nearer one.
    """
    points = _real("x", x)
    values = _on_axis(tree, points, _density)
    single = (np.isnan(values) | (points == 0)) & np.isfinite(points)
    for atom in tree.atoms:
        single |= points == atom
    if single.any():
        at = points[single]
        values = np.where(np.isinf(points), 0.0, values)
        values[single] = np.maximum(_limit(tree, at, 1), _limit(tree, at, -1))
    return _shaped(np.where(np.isinf(points), 0.0, values), x)


def cdf(tree: Node, x: Any) -> Any:
    """F(x), the mass of (-∞, x], atoms included: 1 - Im U(x + i0)/π."""
    points = _real("x", x)
    return _shaped(np.clip(1 - _turns(tree, points), 0.0, 1.0), x)


def survival_function(tree: Node, x: Any) -> Any:
    """Mass of (x, ∞): Im U(x + i0)/π."""
    points = _real("x", x)
    return _shaped(np.clip(_turns(tree, points), 0.0, 1.0), x)


def cauchy_transform(tree: Node, z: Any) -> Any:
    """G(z) = ∫μ(dt)/(z - t); its limit from above on the real axis, NaN where it is infinite."""
    points = _complex("z", z)
    values = np.where(np.isinf(points), 0.0, _finite(tree, points, 0))
    return _shaped(values, z)


def cauchy_transform_prime(tree: Node, z: Any) -> Any:
    """G′(z); its limit from above on the real axis, NaN where it is infinite."""
    points = _complex("z", z)
    return _shaped(np.where(np.isinf(points), 0.0, _finite(tree, points, 1)), z)


def log_potential(tree: Node, gamma: Any) -> Any:
    """∫ln(t + γ) μ(dt) = Re U(-γ), γ ≥ 0; -inf at an atom, limits at ends of the support."""
    points = _ridge(gamma)
    values = _finite(tree, -points + 0j, 2).real
    lost = np.isnan(values)
    if lost.any():
        values[lost] = _finite(tree, _aside(tree, -points[lost], -1) + 0j, 2).real
    for atom in tree.atoms:
        values[-points == atom] = -np.inf
    return _shaped(values, gamma)


def train_error(tree: Node, gamma: Any, ratio: float) -> Any:
    """E = (1 - c) - cγ²G′(-γ), γ ≥ 0, with c = `ratio` rows a column; its limit at γ = 0."""
    points = _ridge(gamma)
    prime = _finite(tree, -points + 0j, 1).real
    companion = -ratio * prime - (1 - ratio) / np.where(points > 0, points, 1.0) ** 2
    with np.errstate(over="ignore", invalid="ignore"):
        direct = (1 - ratio) - ratio * points**2 * prime
        values = np.where(ratio > 1, points**2 * (companion + 2 * (1 - ratio) / points**2), direct)
    limit = 1 - ratio + ratio * tree.atoms.get(0, 0)
    return _shaped(np.where(points == 0, limit, direct if ratio <= 1 else values), gamma)


def atom(tree: Node) -> float:
    """Mass at zero."""
    return float(tree.atoms.get(0, 0.0))


def moments(tree: Node, order: int) -> np.ndarray:
    """m_0, …, m_order, in exact arithmetic on the doubles that the parameters are."""
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 0:
        raise ValueError(f"order = {order!r} is outside its domain: a non-negative integer")
    exact = tree.mapped(Fraction).moments(int(order))
    return np.array([float(m) for m in exact])


def support(tree: Node) -> np.ndarray:
    """Ends of the intervals of the continuous part in increasing order, shape (k, 2).

    The axis is divided until the density between neighbouring points agrees with F, and each end is
    enclosed by halving. Intervals and gaps below a relative width of 1e-9 are not resolved.
    """
    name = tree.operation.name
    if name in ("affine", "mobius"):
        (operand,) = tree.operands
        a, b, c, d = (*tree.parameters, 0.0, 1.0)[:4]
        return _mapped(support(operand), a, b, c, d)
    if name == "mixture":
        return _united(np.concatenate([support(operand) for operand in tree.operands]))
    if name == "square":
        inner = support(tree.operands[0])
        ends = np.sort(inner**2, axis=1)
        ends[(inner[:, 0] < 0) & (inner[:, 1] > 0), 0] = 0.0
        return _united(ends)
    if name == "atoms":
        return np.empty((0, 2))
    return _searched(tree)


def quantile(tree: Node, q: Any) -> Any:
    """inf{x : F(x) ≥ q}; the ends of the law at q = 0 and 1."""
    levels = _real("q", q)
    if np.any((levels < 0) | (levels > 1)):
        shown = levels[(levels < 0) | (levels > 1)].flat[0]
        raise ValueError(f"q = {shown} is outside its domain: 0 <= q <= 1")
    intervals, atoms = support(tree), np.array(sorted(tree.atoms), float)
    ends = np.sort(np.concatenate([intervals.ravel(), atoms]))
    lower, upper = np.full(levels.shape, ends[0]), np.full(levels.shape, ends[-1])
    tops = np.asarray(cdf(tree, ends))
    tops[-1] = 1.0
    # F jumps or rises only between neighbouring ends; up to rounding a level belongs to the lower.
    place = np.searchsorted(tops + _ROUNDING, levels)
    place = np.minimum(place, ends.size - 1)
    upper = ends[place]
    lower = ends[np.maximum(place - 1, 0)]
    # The jump of an atom at the upper end.
    mass = np.array([tree.atoms.get(end, 0.0) for end in ends.tolist()])
    at_end = (levels > tops[place] - mass[place] - _ROUNDING) & (mass[place] > 0) | (place == 0)
    low = np.where(np.isinf(lower), -_WIDEST, np.where(at_end, upper, lower))
    high = np.where(np.isinf(upper), _WIDEST, upper)
    value = 0.5 * (low + high)
    for _ in range(_HALVINGS):
        active = (high - low) > 4 * np.finfo(float).eps * np.maximum(abs(low), abs(high))
        active &= (levels > 0) & (levels < 1)
        if not active.any():
            break
        x, goal = value[active], levels[active]
        excess = 1 - goal - _turns(tree, x)
        slope = _on_axis(tree, x, _density)
        above = excess >= 0
        high[active], low[active] = (
            np.where(above, x, high[active]),
            np.where(above, low[active], x),
        )
        with np.errstate(all="ignore"):
            new = x - excess / slope
            # A step a little too long brings the other side of the bracket along.
            new -= np.sign(excess) * 1e-15 * np.abs(new)
        inside = (new > low[active]) & (new < high[active])
        value[active] = np.where(inside, new, 0.5 * (low[active] + high[active]))
    value = np.where(levels == 0, ends[0], np.where(levels == 1, ends[-1], value))
    value = np.where(np.isnan(levels), np.nan, np.where(at_end, upper, value))
    return _shaped(value, q)


# Values on the axis


def _density(tree: Node, x: np.ndarray) -> np.ndarray:
    return -transforms(tree, x + 0j).cauchy.imag / np.pi + 0.0  # no negative zeros


def _on_axis(tree: Node, points: np.ndarray, function: Callable) -> np.ndarray:
    values = np.full(points.shape, np.nan)
    finite = np.isfinite(points)
    if finite.any():
        values[finite] = function(tree, points[finite])
    return values


def _turns(tree: Node, points: np.ndarray) -> np.ndarray:
    """Im U/π, continuous from the right."""

    def turned(tree: Node, x: np.ndarray) -> np.ndarray:
        values = transforms(tree, x + 0j).potential.imag / np.pi
        lost = np.isnan(values)
        for position in tree.atoms:
            lost |= x == position
        if lost.any():
            values[lost] = transforms(tree, _aside(tree, x[lost], 1) + 0j).potential.imag / np.pi
        return values

    values = _on_axis(tree, points, turned)
    return np.where(points == np.inf, 0.0, np.where(points == -np.inf, 1.0, values))


def _scale(tree: Node) -> float:
    return tree.radius if np.isfinite(tree.radius) and tree.radius > 0 else 1.0


def _aside(tree: Node, x: np.ndarray, side: int, share: float = _BESIDE[1]) -> np.ndarray:
    """Points close by, on one side."""
    return x + side * share * np.where(x == 0, _scale(tree), np.abs(x))


def _limit(tree: Node, x: np.ndarray, side: int) -> np.ndarray:
    """Limit of the density from one side."""
    far, near = (_density(tree, _aside(tree, x, side, share)) for share in _BESIDE)
    with np.errstate(all="ignore"):
        exponent = np.log(near / far) / np.log(_BESIDE[1] / _BESIDE[0])
    falls = (near == 0) | (exponent > 0.25)
    return np.where(falls, 0.0, np.where(exponent < -0.2, np.inf, near))


def _finite(tree: Node, points: np.ndarray, which: int) -> np.ndarray:
    """G, G′ or U at finite points."""
    values = np.full(points.shape, np.nan + 0j)
    finite = np.isfinite(points)
    if finite.any():
        values[finite] = transforms(tree, points[finite])[which]
    return values


# The support


def _searched(tree: Node) -> np.ndarray:
    lowest, highest = (_outside(tree, side) for side in (-1, 1))
    ends = [lowest, highest]
    grid = np.linspace(0, 1, _CELLS + 1)
    new = lowest + (highest - lowest) * grid
    powers = 2.0 ** -np.arange(0.0, 50.0)
    new = np.concatenate([new, *(end * powers for end in ends)])
    x, rho, F = np.empty(0), np.empty(0), np.empty(0)
    for _ in range(_ROUNDS):
        values = transforms(tree, new + 0j)
        good = np.isfinite(values.cauchy)
        x = np.concatenate([x, new[good]])
        rho = np.concatenate([rho, -values.cauchy.imag[good] / np.pi])
        F = np.concatenate([F, 1 - values.potential.imag[good] / np.pi])
        x, order = np.unique(x, return_index=True)
        rho, F = rho[order], F[order]
        new = np.setdiff1d(_unresolved(tree, x, rho, F), x)
        if not new.size:
            break
    inside = rho > 0
    starts = np.flatnonzero(~inside[:-1] & inside[1:])
    stops = np.flatnonzero(inside[:-1] & ~inside[1:])
    places = np.concatenate([starts, stops + 1]), np.concatenate([starts + 1, stops])
    ends = _end(tree, *(x[part] for part in places))
    intervals = _united(np.stack([ends[: starts.size], ends[starts.size :]], axis=1))
    return _polished(tree, intervals)


def _polished(tree: Node, intervals: np.ndarray) -> np.ndarray:
    """Ends by extrapolation from inside: close to them x is a series in the density squared."""
    ends = intervals.ravel()
    if not ends.size:
        return intervals
    apart = np.diff(np.concatenate([[-np.inf], ends, [np.inf]]))
    reach = np.minimum(np.minimum(apart[:-1], apart[1:]), np.where(ends == 0, 1, abs(ends)))
    inwards = np.where(np.arange(ends.size) % 2 == 0, reach, -reach)
    # Between rounding, at small distances, and the end of the series, at large ones.
    best, error = ends.copy(), 1e-9 * np.abs(ends)
    for share in _NODES:
        x = ends + share * inwards * np.arange(1, 7)[:, None]
        s = _density(tree, x.ravel()).reshape(x.shape) ** 2
        with np.errstate(all="ignore"):
            for order in range(1, len(s)):  # Neville's scheme at s = 0
                last = x[0]
                x = (s[:-order] * x[1:] - s[order:] * x[:-1]) / (s[:-order] - s[order:])
        better = (np.abs(x[0] - last) < error) & (ends != 0)
        best, error = np.where(better, x[0], best), np.where(better, np.abs(x[0] - last), error)
    return best.reshape(-1, 2)


def _outside(tree: Node, side: int) -> float:
    """A point beyond all mass on one side, infinite if there is none."""
    size = 1.07 * _scale(tree)
    goal = 0.0 if side > 0 else 1.0
    while abs(float(_turns(tree, np.array([side * size]))[0]) - goal) > _ROUNDING:
        size *= 2
        if size > _WIDEST * _scale(tree):
            raise ArithmeticError("the support is unbounded")
    return side * size


def _unresolved(tree: Node, x: np.ndarray, rho: np.ndarray, F: np.ndarray) -> np.ndarray:
    """Points that divide cells where density and F disagree, or at whose ends the kinds differ."""
    a, b = x[:-1], x[1:]
    mass, inside = np.diff(F), rho > 0
    for position, weight in tree.atoms.items():
        mass = mass - weight * ((a < position) & (b >= position))
    both, neither = inside[:-1] & inside[1:], ~inside[:-1] & ~inside[1:]
    trapezoid = 0.5 * (rho[:-1] + rho[1:]) * (b - a)
    rough = both & (np.abs(mass - trapezoid) > 0.03 * trapezoid + _ROUNDING)
    hidden = neither & (mass > 1e-11)
    changes = (inside[:-1] != inside[1:]) & (mass > 1e-3)
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-15 * _scale(tree))
    divided = (rough | hidden | changes) & (b - a > 1e-11 * size)
    a, b = a[divided], b[divided]
    same = a * b > 0
    with np.errstate(invalid="ignore"):
        geometric = np.sign(a) * np.sqrt(a * b)
    apart = same & (np.maximum(abs(a), abs(b)) > 4 * np.minimum(abs(a), abs(b)))
    return np.where(apart, geometric, 0.5 * (a + b))


def _end(tree: Node, outside: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Ends of the support between points off it and in it; close to them the density squared is linear.

    Where an interval may begin at zero with a divergent density, that is asked first.
    """
    zero = (outside <= 0) != (inside <= 0)
    beside = _aside(tree, np.zeros(zero.sum()), 1) * np.where(inside[zero] > 0, 1, -1)
    at_zero = zero.copy()
    at_zero[zero] = _density(tree, beside) > 0
    at_zero[zero] &= ~(_density(tree, -beside) > 0)
    outside, inside, before = outside.copy(), inside.copy(), inside + (inside - outside)
    squares = [_density(tree, x) ** 2 for x in (inside, before)]
    for _ in range(_HALVINGS):
        open_ = np.abs(outside - inside) > 1e-9 * np.maximum(np.abs(outside), np.abs(inside))
        open_ &= ~at_zero
        if not open_.any():
            break
        o, i, b = (part[open_] for part in (outside, inside, before))
        f, g = (part[open_] for part in squares)
        with np.errstate(all="ignore"):
            guess = i - f * (b - i) / (g - f)
            guess = np.where((guess - i) * (o - guess) > 0, guess, 0.5 * (o + i))
        step = np.maximum(1e-3 * np.abs(guess - i), 4e-10 * np.abs(guess))
        trial = np.stack([0.5 * (o + i), guess - step, guess + step])
        rho = _density(tree, trial.ravel()).reshape(trial.shape)
        for x, value in zip(trial, rho, strict=True):
            between = (x - i) * (o - x) > 0
            within = between & (value > 0)
            b, g = np.where(within, i, b), np.where(within, f, g)
            i, f = np.where(within, x, i), np.where(within, value**2, f)
            o = np.where(between & (value == 0), x, o)
        if (o == outside[open_]).all() and (i == inside[open_]).all():
            break  # what is not decided lies on the end, to rounding
        for part, new in zip((outside, inside, before, *squares), (o, i, b, f, g), strict=True):
            part[open_] = new
    return np.where(at_zero, 0.0, 0.5 * (outside + inside))


def _united(intervals: np.ndarray) -> np.ndarray:
    """Intervals in order, those merged that overlap or that too narrow a gap divides."""
    found: list[list[float]] = []
    for lower, upper in sorted(map(tuple, intervals.tolist())):
        size = max(abs(end) for end in (lower, upper) if np.isfinite(end))
        if found and lower - found[-1][1] <= _NARROWEST * size:
            found[-1][1] = max(found[-1][1], upper)
        elif np.isinf(upper - lower) or upper - lower > _NARROWEST * size:
            found.append([lower, upper])
    return np.array(found, float).reshape(-1, 2)


def _mapped(intervals: np.ndarray, p: float, q: float, r: float, s: float) -> np.ndarray:
    """Images of intervals under a Möbius map; an interval that holds the pole becomes two."""
    images = []
    for lower, upper in intervals.tolist():
        ends = []
        for end in (lower, upper):
            below = r * end + s
            if below == 0:
                ends.append(np.inf)
            else:
                ends.append(p / r if np.isinf(end) and r else (p * end + q) / below)
        pole = -s / r if r else np.inf
        if lower < pole < upper:
            images += [[-np.inf, min(ends)], [max(ends), np.inf]]
        elif np.inf in ends:  # the pole is an end
            other = min(ends)
            middle = 0.5 * (lower + upper)
            upwards = (p * middle + q) / (r * middle + s) > other
            images.append([other, np.inf] if upwards else [-np.inf, other])
        else:
            images.append(sorted(ends))
    return _united(np.array(images, float).reshape(-1, 2))


# Arguments


def _real(name: str, value: Any) -> np.ndarray:
    return _numbers(name, value, "buif", float, "real numbers")


def _complex(name: str, value: Any) -> np.ndarray:
    return _numbers(name, value, "buifc", complex, "complex numbers")


def _ridge(value: Any) -> np.ndarray:
    gamma = _numbers("gamma", value, "buif", float, "gamma >= 0")
    if np.any(gamma < 0):
        raise ValueError(f"gamma = {gamma[gamma < 0].flat[0]} is outside its domain: gamma >= 0")
    return gamma


def _numbers(name: str, value: Any, kinds: str, kind: type, domain: str) -> np.ndarray:
    """Points as an array of at least one dimension; object arrays of numbers are taken."""
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(kind)
        if array.dtype.kind in kinds and not np.ma.isMaskedArray(value):
            return np.atleast_1d(array.astype(kind))
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name} = {value!r} is outside its domain: {domain}")


def _shaped(values: np.ndarray, given: Any) -> Any:
    """Values with the shape of the argument; a number for a number."""
    return values.reshape(np.shape(given))[()].item() if np.ndim(given) == 0 else values
