"""Eigenvalues of random matrices: of laws' own compositions, and of networks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.laws.law import Law

if TYPE_CHECKING:
    from nlrmt import Network


def eigenvalues(
    source: Law | Network,
    *,
    draws: int = 1,
    seed: int = 0,
    workers: int | None = None,
    done: Callable[[], Any] = lambda: None,
    **arguments: Any,
) -> np.ndarray:
    """Eigenvalues of independent random matrices, on several cores.

    Parameters
    ----------
    source : Law or nlrmt.Network
    draws : int
        Number of matrices.
    seed : int
        The same seed gives the same matrices, whatever the number of workers.
    workers : int, optional
        Threads; as many as cores by default. Each holds one matrix in memory.
    done : callable
        Called after every draw.
    **arguments
        Of a law: the size n, and its parameters. Of a network: `matrix`, see `Network.spectrum`.

    Returns
    -------
    (draws, n) array
        In increasing order along the last axis.

    Raises
    ------
    ValueError
        If draws is no positive integer, or as `Law.sample` and `Network.simulate` say.
    """
    if not isinstance(draws, int) or isinstance(draws, bool) or draws < 1:
        raise ValueError(f"draws = {draws!r} is outside its domain: a positive integer")

    def drawn(stream: np.random.SeedSequence) -> np.ndarray:
        rng = np.random.default_rng(stream)
        if isinstance(source, Law):
            values = np.linalg.eigvalsh(source.sample(rng=rng, **arguments))
        else:
            values = source.simulate(rng).eigenvalues(**arguments)
        done()
        return values

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(drawn, s) for s in np.random.SeedSequence(seed).spawn(draws)]
        try:
            return np.array([future.result() for future in futures])
        except BaseException:
            for future in futures:
                future.cancel()
            raise
