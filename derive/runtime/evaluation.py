"""Observables of a law with arrays for parameters: checked by name, a tree for each combination."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .potential import Node

_TREES = 256  # that are kept, with what was found about them


class Domain(NamedTuple):
    """Domain of a parameter: in words, and as a function of its value and those before it."""

    name: str
    text: str
    contains: Callable[..., Any]


class Law:
    """A law in numbers: the domains of its parameters, and its tree at values of them."""

    def __init__(self, domains: Sequence[Domain], tree: Callable[..., Node]):
        self.domains, self.tree = domains, lru_cache(maxsize=_TREES)(tree)

    def read(self, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Parameters as arrays of doubles.

        Raises
        ------
        ValueError
            For a value that is no real number or outside its domain.
        """
        values: dict[str, np.ndarray] = {}
        for domain in self.domains:
            value = given[domain.name]
            values[domain.name] = array = _real(value, domain)
            good = np.isfinite(array) & domain.contains(**values)
            if not np.all(good):
                shown = np.broadcast_to(array, np.shape(good))[~good].flat[0]
                raise ValueError(
                    f"{domain.name} = {shown} is outside its domain: {domain.text}, finite"
                )
        return values

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
        if not any(v.ndim for v in values.values()):
            numbers = {name: float(v) for name, v in values.items()}
            return function(self.tree(**numbers), point, *(m(**numbers) for m in more))
        names = list(values)
        arrays = np.broadcast_arrays(np.asarray(point), *values.values())
        points, rows = arrays[0].ravel(), np.stack([a.ravel() for a in arrays[1:]], axis=-1)
        combinations, places = np.unique(rows, axis=0, return_inverse=True)
        results: Any = None
        for k, row in enumerate(combinations):
            chosen = places.ravel() == k
            numbers = dict(zip(names, row.tolist(), strict=True))
            found = function(self.tree(**numbers), points[chosen], *(m(**numbers) for m in more))
            if results is None:
                results = np.empty(points.shape, np.asarray(found).dtype)
            results[chosen] = found
        if results is None:
            results = np.empty(points.shape)
        return results.reshape(arrays[0].shape)

    def constant(self, function: Callable, given: Mapping[str, Any], *arguments: Any) -> Any:
        """An observable of the law alone.

        Raises
        ------
        ValueError
            For a parameter that is not one number.
        """
        values = self.read(given)
        for name, value in values.items():
            if value.ndim:
                raise ValueError(f"{name} = {given[name]!r} is outside its domain: one number")
        return function(self.tree(**{name: float(v) for name, v in values.items()}), *arguments)


def _real(value: Any, domain: Domain) -> np.ndarray:
    """An array of doubles."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "buifO" and not np.ma.isMaskedArray(value):
            return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(
        f"{domain.name} = {value!r} is outside its domain: {domain.text}, real numbers"
    )
