"""Time per point, working memory, import time. Time is that of the processor, in one thread."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import numpy as np

SECONDS = 0.4  # a measurement is the best of as many runs as fit in
PATIENCE = 4.0  # one run takes no longer; fewer points otherwise
_GROWTH = 30

Function = Callable[..., object]


class Time(NamedTuple):
    """Nanoseconds per point, measured on this many points."""

    nanoseconds: float
    points: int


def seconds(call: Callable[[], object]) -> float:
    """Best time of a call."""
    best, end = np.inf, process_time() + SECONDS
    while True:
        start = process_time()
        call()
        best = min(best, process_time() - start)
        if process_time() > end:
            return best


def per_point(function: Function, points: np.ndarray, **parameters: object) -> Time:
    """Time of a function at an array of points, or at a part of it spread evenly.

    A single point is passed as a scalar; parameters may be arrays of the size of the points.
    """
    if points.size == 1:
        return Time(seconds(lambda: function(points.item(), **parameters)) * 1e9, 1)
    size = 100
    while size < points.size:
        call = _call(function, points, parameters, size)
        start = process_time()
        call()
        fitting = int(PATIENCE / (process_time() - start) * size)
        if fitting < min(_GROWTH * size, points.size):
            size = max(size, fitting)
            break
        size *= _GROWTH
    size = min(size, points.size)
    return Time(seconds(_call(function, points, parameters, size)) / size * 1e9, size)


def _call(
    function: Function, points: np.ndarray, parameters: dict, size: int
) -> Callable[[], object]:
    """Call of a function at a part of the points."""
    if size >= points.size:
        return lambda: function(points, **parameters)
    chosen = np.linspace(0, points.size - 1, size).astype(int)
    part = {name: value[chosen] if np.ndim(value) else value for name, value in parameters.items()}
    return lambda points=points[chosen]: function(points, **part)


def working_memory(function: Function, points: np.ndarray, **parameters: object) -> int:
    """Peak of the bytes allocated during a call, those of its result left out."""
    tracemalloc.start()
    result = function(points, **parameters)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    parts = result.values() if isinstance(result, dict) else [result]
    return peak - sum(np.asarray(part).nbytes for part in parts)


def import_milliseconds(module: str, runs: int = 7) -> float:
    """Time to import a module after NumPy, in a new interpreter."""
    script = (
        "import numpy; from time import process_time; start = process_time();"
        f"import {module}; print(process_time() - start)"
    )
    command = [sys.executable, "-c", script]
    return 1e3 * min(float(subprocess.check_output(command)) for _ in range(runs))
