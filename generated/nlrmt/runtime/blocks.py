"""Functions of many elements, block by block, so that working memory stays in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def are_numbers(parameters: Sequence[Any]) -> bool:
    """Whether all parameters are numbers, none an array."""
    return all(isinstance(value, float) for value in parameters)


def chosen_of(values: Sequence[Any], index: Any) -> list[Any]:
    """Values for the chosen elements of a block."""
    return [v if np.size(v) == 1 else v[index] for v in values]
