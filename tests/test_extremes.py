"""Arguments at the ends of what can be written: an answer, or one error that names them, soon."""

import time

import mpmath
import pytest
from flint import fmpq

from derive.laws import LAWS
from derive.observables.moments import moments, moments_at
from derive.rational import exact, value_at
from derive.reference import evaluate

PARAMETERS = {"phi": "1/2", "psi": "3/4", "eta": 1, "zeta": "1/2"}
NETWORK = {"ratios": ["1/2", "1/2"], "b2": "1/3", "base_ratio": 1}


@pytest.fixture(autouse=True)
def soon_and_to_many_digits():
    start = time.process_time()
    with mpmath.workdps(40):
        yield
    assert time.process_time() - start < 8


def value(observable, *points, law="random_features", **changed):
    return evaluate(law, observable, *points, dps=20, **{**PARAMETERS, **changed})


def close(number, expected, digits=18):
    return abs(number - expected) <= abs(expected) * mpmath.mpf(10) ** -digits


@pytest.mark.parametrize("size", ["1e300", "1e5000"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_transforms_far_out_are_those_of_a_point_mass(size, sign):
    x = mpmath.mpf(sign + size)
    assert close(value("cauchy_transform", sign + size), 1 / x)
    assert close(value("cauchy_transform", f"{sign}{size}+{size}j"), 1 / (x + 1j * abs(x)))
    assert close(value("cauchy_transform", f"{sign}{size}+1j").real, 1 / x)
    assert value("density", sign + size) == 0
    assert value("cdf", sign + size) == (0 if sign else 1)


@pytest.mark.parametrize("size", ["1e300", "1e5000"])
def test_ridges_far_out_and_close_to_zero(size):
    assert close(value("train_error", size), 1)
    assert close(value("log_potential", size), mpmath.log(mpmath.mpf(size)))
    assert close(value("train_error", size.replace("e", "e-")), mpmath.mpf(1) / 3)


@pytest.mark.parametrize("phi", ["1e-300", "1e-5000"])
def test_support_of_very_many_samples(phi):
    """M is then its mean, of law η - ζ + ζ·(Marchenko-Pastur of ratio 1/ψ)."""
    half, (low, high) = value("support", phi=phi)
    assert half == (0.5, 0.5)
    for end, sign in ((low, -1), (high, 1)):
        assert close(end, (1 + (1 + sign * mpmath.sqrt(mpmath.mpf(4) / 3)) ** 2) / 2, 14)


def test_parameters_of_any_size():
    assert value("density", 1, eta="1e5000") == 0
    assert close(value("cauchy_transform", "1e5000+1j", phi="1e-300").real, mpmath.mpf("1e-5000"))
    low, high = value("support", phi="1e300")[0]
    assert low < mpmath.mpf("1e300") / 0.75 < high or low == high


@pytest.mark.parametrize(
    "numbers", [(1, 2, 3, 1), (1, 1, 1, 1), (1, 1, 1, 0), (2, 1, 1, 0), (fmpq(1, 2), 3, 5, 2)]
)
def test_moments_at_numbers_are_the_values_of_their_expressions(numbers):
    law = LAWS["random_features"]
    values = dict(zip(law.symbols, map(fmpq, numbers), strict=True))
    assert moments_at(law, 14, values) == [value_at(m, values) for m in moments(law, 14)]


def test_moments_of_high_order():
    start = time.process_time()
    assert len(value("moments", 50)) == 51
    assert len(moments(LAWS["random_features"], 20)) == 21
    assert time.process_time() - start < 2


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "1e" + "9" * 5000, "1" * 5000])
def test_numbers_that_are_too_long_are_refused_by_name(text):
    with pytest.raises(ValueError, match=r"^phi = .* (exponent|digits)"):
        exact(text, "phi")
    with pytest.raises(ValueError, match=r"^z .*(exponent|digits)"):
        value("cauchy_transform", f"1+{text}j")


def test_binary_exponents_that_are_too_long_are_refused_by_name():
    with pytest.raises(ValueError, match="phi has an exponent"):
        exact(mpmath.mpf("1e999999999"), "phi")


def test_layered_laws_far_out():
    found = evaluate("conjugate_kernel", "cauchy_transform", "1e300+1j", dps=20, **NETWORK)
    assert close(found.real, mpmath.mpf("1e-300"))
    with pytest.raises(ValueError, match="z lies outside"):
        evaluate("conjugate_kernel", "cauchy_transform", "1e5000", dps=20, **NETWORK)
    with pytest.raises(ValueError, match="ratios lies outside"):
        evaluate("conjugate_kernel", "density", 1, **{**NETWORK, "ratios": ["1e-5000", "1"]})


def test_very_deep_networks():
    deep = {**NETWORK, "ratios": ["1/2"] * 200}
    assert evaluate("conjugate_kernel", "atom", **deep) == 0
    assert evaluate("conjugate_kernel", "moments", 2, **deep)[:2] == [1, 1]
    for observable, *points in (("density", 1), ("support",)):
        with pytest.raises(ValueError, match="has 201 unknowns"):
            evaluate("conjugate_kernel", observable, *points, **deep)
    varied = {**NETWORK, "ratios": [f"{k}/{k + 7}" for k in range(1, 41)]}
    with pytest.raises(ValueError, match="has 41 unknowns"):
        evaluate("conjugate_kernel", "support", **varied)
