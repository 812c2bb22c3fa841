"""Observables of a law in double precision, from its tree.

Points are arrays of any shape; scalars in give a scalar out, NaN gives NaN. Values come from proved
stationary points (`transforms`). Where none is proved, at ends of the support and at
atoms, they are limits of values next to the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial, wraps
from typing import Any, NamedTuple

import numpy as np

from . import gaps
from .parameters import argument, natural, scaled
from .potential import Image, Node, kept
from .powers import PARTS, continued, parts
from .solver import Axis, above, fold, solve, stationary
from .transforms import Transforms, located, transforms

_EPS = 2.0**-52
_BESIDE = 2.0 ** -np.arange(48.0, 6.0, -6.0)[:, None]  # distances to a singular point, relative
_LIMITS = 5  # of them, the nearest, at which a limit may be read off
_APART = 2  # places between two distances that are compared: a ratio of 2^12
_CELLS = 64  # of the first division of the axis
_POWERS = 60  # of two between the scale of a law and zero, or infinity if it is unbounded
_ROUNDS = 60
_MOST = 1 << 15  # points at which a law is looked at
_NARROWEST = 1e-9  # relative width of intervals and gaps that are resolved
_ROUGH, _MASS = 0.03, 1e-12  # relative and absolute agreement of density and F
_NOISE = 16 * _EPS  # of an imaginary part, relative to the real one
_SURE = 1e-14  # levels of F that close are one
_ROUGH_LIMIT, _SAME_LIMIT = 1e-6, 1e-9  # agreement of limits from the two sides: of G and F, of U
_HARD_LIMIT = 0.01  # of F where one side is a gap, in which it is known
_OUTSIDE = 1e-3  # distance of a real point beside an end, relative
_NODES = 8.0 ** -np.arange(2, 8)  # distances of the nodes of an extrapolation, relative
_FAR = 96  # in powers of two, from which on a point is met halfway
_STRIDE = 64  # between the powers of the scales at which that is done
_FEW = 0.01  # share of the mass that is small
_GAUSS = np.polynomial.legendre.leggauss(20)
_CLOSE, _CLOSE_STEP = 320, 32  # powers of two that lie between a law and what is close to zero


def _at_scale(
    function: Callable[[Node, np.ndarray], np.ndarray],
    tree: Node,
    points: np.ndarray,
    degree: int = 0,
    unit: float = 0.0,
) -> np.ndarray:
    """Values of a function of a law and points, each at a scale at which neither is extreme.

    Law and points times s have s^-degree times the value, plus unit·log₂ s. Scales are powers of
    two, so that nothing rounds; what exceeds the range of doubles goes to its ends. Closest to
    zero functions are powers of the distance, or logarithms if there is a unit.
    """
    values: Any = None
    apart = _apart(tree, points)
    close = apart < -_CLOSE
    if close.any():
        values = _at_scale(function, tree, np.where(close, 0, points), degree, unit)
        lift = -_CLOSE - apart[close]
        near, further = (
            _at_scale(function, tree, scaled(points[close], lift + k), degree, unit)
            for k in (0, _CLOSE_STEP)
        )
        values[close] = (
            near + (near - further) * (lift / _CLOSE_STEP)
            if unit
            else continued(near, further, _CLOSE_STEP, lift)
        )
        return values
    stride = _STRIDE * tree.grain
    halfway = np.rint(-apart / (2 * stride)) * stride
    scales = tree.unit + np.where(np.abs(apart) > _FAR, halfway, 0).astype(int)
    for power in np.unique(scales).tolist():
        lanes = scales == power
        found = function(tree.scaled(power), scaled(points[lanes], power))
        found = scaled(found, degree * power)
        if values is None:
            values = np.empty(points.shape, found.dtype)
        values[lanes] = found - unit * power
    return np.empty(points.shape) if values is None else values


def _apart(tree: Node, points: np.ndarray) -> np.ndarray:
    """Powers of two between the law and each point; none where that is zero or infinite."""
    size = np.maximum(np.abs(points.real), np.abs(points.imag))
    return np.where((size != 0) & np.isfinite(size), np.frexp(size)[1] + tree.unit, 0)


def _at_unit(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a law whose values are points of it, computed at scale one."""

    @wraps(function)
    def moved(tree: Node, *arguments: Any) -> Any:
        return np.ldexp(function(tree.scaled(tree.unit), *arguments), -tree.unit)

    return moved


