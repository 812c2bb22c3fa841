"""The surface of the generated modules: shapes, types, domains, errors, limits."""

import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import get_args, get_type_hints

import numpy as np
import pytest
import sympy as sp
from numpy.typing import ArrayLike

from derive.calculus import atoms
from derive.codegen import render_module
from derive.laws import Law, Parameter
from derive.reference import evaluate
from nlrmt import marchenko_pastur, product_wishart, random_features

PARAMETERS = {
    random_features: {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5},
    marchenko_pastur: {"ratio": 0.5, "variance": 2.0},
    product_wishart: {"phi": 0.5, "psi": 0.75, "eta": 1.0},
}
ON_POINTS = {
    "density": 0.5,
    "cdf": 0.5,
    "quantile": 0.5,
    "cauchy_transform": 0.5 + 0.5j,
    "cauchy_transform_prime": 0.5 + 0.5j,
    "train_error": 0.5,
    "log_potential": 0.5,
}
COMPLEX = ("cauchy_transform", "cauchy_transform_prime")


@pytest.fixture(params=PARAMETERS, ids=lambda module: module.__name__.rpartition(".")[2])
def module(request):
    return request.param


@pytest.mark.parametrize("name", ON_POINTS)
def test_scalars_in_scalar_out(module, name):
    value = getattr(module, name)(ON_POINTS[name], **PARAMETERS[module])
    assert np.ndim(value) == 0 and not isinstance(value, np.ndarray)
    assert value.dtype == (np.complex128 if name in COMPLEX else np.float64)


def test_signatures_are_short_and_have_types():
    signature = inspect.signature(marchenko_pastur.density)
    parameters = "x: 'ArrayLike', *, ratio: 'ArrayLike', variance: 'ArrayLike'"
    assert str(signature) == f"({parameters}) -> 'Reals'"
    types = get_type_hints(marchenko_pastur.density)
    assert types["x"] == ArrayLike and np.float64 in get_args(types["return"])


@pytest.mark.parametrize("name", ON_POINTS)
def test_points_and_parameters_broadcast_like_a_ufunc(module, name):
    function, parameters = getattr(module, name), dict(PARAMETERS[module])
    points = ON_POINTS[name] * np.array([0.2, 0.7, 1.0, 1.3])[:, None]
    key = next(iter(parameters))
    parameters[key] = np.array([0.3, 0.6, 1.7])
    values = function(points, **parameters)
    assert values.shape == (4, 3)
    for i, point in enumerate(points[:, 0]):
        for j, parameter in enumerate(parameters[key]):
            single = function(point, **{**parameters, key: parameter})
            np.testing.assert_allclose(values[i, j], single, rtol=1e-12)


@pytest.mark.parametrize("name", ON_POINTS)
def test_empty_input_gives_empty_output(module, name):
    assert getattr(module, name)(np.empty((0, 3)), **PARAMETERS[module]).shape == (0, 3)


@pytest.mark.parametrize("name", ON_POINTS)
def test_nan_points_give_nan_without_touching_the_others(module, name):
    function, parameters = getattr(module, name), PARAMETERS[module]
    values = function(np.array([np.nan, ON_POINTS[name]]), **parameters)
    assert np.isnan(values[0])
    np.testing.assert_allclose(values[1], function(ON_POINTS[name], **parameters), rtol=1e-14)


@pytest.mark.parametrize("name", [*ON_POINTS, "atom", "support"])
@pytest.mark.parametrize(
    "bad", [0.0, -1.0, np.nan, np.inf, 1 + 2j, "1/2", None], ids=lambda bad: repr(bad)
)
def test_a_bad_parameter_is_named_with_its_value_and_domain(module, name, bad):
    parameters = dict(PARAMETERS[module])
    key = next(iter(parameters))
    parameters[key] = bad
    points = [ON_POINTS[name]] if name in ON_POINTS else []
    with pytest.raises(ValueError, match=rf"{key} = .*outside its domain: {key} > 0"):
        getattr(module, name)(*points, **parameters)


@pytest.mark.parametrize("zeta", [-1e-12, 1.0 + 1e-12, np.array([0.5, 2.0])])
def test_zeta_must_lie_between_zero_and_eta(zeta):
    parameters = {**PARAMETERS[random_features], "zeta": zeta}
    with pytest.raises(ValueError, match=r"zeta = .*outside its domain: 0 <= zeta <= eta"):
        random_features.density(1.0, **parameters)


