"""The benchmarks compare like with like, and measure what they say."""

import shutil
from time import process_time

import numpy as np
import pytest

from derive.laws import LAWS
from nlrmt import random_features
from tests.benchmarks import alternatives, compiled, timing

LAW = LAWS["random_features"]
PARAMETERS = {"phi": 0.5, "psi": 0.75, "eta": 1.5, "zeta": 0.6}
POINTS = {"density": np.linspace(0.2, 5, 50), "train_error": np.geomspace(1e-6, 1e3, 50)}
SOLVERS = {
    "np.roots": alternatives.roots_one_by_one,
    "eigenvalues": alternatives.eigenvalues,
    "closed form": alternatives.closed_form(4),
}


def assert_equal_to_module(functions):
    for name, points in POINTS.items():
        expected = getattr(random_features, name)(points, **PARAMETERS)
        found = functions[name](points, **PARAMETERS)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_other_ways_give_the_same_values(solver):
    assert_equal_to_module(alternatives.functions(LAW, solver))


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@pytest.mark.parametrize("flags", [(), ("-ffast-math",)], ids=["exact", "fast"])
def test_compiled_ways_give_the_same_values(flags, tmp_path):
    assert_equal_to_module(compiled.functions(LAW, tmp_path, *flags))


def test_time_is_per_point_and_of_a_part_where_all_would_take_long(monkeypatch):
    monkeypatch.setattr(timing, "PATIENCE", 0.02)
    monkeypatch.setattr(timing, "SECONDS", 0.01)
    sizes = []

    def function(points, scale):
        assert np.shape(scale) == np.shape(points)
        sizes.append(np.size(points))
        end = process_time() + 1e-5 * np.size(points)
        while process_time() < end:
            pass

    time = timing.per_point(function, np.arange(10_000), scale=np.ones(10_000))
    assert time.points == sizes[-1] <= 2000
    assert time.nanoseconds >= 1e4


def test_working_memory_leaves_the_result_out():
    measured = timing.working_memory(
        lambda points: np.sqrt(points) + np.cos(points), np.ones(10**6)
    )
    assert measured == pytest.approx(8e6, rel=0.01)
