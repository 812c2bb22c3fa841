"""Every scale and size: values that doubles get wrong easily, with what is true."""

import numpy as np
import pytest

from derive.reference import evaluate
from nlrmt import marchenko_pastur, product_wishart, random_features


def test_parameters_that_are_arrays_beside_numbers():
    found = random_features.density(1.0, phi=0.5, psi=0.75, eta=np.array([1.0, 2.0]), zeta=0.5)
    for eta, value in zip((1.0, 2.0), found, strict=True):
        one = random_features.density(1.0, phi=0.5, psi=0.75, eta=eta, zeta=0.5)
        assert value == pytest.approx(one, rel=1e-14)


@pytest.mark.parametrize("power", [-990, -200, 200, 990])
def test_a_law_times_a_power_of_two_is_the_same_law(power):
    scale, plain = 2.0**power, {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5}
    moved = {**plain, "eta": scale, "zeta": 0.5 * scale}
    x = np.array([0.1, 1.0, 4.0])
    pairs = [
        (random_features.density(x * scale, **moved) * scale, random_features.density(x, **plain)),
        (random_features.cdf(x * scale, **moved), random_features.cdf(x, **plain)),
        (random_features.quantile(0.3, **moved) / scale, random_features.quantile(0.3, **plain)),
        (random_features.support(**moved) / scale, random_features.support(**plain)),
        (random_features.train_error(scale, **moved), random_features.train_error(1.0, **plain)),
        (
            random_features.log_potential(scale, **moved) - power * np.log(2),
            random_features.log_potential(1.0, **plain),
        ),
        (
            random_features.cauchy_transform(scale * (1 + 1j), **moved) * scale,
            random_features.cauchy_transform(1 + 1j, **plain),
        ),
        (random_features.moments(1, **moved)[1] / scale, random_features.moments(1, **plain)[1]),
    ]
    for got, expected in pairs:
        np.testing.assert_allclose(got, expected, rtol=1e-12)


# Values from balls; tolerances are 32 eps (1 + condition number).
FOUND = [
    (
        random_features.cdf,
        4.072580311687095e-67,
        {
            "phi": 0.00014424029346359052,
            "psi": 25.147220904143943,
            "eta": 3.853112304774018e-67,
            "zeta": 2.6147342746231045e-67,
        },
        0.649577427538306,
        1e-12,
    ),
    (
        random_features.density,
        27.89875325099846,
        {
            "phi": 0.0073864173848440596,
            "psi": 280.9522134394317,
            "eta": 28.187067257603015,
            "zeta": 1.5456016870994273e-07,
        },
        1.0535118445038066e-05,
        0.015,
    ),
    (
        marchenko_pastur.cauchy_transform,
        442.06634064612405 + 4.4e-73j,
        {"ratio": 0.0016588363753406775, "variance": 480.40182693850994},
        -0.053278522851088174 - 3.112186745067535e-09j,
        2e-7,
    ),
    (
        random_features.survival_function,
        2254.449348746454,
        {
            "phi": 1.0,
            "psi": 0.001755324006409752,
            "eta": 1.0000301621780496,
            "zeta": 1.0000301621780496,
        },
        1.0319365890253881e-6,
        3e-12,
    ),
    (
        random_features.survival_function,
        3019.9399131457594,
        {
            "phi": 1.0,
            "psi": 0.0015957609740351352,
            "eta": 8.013989420967423,
            "zeta": 3.5865488057044472,
        },
        0.0012603163627938475,
        5e-14,
    ),
    (
        random_features.train_error,
        1e-309,
        {"phi": 1.0, "psi": 1.5, "eta": 1.0, "zeta": 0.5},
        1 / 3,
        1e-14,
    ),
    (
        product_wishart.quantile,
        4.131049180029692e-18,
        {"phi": 0.007349482823722692, "psi": 7.298119564334025, "eta": 0.004894627331277599},
        0.0019363860667944931,
        1e-13,
    ),
]


@pytest.mark.parametrize(("function", "at", "parameters", "expected", "rtol"), FOUND)
def test_values_that_were_wrong(function, at, parameters, expected, rtol):
    assert abs(function(at, **parameters) - expected) < rtol * abs(expected)
    (value,) = function(np.array([at]), **parameters)
    assert abs(value - expected) < rtol * abs(expected)


LINEAR = {"phi": 0.5, "psi": 0.5, "eta": 1.0, "zeta": 1.0}
CLOSE = [
    (marchenko_pastur, {"ratio": 1.0, "variance": 1.0}),  # density like x^-1/2
    (marchenko_pastur, {"ratio": 1.0, "variance": 1e290}),
    (marchenko_pastur, {"ratio": 2.0, "variance": 1.0}),  # an atom
    (product_wishart, {"phi": 1.0, "psi": 1.0, "eta": 1.0}),  # x^-2/3
    (product_wishart, {"phi": 1.0, "psi": 0.5, "eta": 1.0}),  # an atom and x^-1/2
    (random_features, {"phi": 1.0, "psi": 1.0, "eta": 1.0, "zeta": 1.0}),
    (random_features, {"phi": 1.0, "psi": 1.0, "eta": 1.0, "zeta": 0.5}),
    (random_features, LINEAR),  # an atom and a gap
]


