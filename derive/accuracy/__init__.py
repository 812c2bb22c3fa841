"""How accurate the generated modules are: their errors in units of eps·(1 + condition number)."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from types import ModuleType

import numpy as np

from derive import laws
from derive.accuracy.cases import Case, draw
from derive.accuracy.figures import Figure, recorded, summary, total
from derive.accuracy.measurement import Measurement, measure
from derive.laws.law import Law
from derive.observables import Observable
from derive.observables import observables as kinds

__all__ = [
    "Case",
    "Figure",
    "Measurement",
    "draw",
    "kinds",
    "measure",
    "recorded",
    "summary",
    "survey",
    "surveys",
    "total",
]

_MOST_POINTS = 32  # at one set of parameters
_BLOCK = 250  # cases of each function that a process measures at once


def survey(
    law: Law,
    module: ModuleType,
    observables: Sequence[Observable],
    count: int,
    seed: int = 0,
    block: int = 0,
    blocks: int = 1,
) -> Iterator[Measurement]:
    """Measure random and adversarial cases of some functions.

    Parameters
    ----------
    law : Law
    module : module
        The generated one.
    observables : sequence of Observable
    count : int
        Number of cases of each function. One without an argument has one case for each set of
        parameters; a law without a curve, for which a set takes long, has many points at each.
    seed : int
        Non-negative; the same seed draws the same cases.
    block, blocks : int
        Only one of these parts of the cases.
    """
    points = 1 if law.curve else min(max(1, count // _MOST_POINTS), _MOST_POINTS)
    for k in range(block, -(-count // points), blocks):
        rng = np.random.default_rng([seed, k, *law.name.encode()])
        yield from map(measure, draw(law, module, observables, points, rng))


def surveys(
    functions: Mapping[str, Sequence[str]], count: int, seed: int
) -> tuple[Iterator[dict[str, Figure]], int]:
    """Figures of functions of laws, all by name, measured on all cores.

    Returns
    -------
    iterator of dict
        By law and function; parts that add up, as they are measured.
    int
        Number of the parts.
    """
    # An interrupt is the affair of this process, which ends the others.
    pool = ProcessPoolExecutor(initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN))
    blocks = -(-count // _BLOCK)
    running = [
        pool.submit(_block, law, names, count, seed, block, blocks)
        for law, names in functions.items()
        for block in range(blocks)
    ]
    pool.shutdown(wait=False)
    return (block.result() for block in as_completed(running)), len(running)


def _block(name: str, functions: Sequence[str], *arguments: int) -> dict[str, Figure]:
    law, module = laws.EVERY_LAW[name], import_module(f"nlrmt.{name}")
    observables = [kind for kind in kinds(law) if kind.public_name(law) in functions]
    found = summary(survey(law, module, observables, *arguments))
    return {f"{name}.{function}": figure for function, figure in found.items()}
