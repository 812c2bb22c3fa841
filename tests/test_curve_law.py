"""Formulas on numbers and on arrays; many points of one law by tables; memory."""

import math
import tracemalloc

import numpy as np
import pytest

from derive.runtime import formulas
from derive.runtime.programs import Program, atan2, copysign, exp, log, log1p, maximum, sqrt
from nlrmt import marchenko_pastur, product_wishart, random_features

EPS = np.finfo(float).eps
PARAMETERS = {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5}
TWO_INTERVALS = {"phi": 0.125, "psi": 0.25, "eta": 1.0, "zeta": 0.9}


def run(program, points, constants, outputs):
    """Results at arrays of two equal elements, with NaN in every buffer."""
    results, free = np.full((outputs, 2), np.nan), np.full((program.rows, 2), np.nan)
    program.run([np.full(2, p) for p in points], constants, list(results), list(free))
    return results


def test_formulas_on_numbers_and_on_arrays_agree():
    def example(a, b, constants):
        (c,) = constants
        total = a**3 - 2 * b / 3 + sqrt(c) * exp(-a) - copysign(log1p(a), -b)
        return total, atan2(total, b) / (1 + abs(total)) - log(a * c) * maximum(a, b) ** 2 - 1 / c

    total = 0.7**3 - 2 * 1.9 / 3 + math.sqrt(2.3) * math.exp(-0.7) + math.log1p(0.7)
    ratio = math.atan2(total, 1.9) / (1 + abs(total)) - math.log(0.7 * 2.3) * 1.9**2 - 1 / 2.3
    program = Program(example, 2, 1)
    assert program.at_numbers(0.7, 1.9, 2.3) == pytest.approx([total, ratio], rel=1e-14)
    assert example(0.7, 1.9, [2.3]) == pytest.approx([total, ratio], rel=1e-14)
    for constants in ([2.3], [np.full(2, 2.3)]):
        arrays = run(program, (0.7, 1.9), constants, 2)
        np.testing.assert_allclose(arrays, [[total] * 2, [ratio] * 2], rtol=1e-14)


def test_an_output_may_be_an_input_a_number_or_another_output():
    program = Program(lambda a, constants: (a, 3.0, a + 1, a + 1, constants[0]), 1, 1)
    assert program.at_numbers(0.5, 7.0) == (0.5, 3.0, 1.5, 1.5, 7.0)
    np.testing.assert_array_equal(run(program, (0.5,), [7.0], 5)[:, 0], [0.5, 3.0, 1.5, 1.5, 7.0])


@pytest.mark.parametrize("module", [marchenko_pastur, product_wishart, random_features])
def test_buffers_are_handed_on_only_after_their_last_reader(module):
    points = module._LAW.points
    names = (
        "axis_start",
        "axis_step",
        "real_start",
        "ridge_step",
        "real_step",
        "distribution",
        "log_potential",
    )
    for program in (points.special_points, *(getattr(points, name) for name in names)):
        values = np.random.default_rng(0).uniform(0.1, 0.9, program.points + program.constants)
        values = values.tolist()
        numbers = program.at_numbers(*values)
        numbers = numbers if isinstance(numbers, tuple) else (numbers,)
        at, constants = values[: program.points], values[program.points :]
        for given in (constants, [np.full(2, c) for c in constants]):
            arrays = run(program, at, given, len(numbers))
            np.testing.assert_allclose(arrays, np.array([numbers, numbers]).T, rtol=1e-11)


@pytest.mark.parametrize("pair", [(0.3, 1.1), (-2.0, 0.4)])
@pytest.mark.parametrize("others", [(), (1.7,), (-0.5, 4.0)])
def test_radicals_find_the_complex_pair_and_real_roots(pair, others):
    def polynomial(roots):
        return [float(c) for c in np.poly(roots).real[1:]]

    p, q = pair
    found = formulas.pair(polynomial([p + 1j * q, p - 1j * q, *others]))
    assert (found.center, found.square) == pytest.approx((p, q**2), rel=1e-12)
    cofactor = np.prod([p + 1j * q - root for root in others])
    assert found.cofactor[0] + 1j * q * found.cofactor[1] == pytest.approx(cofactor, rel=1e-12)
    assert found.real < 0
    assert formulas.pair(polynomial([p, q, *others])).real > 0
    roots = formulas.real_roots(polynomial([p, q, *others]))
    assert roots == pytest.approx(sorted([p, q, *others]), rel=1e-12)