@pytest.mark.parametrize(
    ("name", "point", "message"),
    [
        ("density", 1j, "x = 1j is outside its domain: x real"),
        ("cdf", "a", "x = 'a' is outside its domain: x real"),
        ("quantile", 1.5, r"q = 1\.5 is outside its domain: 0 <= q <= 1"),
        ("train_error", -1e-3, r"gamma = -0\.001 is outside its domain: gamma >= 0"),
        ("log_potential", -1.0, r"gamma = -1\.0 is outside its domain: gamma >= 0"),
        ("moments", -1, "order = -1 is outside its domain: a non-negative integer"),
        ("moments", 2.0, r"order = 2\.0 is outside its domain: a non-negative integer"),
        ("cauchy_transform", "z", "z = 'z' is outside its domain: z complex"),
    ],
)
def test_a_bad_point_is_named_with_its_value_and_domain(module, name, point, message):
    with pytest.raises(ValueError, match=message):
        getattr(module, name)(point, **PARAMETERS[module])


def test_infinity_is_a_limit(module):
    parameters = PARAMETERS[module]
    assert module.density(np.inf, **parameters) == module.density(-np.inf, **parameters) == 0
    assert module.cdf(np.inf, **parameters) == 1
    assert module.cdf(-np.inf, **parameters) == 0
    assert module.cauchy_transform(np.inf, **parameters) == 0
    assert module.train_error(np.inf, **parameters) == pytest.approx(1, rel=1e-15)
    assert module.log_potential(np.inf, **parameters) == np.inf


def test_density_vanishes_off_the_support_and_integrates_to_the_mass_beside_the_atom(module):
    parameters = {**PARAMETERS[module], next(iter(PARAMETERS[module])): 1.6}
    mass = module.atom(**parameters)
    for a, b in module.support(**parameters):
        outside = module.density([-1.0, a * (1 - 1e-9), b * (1 + 1e-9)], **parameters)
        assert not outside.any()
        nodes, weights = np.polynomial.legendre.leggauss(200)
        angle = np.pi * (nodes + 1) / 2
        x, dx = a + (b - a) * (1 - np.cos(angle)) / 2, (b - a) / 2 * np.sin(angle) * np.pi / 2
        density = module.density(x, **parameters)
        assert (density > 0).all()
        mass += np.sum(density * dx * weights)
    assert mass == pytest.approx(1, rel=1e-12)


def test_quantile_inverts_the_distribution_function(module):
    parameters = {**PARAMETERS[module], next(iter(PARAMETERS[module])): 1.6}
    atom, ((_, end),) = module.atom(**parameters), module.support(**parameters)
    q = np.array([1e-9, 1e-3, 0.2, 0.5, 0.9, 1 - 1e-9])
    levels = atom + (1 - atom) * q
    np.testing.assert_allclose(
        module.cdf(module.quantile(levels, **parameters), **parameters), levels
    )
    assert module.quantile(0.5 * atom, **parameters) == 0
    assert module.quantile(1, **parameters) == end


def test_quantile_jumps_over_a_gap():
    parameters = {"phi": 1 / 8, "psi": 1 / 4, "eta": 1, "zeta": 0.9}
    (_, left_end), (right_start, _) = random_features.support(**parameters)
    plateau = random_features.cdf((left_end + right_start) / 2, **parameters)
    assert plateau == pytest.approx(0.75, rel=1e-13)
    below, above = random_features.quantile([0.75 - 1e-9, 0.75 + 1e-9], **parameters)
    assert below < left_end < right_start < above


def test_published_supports_of_theory():
    support = random_features.support(phi=1 / 8, psi=1 / 4, eta=1, zeta=0.9)
    np.testing.assert_allclose(support, [[0.01038, 0.23825], [0.79048, 9.97503]], atol=6e-6)


def test_marchenko_pastur_against_its_textbook_density():
    ratio, variance = 0.3, 1.7
    a, b = variance * (1 - np.sqrt(ratio)) ** 2, variance * (1 + np.sqrt(ratio)) ** 2
    x = np.linspace(a, b, 101)[1:-1]
    textbook = np.sqrt((b - x) * (x - a)) / (2 * np.pi * ratio * variance * x)
    np.testing.assert_allclose(
        marchenko_pastur.density(x, ratio=ratio, variance=variance), textbook, rtol=1e-12
    )
    np.testing.assert_allclose(marchenko_pastur.support(ratio=ratio, variance=variance), [[a, b]])


def test_linear_features_are_a_product_and_noise_is_marchenko_pastur():
    x = np.geomspace(1e-6, 20, 200)
    shared = {"phi": 0.6, "psi": 1.7}
    np.testing.assert_allclose(
        random_features.density(x, **shared, eta=1.3, zeta=1.3),
        product_wishart.density(x, **shared, eta=1.3),
        rtol=1e-10,
    )
    np.testing.assert_allclose(
        random_features.cdf(x, **shared, eta=1.3, zeta=0),
        marchenko_pastur.cdf(x, ratio=0.6 / 1.7, variance=1.3),
        rtol=1e-10,
    )