def density(tree: Node, x: Any) -> Any:
    """Density of the continuous part, -Im G(x + i0)/π.

    Parameters
    ----------
    tree : Node
    x : array-like of real numbers

    Returns
    -------
    float or ndarray
        Zero off the support and at ±inf. At atoms and at ends the larger limit from the two sides,
        by values at two small distances d: they grow like d^e, and the limit is zero for e > 1/4,
        infinite for e < -1/5, else the nearer value.
    """
    return _shaped(_at_scale(_density, tree, _points("x", x), 1), x)


def cdf(tree: Node, x: Any) -> Any:
    """F(x), the mass of (-∞, x], atoms included: 1 - Im U(x + i0)/π; see `density`.

    To an absolute 1e-15 or so; above a hard edge at zero to a relative 1e-14.
    """
    return _shaped(_at_scale(_distribution, tree, _points("x", x)), x)


def survival_function(tree: Node, x: Any) -> Any:
    """Mass of (x, ∞), Im U(x + i0)/π; see `density`.

    To an absolute 1e-15 or so; next to the upper end, where all angles are small, to the rounding
    of x: 2e-15, 2e-13 and 1e-10 at 1e-1, 1e-3 and 1e-6 of it. Less than 2.5e-15 is zero.
    """
    return _shaped(_at_scale(_survival, tree, _points("x", x)), x)


def cauchy_transform(tree: Node, z: Any) -> Any:
    """G(z) = ∫μ(dt)/(z - t) at complex z, 0 at infinity.

    On the axis it is the limit from above, NaN where that is infinite.
    """
    return _shaped(_at_scale(_cauchy, tree, _points("z", z), 1), z)


def cauchy_transform_prime(tree: Node, z: Any) -> Any:
    """G′(z) at complex z; NaN where it is infinite, as at ends of the support."""
    return _shaped(_at_scale(_prime, tree, _points("z", z), 2), z)


def log_potential(tree: Node, gamma: Any) -> Any:
    """∫ln(t + γ) μ(dt) = Re U(-γ) at γ ≥ 0, with |t + γ| where that is negative; -inf at atoms."""
    points = _points("gamma", gamma)
    return _shaped(_at_scale(_log_potential, tree, points, unit=np.log(2)), gamma)


def train_error(tree: Node, gamma: Any, ratio: float) -> Any:
    """E = (1 - c) - cγ²G′(-γ) of kernel regression with ridge parameter γ.

    Parameters
    ----------
    tree : Node
        Law of XXᵀ/N.
    gamma : array-like of real numbers ≥ 0
    ratio : float
        c > 0, rows of X over columns; 1 if the law is that of the samples' own Gram matrix.

    Returns
    -------
    float or ndarray
        With the companion's G̃ = cG + (1 - c)/z it is -γ²G̃′. For c ≤ 1 that is a sum of positive
        terms; in a sample covariance it is (H⁻¹)₁₁/(cw₁⁴), H the Hessian of Φ: nothing cancels for
        c > 1 either; else an absolute error of c - 1 roundings remains. 1 - c + c·atom(0) at γ = 0.
    """
    points, c = _points("gamma", gamma), float(ratio)
    return _shaped(_at_scale(partial(_train_error, ratio=c), tree, points), gamma)


def atom(tree: Node, position: float = 0.0) -> float:
    """Mass of one point."""
    return float(tree.atoms.get(float(position), 0.0))


