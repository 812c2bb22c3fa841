"""Observables of a law with arrays for parameters: checked by name, a tree for each combination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from . import observables
from .frozen import Frozen
from .parameters import Domain, argument, natural, read, real
from .potential import Node
from .spectra import Spectrum
from .tables import MANY, Tables

_ROUNDING = 1e-12  # relative, of values of compositions
_NONE = 2.0**-50  # mass of an atom
_TREES = 256  # that are kept, with what was found about them


def _tabulated(function: Callable) -> Callable:
    """A function of a tree and real points, from tables where there are many in the support."""

    def values(tree: Node, x: Any) -> Any:
        points = np.ravel(argument("x", x))
        if points.size < MANY or not np.isfinite(tree.radius):
            return function(tree, x)
        intervals = observables.support(tree)
        breaks = np.unique([*intervals.ravel(), *tree.atoms])
        beyond = np.abs(breaks).max(initial=tree.scale)
        nodes = np.array([breaks[0] - beyond, *breaks, breaks[-1] + beyond])
        middle = (nodes[1:] + nodes[:-1]) / 2
        # Between two places of these a function of the support is constant off the support.
        result = function(tree, middle)[np.searchsorted(breaks, points)]
        rest = np.isin(points, breaks) | ~np.isfinite(points)
        for lower, upper in intervals:
            inside = (points > lower) & (points < upper)
            lanes = np.flatnonzero(inside & (points > 0))
            if lower >= 0 and lanes.size >= MANY:
                some = points[lanes]
                tables = Tables(lambda at: function(tree, at), some, [(lower, upper)], _ROUNDING)
                result[lanes] = tables(some)
            else:
                rest |= inside
        result[rest] = function(tree, points[rest])
        return result.reshape(np.shape(x))

    return values


def _of_points(function: Callable, kind: type = float) -> Callable:
    """An observable of a law."""

    def method(self: Law, point: Any, given: Mapping[str, Any]) -> Any:
        return self(function, point, given, kind=kind)

    return method


class Law:
    """A law in numbers: the domains of its parameters, and its spectrum at values of them.

    Parameters
    ----------
    domains : sequence of Domain
    spectrum : callable
        From the parameters.
    ratio : callable
        Rows over columns of the features, from the parameters.
    atom_position : callable, optional
        Where the atom is that `atom` means, from the parameters; zero by default.
    """

    def __init__(
        self,
        domains: Sequence[Domain],
        spectrum: Callable[..., Spectrum],
        *,
        ratio: Callable[..., Any],
        atom_position: Callable[..., Any] | None = None,
    ):
        self.domains, self.ratio = domains, ratio
        self.position = [atom_position or (lambda **_: 0.0)]
        self.tree = lru_cache(maxsize=_TREES)(lambda **values: spectrum(**values).tree)

    density = _of_points(_tabulated(observables.density))
    cdf = _of_points(_tabulated(observables.cdf))
    survival_function = _of_points(_tabulated(observables.survival_function))
    quantile = _of_points(observables.quantile)
    cauchy_transform = _of_points(observables.cauchy_transform, complex)
    cauchy_transform_prime = _of_points(observables.cauchy_transform_prime, complex)
    log_potential = _of_points(observables.log_potential)

    def train_error(self, gamma: Any, given: Mapping[str, Any]) -> Any:
        """See `observables.train_error`."""
        return self(observables.train_error, gamma, given, self.ratio)

    def support(self, given: Mapping[str, Any]) -> np.ndarray:
        """See `observables.support`; NaN where a law has fewer intervals than others."""
        return self._of_laws(observables.support, given, shape=(0, 2))

    def moments(self, order: int, given: Mapping[str, Any]) -> np.ndarray:
        """See `observables.moments`."""
        shape = (natural("order", order) + 1,)
        return self._of_laws(lambda tree: observables.moments(tree, order), given, shape=shape)

    def atom(self, given: Mapping[str, Any]) -> Any:
        """Mass of the atom."""
        return self._of_laws(observables.atom, given, *self.position)

    def atoms(self, given: Mapping[str, Any]) -> dict[float, float]:
        """Masses of the atoms by position, of one law; those within rounding of none are none."""
        found = self.tree(**self.read(given)).atoms
        return {float(at): float(mass) for at, mass in found.items() if mass > _NONE}

    def atom_position(self, given: Mapping[str, Any]) -> Any:
        """Where the atom is."""
        return self._of_laws(lambda tree, position: float(position), given, *self.position)

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as doubles or arrays of doubles, sequences as tuples of them.

        Raises
        ------
        ValueError
            For a value that is no real number or outside its domain.
        """
        return read(self.domains, given, real)

    def __call__(
        self,
        function: Callable,
        point: Any,
        given: Mapping[str, Any],
        *more: Callable,
        kind: type = float,
    ) -> Any:
        """An observable at points that broadcast against the parameters.

        Parameters
        ----------
        function : callable
            Takes a tree and points.
        point : array-like
        given : mapping
            The parameters.
        more : callable
            Further arguments of the function, from the parameters.
        kind : type
            Of the values.
        """
        values = self.read(given)
        arrays = list(_arrays(values))
        if not arrays:
            return self._applied(function, values, point, *(m(**values) for m in more))
        # Masks are refused where points are read.
        points, *rest = np.broadcast_arrays(np.asanyarray(point), *arrays, subok=True)
        laws, places = _laws(values, rest)
        results: np.ndarray = np.empty(points.shape, kind)
        for k, law in enumerate(laws):
            extra = (m(**law) for m in more)
            results[places == k] = self._applied(function, law, points[places == k], *extra)
        return results

    def _of_laws(
        self,
        function: Callable,
        given: Mapping[str, Any],
        *more: Callable,
        shape: tuple[int, ...] = (),
    ) -> Any:
        """A quantity of each law; NaN where one has fewer values than others.

        Its shape at least is the given one, which no laws have.
        """
        values = self.read(given)
        arrays = list(_arrays(values))
        if not arrays:
            return self._applied(function, values, *(m(**values) for m in more))
        laws, places = _laws(values, np.broadcast_arrays(*arrays))
        found = [self._applied(function, law, *(m(**law) for m in more)) for law in laws]
        shapes = [shape, *map(np.shape, found)]
        results = np.full((len(found), *map(max, zip(*shapes, strict=True))), np.nan)
        for row, part in zip(results, found, strict=True):
            row[tuple(map(slice, np.shape(part)))] = part
        return results[places]

    def _applied(self, function: Callable, values: Mapping[str, Any], *arguments: Any) -> Any:
        try:
            return function(self.tree(**values), *arguments)
        except RecursionError:
            longest = max((len(v) for v in values.values() if isinstance(v, tuple)), default=0)
            raise ValueError(
                f"a law of so many operations is not computed: sequences have length {longest}"
            ) from None


