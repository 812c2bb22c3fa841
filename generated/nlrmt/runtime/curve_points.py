"""The physical points of a law's curve by formulas, for numbers and for blocks of arrays.

Radicals or Newton's method give a point, and its kind proves that it is the physical one. On the
real axis a complex point over x > 0 is; outside the support the real one at which z and all
subordination functions increase; off the axis the one above it with all of these. Where formulas do
not prove their result, the curve gives it by structure (`curve`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from math import inf, nan
from typing import Any

import numpy as np

from . import formulas
from .blocks import Blocks, Workspace, are_numbers, chosen_of
from .curve import HUGE, Curve, Hidden
from .formulas import BESIDE, NEAR, SHORT, SIGNIFICANT, Labels, Potential, Product, Subordination
from .programs import Program, maximum, minimum

_CLOSE = 1e-8  # relative size of a Newton step after which rounding is left alone
_NEARLY = 1e-4  # of one that leads to such a step
_BLOCK = 2048  # laws of which the support is found together
_ANYWHERE = -1.0  # a point where no function of the curve is singular
_TINY = 1e-305
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

        def from_pole(index: int) -> Program:
            def formula(*arguments: Any) -> list[Any]:
                _, zeros, poles = curve(*arguments[:-1])
                return formulas.from_pole(zeros, poles, index)

            return Program(formula, parameters, 0)

        def mass(x: Any, p: Any, q: Any, v: _Values) -> tuple[Any, Any, Any, Any]:
            below, above, *_ = formulas.distribution(p, q, v.factors, v.poles, v(potential))
            density = formulas.density(x, p, q, v.poles, v(cauchy)[1])
            return (
                minimum(maximum(below, 0.0), 1.0),
                minimum(maximum(above, 0.0), 1.0),
                density,
                formulas.thickness(p, q, v.factors),
            )

        self.special_points = Program(special_points, parameters, 0)
        self._edges_of_one = lru_cache(maxsize=_LAWS)(self._edges)
        self._values = lru_cache(maxsize=_LAWS)(
            lambda *numbers: (*self.special_points.at_numbers(*numbers), *numbers)
        )
        self.from_pole = [from_pole(k) for k in range(len(multiplicities))]
        self.axis_start = program(
            1, lambda x, v: formulas.axis_start(x, v.scale, v.factors, v.poles, *v.expanded)
        )
        self.real_start = program(
            1,
            lambda x, v: formulas.real_start(
                x, v.scale, v.factors, v.poles, v(subordination), *v.expanded
            ),
        )
        self.axis_step = program(
            3, lambda x, p, q, v: formulas.axis_step(x, p, q, v.scale, v.factors)
        )
        self.real_step = program(2, lambda x, p, v: formulas.real_step(x, p, v.scale, v.factors))
        self.z_over_x = program(2, lambda x, p, v: formulas.z_over_x(x, p, v.scale, v.factors))
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
        self.proof = program(
            4,
            lambda p, q, dp, dq, v: formulas.proof(p, q, dp, dq, v.poles, v(subordination)),
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
        # F, 1 - F and density, some of them, and whether this may be all.
        self.below, self.above, self.mass = (
            program(3, lambda *at, chosen=chosen: [mass(*at)[k] for k in chosen])
            for chosen in ((0, 3), (1, 3), (0, 1, 2, 3))
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
        unused = () if self.by_radicals else (self.axis_start, self.real_start)
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
        return Blocks(rows=self.special + 6 + self.rows, planes=4 + max(p.rows for p in in_plane))

    # Numbers

    def number_on_axis(
        self, x: float, parameters: Sequence[float], *, sought: bool = True
    ) -> tuple | None:
        """Named values, and p, q of the physical p + iq over x + i0.

        None where radicals and Newton's method do not settle it. If real points are not sought, any
        stands for those that are surely outside the support.
        """
        if not (self.by_radicals and x > 0):
            return None
        try:
            values = self._values(*parameters)
            p, q, step, outside, apart = self.axis_start.at_numbers(x, *values)
            if outside > 0:
                point = self._number_outside(x, values) if sought else _ANYWHERE
                return None if point is None else (values, point, 0.0)
            if _CLOSE**2 <= step < _NEARLY**2:
                p, q, step = self.axis_step.at_numbers(x, p, q, *values)
            return (values, p, q) if step < _CLOSE**2 and apart > 0 else None
        except (ArithmeticError, ValueError):
            return None

    def _number_outside(self, x: float, values: Sequence[float]) -> float | None:
        """The physical real point."""
        point, error = self.real_start.at_numbers(x, *values), inf
        for _ in range(4):
            if error < _CLOSE:
                break
            point, error, slope = self.real_step.at_numbers(x, point, *values)
        proved = error < 1e-6 and slope > 0
        return point if proved and self.height.at_numbers(point, 0.0, *values) > 1e-6 else None

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
            delta = self.complex_start.at_numbers(xi, *values)
            for _ in range(12):
                delta, change = self.complex_step.at_numbers(xi, delta, *values)
                if abs(change) < SHORT * abs(delta):
                    break
            parts = delta.real, delta.imag, change.real, change.imag
            proved = self.proof.at_numbers(*parts, *values) > 0
            return (values, delta) if proved and abs(z) < HUGE else None
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

    def started_on_axis(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values; p + iq, and where it is surely the point sought and none; free rows."""
        values = self._named(parameters, space)
        p, q, step, outside, apart, *free = space.rows[self.special :]
        if not self.by_radicals:
            nowhere = np.zeros(x.size, bool)
            return values, p, q, nowhere, nowhere, free
        self.axis_start.run([x], values, [p, q, step, outside, apart], free)
        positive = x > _TINY
        sure = (outside > 0) & positive
        settled = (step < _CLOSE**2) & (apart > 0) & positive & ~sure
        return values, p, q, settled, sure, free

    def solved_on_axis(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, *, sought: bool = True
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values, the physical p + iq over x + i0 from the same origin, and free rows.

        If real points are not sought, any stands for those that are surely outside the support.
        """
        values, p, q, settled, sure, free = self.started_on_axis(x, parameters, space)
        if not self.by_radicals:
            delta = self.chosen(parameters, slice(None)).on_axis(x)
            p[:], q[:] = delta.real, delta.imag
            return values, p, q, free
        positive = x > 0
        rest = np.flatnonzero(~settled & positive & ~sure)
        settled[rest] = self._newton(self.axis_step, [x], [p, q], values, rest, _short_on_axis)
        real = ~(settled & (q > 0))
        np.copyto(q, 0.0, where=real)
        np.copyto(p, _ANYWHERE, where=real)
        rest = np.flatnonzero(real if sought else real & ~sure)
        if rest.size:
            there, some = x[rest], chosen_of(values, rest)
            p[rest] = self._outside(there, some, 2, np.empty((4 + self.rows, rest.size)))
            rest = rest[np.isnan(p[rest])]
            if rest.size:
                delta = self.chosen(parameters, rest).on_axis(x[rest])
                p[rest], q[rest] = delta.real, delta.imag
        limit = NEAR**2 * (p * p + q * q)
        for pole in self._poles:
            near = np.flatnonzero((p - values[pole]) ** 2 + q * q < limit)
            if near.size:
                p[near] -= np.broadcast_to(values[pole], p.shape)[near]
                self._recentre(values, pole, near, parameters, space)
                self._newton(
                    self.axis_step, [x], [p, q], values, near, _short_on_axis, 6, _near_on_axis
                )
        beside = (q < BESIDE * np.abs(p)) & ~sure & positive
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
        near = np.maximum(np.abs(there - start), away) < BESIDE * clearance
        lanes, there, away, inside, sign = (
            part[near] for part in (lanes, there, away, square > 0, sign)
        )
        # Of the two real points z increases at the physical one.
        p[lanes], q[lanes] = np.where(inside, there, there - sign * away), np.where(inside, away, 0)
        self._newton(
            self.axis_step, [x], [p, q], values, lanes[inside], _short_on_axis, 4, _near_on_axis
        )
        self._newton(self.real_step, [x], [p], values, lanes[~inside], _never, 3, _near_real)

    def started_outside(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values; p near the physical one if that is proved real, else NaN; q; free rows."""
        values = self._named(parameters, space)
        p, q, *free = space.rows[self.special :]
        p[:] = self._outside(x, values, 1, free) if self.by_radicals else nan
        q[:] = 0.0
        return values, p, q, free

    def _outside(self, x: np.ndarray, values: Sequence[Any], steps: int, rows: Any) -> np.ndarray:
        """The physical real point over x > 0 outside the support; NaN where it is not proved."""
        point, error, slope, new, *free = rows
        self.real_start.run([x], values, [point], free)
        for _ in range(steps):
            self.real_step.run([x, point], values, [new, error, slope], free)
            point, new = new, point
        self.height.run([point, np.zeros(x.size)], values, [new], free)
        proved = (x > 0) & (error < 1e-6) & (slope > 0) & (new > 1e-6)
        return np.where(proved, point, np.nan)

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

    def started_at_ridge(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values, a distance d, where it is that of the point over -gamma, and free rows."""
        values = self._named(parameters, space)
        d, new_d, excess, *free = space.rows[self.special :]
        np.divide(gamma, values[self.offsets], out=d)
        for _ in range(4):
            self.ridge_step.run([gamma, d], values, [new_d, excess], free)
            d, new_d = new_d, d
        return values, d, (np.abs(excess) < _CLOSE) & (gamma > 0) & (gamma <= HUGE), free

    def solved_at_ridge(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, list[np.ndarray]]:
        """Named values, the distance d of the physical point over -gamma, and free rows."""
        values, d, settled, free = self.started_at_ridge(gamma, parameters, space)
        usual = (gamma > 0) & (gamma <= HUGE)
        rest = np.flatnonzero(~settled & usual)
        settled[rest] = self._newton(
            self.ridge_step, [gamma], [d], values, rest, _short_at_ridge, 9
        )
        rest = np.flatnonzero(~settled)
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

    def started_off_axis(
        self, z: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values, a point, where it is surely the physical one over z, and free planes."""
        values, _, delta, change, free = self._stepped_off_axis(z, parameters, space)
        p, q, dp, dq, proof, *low = space.rows[self.special :]
        p[:], q[:], dp[:], dq[:] = delta.real, delta.imag, change.real, change.imag
        self.proof.run([p, q, dp, dq], values, [proof], low)
        return values, delta, (proof > 0) & (np.abs(z.imag) > _TINY), free

    def _stepped_off_axis(
        self, z: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
        """Named values, z/scale, a point by Newton's method, its last step, and free planes."""
        values = self._named(parameters, space)
        xi, delta, new_delta, change, *free = space.planes
        np.divide(z, values[self.offsets], out=xi)
        if (z.imag < 0).any():
            np.copyto(xi.imag, np.abs(xi.imag))
        self.complex_start.run([xi], values, [delta], free)
        for _ in range(4):
            self.complex_step.run([xi, delta], values, [new_delta, change], free)
            delta, new_delta = new_delta, delta
        return values, xi, delta, change, free

    def solved_off_axis(
        self, z: np.ndarray, parameters: Sequence[Any], space: Workspace
    ) -> tuple[list[Any], np.ndarray, list[np.ndarray]]:
        """Named values, the physical point over z from the same origin, and free planes."""
        values, xi, delta, change, free = self._stepped_off_axis(z, parameters, space)
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
        proved = settled & (q > SIGNIFICANT * size) & (height > 1e-8) & (z.imag != 0)
        for pole in self._poles:  # where a zero nearly cancels a pole, Newton may end beside them
            proved &= np.abs(delta - values[pole]) > 1e-6 * size
        if not proved.all():
            rest = np.flatnonzero(~proved)
            delta[rest] = self.chosen(parameters, rest).physical(z[rest])
            size = np.abs(delta)
        for pole in self._poles:
            near = np.flatnonzero(np.abs(delta - values[pole]) < NEAR * size)
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
        shape, flat = parameters[0].shape, [p.ravel() for p in parameters]
        blocks = [
            self._edges_of_block([p[start : start + _BLOCK] for p in flat])
            for start in range(0, flat[0].size, _BLOCK)
        ]
        most = max((block.shape[1] for block in blocks), default=0)
        found = np.full((flat[0].size, most, 2), nan)
        for k, block in enumerate(blocks):
            found[k * _BLOCK : (k + 1) * _BLOCK, : block.shape[1]] = block
        return found.reshape(*shape, most, 2)

    def _edges_of_block(self, parameters: Sequence[np.ndarray]) -> np.ndarray:
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
    return np.abs(change) < SHORT * np.abs(delta)


def _near_off_axis(delta: np.ndarray, change: np.ndarray) -> np.ndarray:
    return np.abs(change) < 1e-4 * np.abs(delta)


def _never(*results: np.ndarray) -> np.ndarray:
    return np.zeros(results[0].shape, bool)
