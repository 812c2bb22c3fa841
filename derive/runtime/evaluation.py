"""Observables of a law with arrays for parameters: checked by name, a tree for each combination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from . import observables
from .parameters import Domain, read, real
from .spectra import Spectrum

_TREES = 256  # that are kept, with what was found about them


def _of_points(function: Callable) -> Callable:
    """An observable of a law."""

    def method(self: Law, point: Any, given: Mapping[str, Any]) -> Any:
        return self(function, point, given)

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
        self.domains, self.ratio, self.position = domains, ratio, atom_position
        self.tree = lru_cache(maxsize=_TREES)(lambda **values: spectrum(**values).tree)

    density = _of_points(observables.density)
    cdf = _of_points(observables.cdf)
    survival_function = _of_points(observables.survival_function)
    quantile = _of_points(observables.quantile)
    cauchy_transform = _of_points(observables.cauchy_transform)
    cauchy_transform_prime = _of_points(observables.cauchy_transform_prime)
    log_potential = _of_points(observables.log_potential)

    def train_error(self, gamma: Any, given: Mapping[str, Any]) -> Any:
        """See `observables.train_error`."""
        return self(observables.train_error, gamma, given, self.ratio)

    def support(self, given: Mapping[str, Any]) -> np.ndarray:
        """See `observables.support`."""
        return self.constant(observables.support, given)

    def moments(self, order: int, given: Mapping[str, Any]) -> np.ndarray:
        """See `observables.moments`."""
        return self.constant(observables.moments, given, order)

    def atom(self, given: Mapping[str, Any]) -> float:
        """Mass of the atom."""
        return self.constant(observables.atom, given, self.atom_position(given))

    def atom_position(self, given: Mapping[str, Any]) -> float:
        """Where the atom is."""
        return float(self.position(**self.single(given))) if self.position else 0.0

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as doubles or arrays of doubles, sequences as tuples of them.

        Raises
        ------
        ValueError
            For a value that is no real number or outside its domain.
        """
        return read(self.domains, given, real)

    def __call__(self, function: Callable, point: Any, given: Mapping[str, Any], *more: Any) -> Any:
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
        """
        values = self.read(given)
        arrays = list(_arrays(values))
        if not arrays:
            return self._applied(function, values, point, *(m(**values) for m in more))
        first, *rest = np.broadcast_arrays(np.asarray(point), *arrays)
        points, rows = first.ravel(), np.stack([a.ravel() for a in rest], axis=-1)
        combinations, places = np.unique(rows, axis=0, return_inverse=True)
        results: Any = None
        for k, row in enumerate(combinations.tolist()):
            chosen = places.ravel() == k
            numbers = _chosen(values, iter(row))
            extra = (m(**numbers) for m in more)
            found = self._applied(function, numbers, points[chosen], *extra)
            if results is None:
                results = np.empty(points.shape, np.asarray(found).dtype)
            results[chosen] = found
        return np.empty(first.shape) if results is None else results.reshape(first.shape)

    def constant(self, function: Callable, given: Mapping[str, Any], *arguments: Any) -> Any:
        """An observable of the law alone; raises as `single` does."""
        return self._applied(function, self.single(given), *arguments)

    def _applied(self, function: Callable, values: Mapping[str, Any], *arguments: Any) -> Any:
        try:
            return function(self.tree(**values), *arguments)
        except RecursionError:
            longest = max((len(v) for v in values.values() if isinstance(v, tuple)), default=0)
            raise ValueError(
                f"a law of so many operations is not computed: sequences have length {longest}"
            ) from None

    def single(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one law.

        Raises
        ------
        ValueError
            Also for a parameter that is an array.
        """
        values = self.read(given)
        for name, value in values.items():
            if list(_arrays({name: value})):
                raise ValueError(f"{name} = {given[name]!r} is outside its domain: one number")
        return values


def _arrays(values: Mapping[str, Any]) -> Iterator[np.ndarray]:
    """All that are no single numbers, in order."""
    for value in values.values():
        parts = value if isinstance(value, tuple) else (value,)
        yield from (part for part in parts if isinstance(part, np.ndarray))


def _chosen(values: Mapping[str, Any], row: Iterator[float]) -> dict[str, Any]:
    """The parameters with numbers in the places of their arrays."""

    def number(part: Any) -> Any:
        return next(row) if isinstance(part, np.ndarray) else part

    return {
        name: tuple(map(number, value)) if isinstance(value, tuple) else number(value)
        for name, value in values.items()
    }
