"""Sweeps over chunked grids of parameters are equal to the call with all of them in memory."""

import dask.array as da
import numpy as np
import pytest

from nlrmt import random_features

RATIOS = {"phi": np.geomspace(1e-2, 1e2, 60)[:, None], "psi": np.geomspace(1e-2, 1e2, 50)}


@pytest.mark.parametrize("chunks", [(20, 25), (7, 50), (60, 1)])
@pytest.mark.parametrize(
    ("name", "point"), [("train_error", 1e-3), ("density", 1.0)], ids=["train_error", "density"]
)
def test_chunks_are_equal_to_the_whole(name, point, chunks):
    def values(phi, psi):
        return getattr(random_features, name)(point, phi=phi, psi=psi, eta=1.0, zeta=0.5)

    phi, psi = map(np.ascontiguousarray, np.broadcast_arrays(*RATIOS.values()))
    whole = values(phi, psi)
    assert np.isfinite(whole).all() and np.unique(whole).size > 100
    chunked = [da.from_array(parameter, chunks=chunks) for parameter in (phi, psi)]
    swept = da.map_blocks(values, *chunked, dtype=float)
    assert swept.npartitions > 1
    np.testing.assert_array_equal(swept.compute(scheduler="threads"), whole, strict=True)
