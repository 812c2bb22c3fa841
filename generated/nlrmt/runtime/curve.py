"""A law's curve in doubles: the physical point over z by structure, without any start.

z(y) is a product over its zeros and poles. Points are offsets delta from the smallest zero: there
z = 0, and below it z decreases to minus infinity. Differences to special points keep their relative
accuracy where expanded polynomials lose it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .formulas import from_pole, special_points

# Factors of the numerator of z(y), by coefficients below the leading one, with their values at the
# poles; positions of poles with multiplicities; real roots of z(y) = x that are not physical, by
# rank of the zero, index of the pole, and side on which this is.
Zeros = Sequence[tuple[tuple, tuple]]
Poles = Sequence[tuple[Any, int]]
Hidden = tuple[tuple[int, int, int], ...] | None

HUGE = 1e40  # from here on, at a scale near one, the law is a point mass at zero, to all digits
_MEETING = 5e-6  # relative second derivative of ln z, which has the gap's width as its cube
_CLOSED = 2.0**-49  # relative width of a gap that is none
_LINEAR = 1e-4  # distance, relative to those of other special points, at which z(y) is linear
_SEPARATE = 1e-5  # relative distance of special and critical points that are not close
_FEW = 32  # laws for which eigenvalues take less time
_AT_ZERO = 1e-150  # distance to the smallest zero of z(y) that stands for z = 0


class Curve(NamedTuple):
    """Special points of z(y), as offsets from the smallest zero (the origin of delta).

    Attributes
    ----------
    scale : array
        z(y) = scale · Π (y - zero) / Π (y - pole)^multiplicity.
    zeros : array
        Sorted along the first axis; the first offset is 0.
    poles : tuple of array
    gaps : tuple of array
        pole - zero for each zero, free of cancellation.
    offsets : array
        All special points, zeros in the order in which they are given, then poles.
    from_pole : tuple of array
        The same counted from each pole.
    multiplicities : tuple of int
        Of the poles.
    hidden : tuple of (int, int, int) or None
        None if nothing is known about the other roots.
    """

    scale: Any
    zeros: np.ndarray
    poles: tuple[np.ndarray, ...]
    gaps: tuple[np.ndarray, ...]
    offsets: np.ndarray
    from_pole: tuple[np.ndarray, ...]
    multiplicities: tuple[int, ...]
    hidden: Hidden

    @classmethod
    def of(cls, scale: Any, zeros: Zeros, poles: Poles, hidden: Hidden) -> Curve:
        """Curve from what its zeros and poles are, all of the same shape."""
        offsets, _, _ = special_points(zeros, poles)
        moved = [from_pole(zeros, poles, k) for k in range(len(poles))]
        values = np.broadcast_arrays(scale, *offsets, *(r for row in moved for r in row))[1:]
        rows = np.stack(values).reshape(1 + len(poles), len(offsets), *values[0].shape)
        n = len(offsets) - len(poles)
        order = np.argsort(rows[0, :n], axis=0, kind="stable")
        ordered = [np.take_along_axis(row[:n], order, axis=0) for row in rows]
        return cls(
            scale=scale,
            zeros=ordered[0],
            poles=tuple(rows[0, n:]),
            gaps=tuple(-row for row in ordered[1:]),
            offsets=rows[0],
            from_pole=tuple(rows[1:]),
            multiplicities=tuple(m for _, m in poles),
            hidden=hidden,
        )

    @property
    def is_hard(self) -> Any:
        """Whether the support begins at zero: z(y) has a multiple zero at the origin of delta."""
        return self._order > 1

    @property
    def _order(self) -> Any:
        """Multiplicity of the zero of z(y) at the origin of delta."""
        return np.sum(self.zeros == 0, axis=0) - self._weighted(r == 0 for r in self.poles)

    @property
    def _poles(self) -> list[tuple[int, np.ndarray]]:
        return list(zip(self.multiplicities, self.poles, strict=True))

    # The physical point

    def on_axis(self, x: np.ndarray) -> np.ndarray:
        """Physical delta at x + i0 for real x, complex."""
        x = np.clip(x, -HUGE, HUGE)
        below = real = imaginary = np.zeros(np.broadcast(x, self.zeros[0]).shape)
        with np.errstate(all="ignore"):
            if np.any(x < 0):
                below = self._below_zero(np.where(x < 0, -x, 1.0))
            if np.any(x > 0):
                real, imaginary = self._above_zero(np.where(x > 0, x, 1.0))
        delta = np.where(x < 0, -below, real) + 1j * np.where(x < 0, 0.0, imaginary)
        delta = np.where(x == 0, -_AT_ZERO, delta)
        return np.where(np.isnan(x), np.nan, delta)

    def at_ridge(self, gamma: np.ndarray) -> np.ndarray:
        """Physical delta at z = -gamma, real; at gamma = 0 a point that stands for the limit."""
        with np.errstate(all="ignore"):
            below = self._below_zero(np.where(gamma > 0, np.minimum(gamma, HUGE), 1.0))
        delta = np.where(gamma == 0, -_AT_ZERO, -below)
        return np.where(np.isnan(gamma), np.nan, delta)

    def physical(self, z: np.ndarray) -> np.ndarray:
        """Physical delta at complex z, of its conjugate below the axis; limits from above on it."""
        upper = np.where(z.imag < 0, z.conj(), z)
        on_axis = upper.imag == 0
        delta = np.full(np.broadcast(z, self.zeros[0]).shape, np.nan + 0j)
        if on_axis.any():
            delta = self.on_axis(np.where(on_axis, upper.real, 1.0))
        if not on_axis.all():
            delta = np.where(on_axis, delta, self._off_axis(np.where(on_axis, 1j, upper)))
            # Next to an edge, where Newton's method ends in rounding, the limit is as good.
            lost = np.isnan(delta) & (upper.imag < 1e-16 * np.abs(upper.real))
            if lost.any():
                delta = np.where(lost, self.on_axis(np.where(lost, upper.real, 1.0)), delta)
        return delta

    def _below_zero(self, gamma: np.ndarray) -> np.ndarray:
        """Distance d = -delta > 0 at z = -gamma; ln gamma increases with ln d."""
        target = np.log(gamma)

        def equation(log_d: np.ndarray) -> tuple:
            d = np.exp(log_d)
            zeros, poles = [d + r for r in self.zeros], [d + r for r in self.poles]
            slope = sum(d / r for r in zeros) - self._weighted(d / r for r in poles)
            return self._log_z(zeros, poles) - target, slope

        start = target - np.log(self.scale) + np.zeros(self.zeros.shape[1:])
        return np.exp(increasing_root(equation, np.clip(start, -700.0, 700.0)))

    def _above_zero(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Physical delta at x + i0, x > 0: real and imaginary part (0 outside the support)."""
        real, imaginary = self._by_turning_onto(x) if self.hidden is None else self._by_deflation(x)
        start, linear = self._next_to_zero(x)
        if np.any(linear):
            real = np.where(linear, self._newton(start, x, 2), real)
            imaginary = np.where(linear, 0.0, imaginary)
        return real, imaginary

    def _next_to_zero(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Physical delta where z(y) is linear, and where it is: so far there is no mass."""
        slope: Any = self.scale
        nearest: Any = np.inf
        for exponent, r in (*((1, r) for r in self.zeros), *((-m, r) for m, r in self._poles)):
            slope = slope * np.where(r == 0, 1.0, -r) ** exponent
            nearest = np.minimum(nearest, np.where(r == 0, np.inf, np.abs(r)))
        delta = x / slope
        return delta, (self._order == 1) & (delta > 0) & (delta < _LINEAR * nearest)

    def _by_deflation(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All roots of z(y) = x but two are known to be real, the `hidden` ones.

        The two others, physical ones among them, follow from the sum of all roots and from the
        product of their distances to the origin.
        """
        assert self.hidden is not None
        # Each hidden root is paired with its zero, so that nearly equal terms never meet.
        paired = {rank for rank, _, _ in self.hidden}
        total = sum(r for k, r in enumerate(self.zeros) if k not in paired) + x / self.scale
        product = x / self.scale
        left_over = list(self.multiplicities)
        for rank, pole, side in self.hidden:
            to_zero, to_pole = self._hidden_root(x, rank, pole, side)
            total = total - side * to_zero
            offset = self.zeros[rank] + to_zero if side > 0 else self.poles[pole] + to_pole
            product = product * _quotient(self.poles[pole], offset, 1.0)
            left_over[pole] -= 1
        for position, multiplicity in zip(self.poles, left_over, strict=True):
            product = product * position**multiplicity
        half = 0.5 * total
        relative = _quotient(_quotient(product, np.abs(half), np.inf), np.abs(half), np.inf)
        inside = relative > 1
        root = np.where(half == 0, np.sqrt(product), np.abs(half) * np.sqrt(np.abs(1 - relative)))
        large = half + np.copysign(root, half)
        small = _quotient(product, large, 0.0)
        lower, upper = np.minimum(large, small), np.maximum(large, small)
        # Of the two real roots, z'(y) > 0 at one; asked of the one that is farther from special
        # points, as the other may coincide with one in rounding.
        rising = np.where(
            self._clearance(lower) >= self._clearance(upper),
            self._logarithmic_derivative(lower) > 0,
            ~(self._logarithmic_derivative(upper) > 0),
        )
        real = np.where(inside, half, np.where(rising, lower, upper))
        return real, np.where(inside, root, 0.0)

    def _hidden_root(
        self, x: np.ndarray, rank: int, pole: int, side: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Unphysical real root of z(y) = x between a zero and a pole: distances to the two.

        With t = length/(1 + exp(-s)) the distance to the zero, ln z - ln x runs through all signs
        as s does.
        """
        zero, length = self.zeros[rank], np.abs(self.gaps[pole][rank])
        others = [zero - r for k, r in enumerate(self.zeros) if k != rank]
        target = np.log(x)

        def equation(s: np.ndarray) -> tuple:
            near, far = logistic(s)
            t = length * near
            signed = [gap[rank] - side * t for gap in self.gaps]
            signed[pole] = side * length * far
            zeros, poles = [np.abs(o + side * t) for o in others], [np.abs(r) for r in signed]
            slope = 1 / t + sum(side / (o + side * t) for o in others)
            slope = slope + self._weighted(side / r for r in signed)
            return self._log_z([t, *zeros], poles) - target, slope * t * far

        start = np.zeros(np.broadcast(x, zero).shape)
        near, far = logistic(increasing_root(equation, start))
        return length * near, length * far

    def _clearance(self, delta: np.ndarray) -> np.ndarray:
        """Relative distance to the nearest special point."""
        points = (*self.zeros, *self.poles)
        return np.minimum.reduce([np.abs(delta / r - 1) + (r == 0) for r in points])

    def _off_axis(self, z: np.ndarray) -> np.ndarray:
        """Physical delta at complex z, Im z > 0; NaN if Newton's method did not converge."""
        with np.errstate(all="ignore"):
            delta, safe = map(np.asarray, self._from_axis(z))
            far = ~safe & np.isfinite(z) & (z != 0)
            if far.any():
                z_far = np.broadcast_to(z, far.shape)[far]
                delta[far] = self.restricted(far)._by_turning(z_far)
            delta = self._newton(delta, z, 4)
            return np.where(np.abs(self._log_of_quotient(delta, z)) < 1e-6, delta, np.nan)

    def _from_axis(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Physical delta from the real axis at |z|, and where that is safe.

        It is where the first Newton step is short beside the distance to all special and critical
        points.
        """
        angle = np.angle(z)
        real, imaginary = self._above_zero(np.abs(z))
        start = real + 1j * imaginary
        slope = self._logarithmic_derivative(start)
        curvature = sum((1 / (start - r)) ** 2 for r in self.zeros)
        curvature = curvature - self._weighted((1 / (start - r)) ** 2 for r in self.poles)
        step = 1j * angle / slope
        reach = np.minimum.reduce([np.abs(start - r) for r in (*self.zeros, *self.poles)])
        safe = (np.abs(step) < 0.05 * reach) & (np.abs(step * curvature) < 0.05 * np.abs(slope))
        return self._newton(start + step, z, 4), safe

    def _by_turning(self, z: np.ndarray) -> np.ndarray:
        """Physical delta from the negative axis, the argument turned from pi down to that of z.

        By Koebe's theorem the steps are safe: y(z) is univalent off [0, infinity), from which a
        point of argument t is t away in ln z.
        """
        modulus, angle = np.asarray(np.abs(z)), np.asarray(np.angle(z))
        delta = np.asarray(-self._below_zero(modulus) + 0j)
        turned = np.pi
        active = np.asarray(angle < turned)
        while active.any():
            turned *= 0.7
            target = np.maximum(angle[active], turned)
            there = modulus[active] * np.exp(1j * target)
            delta[active] = self.restricted(active)._newton(delta[active], there, 3)
            active = np.asarray(angle < turned)
        return delta

    def _by_turning_onto(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for x > 0, of a curve about whose other roots nothing is known."""
        nearly = x * np.exp(1e-14j) + np.zeros(self.zeros.shape[1:])
        delta = self._newton(self._by_turning(nearly), x, 8)
        good = np.abs(self._log_of_quotient(delta, x)) < 1e-6
        imaginary = np.where(delta.imag > 1e-8 * np.abs(delta), delta.imag, 0.0)
        return np.where(good, delta.real, np.nan), np.where(good, imaginary, np.nan)

    # z(y)

    def _weighted(self, terms: Any) -> Any:
        """Sum over the poles, by multiplicity."""
        return sum(m * term for m, term in zip(self.multiplicities, terms, strict=True))

    def _log_z(self, to_zeros: Sequence[np.ndarray], to_poles: Sequence[np.ndarray]) -> np.ndarray:
        """Logarithm of |z| from distances to the special points."""
        zeros = sum(np.log(distance) for distance in to_zeros)
        return np.log(self.scale) + zeros - self._weighted(np.log(d) for d in to_poles)

    def _logarithmic_derivative(self, delta: np.ndarray) -> np.ndarray:
        """Logarithmic derivative of z(y)."""
        zeros = sum(1 / (delta - r) for r in self.zeros)
        return zeros - self._weighted(1 / (delta - r) for r in self.poles)

    def _log_of_quotient(self, delta: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Logarithm of z(y)/z, small near the solution."""
        quotient = self.scale / z
        for r in self.zeros:
            quotient = quotient * (delta - r)
        for m, r in self._poles:
            for _ in range(m):
                quotient = quotient / (delta - r)
        return np.log(quotient)

    def _newton(self, delta: np.ndarray, z: np.ndarray, steps: int) -> np.ndarray:
        """Newton's method for ln z(y) = ln z."""
        for _ in range(steps):
            delta = delta - self._log_of_quotient(delta, z) / self._logarithmic_derivative(delta)
        return delta

    def restricted(self, mask: np.ndarray) -> Curve:
        """Curve for the elements of a mask."""

        def pick(values: Any) -> Any:
            return values if np.ndim(values) == 0 else np.broadcast_to(values, mask.shape)[mask]

        return self._replace(
            scale=pick(self.scale),
            zeros=np.array([pick(r) for r in self.zeros]),
            poles=tuple(pick(r) for r in self.poles),
        )

    # Ends of the support

    def edges(self, height: Callable[..., np.ndarray]) -> np.ndarray:
        """Intervals of the support, shape (..., k, 2); NaN where a law has fewer than others.

        Ends are z(y) at the critical points where all subordination functions increase, each
        counted from the nearest of the smallest zero and the poles. A gap that is narrower than
        the rounding of its ends is none.

        Parameters
        ----------
        height : callable
            The least derivative of the subordination functions relative to its terms, at points,
            from offsets along the first axis.

        Raises
        ------
        ArithmeticError
            If the number of ends is odd.
        """
        n, shape = len(self.zeros), self.zeros.shape[1:]
        exponents = np.array([*[1.0] * n, *(-m for m in self.multiplicities)])
        # Axes: frame, law, special point; and candidates before the special points.
        points = np.stack([self.offsets, *self.from_pole])
        laws, frames = prod(shape), len(points)
        points = np.moveaxis(points.reshape(frames, len(exponents), laws), 1, -1)
        with np.errstate(all="ignore"):
            delta = _critical_points(points, exponents, n)
            # Special points first, as numpy sums fast along the first axis alone.
            special = np.ascontiguousarray(np.moveaxis(points, -1, 0))[..., None]
            apart = delta - special
            centers = np.concatenate([special[:n].min(axis=0, keepdims=True), special[n:]])
            nearest = np.argmin(np.abs(delta - centers), axis=0)
            z = np.ravel(self.scale)[:, None]
            for k, exponent in enumerate(exponents.astype(int).tolist()):
                z = z * apart[k] ** exponent
            # Between two zeros that nearly coincide away from the origin, z < 0 up to rounding.
            physical = (np.abs(apart) > 1e-13 * np.abs(special)).all(axis=0) & (z > 0)
            physical &= nearest == np.arange(frames)[:, None, None]
            # Within rounding: it nearly vanishes at an edge between two close zeros.
            physical &= height(delta, special) > -1e-9
            bends = exponents[:, None, None, None] / apart**2
            meeting = np.abs(bends.sum(axis=0)) < _MEETING * np.abs(bends).sum(axis=0)

        def by_law(values: np.ndarray) -> np.ndarray:
            return np.moveaxis(values, 0, 1).reshape(laws, frames * values.shape[-1])

        hard = np.where(np.ravel(self.is_hard), 0.0, np.nan)[:, None]
        ends = np.concatenate([hard, by_law(np.where(physical, z, np.nan))], axis=1)
        lowest, highest = (f.reduce(ends, axis=1)[:, None] for f in (np.fmin, np.fmax))
        # Of two inner ends that meet but for rounding one alone may have been found.
        odd = np.isfinite(ends).sum(axis=1, keepdims=True) % 2 == 1
        inner = (ends[:, 1:] > lowest) & (ends[:, 1:] < highest)
        ends[:, 1:][odd & inner & by_law(meeting)] = np.nan
        ends = np.sort(ends, axis=1)
        closed = np.diff(ends) <= _CLOSED * ends[:, 1:]
        closed[:, ::2] = False
        ends[:, 1:][closed] = ends[:, :-1][closed] = np.nan
        ends = np.sort(ends, axis=1)
        count = np.isfinite(ends).sum(axis=1)
        if (count % 2).any():
            raise ArithmeticError(f"{max(count[count % 2 > 0])} edges found, not an even number")
        most = count.max(initial=0)
        return ends[:, :most].reshape(*shape, most // 2, 2)


def _quotient(a: Any, b: Any, at_zero: float) -> np.ndarray:
    """a/b, and a given value where b = 0."""
    shape = np.broadcast(a, b).shape
    return np.divide(a, b, out=np.full(shape, at_zero), where=np.broadcast_to(b != 0, shape))


def logistic(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pair 1/(1 + exp(-t)), 1/(1 + exp(t)), both to full relative accuracy."""
    return 1 / (1 + np.exp(-t)), 1 / (1 + np.exp(t))


def increasing_root(
    function: Callable[..., tuple], start: np.ndarray, own: Sequence[Any] = ()
) -> np.ndarray:
    """Root of an increasing function on [-745, 745]: Newton, safeguarded by bisection.

    `function` returns its value and derivative. Elements without a sign change, as at a vanishing
    interval, stop where they are. What it takes beside points, numbers or an element for each, is
    `own`: then elements that are done are left out.
    """
    found, lanes = start.copy(), np.arange(start.size)
    point, last = start, np.full_like(start, np.inf)
    lower, upper = np.full_like(start, -745.0), np.full_like(start, 745.0)
    done = np.zeros(np.shape(start), bool)
    for _ in range(200):
        value, slope = function(point, *own)
        lower, upper = np.where(value < 0, point, lower), np.where(value > 0, point, upper)
        step = value / slope
        new = point - step
        # Convergence is quadratic: a step that follows one below `enough` is lost in rounding.
        enough = 1e-9 * (1 + np.abs(point))
        shrinking = np.abs(step) <= np.maximum(0.9 * last, enough)
        trusted = (new >= lower) & (new <= upper) & shrinking
        new = np.where(trusted | (value == 0), new, 0.5 * (lower + upper))
        # An element that is done stays, whatever the others do.
        new = np.where(done | np.isnan(value), point, new)
        change = np.abs(new - point)
        # Twice, as next to an edge the first short step may be long beside the distance to it.
        done |= (change <= enough) & (last <= enough) & (trusted | (value == 0) | np.isnan(value))
        done |= upper - lower <= 1e-15 * np.abs(point)
        last, point = change, new
        if done.all():
            break
        if own and 4 * np.count_nonzero(done) > done.size:
            found[lanes] = point
            lanes, point, last, lower, upper = (
                part[~done] for part in (lanes, point, last, lower, upper)
            )
            own = [part[~done] if np.ndim(part) else part for part in own]
            done = np.zeros(lanes.shape, bool)
    if not own:
        return point
    found[lanes] = point
    return found


def _separated_critical_points(
    points: np.ndarray, exponents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Zeros of Σ exponent/(delta - point) along the last axis, and for which laws they are all.

    Between neighbours of the same sign there is one, and one beyond a last pole; two at most are
    left over, which follow from the coefficients. NaN for complex ones. Laws are left out if any of
    the points are close.
    """
    laws, count = points.shape
    delta, settled = np.full((laws, count - 1), np.nan), np.zeros(laws, bool)
    order = np.argsort(points, axis=1)
    r, e = np.take_along_axis(points, order, axis=1).T, exponents[order]
    pattern, total = e[0], exponents.sum()
    inner = [k for k in range(count - 1) if pattern[k] * pattern[k + 1] > 0]
    beyond = pattern[-1] < 0 < total
    if count - 1 - len(inner) - beyond not in (0, 2):
        return delta, settled

    def between(s: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        near, far = logistic(s)
        length = r[k + 1] - r[k]
        inverse = [
            1 / (r[k] - other + length * near) for j, other in enumerate(r) if j not in (k, k + 1)
        ]
        weights = [pattern[j] for j in range(count) if j not in (k, k + 1)]
        S = length * sum(w * i for w, i in zip(weights, inverse, strict=True))
        bend = length**2 * sum(w * i**2 for w, i in zip(weights, inverse, strict=True))
        a, b, width = pattern[k], pattern[k + 1], near * far
        sign = np.sign(a)
        value = b * near - a * far - width * S
        return sign * value, sign * width * (a + b - (far - near) * S + width * bend)

    def after(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = np.exp(s)
        shares = [u / (u + r[-1] - other) for other in r]
        value = sum(w * share for w, share in zip(pattern, shares, strict=True))
        slope = sum(w * share * (1 - share) for w, share in zip(pattern, shares, strict=True))
        return value, slope

    roots = []
    for k in inner:
        near, _ = logistic(increasing_root(partial(between, k=k), np.zeros(laws)))
        roots.append(r[k] + (r[k + 1] - r[k]) * near)
    size = np.abs(r).max(axis=0)
    if beyond:
        roots.append(r[-1] + np.exp(increasing_root(after, np.log(size))))
    separated = np.diff(r, axis=0).min(axis=0) > _SEPARATE * size
    settled = separated & (e == pattern).all(axis=1)
    if count - 1 > len(roots):
        first, moment = r.sum(axis=0), (pattern[:, None] * r).sum(axis=0)
        square = (pattern[:, None] * r**2).sum(axis=0)
        pairs = (first**2 - (r**2).sum(axis=0)) / 2
        known = sum(roots)
        half = (first - moment / total - known) / 2
        product = pairs - (first * moment - square) / total - 2 * half * known
        product = product - (known**2 - sum(root**2 for root in roots)) / 2
        discriminant = half**2 - product
        settled &= np.abs(discriminant) > _SEPARATE * (half**2 + np.abs(product))
        spread = np.sqrt(discriminant)  # NaN if they are complex
        roots += [half - spread, half + spread]
    delta[:] = np.stack(roots, axis=1)
    clearance = np.minimum.reduce([np.abs(delta - other[:, None]) for other in points.T])
    settled &= ~(clearance <= _SEPARATE * size[:, None]).any(axis=1)
    delta[~settled] = np.nan
    return delta, settled


def _eigenvalues(points: np.ndarray, exponents: np.ndarray, zeros: int) -> np.ndarray:
    """Real parts of all critical points, and one more between two neighbouring zeros."""
    projection = np.eye(len(exponents)) - exponents[:, None] / exponents.sum()
    values = np.linalg.eigvals(projection * points[..., None, :]).real
    # There is one, however close they are.
    ordered = np.sort(points[..., :zeros], axis=-1)
    return np.concatenate([values, 0.5 * (ordered[..., 1:] + ordered[..., :-1])], axis=-1)


def _critical_points(points: np.ndarray, exponents: np.ndarray, zeros: int) -> np.ndarray:
    """Real zeros of Σ exponent/(delta - point) along the last axis, in order; NaN for others.

    They are eigenvalues of a diagonal matrix plus one of rank one, which are refined; of ordinary
    laws they follow from where the points lie.
    """
    frames, laws, count = points.shape
    if laws < _FEW:
        delta = _eigenvalues(points, exponents, zeros)
    else:
        starts, settled = _separated_critical_points(points[0], exponents)
        most = count - 1 if settled.all() else count + zeros - 1
        delta = np.full((frames, laws, most), np.nan)
        origins = np.concatenate([np.zeros((laws, 1)), points[0, :, zeros:]], axis=1).T[..., None]
        delta[..., : count - 1] = starts - origins
        if not settled.all():
            delta[:, ~settled] = _eigenvalues(points[:, ~settled], exponents, zeros)
    flat, own = delta.reshape(-1), np.broadcast_to(points[..., None, :], (*delta.shape, count))
    lanes, own = np.flatnonzero(~np.isnan(flat)), own[~np.isnan(delta)]
    some = flat[lanes]
    for k in range(50):
        inverse = 1 / (some[:, None] - own)
        step = (inverse @ exponents) / (inverse**2 @ exponents)
        some = some + step
        if k == 10:  # real parts of complex zeros lead nowhere
            some[np.abs(step) >= 0.1 * np.abs(some)] = np.nan
        flat[lanes] = some
        moved = np.abs(step) > 1e-14 * np.abs(some)
        if not moved.any():
            break
        if not moved.all():
            lanes, own, some = lanes[moved], own[moved], some[moved]
    special = np.ascontiguousarray(np.moveaxis(points, -1, 0))[..., None]
    terms = exponents[:, None, None, None] / (delta - special)
    small = np.abs(terms.sum(axis=0)) < 1e-13 * np.abs(terms).sum(axis=0)
    delta = np.sort(np.where(small, delta, np.nan), axis=-1)
    clearance = np.abs(delta - special).min(axis=0)
    same = np.diff(delta, prepend=-np.inf, axis=-1) <= 1e-9 * clearance
    return np.where(same, np.nan, delta)
