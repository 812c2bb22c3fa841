"""The physical points of a law's curve by formulas, for numbers and for blocks of arrays.

Radicals or Newton's method give a point, and its kind proves that it is the physical one. On the
real axis a complex point over x > 0 is; outside the support the real one at which z and all
subordination functions increase; off the axis the one above it with all of these. Where formulas do
not prove their result, the curve gives it by structure (`curve`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from math import hypot, inf, nan, sqrt
from typing import Any

import numpy as np

from . import formulas
from .blocks import Blocks, Workspace, are_numbers, chosen_of
from .curve import HUGE, Curve, Hidden
from .formulas import Labels, Potential, Product, Subordination
from .programs import Program

_NEAR = 0.3  # closer to a pole than this part of the distance from the origin: count from the pole
_SIGNIFICANT = 1e-10  # relative imaginary part that is no rounding error
_CLOSE = 1e-8  # relative size of a Newton step after which rounding is left alone
_DISTINCT = 1e-5  # relative discriminant of roots that are real beyond any rounding
_BESIDE = 1e-3  # distance, relative, from a critical point at which the side of an edge is asked
_LAWS = 256  # whose special points are remembered
_RADICALS = 4  # up to this degree


class _Values:
    """Special points, coefficients and parameters of a law, as its formulas ask for them."""

    def __init__(self, law: CurvePoints, values: Sequence[Any]):
        self.law, self.values = law, values

    @property
    def scale(self) -> Any:
        """The constant of z(y)."""
        return self.values[self.law.offsets]

    @property
    def factors(self) -> list[tuple[Any, int]]:
        """Zeros and poles of z(y) with their exponents."""
        return list(zip(self.values, self.law.exponents, strict=False))

    @property
    def poles(self) -> Sequence[Any]:
        """Positions of the poles."""
        return self.values[self.law.degree : self.law.offsets]

    @property
    def expanded(self) -> tuple[Sequence[Any], Sequence[Any]]:
        """Coefficients of numerator and denominator."""
        middle = self.law.offsets + 1 + self.law.degree
        return self.values[self.law.offsets + 1 : middle], self.values[middle : self.law.special]

    def __call__(self, function: Callable) -> Any:
        """A function of the parameters."""
        return function(*self.values[self.law.special : self.law.special + self.law.parameters])

    @property
    def variances(self) -> Sequence[Any]:
        """Of labels: signal and noise, after the parameters."""
        return self.values[-2:]


class CurvePoints:
    """Programs for the points of a curve, and for functions at them.

    Functions of the parameters tell what depends on the law. They are written for numbers, arrays
    and what stands for these.

    Parameters
    ----------
    parameters : int
        How many.
    curve : callable
        z(y): its constant, `curve.Zeros` and `curve.Poles`.
    hidden : `curve.Hidden`
    cauchy : callable
        G(y) as a product, and the residues of zG.
    potential : callable
    companion : callable
        zG̃ as a product, and the exponents of G̃.
    subordination : callable
        The functions that increase at the physical point.
    labels : callable, optional
        `formulas.Labels`, for errors of labels with a signal.
    """

    def __init__(
        self,
        parameters: int,
        *,
        curve: Callable[..., tuple],
        hidden: Hidden,
        cauchy: Callable[..., tuple[Product, tuple]],
        potential: Callable[..., Potential],
        companion: Callable[..., tuple[Product, tuple]],
        subordination: Callable[..., Sequence[Subordination]],
        labels: Callable[..., Labels] | None = None,
    ):
        self.parameters = parameters
        self.shape, self.hidden = curve, hidden
        _, zeros, poles = curve(*[1.0] * parameters)
        self.degree = sum(len(coefficients) for coefficients, _ in zeros)
        multiplicities = [m for _, m in poles]
        self.exponents = [*[1] * self.degree, *(-m for m in multiplicities)]
        self.offsets = len(self.exponents)
        self.special = self.offsets + 1 + self.degree + sum(multiplicities)
        # They give the complex pair, which means density only where all other roots are real.
        self.by_radicals = hidden is not None and self.degree <= _RADICALS

        def program(points: int, function: Callable, more: int = 0) -> Program:
            def formula(*arguments: Any) -> Any:
                return function(*arguments[:-1], _Values(self, arguments[-1]))

            return Program(formula, points, self.special + parameters + more)

        def special_points(*arguments: Any) -> list[Any]:
            scale, zeros, poles = curve(*arguments[:-1])
            offsets, numerator, denominator = formulas.special_points(zeros, poles)
            return [*offsets, scale, *numerator, *denominator]

        def over(x: Any, v: _Values) -> list[Any]:
            return formulas.over(x, v.scale, *v.expanded)

        def from_pole(index: int) -> Program:
            def formula(*arguments: Any) -> list[Any]:
                _, zeros, poles = curve(*arguments[:-1])
                return formulas.from_pole(zeros, poles, index)

            return Program(formula, parameters, 0)

        self.special_points = Program(special_points, parameters, 0)
        self._edges_of_one = lru_cache(maxsize=_LAWS)(self._edges)
        self._values = lru_cache(maxsize=_LAWS)(
            lambda *numbers: (*self.special_points.at_numbers(*numbers), *numbers)
        )
        self.from_pole = [from_pole(k) for k in range(len(multiplicities))]
        self.pair = program(1, lambda x, v: formulas.pair(over(x, v)))
        self.real_roots = program(1, lambda x, v: formulas.real_roots(over(x, v)))
        self.axis_step = program(
            3, lambda x, p, q, v: formulas.axis_step(x, p, q, v.scale, v.factors)
        )
        self.real_step = program(2, lambda x, p, v: formulas.real_step(x, p, v.scale, v.factors))
        self.critical_point = program(
            2, lambda x, p, v: formulas.critical_point(x, p, v.scale, v.factors)
        )
        self.height = program(2, lambda p, q, v: formulas.height(p, q, v.poles, v(subordination)))
        self.ridge_step = program(
            2, lambda gamma, d, v: formulas.ridge_step(gamma, d, v.scale, v.factors)
        )
        self.complex_start = program(1, lambda xi, v: formulas.complex_start(xi, *v.expanded))
        self.complex_step = program(
            2, lambda xi, delta, v: formulas.complex_step(xi, delta, v.factors)
        )
        self.density = program(
            3, lambda x, p, q, v: formulas.density(x, p, q, v.poles, v(cauchy)[1])
        )
        self.measured_distribution = program(
            2, lambda p, q, v: formulas.distribution(p, q, v.factors, v.poles, v(potential))
        )
        self.distribution = program(
            2, lambda p, q, v: formulas.distribution(p, q, v.factors, v.poles, v(potential))[:2]
        )
        # zG has the constant of z.
        self.beside_the_axis = program(
            2,
            lambda p, q, v: formulas.beside_the_axis(
                p,
                q,
                v.factors,
                v.poles,
                Product(v.scale * v(cauchy)[0].constant, v(cauchy)[0].exponents),
                v(potential),
            ),
        )
        self.cauchy_transform = program(
            1, lambda delta, v: formulas.cauchy_transform(delta, v.factors, v(cauchy)[0])
        )
        self.cauchy_transform_prime = program(
            1,
            lambda delta, v: formulas.cauchy_transform_prime(
                delta, v.scale, v.factors, v(cauchy)[0]
            ),
        )
        self.train_error = program(
            1, lambda d, v: formulas.train_error(d, v.factors, *v(companion))
        )
        self.log_potential = program(
            1, lambda d, v: formulas.log_potential(d, v.factors, v.poles, v(potential))
        )
        if labels is not None:
            self.test_error, self.train_error_of = (
                program(
                    1,
                    lambda d, v, f=formula: f(d, v.factors, *v(companion), v(labels), *v.variances),
                    more=2,
                )
                for formula in (formulas.test_error, formulas.train_error_of)
            )
            self.variances = program(
                1, lambda d, v: formulas.variances(d, v.factors, v(companion)[0], v(labels))
            )
            self.weight_norm = program(
                1,
                lambda d, v: formulas.weight_norm(
                    d,
                    v.factors,
                    Product(v(companion)[0].constant / v.scale, v(companion)[1]),
                    v(labels),
                    *v.variances,
                ),
                more=2,
            )

    # Programs are traced when they are first run, so an import asks none of them for its size.

    @cached_property
    def rows(self) -> int:
        """Working rows that any of the programs needs."""
        unused = () if self.by_radicals else (self.pair, self.real_roots)
        programs = [p for p in vars(self).values() if isinstance(p, Program)]
        return max(p.rows for p in programs if p not in unused)

    @cached_property
    def blocks(self) -> Blocks:
        """Blocks with the memory that points and functions at them need."""
        in_plane = (
            self.complex_start,
            self.complex_step,
            self.cauchy_transform,
            self.cauchy_transform_prime,
        )
        return Blocks(rows=self.special + 5 + self.rows, planes=4 + max(p.rows for p in in_plane))

    # Numbers

    def number_on_axis(self, x: float, parameters: Sequence[float]) -> tuple | None:
        """Named values, and p, q of the physical p + iq over x + i0.

        None where radicals and Newton's method do not settle it.
        """
        if not (self.by_radicals and x > 0):
            return None
        try:
            values = self._values(*parameters)
            p, discriminant = self.pair.at_numbers(x, *values)
            q, step = sqrt(max(-discriminant, 0.0)), inf
            for _ in range(5):
                if q == 0 or step < _CLOSE**2:
                    break
                p, q, step = self.axis_step.at_numbers(x, p, q, *values)
            if not (step < _CLOSE**2 and q > 0):
                total = x / values[self.offsets] - values[self.offsets + 1]
                p = self._number_outside(x, values) if discriminant > _DISTINCT * total**2 else None
                return None if p is None else (values, p, 0.0)
            near = any(hypot(p - values[k], q) < _NEAR * hypot(p, q) for k in self._poles)
            return None if near or q < _BESIDE * abs(p) else (values, p, q)
        except (ArithmeticError, ValueError):
            return None

    def _number_outside(self, x: float, values: Sequence[float]) -> float | None:
        """The physical real point."""
        for point in self.real_roots.at_numbers(x, *values):
            for _ in range(3):
                point, step, slope = self.real_step.at_numbers(x, point, *values)
            if step < 1e-6 and slope > 0 and self.height.at_numbers(point, 0.0, *values) > 1e-6:
                return point
        return None

    def number_at_ridge(self, gamma: float, parameters: Sequence[float]) -> tuple | None:
        """Named values, and the distance d of the physical point over -gamma."""
        try:
            values = self._values(*parameters)
            d = gamma / values[self.offsets]
            for _ in range(12):
                d, excess = self.ridge_step.at_numbers(gamma, d, *values)
                if abs(excess) < _CLOSE:
                    return (values, d) if gamma <= HUGE else None
        except (ArithmeticError, ValueError):
            pass
        return None

    def number_off_axis(self, z: complex, parameters: Sequence[float]) -> tuple | None:
        """Named values, and the physical point."""
        try:
            values = self._values(*parameters)
            xi = complex(z.real, abs(z.imag)) / values[self.offsets]
            delta, change = self.complex_start.at_numbers(xi, *values), complex(inf)
            for _ in range(12):
                if abs(change) < 1e-11 * abs(delta):
                    break
                delta, change = self.complex_step.at_numbers(xi, delta, *values)
            height = self.height.at_numbers(delta.real, delta.imag, *values)
            apart = all(abs(delta - values[k]) > _NEAR * abs(delta) for k in self._poles)
            high = delta.imag > _SIGNIFICANT * abs(delta) and height > 1e-8
            settled = abs(change) < 1e-11 * abs(delta)
            return (values, delta) if settled and apart and high and abs(z) < HUGE else None
        except (ArithmeticError, ValueError):
            return None

    # Blocks

    def _named(self, parameters: Sequence[Any], space: Workspace) -> list[Any]:
        """Named values of a block: numbers if all parameters are, else rows."""
        found, free = space.rows[: self.special], space.rows[self.special :]
        if are_numbers(parameters):
            try:
                return list(self._values(*parameters))
            except ArithmeticError:
                found, free = found[:, :1], free[:, :1]
        self.special_points.run(parameters, (), found, free)
        return [*found, *parameters]

    def solved_on_axis(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, *, sought: bool = True
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values, the physical p + iq over x + i0 from the same origin, and free rows.

        If real points are not sought, any stands for those that are surely outside the support.
        """
        values = self._named(parameters, space)
        p, q, new_p, new_q, step, *free = space.rows[self.special :]
        if not self.by_radicals:
            delta = self.chosen(parameters, slice(None)).on_axis(x)
            p[:], q[:] = delta.real, delta.imag
            return values, p, q, free
        self.pair.run([x], values, [p, q], free)
        # Points over x > 0 are positive offsets, less than the sum of all.
        total = x / values[self.offsets] - values[self.offsets + 1]
        sure = (q > _DISTINCT * total * total) & (x > 0)
        inside = q < 0
        np.sqrt(np.negative(q, out=q), out=q)
        self.axis_step.run([x, p, q], values, [new_p, new_q, step], free)
        settled = inside & (step < _CLOSE**2)
        p, q = new_p, new_q
        rest = np.flatnonzero(inside & ~settled)
        settled[rest] = self._newton(self.axis_step, [x], [p, q], values, rest, _short_on_axis)
        rest = np.flatnonzero(~(settled & (q > 0) & (x > 0)))
        if rest.size:
            q[rest] = 0.0
            p[rest] = -1.0
            if not sought:
                rest = rest[~sure[rest]]
            p[rest] = self._outside(x[rest], chosen_of(values, rest))
            rest = rest[np.isnan(p[rest])]
            if rest.size:
                delta = self.chosen(parameters, rest).on_axis(x[rest])
                p[rest], q[rest] = delta.real, delta.imag
        limit = _NEAR**2 * (p * p + q * q)
        for pole in self._poles:
            near = np.flatnonzero((p - values[pole]) ** 2 + q * q < limit)
            if near.size:
                p[near] -= np.broadcast_to(values[pole], p.shape)[near]
                self._recentre(values, pole, near, parameters, space)
                self._newton(
                    self.axis_step, [x], [p, q], values, near, _short_on_axis, 6, _near_on_axis
                )
        beside = (q < _BESIDE * np.abs(p)) & ~sure & (x > 0)
        if beside.any():
            self._decide(x, p, q, values, np.flatnonzero(beside))
        return values, p, q, free

    def _decide(
        self, x: np.ndarray, p: np.ndarray, q: np.ndarray, values: Sequence[Any], lanes: np.ndarray
    ) -> None:
        """Decide next to an edge, z at the critical point beside p, on which side of it x is."""
        some, start = chosen_of(values, lanes), p[lanes]
        there, new, square, sign, *free = np.empty((4 + self.rows, lanes.size))
        there[:] = start
        for _ in range(6):
            self.critical_point.run([x[lanes], there], some, [new, square, sign], free)
            there, new = new, there
        clearance = np.min([np.abs(there - r) for r in some[: self.offsets]], axis=0)
        away = np.sqrt(np.abs(square))
        near = np.maximum(np.abs(there - start), away) < _BESIDE * clearance
        lanes, there, away, inside, sign = (
            part[near] for part in (lanes, there, away, square > 0, sign)
        )
        # Of the two real points z increases at the physical one.
        p[lanes], q[lanes] = np.where(inside, there, there - sign * away), np.where(inside, away, 0)
        self._newton(
            self.axis_step, [x], [p, q], values, lanes[inside], _short_on_axis, 4, _near_on_axis
        )
        self._newton(self.real_step, [x], [p], values, lanes[~inside], _never, 3, _near_real)

    def _outside(self, x: np.ndarray, values: Sequence[Any]) -> np.ndarray:
        """The physical real point over x > 0 outside the support; NaN where it is not proved."""
        every = np.tile(np.arange(x.size), self.degree)
        points = np.empty((self.degree, x.size))
        self.real_roots.run([x], values, points, np.empty((self.rows, x.size)))
        values, x, point = chosen_of(values, every), x[every], points.ravel()
        new, error, slope, height, *free = np.empty((4 + self.rows, x.size))
        for _ in range(3):
            self.real_step.run([x, point], values, [new, error, slope], free)
            point, new = new, point
        self.height.run([point, np.zeros(x.size)], values, [height], free)
        proved = (x > 0) & (error < 1e-6) & (slope > 0) & (height > 1e-6)
        found = np.where(proved, point, np.nan).reshape(points.shape)
        return np.fmax.reduce(found)

    def _newton(
        self,
        program: Program,
        known: Sequence[np.ndarray],
        unknown: Sequence[np.ndarray],
        values: Sequence[Any],
        lanes: np.ndarray,
        settled: Callable[..., np.ndarray],
        steps: int = 5,
        near: Callable[..., np.ndarray] | None = None,
    ) -> np.ndarray:
        """Steps for some elements of a block, until they are settled: which of them are.

        Steps that are not `near` are not made.
        """
        found, active = np.zeros(lanes.size, bool), np.arange(lanes.size)
        for _ in range(steps):
            if not active.size:
                break
            at = lanes[active]
            points = [part[at] for part in (*known, *unknown)]
            rows = np.empty((program.outputs + program.rows, at.size), points[-1].dtype)
            results = rows[: program.outputs]
            program.run(points, chosen_of(values, at), results, rows[len(results) :])
            made = slice(None) if near is None else near(*results)
            for part, new in zip(unknown, results, strict=False):
                part[at[made]] = new[made]
            done = settled(*results)
            found[active[done]] = True
            active = active[~done]
        return found

    def _recentre(
        self,
        values: list[Any],
        pole: int,
        near: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
    ) -> None:
        """Offsets for each element, counted from a pole where elements are close to it."""
        program, some = self.from_pole[pole - self.degree], chosen_of(parameters, near)
        moved = np.empty((self.offsets + program.rows, near.size))
        program.run(some, (), moved[: self.offsets], moved[self.offsets :])
        for k, (row, offset) in enumerate(zip(space.rows, moved[: self.offsets], strict=False)):
            row[:] = values[k]
            row[near] = offset
            values[k] = row

    def solved_at_ridge(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, list[np.ndarray]]:
        """Named values, the distance d of the physical point over -gamma, and free rows."""
        values = self._named(parameters, space)
        d, new_d, excess, *free = space.rows[self.special :]
        np.divide(gamma, values[self.offsets], out=d)
        for _ in range(3):
            self.ridge_step.run([gamma, d], values, [new_d, excess], free)
            d, new_d = new_d, d
        settled = np.abs(excess) < _CLOSE
        rest = np.flatnonzero(~settled)
        settled[rest] = self._newton(
            self.ridge_step, [gamma], [d], values, rest, _short_at_ridge, 9
        )
        rest = np.flatnonzero(~(settled & (gamma > 0) & (gamma <= HUGE)))
        if rest.size:
            d[rest] = -self.chosen(parameters, rest).at_ridge(gamma[rest])
            self._newton(self.ridge_step, [gamma], [d], values, rest, _never, 2, _near_ridge)
        return values, d, free

    def solved_above(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray]:
        """Named values, and the physical point over x + i0, x > 0, from the same origin."""
        values, p, q, _ = self.solved_on_axis(x, parameters, space)
        return values, p + 1j * q

    def solved_below(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray]:
        """The same over x < 0."""
        values, d, _ = self.solved_at_ridge(-x, parameters, space)
        return values, -d + 0j

    def solved_off_axis(
        self, z: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, list[np.ndarray]]:
        """Named values, the physical point over z from the same origin, and free planes."""
        values = self._named(parameters, space)
        xi, delta, new_delta, change, *free = space.planes
        np.divide(z, values[self.offsets], out=xi)
        if (z.imag < 0).any():
            np.copyto(xi.imag, np.abs(xi.imag))
        self.complex_start.run([xi], values, [delta], free)
        for _ in range(3):
            self.complex_step.run([xi, delta], values, [new_delta, change], free)
            delta, new_delta = new_delta, delta
        settled = _short_off_axis(delta, change)
        rest = np.flatnonzero(~settled)
        settled[rest] = self._newton(
            self.complex_step, [xi], [delta], values, rest, _short_off_axis
        )
        p, q, height, *low = space.rows[self.special :]
        np.copyto(p, delta.real)
        np.copyto(q, delta.imag)
        self.height.run([p, q], values, [height], low)
        size = np.abs(delta)
        proved = settled & (q > _SIGNIFICANT * size) & (height > 1e-8) & (z.imag != 0)
        for pole in self._poles:  # where a zero nearly cancels a pole, Newton may end beside them
            proved &= np.abs(delta - values[pole]) > 1e-6 * size
        if not proved.all():
            rest = np.flatnonzero(~proved)
            delta[rest] = self.chosen(parameters, rest).physical(z[rest])
            size = np.abs(delta)
        for pole in self._poles:
            near = np.flatnonzero(np.abs(delta - values[pole]) < _NEAR * size)
            if near.size:
                delta[near] -= np.broadcast_to(values[pole], delta.shape)[near]
                self._recentre(values, pole, near, parameters, space)
                self._newton(
                    self.complex_step, [xi], [delta], values, near, _never, 2, _near_off_axis
                )
        return values, delta, free

    def chosen(self, parameters: Sequence[Any], index: Any) -> Curve:
        """Curve for the chosen elements of a block."""
        return self.curve(chosen_of(parameters, index))

    def curve(self, parameters: Sequence[Any]) -> Curve:
        """The curve by structure, at parameters of any shapes that broadcast."""
        scale, zeros, poles = self.shape(*np.broadcast_arrays(*parameters))
        return Curve.of(scale, zeros, poles, self.hidden)

    def edges(self, parameters: Sequence[Any]) -> np.ndarray:
        """Intervals of the support, shape (..., k, 2)."""
        if are_numbers(parameters):
            return self._edges_of_one(*parameters).copy()
        return self._edges(*parameters)

    def _edges(self, *values: Any) -> np.ndarray:
        parameters = np.broadcast_arrays(*values)

        def rise(delta: np.ndarray, offsets: np.ndarray) -> np.ndarray:
            own = [p.reshape(1, -1, 1) for p in parameters]
            named = [*offsets, *[nan] * (self.special - self.offsets), *own]
            values = [np.broadcast_to(value, delta.shape).ravel() for value in named]
            result, *free = np.empty((1 + self.rows, delta.size))
            self.height.run([delta.ravel(), np.zeros(delta.size)], values, [result], free)
            return result.reshape(delta.shape)

        return self.curve(parameters).edges(rise)

    @property
    def _poles(self) -> range:
        """Their places among the special points."""
        return range(self.degree, self.offsets)


def _short_on_axis(p: np.ndarray, q: np.ndarray, step: np.ndarray) -> np.ndarray:
    return step < _CLOSE**2


def _near_on_axis(p: np.ndarray, q: np.ndarray, step: np.ndarray) -> np.ndarray:
    return step < 0.25


def _short_at_ridge(d: np.ndarray, excess: np.ndarray) -> np.ndarray:
    return np.abs(excess) < _CLOSE


def _near_real(p: np.ndarray, error: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return error < 0.1


def _near_ridge(d: np.ndarray, excess: np.ndarray) -> np.ndarray:
    return np.abs(excess) < 0.1


def _short_off_axis(delta: np.ndarray, change: np.ndarray) -> np.ndarray:
    return np.abs(change) < 1e-11 * np.abs(delta)


def _near_off_axis(delta: np.ndarray, change: np.ndarray) -> np.ndarray:
    return np.abs(change) < 1e-4 * np.abs(delta)


def _never(*results: np.ndarray) -> np.ndarray:
    return np.zeros(results[0].shape, bool)
