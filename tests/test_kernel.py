"""Straight-line kernels: text on arrays and on floats, buffers, tables, memory."""

import math
import tracemalloc

import numpy as np
import pytest
from sympy import Abs, Max, Symbol, atan2, exp, log, sqrt, symbols

from derive.codegen.divisor import SpecialPoints
from derive.codegen.kernel import Kernel, copysign, log1p
from derive.codegen.kernels import Kernels
from derive.codegen.radicals import complex_pair, real_roots
from derive.laws import LAWS
from nlrmt import random_features

EPS = np.finfo(float).eps
PARAMETERS = {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5}
TWO_INTERVALS = {"phi": 0.125, "psi": 0.25, "eta": 1.0, "zeta": 0.9}


def run(kernel: Kernel, *arguments):
    """Results on floats, and on arrays of two elements with NaN in every buffer."""
    names = [s.name for s in kernel.points + kernel.constants]
    scope = {**vars(math), "np": np, **dict(zip(names, arguments, strict=True))}
    exec("\n".join(kernel.formulas()), scope)
    floats = [scope[s.name] for s in kernel.outputs]
    outputs = {f"out_{s}": np.full(2, np.nan) for s in kernel.outputs}
    buffers = {name: np.full(2, np.nan) for name in kernel.buffer_names}
    varying = {s.name for s in kernel.points}
    inputs = {
        name: np.full(2, value) if name in varying else value
        for name, value in zip(names, arguments, strict=True)
    }
    exec("\n".join(kernel.calls()), {"np": np, "pi": math.pi, **inputs, **outputs, **buffers})
    return floats, [outputs[f"out_{s}"] for s in kernel.outputs]


def test_text_on_arrays_and_on_floats_agree():
    a, b, c = symbols("a b c")
    total, ratio = Symbol("total"), Symbol("ratio")
    kernel = Kernel(
        "example",
        "Every function.",
        (a, b),
        (c,),
        (
            (total, a**3 - 2 * b / 3 + sqrt(c) * exp(-a) - copysign(log1p(a), -b)),
            (ratio, atan2(total, b) / (1 + Abs(total)) - log(a * c) * Max(a, b) ** 2 - 1 / c),
        ),
        (total, ratio),
    )
    floats, arrays = run(kernel, 0.7, 1.9, 2.3)
    total = 0.7**3 - 2 * 1.9 / 3 + math.sqrt(2.3) * math.exp(-0.7) + math.log1p(0.7)
    ratio = math.atan2(total, 1.9) / (1 + abs(total)) - math.log(0.7 * 2.3) * 1.9**2 - 1 / 2.3
    assert floats == pytest.approx([total, ratio], rel=1e-14)
    np.testing.assert_allclose(arrays, np.array([floats, floats]).T, rtol=1e-14)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_buffers_are_handed_on_only_after_their_last_reader(law):
    kernels = Kernels(SpecialPoints(law))
    for kernel in (kernels.special_points, kernels.pair, kernels.axis_step, kernels.ridge_step):
        arguments = np.random.default_rng(0).uniform(
            0.1, 0.9, len(kernel.points + kernel.constants)
        )
        floats, arrays = run(kernel, *map(float, arguments))
        np.testing.assert_allclose(arrays, np.array([floats, floats]).T, rtol=1e-11)
        assert len(kernel.buffer_names) < kernel.count / 2 + 2


@pytest.mark.parametrize("pair", [(0.3, 1.1), (-2.0, 0.4)])
@pytest.mark.parametrize("others", [(), (1.7,), (-0.5, 4.0)])
def test_radicals_find_the_complex_pair_and_real_roots(pair, others):
    def polynomial(roots):
        return [float(c) for c in np.poly(roots).real[1:]]

    p, q = pair
    names = [Symbol(f"c{k}") for k in range(2 + len(others))]
    center, discriminant = Symbol("center"), Symbol("discriminant")
    steps = tuple(complex_pair(names, center, discriminant))
    kernel = Kernel("pair", "", tuple(names), (), steps, (center, discriminant))
    floats, _ = run(kernel, *polynomial([p + 1j * q, p - 1j * q, *others]))
    assert floats == pytest.approx([p, -(q**2)], rel=1e-12)
    roots = [Symbol(f"root{k}") for k in range(len(names))]
    kernel = Kernel("roots", "", tuple(names), (), tuple(real_roots(names, roots)), tuple(roots))
    floats, _ = run(kernel, *polynomial([p, q, *others]))
    assert sorted(floats) == pytest.approx(sorted([p, q, *others]), rel=1e-12)


@pytest.mark.parametrize("parameters", [PARAMETERS, TWO_INTERVALS])
@pytest.mark.parametrize("name", ["density", "cdf", "survival_function"])
def test_many_points_agree_with_few(name, parameters):
    intervals = random_features.support(**parameters)
    distance = np.geomspace(1e-12, 0.5, 20_000)
    x = [a + (b - a) * distance for a, b in intervals]
    x += [b - (b - a) * distance for a, b in intervals]
    x = np.concatenate([*x, np.linspace(-1, 20, 90_000), [np.nan, np.inf, -np.inf, 0.0]])
    function = getattr(random_features, name)
    many = function(x, **parameters)
    few = np.concatenate([function(part, **parameters) for part in np.array_split(x, 40)])
    finite = np.isfinite(x)
    np.testing.assert_array_equal(many[~finite], few[~finite])
    x, many, few = x[finite], many[finite], few[finite]
    edges = np.abs(x[:, None] - intervals.ravel()).min(axis=1)
    condition = 1 + np.abs(x) / np.maximum(edges, 1e-300)
    np.testing.assert_array_less(np.abs(many - few), 64 * EPS * condition * few + 1e-300)


@pytest.mark.parametrize("name", ["train_error", "log_potential"])
def test_many_ridges_agree_with_few(name):
    gamma = np.concatenate([[0.0], np.geomspace(1e-8, 1e4, 200_000), [np.inf, np.nan]])
    function = getattr(random_features, name)
    few = [function(part, **PARAMETERS) for part in np.array_split(gamma, 40)]
    np.testing.assert_allclose(
        function(gamma, **PARAMETERS), np.concatenate(few), rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("parameters", [PARAMETERS, TWO_INTERVALS])
def test_many_quantiles_invert_the_distribution_function(parameters):
    q = np.concatenate([np.linspace(0, 1, 300_001), [np.nan]])
    x = random_features.quantile(q, **parameters)
    np.testing.assert_allclose(x[::3000], random_features.quantile(q[::3000], **parameters), 1e-13)
    np.testing.assert_allclose(random_features.cdf(x, **parameters), q, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("density", 0.01, 4),
        ("cdf", 0.01, 4),
        ("quantile", 0, 1),
        ("train_error", 1e-6, 10),
        ("cauchy_transform", 0.01 + 0.1j, 4 + 0.1j),
    ],
)
def test_working_memory_does_not_grow_with_the_number_of_points(name, low, high):
    points = np.linspace(low, high, 500_000)
    tracemalloc.start()
    try:
        result = getattr(random_features, name)(points, **PARAMETERS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - result.nbytes < 4 * 2**20