def moments(tree: Node, order: int) -> np.ndarray:
    """m_0, …, m_order, shape (order + 1,): exact, then rounded, for the doubles given.

    Raises
    ------
    ValueError
        If the order is no natural number.
    ArithmeticError
        For a law whose moments no rule gives.
    """
    order = natural("order", order)
    return np.array([_rounded(m) for m in tree.mapped(Fraction).moments(order)])


def _rounded(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def support(tree: Node) -> np.ndarray:
    """Ends of the intervals of the continuous part in increasing order, shape (k, 2).

    Maps and mixtures take those of their operands. Else the axis is divided until the density
    between neighbouring points agrees with F, ends are enclosed, and extrapolated to from inside.
    Intervals and gaps of a relative width below 1e-9, or with less mass than 1e-12 around them, are
    not resolved. Ends may be infinite.
    """
    return np.ldexp(_support(tree.scaled(tree.unit)), -tree.unit)


@kept
def _support(tree: Node) -> np.ndarray:
    images = tree.operation.images(tree.parameters)
    if images is None:
        between = gaps.support(tree)
        return _searched(tree) if between is None else _united(between)
    found = [
        end for image in images for end in _moved(image, support(tree.operands[image.operand]))
    ]
    return _united(np.array(found, float).reshape(-1, 2))


def _moved(image: Image, intervals: np.ndarray) -> Iterator[list[float]]:
    """The images of intervals, of their parts in the domain."""
    lower, upper = image.domain
    for a, b in intervals.tolist():
        if a < upper and b > lower:
            left = image.ends[0] if a <= lower else image.forward(a)
            right = image.ends[1] if b >= upper else image.forward(b)
            yield sorted([left, right])


@_at_unit
def quantile(tree: Node, q: Any) -> Any:
    """inf{x : F(x) ≥ q} at levels 0 ≤ q ≤ 1; the ends of the whole at 0 and 1.

    Newton's method on F between ends of the support and atoms; levels that differ from F in a gap
    by less than 1e-14 belong to the gap's lower end.
    """
    levels = _points("q", q)
    masses = tree.atoms
    ends = np.unique(np.concatenate([support(tree).ravel(), np.array(list(masses), float)]))
    tops = np.maximum.accumulate(1 - _survival(tree, ends))
    tops[-1] = 1.0
    if np.isnan(tops).any():  # F is not proved next to an end
        return np.full(levels.shape, np.nan).reshape(np.shape(q))[()]
    place = np.minimum(np.searchsorted(tops + _SURE, levels), ends.size - 1)
    jump = np.array([masses.get(end, 0.0) for end in ends.tolist()])
    # At an atom, at either end of everything, or at the lower end of a gap.
    settled = (levels > tops[place] - jump[place]) & (jump[place] > 0) | (place == 0)
    settled |= (np.abs(levels - tops[place]) <= _SURE) | (levels == 0) | np.isnan(levels)
    value = np.where(levels == 0, ends[0], np.where(np.isnan(levels), np.nan, ends[place]))
    active = np.flatnonzero(~settled)
    goal, top = 1 - levels.ravel()[active], ends[place.ravel()[active]]
    widest = 2.0**_POWERS * tree.scale
    low = np.maximum(ends[np.maximum(place.ravel()[active] - 1, 0)], -widest)
    high = np.minimum(top, widest)
    x, last = _middle(low, high), high - low
    for _ in range(200):
        values = transforms(tree, x + 0j)
        excess, slope = goal - values.potential.imag / np.pi, _imaginary(values.cauchy)
        lost = np.isnan(excess)
        excess[lost] = goal[lost] - _survival(tree, x[lost])
        low, high = np.where(excess < 0, x, low), np.where(excess < 0, high, x)
        value.ravel()[active] = x
        with np.errstate(all="ignore"):
            new = x - excess / slope
        # Newton's method next to ends is slow: where steps do not get shorter the middle is taken.
        better = (new > low) & (new < high) & (np.abs(new - x) < last / 2)
        new = np.where(better, new, _middle(low, high))
        last = np.abs(new - x)
        open_ = (last > _EPS * np.abs(x)) & (high - low > 2 * _EPS * np.abs(x))
        open_ &= ~(np.abs(excess) <= 4 * _EPS)
        active, goal, low, high, x, last = (
            part[open_] for part in (active, goal, low, high, new, last)
        )
        if not active.size:
            break
    return _shaped(value, q)


# Values on the axis


class _Limit(NamedTuple):
    """Limits from one side, as seen at `place`, of G, G′ and U less the terms of atoms.

    `real` off the support.
    """

    place: np.ndarray
    density: np.ndarray
    cauchy: np.ndarray
    prime: np.ndarray
    potential: np.ndarray
    real: np.ndarray


def _density(tree: Node, points: np.ndarray) -> np.ndarray:
    G = _finite(tree, points + 0j, "cauchy")
    values = np.where(np.isinf(points), 0.0, _imaginary(G))
    single = np.isnan(values) | (points == 0) | np.isin(points, list(tree.atoms))
    single &= np.isfinite(points)
    if single.any():
        values[single] = np.maximum(*(_beside(tree, points[single], s).density for s in (-1, 1)))
    return values


def _cauchy(tree: Node, points: np.ndarray) -> np.ndarray:
    values = np.where(np.isinf(points), 0.0, _finite(tree, points, "cauchy"))
    return _filled(tree, points, values, "cauchy")


def _prime(tree: Node, points: np.ndarray) -> np.ndarray:
    values = np.where(np.isinf(points), 0.0, _finite(tree, points, "prime"))
    return _filled(tree, points, values, "prime")


def _log_potential(tree: Node, gamma: np.ndarray) -> np.ndarray:
    points = -gamma
    values = _finite(tree, points + 0j, "potential").real
    lost = np.isnan(values) & np.isfinite(points)
    if lost.any():
        sides = [_beside(tree, points[lost], side).potential.real for side in (-1, 1)]
        mean, apart = np.mean(sides, axis=0), np.abs(sides[0] - sides[1])
        mean = np.where(apart <= _SAME_LIMIT * (1 + np.abs(mean)), mean, np.nan)
        values[lost] = mean + _logarithms(tree, points[lost])
    values = np.where(np.isin(points, list(tree.atoms)), -np.inf, values)
    return np.where(np.isinf(points), np.inf, values)


def _train_error(tree: Node, points: np.ndarray, ratio: float) -> np.ndarray:
    """E; see `train_error`."""
    c, z = ratio, -points + 0j
    values = (1 - c) - c * points * (points * _finite(tree, z, "prime").real)

    def solved() -> tuple:
        w = stationary(tree, z)
        _, hessian = above(tree).lower(z, list(w))
        return w[0], solve(tree, hessian, [1, *[0] * (tree.size - 1)])[0]

    with np.errstate(all="ignore"):
        better = tree.operation.sample_error(tree.parameters, c, solved)
    if better is not None:
        better = np.asarray(better).real
        values = np.where(np.isfinite(better), better, values)
    limit = 1 - c + c * tree.atoms.get(0, 0)
    limit = limit if limit > 4 * _EPS * c else 0.0
    return np.where(points == 0, limit, np.where(points == np.inf, 1.0, values))


def _imaginary(G: np.ndarray) -> np.ndarray:
    """-Im G/π; NaN where it is rounding beside the real part, as next to atoms."""
    rho = np.where(np.isnan(G), np.nan, -G.imag / np.pi + 0.0)  # no negative zeros
    return np.where((rho != 0) & (rho < _NOISE * np.abs(G.real)), np.nan, rho)


def _finite(tree: Node, points: np.ndarray, part: str) -> np.ndarray:
    """A transform at finite points."""
    values = np.full(points.shape, np.nan + 0j)
    finite = np.isfinite(points)
    found = transforms(tree, points[finite], whole=part == "potential")
    values[finite] = getattr(found, part)
    return values


def _filled(tree: Node, points: np.ndarray, values: np.ndarray, part: str) -> np.ndarray:
    """G or G′, those not found as limits if these agree from both sides."""
    lost = np.isnan(values) & (points.imag == 0) & np.isfinite(points)
    if lost.any():
        x = points.real[lost]
        left, right = (getattr(_beside(tree, x, side), part) for side in (-1, 1))
        mean = (left + right) / 2
        with np.errstate(all="ignore"):
            whole = _without_poles(tree, x, mean, mean, 1)[part == "prime"]
            same = np.abs(left - right) <= _ROUGH_LIMIT * np.maximum(np.abs(mean), np.abs(whole))
        values[lost] = np.where(np.isfinite(whole) & same, whole, np.nan)
    return values


def _without_poles(
    tree: Node, x: np.ndarray, cauchy: np.ndarray, prime: np.ndarray, sign: int
) -> tuple[np.ndarray, np.ndarray]:
    """G and G′ with the terms of atoms added or left out."""
    for position, mass in tree.atoms.items():
        pole = sign * mass / (x - position)
        cauchy, prime = cauchy + pole, prime - pole / (x - position)
    return cauchy, prime


def _logarithms(tree: Node, x: np.ndarray) -> np.ndarray:
    """What atoms have in Re U."""
    with np.errstate(divide="ignore"):
        return sum((m * np.log(np.abs(x - a)) for a, m in tree.atoms.items()), np.zeros(x.shape))


def _survival(tree: Node, points: np.ndarray) -> np.ndarray:
    """Im U/π, continuous from the right."""
    values = _finite(tree, points + 0j, "potential").imag / np.pi
    atoms = tree.atoms
    single = (np.isnan(values) | np.isin(points, list(atoms))) & np.isfinite(points)
    if single.any():
        x = points[single]
        left, right = (_beside(tree, x, side) for side in (-1, 1))
        low, high = (side.potential.imag / np.pi for side in (left, right))
        # F is constant where the density is zero, and jumps at atoms: one may be next to x.
        for position, mass in atoms.items():
            low = low - mass * ((left.place < position) & (position <= x))
            high = high + mass * ((x < position) & (position <= right.place))
        flat = np.where(left.real, low, np.where(right.real, high, (low + high) / 2))
        # Next to a hard edge F goes like a small power of the distance, but only on one side.
        apart = np.where(left.real | right.real, _HARD_LIMIT, _ROUGH_LIMIT)
        values[single] = np.where(np.abs(high - low) < apart, flat, np.nan)
    values = np.where(points == np.inf, 0.0, np.where(points == -np.inf, 1.0, values))
    # All or nothing, to rounding.
    values = np.where(np.abs(values) < _SURE / 4, 0.0, values)
    return np.where(np.abs(values - 1) < _SURE / 4, 1.0, values)


def _distribution(tree: Node, points: np.ndarray) -> np.ndarray:
    """F; where it is small above a hard edge at zero by Gauss's rule, as no difference.

    There densities are series in a root of the distance, the denominator of the exponent.
    """
    values = 1 - _survival(tree, points)
    few = np.flatnonzero((points > 0) & (values < _FEW))
    if few.size:
        x = points[few]
        near, further = (
            _at_scale(_density, tree, scaled(x, k), 1) for k in (-_CLOSE, _CLOSE_STEP - _CLOSE)
        )
        exponent = np.nan_to_num(parts(near, further, _CLOSE_STEP), posinf=0, neginf=0)
        root = PARTS // np.gcd(PARTS, exponent.astype(int))
        s = (1 + _GAUSS[0][:, None]) / 2
        rho = _at_scale(_density, tree, x * s**root, 1)
        shares = _GAUSS[1][:, None] / 2 * root * s ** (root - 1) * rho
        mass = x * sum(shares)  # one after the other, so that no point disturbs others
        mass += sum(m for a, m in tree.atoms.items() if a <= 0)
        same = (rho > 0).all(axis=0) & (exponent < 0) & (np.abs(mass - values[few]) < _MASS)
        values[few] = np.where(same, mass, values[few])
    return values


def _beside(tree: Node, x: np.ndarray, side: int) -> _Limit:
    """Limits from values at the two nearest distances where there are any, to first order in √d."""
    size = np.where(x == 0, tree.scale, np.abs(x))
    places = x + side * size * _BESIDE
    values = transforms(tree, places + 0j)
    known = np.isfinite(_imaginary(values.cauchy)) & ~np.isin(places, list(tree.atoms))
    lost = ~known.any(axis=0) & (size < tree.scale)
    if lost.any():  # close to zero by the measure of the law, as F and U see it
        places[:, lost] = x[lost] + side * tree.scale * _BESIDE
        new = transforms(tree, places[:, lost] + 0j)
        for old, part in zip(values, new, strict=True):
            old[:, lost] = part
        known = np.isfinite(_imaginary(values.cauchy))
    known[_LIMITS:] &= known[:_LIMITS].any(axis=0)
    near = np.argmax(known, axis=0)
    far = np.minimum(near + _APART, len(_BESIDE) - 1)
    lanes = np.arange(x.size)
    rho = np.where(known, _imaginary(values.cauchy), np.nan)
    with np.errstate(all="ignore"):
        ratio = np.sqrt(_BESIDE[far, 0] / _BESIDE[near, 0])
        # None if one of the two places lies off the support.
        growth = np.where(rho[far, lanes] > 0, rho[near, lanes] / rho[far, lanes], np.nan)
        exponent = np.log(growth) / np.log(ratio) / -2
        share = np.where(known[far, lanes] & (far > near), 1 / (ratio - 1), 0)
        share = np.where(np.isfinite(share), share, 0)
        G, prime = _without_poles(tree, places, values.cauchy, values.prime, -1)
        U = values.potential - _logarithms(tree, places)
        G, prime, U = (
            v[near, lanes] + share * (v[near, lanes] - v[far, lanes]) for v in (G, prime, U)
        )
    real = rho[near, lanes] == 0
    limit = np.where(exponent < -0.2, np.inf, rho[near, lanes])
    rho = np.where(real | (exponent > 0.25), 0.0, limit)
    rho, G, prime = (np.where(lost & ~real, np.nan, part) for part in (rho, G, prime))
    return _Limit(places[near, lanes], rho, G, prime, U, real)


# The support


def _middle(a: np.ndarray, b: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Points between, by orders of magnitude where these differ."""
    small, large = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    with np.errstate(all="ignore"):
        apart = (a * b > 0) & (large > 4 * small)
        return np.where(apart, a * (b / a) ** share, a + (b - a) * share)


def _along(axis: Axis, x: np.ndarray) -> Transforms:
    """G, G′ and U at points of an axis."""
    flat = x.ravel()
    found = located(axis.tree, flat + 0j, axis.unknowns(flat))
    return Transforms(*(part.reshape(x.shape) for part in found))


def _density_along(axis: Axis, x: np.ndarray) -> np.ndarray:
    return _imaginary(_along(axis, x).cauchy)


def _searched(tree: Node) -> np.ndarray:
    """The axis divided until nothing is hidden."""
    scale, bounded = tree.scale, np.isfinite(tree.radius)
    powers = 1.07 * scale * 2.0 ** np.arange(-_POWERS, 3 if bounded else _POWERS)
    grid = 1.07 * scale * np.linspace(-1, 1, _CELLS)
    new = np.unique(np.concatenate([-powers, grid, powers]))
    x, rho, F = np.empty(0), np.empty(0), np.empty(0)
    axis = Axis(tree)
    for _ in range(_ROUNDS):
        values = _along(axis, new)
        x, order = np.unique(np.concatenate([x, new]), return_index=True)
        rho = np.concatenate([rho, _imaginary(values.cauchy)])[order]
        F = np.concatenate([F, 1 - values.potential.imag / np.pi])[order]
        known = np.isfinite(rho) & np.isfinite(F)
        # A point that is not known is tried but once.
        new = np.setdiff1d(_unresolved(tree, x[known], rho[known], F[known]), x)
        if not new.size:
            break
        if x.size > _MOST:
            raise ArithmeticError(f"{x.size} points do not resolve the support")
    if not known.any():
        raise ArithmeticError("no value of the law is proved")
    x, inside = x[known], rho[known] > 0
    starts = np.flatnonzero(~inside[:-1] & inside[1:])
    stops = np.flatnonzero(inside[:-1] & ~inside[1:])
    places = np.concatenate([starts, stops + 1]), np.concatenate([starts + 1, stops])
    ends = _end(axis, *(x[part] for part in places))
    lower = np.concatenate([[-np.inf] * int(inside[0]), ends[: starts.size]])
    upper = np.concatenate([ends[starts.size :], [np.inf] * int(inside[-1])])
    # Within rounding of other laws' arithmetic a density may seem to be positive without any mass.
    found = _united(np.stack([lower, upper], axis=1))
    mass = _survival(tree, found[:, 0]) - _survival(tree, found[:, 1])
    return _folded(axis, _polished(axis, found[~(mass < _MASS)]))


def _unresolved(tree: Node, x: np.ndarray, rho: np.ndarray, F: np.ndarray) -> np.ndarray:
    """Points that divide cells where density and F disagree, or at whose ends the kinds differ."""
    a, b = x[:-1], x[1:]
    mass, inside = np.diff(F), rho > 0
    for position, weight in tree.atoms.items():
        mass = mass - weight * ((a < position) & (b >= position))
    both, neither = inside[:-1] & inside[1:], ~inside[:-1] & ~inside[1:]
    trapezoid = 0.5 * (rho[:-1] + rho[1:]) * (b - a)
    divided = both & (np.abs(mass - trapezoid) > _ROUGH * trapezoid + _MASS)
    divided |= neither & (mass > 10 * _MASS)
    divided |= ~both & ~neither & (mass > 1e-3)
    divided &= b - a > 0.1 * _NARROWEST * np.maximum(np.abs(a), np.abs(b))
    a, b = a[divided], b[divided]
    return np.concatenate([_middle(a, b, share) for share in (0.26, 0.5, 0.74)])


def _end(axis: Axis, outside: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Ends between points off the support and in it: zero if nothing is closer, else enclosed.

    By sections, and by secants of the density squared, which is linear next to a regular end.
    """
    at_zero = (outside * inside < 0) & (np.abs(inside) < _NARROWEST * axis.tree.scale)
    outside, inside, before = outside.copy(), inside.copy(), 2 * inside - outside
    squares = [_density_along(axis, x) ** 2 for x in (inside, before)]
    for _ in range(_ROUNDS):
        wide = np.abs(outside - inside) > _NARROWEST * np.maximum(np.abs(outside), np.abs(inside))
        open_ = np.flatnonzero(wide & ~at_zero)
        if not open_.size:
            break
        o, i, b = (part[open_] for part in (outside, inside, before))
        f, g = (part[open_] for part in squares)
        with np.errstate(all="ignore"):
            guess = i - f * (b - i) / (g - f)
        guess = np.where((guess - i) * (o - guess) > 0, guess, _middle(o, i))
        step = np.maximum(1e-3 * np.abs(guess - i), 4e-10 * np.abs(guess))
        trial = np.stack([*(_middle(o, i, k / 4) for k in (1, 2, 3)), guess - step, guess + step])
        rho = _density_along(axis, trial)
        for x, value in zip(trial, rho, strict=True):
            between = (x - i) * (o - x) > 0
            within = between & (value > 0)
            b, g = np.where(within, i, b), np.where(within, f, g)
            i, f = np.where(within, x, i), np.where(within, value**2, f)
            o = np.where(between & (value == 0), x, o)
        same = (o == outside[open_]) & (i == inside[open_])
        at = np.where(same, 0.5 * (o + i), 0)  # what is not decided lies on the end, to rounding
        o, i = np.where(same, at, o), np.where(same, at, i)
        for part, new in zip((outside, inside, before, *squares), (o, i, b, f, g), strict=True):
            part[open_] = new
    return np.where(at_zero, 0.0, 0.5 * (outside + inside))


def _polished(axis: Axis, intervals: np.ndarray) -> np.ndarray:
    """Ends by extrapolation from inside, of x as a series in the density squared or its inverse."""
    ends = intervals.ravel()
    if not ends.size:
        return intervals
    with np.errstate(invalid="ignore"):
        apart = np.diff(np.concatenate([[-np.inf], ends, [np.inf]]))
    reach = np.minimum(np.minimum(apart[:-1], apart[1:]), np.abs(ends))
    inwards = np.where(np.arange(ends.size) % 2 == 0, reach, -reach)
    usable = np.isfinite(ends) & (ends != 0)
    best, error = ends.copy(), 1e-8 * np.abs(ends)
    # Between rounding, at small distances, and the end of the series, at large ones.
    nodes = ends + inwards * _NODES[:, None, None] * np.arange(1, 7)[:, None]
    squares = np.full(nodes.shape, np.nan)
    squares[..., usable] = _density_along(axis, nodes[..., usable]) ** 2
    for x, s in zip(nodes, squares, strict=True):
        with np.errstate(all="ignore"):
            s = np.where(s[0] < s[-1], s, 1 / s)
            for order in range(1, len(s)):  # Neville's scheme at s = 0
                last = x[0]
                x = (s[:-order] * x[1:] - s[order:] * x[:-1]) / (s[:-order] - s[order:])
            better = (np.abs(x[0] - last) < error) & (np.abs(x[0] - ends) < 1e-6 * np.abs(ends))
        best, error = np.where(better, x[0], best), np.where(better, np.abs(x[0] - last), error)
    return best.reshape(-1, 2)


def _folded(axis: Axis, intervals: np.ndarray) -> np.ndarray:
    """Ends at which real stationary points turn back, to rounding."""
    ends = intervals.ravel().copy()
    with np.errstate(invalid="ignore"):
        apart = np.diff(np.concatenate([[-np.inf], ends, [np.inf]]))
    outwards = np.where(np.arange(ends.size) % 2 == 0, -apart[:-1], apart[1:])
    outwards = np.sign(outwards) * np.minimum(np.abs(outwards), np.abs(ends))
    usable = np.flatnonzero(np.isfinite(ends) & (ends != 0))
    beside = ends[usable] + _OUTSIDE * outwards[usable]
    tree = above(axis.tree)
    with np.errstate(all="ignore"):
        for k, x, w in zip(usable, beside, axis.unknowns(beside).T, strict=True):
            if not w.imag.any():
                turn = fold(tree, x, w.real, ends[k])
                if np.abs(turn - ends[k]) < 1e-6 * np.abs(ends[k]):
                    ends[k] = turn
    return ends.reshape(-1, 2)


def _united(intervals: np.ndarray) -> np.ndarray:
    """Intervals in order, those merged that overlap or that too narrow a gap divides."""
    found: list[list[float]] = []
    for lower, upper in sorted(map(tuple, intervals.tolist())):
        size = max((abs(end) for end in (lower, upper) if np.isfinite(end)), default=0.0)
        if found and lower - found[-1][1] <= _NARROWEST * abs(lower):
            found[-1][1] = max(found[-1][1], upper)
        elif upper - lower > _NARROWEST * size:
            found.append([lower, upper])
    return np.array(found, float).reshape(-1, 2)


# Arguments


def _points(name: str, value: Any) -> np.ndarray:
    """Points as a new array of at least one dimension."""
    return np.atleast_1d(np.array(argument(name, value)))


def _shaped(values: np.ndarray, given: Any) -> Any:
    """Values with the shape of the argument; a number for a number."""
    return values.reshape(np.shape(given))[()]
