"""Functions of many elements, block by block, so that working memory stays in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

SIZE = 4096  # elements of a block


class Workspace(NamedTuple):
    """Working memory for a block."""

    rows: np.ndarray  # of floats
    planes: np.ndarray  # of complex numbers


class Blocks(NamedTuple):
    """How much working memory functions need: rows of floats and of complex numbers."""

    rows: int
    planes: int

    def __call__(
        self,
        function: Callable,
        points: Any,
        parameters: Sequence[Any],
        *dtypes: type,
        out: Sequence[np.ndarray] | None = None,
    ) -> Any:
        """Results of function(points, parameters, space, *results) on broadcast arguments.

        Parameters that are floats stay floats. Results go to `out` if it is given.
        """
        points = np.asarray(points)
        arrays = [value for value in parameters if not isinstance(value, float)]
        flags: Any = [["readonly"]] * (1 + len(arrays))
        flags += [["writeonly", "allocate"]] * len(dtypes)
        operands: Any = [points, *arrays, *(out or (None for _ in dtypes))]
        blocks: Any = np.nditer(
            operands,
            flags=["external_loop", "buffered", "zerosize_ok", "delay_bufalloc"],
            op_flags=flags,
            op_dtypes=[points.dtype, *(float for _ in arrays), *dtypes],
            buffersize=SIZE,
        )
        size = min(SIZE, blocks.itersize)
        rows, planes = np.empty((self.rows, size)), np.empty((self.planes, size), complex)
        with blocks, np.errstate(all="ignore"):
            blocks.reset()
            for block in blocks:
                some, *others = block if len(operands) > 1 else (block,)
                values: Any = iter(others)
                here = [v if isinstance(v, float) else next(values) for v in parameters]
                space = Workspace(rows[:, : some.size], planes[:, : some.size])
                function(some, here, space, *values)
            return blocks.operands[1 + len(arrays) :]

    def in_passes(
        self,
        functions: Sequence[Callable],
        points: Any,
        parameters: Sequence[Any],
        *dtypes: type,
    ) -> Any:
        """The same by several functions: elements that are NaN by one are left to the next.

        They are collected, as in every block a few elements would cost as many calls as all.
        """
        first, *others = functions
        shape = np.broadcast_shapes(*map(np.shape, (points, *parameters)))
        if not others or prod(shape) <= SIZE:
            return self(functions[-1], points, parameters, *dtypes)
        results: list[np.ndarray] = [np.empty(shape, dtype) for dtype in dtypes]
        self(first, points, parameters, *dtypes, out=results)
        for rest in _collected(results[0].reshape(-1)):
            place = np.unravel_index(rest, shape)
            some, *own = (
                value if isinstance(value, float) else np.broadcast_to(value, shape)[place]
                for value in (points, *parameters)
            )
            for result, part in zip(
                results, self.in_passes(others, some, own, *dtypes), strict=True
            ):
                result[place] = part
        return results


def _collected(values: np.ndarray) -> Iterator[np.ndarray]:
    """Where values are NaN, in parts of at least some size and bounded."""
    found: list[np.ndarray] = []
    for start in range(0, values.size, 2 * SIZE):
        found.append(start + np.flatnonzero(np.isnan(values[start : start + 2 * SIZE])))
        if sum(map(len, found)) >= 2 * SIZE or start + 2 * SIZE >= values.size:
            yield np.concatenate(found)
            found = []


def are_numbers(parameters: Sequence[Any]) -> bool:
    """Whether all parameters are numbers, none an array."""
    return all(isinstance(value, float) for value in parameters)


def chosen_of(values: Sequence[Any], index: Any) -> list[Any]:
    """Values for the chosen elements of a block."""
    return [v if np.size(v) == 1 else v[index] for v in values]