def test_a_table_of_an_interval_in_which_no_point_lies():
    x = np.linspace(2.0, 3.0, 1 << 16)
    assert not marchenko_pastur.density(x, ratio=1e-4, variance=1.0).any()
    np.testing.assert_array_equal(marchenko_pastur.cdf(x, ratio=1e-4, variance=1.0), 1.0)


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


def random_laws(size):
    rng = np.random.default_rng(2)
    eta = rng.uniform(0.05, 0.95, size)
    ratios = dict(zip(("phi", "psi"), rng.uniform(0.2, 2, (2, size)), strict=True))
    return {**ratios, "eta": eta, "zeta": eta * rng.uniform(0.05, 0.95, size)}


@pytest.mark.parametrize(
    "name", ["density", "cdf", "survival_function", "cauchy_transform", "train_error", "quantile"]
)
def test_many_laws_agree_with_few(name):
    """In blocks all but a few elements take a shorter way."""
    laws = random_laws(6000)
    at = np.random.default_rng(3).uniform(0, 1 if name == "quantile" else 4, 6000)
    if name == "cauchy_transform":
        at = at + 0.1j
    function = getattr(random_features, name)
    many = function(at, **laws)
    few = [function(at[k::60], **{n: v[k::60] for n, v in laws.items()}) for k in range(60)]
    np.testing.assert_allclose(many, np.stack(few, axis=1).ravel(), rtol=1e-11, atol=1e-14)
    shown = function(at[:5000].reshape(50, 100), **{n: v[0] for n, v in laws.items()})
    assert shown.shape == (50, 100)


def test_support_of_many_laws():
    laws = random_laws(3000)
    laws["zeta"][:100] = laws["eta"][:100]
    many = random_features.support(**laws)
    for k in range(0, 3000, 25):
        one = random_features.support(**{name: v[k] for name, v in laws.items()})
        np.testing.assert_allclose(many[k, : len(one)], one, rtol=1e-14)
        assert np.isnan(many[k, len(one) :]).all()


@pytest.mark.parametrize("level", [0.0, 1e-6, 0.5, 0.9999, 1.0])
def test_one_level_of_many_laws(level):
    """All levels are next to an end of the support, or none is."""
    rng = np.random.default_rng(1)
    ratio, variance = rng.uniform(0.3, 0.9, (2, 60))
    x = marchenko_pastur.quantile(level, ratio=ratio, variance=variance)
    each = [
        marchenko_pastur.quantile(level, ratio=r, variance=v)
        for r, v in zip(ratio, variance, strict=True)
    ]
    np.testing.assert_allclose(x, each, rtol=1e-13)
    found = marchenko_pastur.cdf(x, ratio=ratio, variance=variance)
    np.testing.assert_allclose(found, np.full(60, level), rtol=0, atol=1e-14)


@pytest.mark.parametrize("module", [marchenko_pastur, product_wishart, random_features])
def test_no_laws_have_no_values(module):
    domains = [domain.name for domain in module._LAW.domains]
    none = dict.fromkeys(domains, np.empty((2, 0)))
    for name in ("density", "cdf", "quantile", "cauchy_transform", "train_error", "log_potential"):
        assert getattr(module, name)(0.5, **none).shape == (2, 0)
    assert module.atom(**none).shape == (2, 0)
    assert module.moments(3, **none).shape == (2, 0, 4)
    assert module.support(**none).shape == (2, 0, 0, 2)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("density", 0.01, 4),
        ("cdf", 0.01, 4),
        ("quantile", 0, 1),
        ("train_error", 1e-6, 10),
        ("train_error_coefficients", 1e-6, 10),
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
