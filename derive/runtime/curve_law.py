"""Observables of a law with a curve z(y), G(y)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, reduce
from math import comb, frexp, inf, log
from typing import Any

import numpy as np

from . import quantiles, ridges
from .blocks import Workspace, are_numbers, chosen_of
from .curve import HUGE
from .curve_points import CurvePoints
from .formulas import THIN
from .parameters import LABELS, Domain, argument, natural, read, real, scaled
from .polynomials import Polynomial
from .powers import continued
from .programs import Program
from .series import multiplied
from .tables import MANY, Tables

_ROUNDED_TO_ZERO, _ROUNDED_TO_INFINITY = 1e-140, 1e140
_PLAIN = 32  # binary orders that the measure of a law may have
_FLAT = 1e-20  # height above the axis, relative, that is none
_CLOSE, _CLOSE_STEP = 256, 32  # powers of two that lie between a law and what is close to zero
_PART = 1 << 14  # points at a time among which those are looked for
_TINY = 1e-305  # points that are zero where formulas are run
_SURE = 1e-14  # shares of the mass that are none
_RARE = 1e-3  # share of the mass beyond which a quantile is next to an end
_LAWS = 256  # whose parameters are remembered
_PARTS = (  # of the test error, as `formulas.variances` but for the first
    "noise",
    "bias",
    "samples",
    "weights",
    "samples_weights",
    "noise_samples",
    "noise_samples_weights",
)
_FEW = 32  # levels of one law, or laws, for which its support is not worth finding


class CurveLaw:
    """A law in numbers, by formulas on its curve.

    Parameters
    ----------
    domains : sequence of Domain
    dimensions : tuple of int
        Degree of homogeneity of each parameter: the law is scaled if these are.
    points : CurvePoints
        The curve, and what depends on the law.
    atom : callable
        Mass at zero and that of the rest, from the parameters.
    series : callable
        From the parameters: C, the factors of S, and H with z = (C/u) S(u) and zG = H(u), u = 1/y;
        a factor is the terms (pole, order, coefficient) beside one.
    polynomials : mapping of str to Polynomial
    distances : callable
        From the parameters: what polynomials contain beside these and the point, by name.
    rising : callable, optional
        For `ridges.lowest`: where the test error rises.
    """

    def __init__(
        self,
        domains: Sequence[Domain],
        points: CurvePoints,
        *,
        dimensions: tuple[int, ...],
        atom: Callable[..., Any],
        series: Callable[..., tuple],
        polynomials: Mapping[str, Polynomial],
        distances: Callable[..., dict[str, Any]] = lambda *parameters: {},
        rising: Callable[..., Sequence[Any]] = lambda *arguments: [],
    ):
        self.domains, self.dimensions, self.points = domains, dimensions, points
        self.masses, self.series = atom, series
        self.polynomials, self.distances, self.rising = polynomials, distances, rising
        self.names = [domain.name for domain in domains]
        # Calls for one law after the other have the same numbers.
        self._of_numbers = lru_cache(maxsize=_LAWS)(
            lambda values: self._scaled_to_one(dict(zip(self.names, values, strict=True)))
        )

    # The surface

    def density(self, x: Any, given: Mapping[str, Any]) -> Any:
        """Density of the continuous part."""
        return self._on_axis(
            x,
            given,
            self._density,
            self._quick_density,
            self._density_block,
            degree=-1,
            sought=False,
        )

    def cdf(self, x: Any, given: Mapping[str, Any]) -> Any:
        """F(x)."""
        return self._on_axis(
            x,
            given,
            partial(self._at_number, self.points.below, 0),
            *self._passes(self.points.below),
            self._cdf_block,
        )

    def survival_function(self, x: Any, given: Mapping[str, Any]) -> Any:
        """1 - F(x)."""
        return self._on_axis(
            x,
            given,
            partial(self._at_number, self.points.above, 1),
            *self._passes(self.points.above),
            self._survival_block,
        )

    def cauchy_transform(self, z: Any, given: Mapping[str, Any]) -> Any:
        """G(z)."""
        return self._off_axis("cauchy_transform", z, given, -1, lambda z: 1 / z)

    def cauchy_transform_prime(self, z: Any, given: Mapping[str, Any]) -> Any:
        """dG/dz."""
        return self._off_axis("cauchy_transform_prime", z, given, -2, lambda z: -1 / z / z)

    def train_error(
        self, gamma: Any, given: Mapping[str, Any], signal: Any = 0.0, noise: Any = 1.0
    ) -> Any:
        """Training error at ridge parameters."""
        if type(signal) is type(noise) is float and (signal, noise) == (0.0, 1.0):
            passes = self._quick_train_error, self._train_error_block
            return self._at_ridge("train_error", gamma, given, *passes)[0]
        return self._of_labels("train_error_of", gamma, given, signal, noise, self._error_block)[0]

    def test_error(self, gamma: Any, given: Mapping[str, Any], signal: Any, noise: Any) -> Any:
        """Test error at ridge parameters, the noise of new labels included."""
        return self._of_labels("test_error", gamma, given, signal, noise, self._error_block)[0]

    def weight_norm(self, gamma: Any, given: Mapping[str, Any], signal: Any, noise: Any) -> Any:
        """Squared norm of the weights at ridge parameters."""
        value, gamma, exponent = self._of_labels(
            "weight_norm", gamma, given, signal, noise, self._error_block
        )
        near = scaled(gamma, -exponent)
        if np.any(near > HUGE):  # there it falls like a power
            with np.errstate(all="ignore"):
                beyond = HUGE / np.maximum(near, HUGE)
                value = (value * beyond * beyond)[()]
        return scaled(value, -exponent)

    def optimal_ridge(self, given: Mapping[str, Any], signal: Any, noise: Any) -> Any:
        """The ridge parameter of the least test error."""
        labels = read(LABELS, {"signal": signal, "noise": noise}, real)
        exponent, parameters = self._normalised(given)

        def lowest(*values: float) -> float:
            split = values[: len(parameters)], values[len(parameters) :]
            return ridges.lowest(self.points.shape, self.rising, *split)

        if are_numbers(arguments := [*parameters, *labels.values()]):
            return np.float64(scaled(lowest(*arguments), exponent))
        arrays = np.broadcast_arrays(*arguments)
        found = [
            lowest(*values) for values in zip(*(a.ravel().tolist() for a in arrays), strict=True)
        ]
        return scaled(np.array(found, float).reshape(arrays[0].shape), exponent)[()]

    def variance_decomposition(
        self, gamma: Any, given: Mapping[str, Any], signal: Any, noise: Any
    ) -> dict[str, Any]:
        """Parts of the test error, by name."""
        gamma = argument("gamma", gamma)
        exponent, parameters = self._normalised(given)
        labels = read(LABELS, {"signal": signal, "noise": noise}, real)
        arguments = [*parameters, *labels.values()]
        near = np.asarray(scaled(gamma, -exponent), float)
        parts = self.points.blocks(self._variances_block, near, arguments, *[float] * len(_PARTS))
        return {name: part[()] for name, part in zip(_PARTS, parts, strict=True)}

    def log_potential(self, gamma: Any, given: Mapping[str, Any]) -> Any:
        """Re U(-gamma)."""
        value, gamma, exponent = self._at_ridge(
            "log_potential", gamma, given, self._log_potential_block, is_power=False
        )
        near = scaled(gamma, -exponent)
        if near is not gamma:
            value = value + exponent * log(2)
        if np.any(near > HUGE):
            value = np.where(near > HUGE, np.log(np.maximum(gamma, HUGE * _TINY)), value)[()]
        if np.any(small := near < _TINY):
            # Near zero there are the atom's logarithm and what does not change.
            mass = self._atom(*self._normalised(given)[1])
            with np.errstate(divide="ignore", invalid="ignore"):
                lowest = np.log(gamma) - log(_TINY) - exponent * log(2)
                value = value + np.where(small & (mass > 0), mass * lowest, 0.0)
        return value

    def quantile(self, q: Any, given: Mapping[str, Any]) -> Any:
        """Smallest x with F(x) >= q."""
        q = np.asarray(argument("q", q))
        exponent, parameters = self._normalised(given)
        return _down_to_zero(self._quantiles, q, q, parameters, order=exponent)

    def support(self, given: Mapping[str, Any]) -> np.ndarray:
        """Intervals of the continuous part."""
        exponent, parameters = self._normalised(given)
        return scaled(self.points.edges(parameters), np.expand_dims(exponent, (-1, -2)))

    def atom(self, given: Mapping[str, Any]) -> Any:
        """Mass at zero."""
        return self._atom(*self._normalised(given)[1])[()]

    def atoms(self, given: Mapping[str, Any]) -> dict[float, float]:
        """Masses of the atoms by position, of one law."""
        mass = float(self.atom(given))
        return {0.0: mass} if mass else {}

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as doubles or arrays of doubles; see `parameters.read`."""
        return read(self.domains, given, real)

    def moments(self, order: int, given: Mapping[str, Any]) -> np.ndarray:
        """Lagrange inversion of the curve at infinity.

        m_k = C^k/k [u^(k-1)] H'(u) S(u)^k.
        """
        order = natural("order", order)
        exponent, parameters = self._normalised(given)
        with np.errstate(all="ignore"):
            return self._moments(order, np.broadcast_arrays(*parameters), exponent)

    def _moments(self, order: int, parameters: Sequence[Any], exponent: Any) -> np.ndarray:
        one = np.ones(parameters[0].shape)
        C, factors, H = self.series(*parameters)
        S = [1.0] + [0.0] * order
        for terms in factors:
            S = multiplied(S, _expansion(order, terms))
        slope = [k * h for k, h in enumerate(_expansion(order, H))][1:]
        values, power = [one], S
        for k in range(1, order + 1):
            term = (C * one) ** k / k * multiplied(slope[:k], power)[-1]
            values.append(scaled(term, k * exponent))
            power = multiplied(power, S)
        return np.stack(values, axis=-1)

    def coefficients(self, name: str, variable: str, at: Any, given: Mapping[str, Any]) -> Any:
        """Coefficients of a polynomial of the law, along the last axis."""
        at = argument(variable, at)
        if variable == "z" and not np.any(np.imag(at)):
            at = np.real(at)
        values = list(self.read(given).values())

        def named(*parameters: Any) -> dict[str, Any]:
            return dict(zip(self.names, parameters, strict=True)) | self.distances(*parameters)

        return self.polynomials[name](at, values, named)

    # Arguments

    def _normalised(self, given: Mapping[str, Any]) -> tuple[Any, list[Any]]:
        """Parameters scaled by a power of two, so that the law's measure is near one."""
        values = tuple(given.values())
        if all(type(value) is float for value in values):
            return self._of_numbers(values)
        return self._scaled_to_one(given)

    def _scaled_to_one(self, given: Mapping[str, Any]) -> tuple[Any, list[Any]]:
        parameters = list(self.read(given).values())
        if 1 not in self.dimensions:
            return 0, parameters
        sizes = [p for p, degree in zip(parameters, self.dimensions, strict=True) if degree == 1]
        exponent = (
            frexp(max(sizes))[1] if are_numbers(sizes) else np.frexp(reduce(np.maximum, sizes))[1]
        )
        if isinstance(exponent, int):
            if abs(exponent) <= _PLAIN:
                return 0, parameters
        elif (np.abs(exponent) <= _PLAIN).all():
            return 0, parameters
        return exponent, [
            scaled(p, -degree * exponent)
            for p, degree in zip(parameters, self.dimensions, strict=True)
        ]

    def _on_axis(
        self,
        x: Any,
        given: Mapping[str, Any],
        at_number: Callable,
        *passes: Callable,
        degree: int = 0,
        sought: bool = True,
    ) -> Any:
        """A function of x that scales with a degree; `sought` is for points outside the support."""
        x = argument("x", x)
        exponent, parameters = self._normalised(given)
        near = scaled(x, -exponent)
        if isinstance(near, float) and near >= 2.0**-_CLOSE and are_numbers(parameters):
            found = self.points.number_on_axis(near, parameters, sought=sought)
            value = None if found is None else _tried(at_number, near, *found)
            if value is not None:
                return np.float64(scaled(value, degree * exponent))

        def at(x: np.ndarray, parameters: list) -> np.ndarray:
            return self._many(passes, x, parameters, self.points.edges)

        return _down_to_zero(at, x, near, parameters, exponent, degree * exponent)

    def _off_axis(
        self, name: str, z: Any, given: Mapping[str, Any], degree: int, far: Callable
    ) -> Any:
        """A function of z that scales with a degree; `far` is its leading term at infinity."""
        z = argument("z", z)
        exponent, parameters = self._normalised(given)
        near = scaled(z, -exponent)
        is_close = abs(near) < 2.0**-_CLOSE if isinstance(near, complex) else True
        if not is_close and near.imag and are_numbers(parameters):
            found = self.points.number_off_axis(near, parameters)
            formula = getattr(self.points, name).at_numbers
            value = None if found is None else _tried(formula, *found[1:], *found[0])
            if value is not None:
                value = complex(value if near.imag > 0 else value.conjugate())
                return np.complex128(scaled(value, degree * exponent))

        def block(z: np.ndarray, parameters: list, space: Workspace, value: np.ndarray) -> None:
            self._transform_block(name, z, parameters, space, value)
            outside = np.flatnonzero(np.abs(z) > HUGE)
            if outside.size:
                with np.errstate(all="ignore"):
                    value[outside] = np.where(np.isinf(z[outside]), 0.0, far(z[outside])) + 0.0

        passes = partial(self._quick_transform, name), block

        def at(z: np.ndarray, parameters: list) -> np.ndarray:
            return self.points.blocks.in_passes(passes, z, parameters, complex)[0]

        value = _down_to_zero(at, z, near, parameters, exponent, degree * exponent)
        if near is not z and np.any(outside := (np.abs(near) > HUGE) & np.isfinite(z)):
            return np.where(outside, far(np.where(outside, z, 1.0)), value)[()]
        return value

    def _at_ridge(
        self,
        name: str,
        gamma: Any,
        given: Mapping[str, Any],
        *passes: Callable,
        more: Sequence[Any] = (),
        is_power: bool = True,
    ) -> tuple[Any, Any, Any]:
        """A function of the ridge parameter, which as well as the binary order of scale follows.

        `more` are arguments after the parameters; `is_power` if that is what it is close to zero.
        """
        gamma = argument("gamma", gamma)
        exponent, parameters = self._normalised(given)
        near = scaled(gamma, -exponent)
        arguments = [*parameters, *more]
        if isinstance(near, float) and near >= 2.0**-_CLOSE and are_numbers(arguments):
            found = self.points.number_at_ridge(near, parameters)
            formula = getattr(self.points, name).at_numbers
            value = None if found is None else _tried(formula, *found[1:], *found[0], *more)
            if value is not None:
                return np.float64(value), gamma, exponent
        everywhere = [(0.0, inf)]

        def at(gamma: np.ndarray, arguments: list) -> np.ndarray:
            return self._many(passes, gamma, arguments, lambda _: everywhere)

        if is_power:
            return _down_to_zero(at, gamma, near, arguments, exponent), gamma, exponent
        return at(np.asarray(near), arguments)[()], gamma, exponent

    def _of_labels(
        self,
        name: str,
        gamma: Any,
        given: Mapping[str, Any],
        signal: Any,
        noise: Any,
        at_block: Callable,
    ) -> tuple[Any, Any, Any]:
        """A function linear in the variances of labels, as `_at_ridge`."""
        labels = read(LABELS, {"signal": signal, "noise": noise}, real).values()
        numbers = are_numbers(list(labels))
        size = max(labels) or 1.0 if numbers else np.maximum(*labels)
        size = size if numbers else np.where(size > 0, size, 1.0)
        shares = [value / size for value in labels]

        def block(
            gamma: np.ndarray, values: Sequence[Any], space: Workspace, value: np.ndarray
        ) -> None:
            at_block(getattr(self.points, name), gamma, values, space, value)

        value, gamma, exponent = self._at_ridge(
            name, gamma, given, block, more=shares, is_power=False
        )
        if not numbers or size != 1:
            value = value * size
        return value, gamma, exponent

    def _many(
        self, passes: Sequence[Callable], x: np.ndarray, parameters: list, intervals: Callable
    ) -> np.ndarray:
        """Results of functions of blocks, of many points of one law by tables."""

        def function(x: np.ndarray) -> np.ndarray:
            return self.points.blocks.in_passes(passes, x, parameters, float)[0]

        if x.size < MANY or not are_numbers(parameters):
            return function(x)
        flat = x.ravel()
        return Tables(function, flat, intervals(parameters))(flat).reshape(x.shape)

    # Results

    def _density(self, x: float, values: Sequence[float], p: float, q: float) -> float:
        return self.points.density.at_numbers(x, p, q, *values)

    # Quick functions give what is settled at once, and NaN for the rest.

    def _quick_density(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        values, p, q, settled, outside, free = self.points.started_on_axis(x, parameters, space)
        self.points.density.run([x, p, q], values, [value], free)
        np.copyto(value, np.where(outside, 0.0, np.nan), where=~settled)

    def _passes(self, formula: Program) -> tuple[Callable, Callable]:
        """Those of F, 1 - F or more: for points inside the support, and outside."""
        return partial(self._quick_distribution, formula), partial(self._outer, formula)

    def _quick_distribution(
        self,
        formula: Program,
        x: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        *results: np.ndarray,
    ) -> None:
        values, p, q, settled, _, free = self.points.started_on_axis(x, parameters, space)
        thickness, *free = free
        formula.run([x, p, q], values, [*results, thickness], free)
        np.copyto(results[0], np.nan, where=~settled | (thickness < 0))

    def _outer(
        self,
        formula: Program,
        x: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        *results: np.ndarray,
    ) -> None:
        values, p, q, free = self.points.started_outside(x, parameters, space)
        thickness, *free = free
        formula.run([x, p, q], values, [*results, thickness], free)
        np.copyto(results[0], np.nan, where=~((x > _TINY) & (np.abs(p) < HUGE)))

    def _density_block(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        values, p, q, free = self.points.solved_on_axis(x, parameters, space, sought=False)
        self.points.density.run([x, p, q], values, [value], free)
        value += 0.0  # no negative zeros
        value[np.isinf(x)] = 0.0
        small = x < _TINY
        if small.any():
            value[x < 0] = 0.0
            lanes = np.flatnonzero(small & (x >= 0))
            value[lanes] = np.where(self.points.chosen(parameters, lanes).is_hard, np.inf, 0.0)

    def _at_number(
        self, formula: Program, index: int, x: float, values: Sequence[float], p: float, q: float
    ) -> float:
        """F or 1 - F, which has an index and a formula."""
        value, thickness = formula.at_numbers(x, p, q, *values)
        return self._thin(values, p, q)[index] if thickness < 0 < q else value

    def _thin(self, values: Sequence[float], p: float, q: float) -> tuple[float, float]:
        """F and 1 - F where q is small beside the distances to special points."""
        found = self.points.measured_distribution.at_numbers(p, q, *values)
        beside = self.points.beside_the_axis.at_numbers(p, q, *values)
        mass = self._atom(*values[self.points.special :])
        below, above = map(float, _better(found, beside, mass))
        return min(max(below, 0.0), 1.0), min(max(above, 0.0), 1.0)

    def _distribution_block(
        self,
        x: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        below: np.ndarray,
        above: np.ndarray,
    ) -> tuple[list[Any], np.ndarray, np.ndarray, list[np.ndarray]]:
        """F and 1 - F of a block."""
        values, p, q, free = self.points.solved_on_axis(x, parameters, space)
        far = 1e30 * np.max([np.max(np.abs(offset)) for offset in values[: self.points.offsets]])
        np.clip(p, -far, far, out=p)  # F is constant there
        self.points.distribution.run([p, q], values, [below, above], free)
        thin = np.flatnonzero((q < THIN * np.abs(p)) & (q > 0))
        if thin.size:
            some = chosen_of(values, thin)
            apart = [q[thin] < THIN * np.abs(p[thin] - r) for r in some[: self.points.offsets]]
            thin = thin[np.all(apart, axis=0)]
            some = chosen_of(values, thin)
            rows = np.empty((8 + self.points.rows, thin.size))
            at = [p[thin], q[thin]]
            self.points.measured_distribution.run(at, some, rows[:4], rows[8:])
            self.points.beside_the_axis.run(at, some, rows[4:8], rows[8:])
            mass = self._atom(*some[self.points.special :])
            below[thin], above[thin] = _better(rows[:4], rows[4:8], mass)
        for value in (below, above):
            np.clip(value, 0.0, 1.0, out=value)
        small = x < _TINY
        if small.any():
            lanes = np.flatnonzero(small & (x >= 0))
            below[lanes], above[lanes] = self.masses(*chosen_of(parameters, lanes))
            below[x < 0], above[x < 0] = 0.0, 1.0
        return values, p, q, free

    def _cdf_block(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        self._distribution_block(x, parameters, space, value, np.empty(x.size))

    def _survival_block(
        self, x: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        self._distribution_block(x, parameters, space, np.empty(x.size), value)

    def _mass_block(
        self,
        x: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        below: np.ndarray,
        above: np.ndarray,
        rate: np.ndarray,
    ) -> None:
        """F, 1 - F and the density of a block."""
        values, p, q, free = self._distribution_block(x, parameters, space, below, above)
        self.points.density.run([x, p, q], values, [rate], free)

    def _quick_transform(
        self,
        name: str,
        z: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        value: np.ndarray,
    ) -> None:
        values, delta, settled, free = self.points.started_off_axis(z, parameters, space)
        getattr(self.points, name).run([delta], values, [value], free)
        lower = z.imag < 0
        if lower.any():
            np.conjugate(value, out=value, where=lower)
        np.copyto(value, np.nan, where=~settled)
        value += 0.0  # no negative zeros

    def _transform_block(
        self,
        name: str,
        z: np.ndarray,
        parameters: Sequence[Any],
        space: Workspace,
        value: np.ndarray,
    ) -> None:
        formula = getattr(self.points, name)
        zero = np.flatnonzero(z == 0)
        flat = (np.abs(z.imag) <= _FLAT * np.abs(z.real)) & (z != 0)
        if not flat.all():
            values, delta, free = self.points.solved_off_axis(z, parameters, space)
            formula.run([delta], values, [value], free)
        for lanes, solved in (
            (flat & (z.real > 0), self.points.solved_above),
            (flat & (z.real < 0), self.points.solved_below),
        ):
            if lanes.any():
                lanes = np.flatnonzero(lanes)
                room = Workspace(*(np.empty((len(part), lanes.size), part.dtype) for part in space))
                values, delta = solved(z.real[lanes], chosen_of(parameters, lanes), room)
                found = np.empty(lanes.size, complex)
                formula.run([delta], values, [found], room.planes)
                value[lanes] = found
        lower = z.imag < 0
        if lower.any():
            np.conjugate(value, out=value, where=lower)
        if zero.size:
            some = chosen_of(parameters, zero)
            singular = self.points.chosen(parameters, zero).is_hard | (self._atom(*some) > 0)
            value[zero[np.broadcast_to(singular, zero.shape)]] = np.nan
        value[~np.isfinite(value)] = complex(np.nan, np.nan)
        value += 0.0  # no negative zeros

    def _quick_train_error(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        values, d, settled, free = self.points.started_at_ridge(gamma, parameters, space)
        self.points.train_error.run([d], values, [value], free)
        np.minimum(value, 1.0, out=value)
        np.copyto(value, np.nan, where=~settled | (gamma < _TINY))

    def _train_error_block(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        values, d, free = self.points.solved_at_ridge(gamma, parameters, space)
        self.points.train_error.run([d], values, [value], free)
        np.minimum(value, 1.0, out=value)
        value[(gamma == 0) & (value < _ROUNDED_TO_ZERO)] = 0.0

    def _error_block(
        self,
        formula: Program,
        gamma: np.ndarray,
        arguments: Sequence[Any],
        space: Workspace,
        value: np.ndarray,
    ) -> None:
        """A function of labels, whose variances follow the parameters and are at most one."""
        *parameters, signal, noise = arguments
        small = (gamma > 0) & (gamma < _TINY)
        at = np.where(small, _TINY, gamma) if small.any() else gamma
        if (gamma > HUGE).any():
            at = np.minimum(at, HUGE)
        values, d, free = self.points.solved_at_ridge(at, parameters, space)
        formula.run([d], [*values, signal, noise], [value], free)
        at_zero = gamma == 0
        value[at_zero & (value < _ROUNDED_TO_ZERO)] = 0.0
        value[at_zero & (value > _ROUNDED_TO_INFINITY)] = np.inf
        if small.any():  # what vanishes there or diverges does so like a power
            value[small & (value < _TINY)] = 0.0
            varying = ((value > 0) & (value < _ROUNDED_TO_ZERO)) | (value > _ROUNDED_TO_INFINITY)
            value[small & varying] = np.nan

    def _variances_block(
        self,
        gamma: np.ndarray,
        arguments: Sequence[Any],
        space: Workspace,
        noise: np.ndarray,
        *parts: np.ndarray,
    ) -> None:
        """Parts of the test error; the variances of labels follow the parameters."""
        *parameters, s2, n2 = arguments
        small, at_zero = (gamma > 0) & (gamma < _TINY), gamma == 0
        at = np.minimum(np.where(small, _TINY, gamma), HUGE)
        values, d, free = self.points.solved_at_ridge(at, parameters, space)
        self.points.variances.run([d], values, parts, free)
        beyond = HUGE / np.maximum(gamma, HUGE)
        for name, part in zip(_PARTS[1:], parts, strict=True):
            if name != "bias":  # falls like a power
                part *= beyond * beyond
            part[at_zero & (part < _ROUNDED_TO_ZERO)] = 0.0
            part[at_zero & (part > _ROUNDED_TO_INFINITY)] = np.inf
            varying = (part < _ROUNDED_TO_ZERO) | (part > _ROUNDED_TO_INFINITY)
            part[small & varying & (part != 0)] = np.nan
            variance = n2 if name.startswith("noise") else s2
            none = np.equal(variance, 0) & ~np.isnan(part)
            part *= variance
            part[np.broadcast_to(none, part.shape)] = 0.0
        noise[:] = np.where(np.isnan(gamma), np.nan, n2)

    def _log_potential_block(
        self, gamma: np.ndarray, parameters: Sequence[Any], space: Workspace, value: np.ndarray
    ) -> None:
        values, d, free = self.points.solved_at_ridge(np.maximum(gamma, _TINY), parameters, space)
        self.points.log_potential.run([d], values, [value], free)

    def _atom(self, *parameters: Any) -> np.ndarray:
        """Mass at zero, with the shape of all parameters."""
        return self.masses(*parameters)[0] + np.zeros(np.broadcast(*parameters).shape)

    def _quantiles(self, q: np.ndarray, parameters: list[Any]) -> np.ndarray:
        if are_numbers(parameters):
            return self._of_law(q.ravel(), parameters).reshape(q.shape)
        q, *parameters = np.broadcast_arrays(q, *parameters)
        levels, rows = q.ravel(), np.stack([p.ravel() for p in parameters], axis=1)
        laws = _distinct(rows)
        result = np.where(np.isnan(levels), np.nan, 0.0)
        lanes = np.arange(levels.size)
        if laws > _FEW and _FEW * laws > q.size:
            mass, rest = (part + np.zeros(levels.size) for part in self.masses(*rows.T))
            share = (levels - mass) / rest
            usual = np.flatnonzero((share > _RARE) & (share < 1 - _RARE))
            some = list(rows[usual].T)
            means = self.moments(1, dict(zip(self.names, some, strict=True)))[..., 1]
            result[usual] = quantiles.of_laws(levels[usual], mass[usual], means, self._mass, some)
            lanes = np.flatnonzero(~((share > _RARE) & (share < 1 - _RARE)) & ~(levels < mass))
            if lanes.size:
                edges = self.points.edges(list(rows[lanes].T))
                single = (
                    np.isnan(edges[:, 1:]).all(axis=(1, 2))
                    & (share[lanes] > 0)
                    & (share[lanes] < 1)
                )
                ends, chosen, lanes = edges[single, 0].T, lanes[single], lanes[~single]
                own = list(rows[chosen].T)
                under, over = mass[chosen], rest[chosen]
                result[chosen] = quantiles.within(
                    levels[chosen], ends, (under, 1.0), (over, 0.0), self._mass, own
                )
        _, place = np.unique(rows[lanes], axis=0, return_inverse=True)
        order = np.argsort(place.ravel(), kind="stable")
        starts = np.flatnonzero(np.diff(place.ravel()[order], prepend=-1))
        order = lanes[order]
        for members in np.split(order, starts[1:]) if order.size else []:
            result[members] = self._of_law(levels[members], rows[members[0]].tolist())
        return result.reshape(q.shape)

    def _of_law(self, levels: np.ndarray, parameters: Sequence[float]) -> np.ndarray:
        edges = self.points.edges(parameters)
        masses = [np.ravel(part)[0] for part in self.masses(*parameters)]
        below, above = np.empty(edges.shape), np.empty(edges.shape)
        if len(edges) > 1:
            below, above, _ = self._mass(edges, *parameters)
        below[0, 0], above[0, 0] = masses
        below[-1, 1], above[-1, 1] = 1.0, 0.0
        return quantiles.of_law(levels, edges, below, above, lambda x: self._mass(x, *parameters))

    def _mass(self, x: np.ndarray, *parameters: Any) -> Any:
        """F, 1 - F and the density."""
        if x.size == 1:
            point, numbers = float(x[0]), [float(np.ravel(p)[0]) for p in parameters]
            found = self.points.number_on_axis(point, numbers)
            if found:
                values, *at = found
                *masses, rate, thickness = self.points.mass.at_numbers(point, *at, *values)
                if thickness < 0 < at[1]:
                    masses = self._thin(values, *at)
                return tuple(np.array([value]) for value in (*masses, rate))
        passes = *self._passes(self.points.mass), self._mass_block
        return self.points.blocks.in_passes(passes, x, parameters, float, float, float)


def _down_to_zero(
    at: Callable,
    point: Any,
    near: Any,
    parameters: Sequence[Any],
    exponent: Any = 0,
    order: Any = 0,
) -> Any:
    """Values of a function times 2^order; closest to zero they are powers of the distance.

    Parameters
    ----------
    at : callable
        Takes points and parameters at scale one.
    point, near : number or array
        Points, and the same at scale one.
    parameters : sequence
    exponent, order : int or array of int
        Binary orders of the points' and the values' scale.
    """
    points, near = np.asarray(point), np.asarray(near)
    # In parts, as there are hardly any.
    parts = zip(
        *(np.array_split(v.ravel(), v.size // _PART + 1) for v in (points, near)), strict=True
    )
    if near.shape == points.shape and not any(_close(*part).any() for part in parts):
        return scaled(at(near, parameters)[()], order)
    close = _close(points, near)
    values = np.array(scaled(at(np.where(close, 0, near), parameters), order))
    lanes = np.broadcast_to(close, values.shape)
    points, exponent, order, *parameters = (
        np.broadcast_to(v, values.shape)[lanes] for v in (points, exponent, order, *parameters)
    )
    lift = exponent - np.frexp(_size(points))[1] - _CLOSE
    nearer, further = (
        at(scaled(points, lift + k - exponent), parameters) for k in (0, _CLOSE_STEP)
    )
    values[lanes] = continued(nearer, further, _CLOSE_STEP, lift, order)
    return values[()]


def _close(points: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Which are closest to zero, but not at it; points, and the same at scale one."""
    return (_size(near) < 2.0**-_CLOSE) & (points != 0)


def _size(points: np.ndarray) -> np.ndarray:
    """Of the larger part of a number."""
    size = np.abs(points.real)
    return np.maximum(size, np.abs(points.imag)) if np.iscomplexobj(points) else size


def _distinct(rows: np.ndarray) -> int:
    """How many rows differ, by numbers made of their bits."""
    odd = 2 * np.arange(rows.shape[1], dtype=np.uint64) + 0x9E3779B97F4A7C15
    mixed = np.bitwise_xor.reduce((rows.view(np.uint64) >> 11) * odd, axis=1)
    return np.count_nonzero(np.diff(np.sort(mixed))) + min(mixed.size, 1)


def _tried(function: Callable, *arguments: Any) -> Any:
    """A value at numbers; None where these leave the range of doubles."""
    try:
        return function(*arguments)
    except (ArithmeticError, ValueError):
        return None


def _better(found: Any, beside: Any, atom: Any) -> tuple[Any, Any]:
    """F and 1 - F from angles, or from the axis beside the point where less cancels.

    On the axis 1 - F is nothing to the right of all, and all but the atom to the left.
    """
    below, above, size_below, size_above = found
    limit, rest, size, size_rest = beside
    error = _SURE * (1 + size)
    right, left = np.abs(limit) < error, np.abs(1 - limit - atom) < error
    from_below = np.where(left, atom, 1 - limit) - rest
    from_above = np.where(right, 0.0, limit) + rest
    return (
        np.where(size_rest + np.where(left, 0.0, size) < size_below, from_below, below),
        np.where(size_rest + np.where(right, 0.0, size) < size_above, from_above, above),
    )


def _expansion(order: int, terms: Sequence[tuple]) -> list[Any]:
    """Coefficients in u = 1/y of 1 + Σ coefficient/(y - pole)^k, without cancellation."""
    return [1.0] + [
        sum(c * comb(n - 1, k - 1) * pole ** (n - k) for pole, k, c in terms if n >= k)
        for n in range(1, order + 1)
    ]
