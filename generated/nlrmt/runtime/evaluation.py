"""Observables of a law with arrays for parameters: checked by name, a tree for each combination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .parameters import Domain, read, real
from .spectra import Spectrum

_TREES = 256  # that are kept, with what was found about them


class Law:
    """A law in numbers: the domains of its parameters, and its spectrum at values of them."""

    def __init__(self, domains: Sequence[Domain], spectrum: Callable[..., Spectrum]):
        self.domains = domains
        self.tree = lru_cache(maxsize=_TREES)(lambda **values: spectrum(**values).tree)

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