@pytest.mark.parametrize(("module", "given"), CLOSE)
@pytest.mark.parametrize("x", [1e-90, 3e-275, 1e-310, 5e-324])
def test_points_closest_to_zero(module, given, x):
    law = module.__name__.rpartition(".")[2]
    names = ["density", "cdf", "survival_function", "train_error", "log_potential"]
    cases = [(name, x) for name in names]
    for z in (x, -x, complex(0, x), complex(3 * x, -x)):
        cases += [("cauchy_transform", z), ("cauchy_transform_prime", z)]
    for name, at in cases:
        expected = complex(evaluate(law, name, at, dps=20, **given))
        function = getattr(module, name)
        for value in (function(at, **given), *function(np.array([at]), **given)):
            if np.isfinite(expected):
                assert abs(value - expected) <= 2e-14 * abs(expected), (name, at)
            else:  # beyond doubles
                assert not np.isfinite(value)


def test_points_closer_to_zero_than_doubles_of_the_law_s_scale():
    given = {"ratio": np.array([1.0, 2.0]), "variance": np.array([1e290, 1e250])}
    x = np.array([1e-310, 1e-310])
    for name in ("density", "cdf", "log_potential"):
        for value, ratio, variance in zip(
            getattr(marchenko_pastur, name)(x, **given), *given.values(), strict=True
        ):
            parameters = {"ratio": float(ratio), "variance": float(variance)}
            expected = float(evaluate("marchenko_pastur", name, 1e-310, dps=20, **parameters))
            assert value == pytest.approx(expected, rel=1e-13, abs=0)


def test_numbers_beside_laws_of_different_scales():
    variance = np.array([1e290, 1.0])
    for name, at in (("density", 0.5), ("cauchy_transform", 0.5 + 0.5j), ("quantile", 0.5)):
        function = getattr(marchenko_pastur, name)
        for points in (at, np.array([[at], [at / 2], [0]])):
            found = function(points, ratio=1.0, variance=variance)
            single = [function(points, ratio=1.0, variance=v) for v in variance]
            expected = np.concatenate(single, axis=1) if np.ndim(points) else single
            np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_the_lowest_quantiles():
    for q, variance in ((1e-100, 1.0), (1e-155, 1.0), (1e-160, 1e290)):
        expected = (q * np.pi / 2) ** 2 * variance if variance == 1 else 2.46740110027234e-30
        assert marchenko_pastur.quantile(q, ratio=1.0, variance=variance) == pytest.approx(
            expected, rel=1e-12, abs=0
        )


def test_a_gap_above_an_atom():
    # A linear network's G, where terms of the sum of roots cancel.
    x = np.array([1e-3, 1e-10, 3e-20, 1e-40])
    np.testing.assert_array_equal(random_features.density(x, **LINEAR), 0)
    np.testing.assert_array_equal(random_features.cdf(x, **LINEAR), 0.5)
    for at, value in zip(x, random_features.cauchy_transform(x, **LINEAR), strict=True):
        expected = complex(evaluate("random_features", "cauchy_transform", at, dps=20, **LINEAR))
        assert abs(value - expected) <= 1e-14 * abs(expected)


def test_the_derivative_next_to_an_edge():
    edge = float(marchenko_pastur.support(ratio=0.5, variance=1.0)[0, 1])
    for steps in range(-4, 5):
        at = edge * (1 + steps * 2.0**-52)
        point = [at, np.array([at]), complex(at)]
        values = [
            marchenko_pastur.cauchy_transform_prime(p, ratio=0.5, variance=1.0) for p in point
        ]
        np.testing.assert_array_equal([np.ravel(v)[0] for v in values], np.ravel(values[0])[0])
        # It goes like the inverse root of the distance, real outside, imaginary inside.
        value = complex(values[0])
        assert np.isnan(value) or abs(value) > 1e6
        assert not (steps > 1 and not (value.real < -1e6 and value.imag == 0))
        assert not (steps < -1 and not value.imag > 1e6)


def test_a_gap_below_rounding_is_none():
    intervals = random_features.support(
        phi=0.23496018450502362, psi=0.015953862783045496, eta=1.0, zeta=0.22480436982044966
    )
    np.testing.assert_allclose(intervals, [[6.577675774, 45.3347853]], rtol=1e-9)


def test_densities_are_never_negative_zeros():
    x = np.array([-1.0, 0.0, 1e-300, 1e9, np.inf])
    for module, parameters in (
        (random_features, {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5}),
        (marchenko_pastur, {"ratio": 0.5, "variance": 1.0}),
    ):
        values = module.density(x, **parameters)
        assert not values.any() and not np.signbit(values).any()


@pytest.mark.parametrize(
    "x", [np.ma.array([1.0, 2.0], mask=[False, True]), 10**400, [[1.0], [1.0, 2.0]], "1", None]
)
def test_points_that_are_refused_by_name(x):
    with pytest.raises(ValueError, match=r"(?s)x = .* is outside its domain: x real"):
        marchenko_pastur.density(x, ratio=0.5, variance=1.0)