def frozen(spectrum: Spectrum, name: str) -> Frozen:
    """A spectrum, which has numbers for all parameters, as a law."""
    return Frozen(Law((), lambda: spectrum, ratio=lambda: 1.0), {}, name)


def _arrays(values: Mapping[str, Any]) -> Iterator[np.ndarray]:
    """All that are no single numbers, in order."""
    for value in values.values():
        parts = value if isinstance(value, tuple) else (value,)
        yield from (part for part in parts if isinstance(part, np.ndarray))


def _laws(
    values: Mapping[str, Any], arrays: Sequence[np.ndarray]
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The different laws among the parameters, and which is where."""
    rows = np.stack([array.ravel() for array in arrays], axis=-1)
    combinations, places = np.unique(rows, axis=0, return_inverse=True)
    laws = [_chosen(values, iter(row)) for row in combinations.tolist()]
    return laws, places.reshape(arrays[0].shape)


def _chosen(values: Mapping[str, Any], row: Iterator[float]) -> dict[str, Any]:
    """The parameters with numbers in the places of their arrays."""

    def number(part: Any) -> Any:
        return next(row) if isinstance(part, np.ndarray) else part

    return {
        name: tuple(map(number, value)) if isinstance(value, tuple) else number(value)
        for name, value in values.items()
    }