@pytest.mark.parametrize("zeta", [0.0, 0.5, 1.0])
def test_coefficients_annihilate_the_values(zeta):
    parameters = {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": zeta}
    z = np.array([0.7 + 0.1j, -2.0, 3 + 1j])
    for coefficients, value in (
        (random_features.quartic_coefficients, random_features.cauchy_transform),
        (random_features.cauchy_prime_coefficients, random_features.cauchy_transform_prime),
    ):
        terms = coefficients(z, **parameters) * value(z, **parameters)[:, None] ** np.arange(5)
        assert np.all(np.abs(terms.sum(axis=1)) < 1e-11 * np.abs(terms).sum(axis=1))
    gamma = np.array([1e-2, 1.0])
    coefficients = random_features.train_error_coefficients(gamma, **parameters)
    terms = coefficients * random_features.train_error(gamma, **parameters)[:, None] ** np.arange(5)
    assert np.all(np.abs(terms.sum(axis=1)) < 1e-11 * np.abs(terms).sum(axis=1))


def test_coefficients_are_real_for_real_points():
    parameters = PARAMETERS[random_features]
    assert random_features.quartic_coefficients(1.0, **parameters).dtype == np.float64
    assert random_features.quartic_coefficients(1j, **parameters).shape == (5,)
    assert product_wishart.cubic_coefficients(
        np.ones((2, 1)), **PARAMETERS[product_wishart]
    ).shape == (2, 1, 4)
    assert marchenko_pastur.quadratic_coefficients(1.0, ratio=1, variance=[1, 2]).shape == (2, 3)


def test_moments_against_their_closed_forms():
    phi, psi, eta, zeta = 0.4, np.array([0.7, 2.0]), 1.5, 0.6
    values = random_features.moments(2, phi=phi, psi=psi, eta=eta, zeta=zeta)
    assert values.shape == (2, 3)
    expected = [np.ones(2), np.full(2, eta), eta**2 * (phi + psi) / psi + zeta**2 / psi]
    np.testing.assert_allclose(values, np.stack(expected, axis=-1), rtol=1e-14)


@pytest.mark.parametrize(
    ("phi", "psi", "zeta", "expected"),
    [
        (2.0, 0.5, 1.0, 0.0),
        (0.25, 0.5, 1.0, 0.75),  # eq. (24): [1 - phi]_+ for a linear network with psi < 1
        (0.25, 0.5, 0.5, 0.5),  # [1 - phi/psi]_+ otherwise
        (0.5, 2.0, 1.0, 0.75),
        (0.75, 0.5, 0.5, 0.0),
    ],
)
def test_training_error_without_ridge(phi, psi, zeta, expected):
    value = random_features.train_error(0, phi=phi, psi=psi, eta=1, zeta=zeta)
    assert value == pytest.approx(expected, rel=1e-14, abs=0)


def test_training_error_keeps_its_digits_where_it_vanishes():
    parameters = {"phi": 0.75, "psi": 0.5, "eta": 1.0, "zeta": 0.5}
    gamma = np.array([1e-8, 1e-80, 1e-150])
    ratio = random_features.train_error(gamma, **parameters) / gamma**2
    np.testing.assert_allclose(ratio, ratio[-1], rtol=1e-6)
    assert ratio[-1] > 0


def test_transforms_are_conjugate_across_the_axis_and_the_axis_is_its_upper_side(module):
    parameters = PARAMETERS[module]
    z = np.array([0.5 + 0.1j, 3 + 1e-9j, -1 + 1j])
    for function in (module.cauchy_transform, module.cauchy_transform_prime):
        np.testing.assert_array_equal(
            function(z.conj(), **parameters), function(z, **parameters).conj()
        )
        np.testing.assert_allclose(
            function(0.5, **parameters), function(0.5 + 1e-13j, **parameters), rtol=1e-11
        )


def test_singular_points_are_nan_by_rule():
    parameters = {"phi": 2.0, "psi": 0.5, "eta": 1.0, "zeta": 0.5}
    assert random_features.atom(**parameters) > 0
    assert np.isnan(random_features.cauchy_transform(0, **parameters))
    assert random_features.log_potential(0, **parameters) == -np.inf
    assert random_features.density(0, phi=1, psi=1, eta=1, zeta=0.5) == np.inf


def test_supports_of_many_laws(module):
    parameters = dict(PARAMETERS[module])
    key = next(iter(parameters))
    values = np.geomspace(0.01, 5, 7)
    many = module.support(**{**parameters, key: values[:, None]})
    assert many.shape[:2] == (7, 1)
    for value, intervals in zip(values.tolist(), many[:, 0], strict=True):
        one = module.support(**{**parameters, key: value})
        np.testing.assert_allclose(intervals[: len(one)], one, rtol=1e-13)
        assert np.isnan(intervals[len(one) :]).all()


def test_importing_a_module_needs_numpy_alone():
    script = (
        "import sys, nlrmt.random_features, nlrmt.marchenko_pastur, nlrmt.product_wishart\n"
        "print(sorted({'sympy', 'mpmath', 'jinja2', 'flint', 'derive'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_copied_file_still_works(module, tmp_path):
    copy = shutil.copy(module.__file__, tmp_path / "copied.py")
    spec = importlib.util.spec_from_file_location("copied", copy)
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    assert copied.density(0.5, **PARAMETERS[module]) == module.density(0.5, **PARAMETERS[module])


@pytest.mark.parametrize("name", ON_POINTS)
def test_calls_in_threads_do_not_disturb_each_other(module, name):
    function, parameters = getattr(module, name), PARAMETERS[module]
    batches = [ON_POINTS[name] * np.linspace(0.01, share, 300) for share in np.linspace(0.5, 1, 12)]
    expected = [function(batch, **parameters) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda batch: function(batch, **parameters), batches))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_quantiles_of_many_laws_agree_with_those_of_one_each():
    rng = np.random.default_rng(7)
    q, phi, psi = rng.random(60), *np.exp(rng.normal(size=(2, 60)))
    zeta = rng.choice([0.0, 0.3, 1.0], 60)
    q[:2] = 0, 1
    together = random_features.quantile(q, phi=phi, psi=psi, eta=1.0, zeta=zeta)
    apart = [
        random_features.quantile(level, phi=p, psi=r, eta=1.0, zeta=z)
        for level, p, r, z in zip(q, phi, psi, zeta, strict=True)
    ]
    np.testing.assert_allclose(together, apart, rtol=1e-12)


@pytest.mark.parametrize("zeta", [0.0, 0.5, 1.2799183907373897])
def test_far_points_see_a_point_mass(zeta):
    parameters = {"phi": 0.02989855825255905, "psi": 0.041648333062918826, "eta": 1.28}
    x = 10.0 ** np.arange(3, 300, 9)
    assert (random_features.cdf(x, zeta=zeta, **parameters) == 1).all()
    assert (random_features.density(x, zeta=zeta, **parameters) == 0).all()
    G = random_features.cauchy_transform(x[3:], zeta=zeta, **parameters)
    np.testing.assert_allclose(G, 1 / x[3:], rtol=1e-12)


def test_conjugate_points_have_conjugate_values_beside_special_ones(module):
    parameters = PARAMETERS[module]
    z = np.array([1 - 1j, 0.5 - 1e-3j, 0, 1e200, 2 + 1j])
    for function in (module.cauchy_transform, module.cauchy_transform_prime):
        together = function(z, **parameters)
        for at, value in zip(z[[0, 1, 4]], together[[0, 1, 4]], strict=True):
            assert value == pytest.approx(function(at, **parameters), rel=1e-13)
            conjugate = function(at.conj(), **parameters).conj()
            assert value == pytest.approx(conjugate, rel=1e-13)


def test_a_curve_with_complex_roots_that_are_not_physical():
    # Above its support the other roots of the quartic are complex, too.
    first, second, ratio = sp.symbols("first second ratio", positive=True)
    spectrum = (
        atoms([1]).sample_covariance(first).sample_covariance(second).sample_covariance(ratio)
    )
    parameters = tuple(Parameter(p, "a ratio") for p in (first, second, ratio))
    law = Law("own", parameters, spectrum, curve=spectrum.curve, ratio=ratio)
    namespace = {}
    exec(render_module(law), namespace)
    rng = np.random.default_rng(4)
    for _ in range(10):
        given = {p.name: float(10 ** rng.uniform(-1, 1)) for p in parameters}
        lower, upper = namespace["support"](**given).ravel()[[0, -1]]
        for x in (1.001 * upper, 1.5 * upper, 30 * upper, 0.999 * upper, (lower + upper) / 2):
            for name in ("density", "cdf"):
                expected = float(evaluate(law, name, x, dps=15, **given))
                assert namespace[name](x, **given) == pytest.approx(expected, rel=1e-10)


def test_docstrings_are_complete(module):
    for name in module.__all__:
        text = getattr(module, name).__doc__
        for title in ("Parameters", "Returns", "Raises", "Notes"):
            assert f"\n{title}\n{'-' * len(title)}\n" in text
        for parameter in inspect.signature(getattr(module, name)).parameters:
            assert re.search(rf"^{parameter} : .*\n    \S", text, re.MULTILINE), name
        assert "Source: " in text
