"""Observables of trees: closed forms, eigenvalues, quadrature, and what has to agree with what."""

from decimal import Decimal

import numpy as np
import pytest

import nlrmt.operations
from derive.operations import (
    AFFINE,
    ATOMS,
    FREE_POWER,
    FREE_PRODUCT,
    FREE_SUM,
    INFORMATION_PLUS_NOISE,
    MIXTURE,
    MOBIUS,
    SAMPLE_COVARIANCE,
    SEMICIRCLE,
    SQUARE,
)
from derive.operations.sampling import sampled
from derive.runtime import observables
from derive.runtime.observables import (
    atom,
    cauchy_transform,
    cauchy_transform_prime,
    cdf,
    density,
    log_potential,
    moments,
    quantile,
    support,
    survival_function,
    train_error,
)
from derive.runtime.potential import node
from nlrmt.runtime.observables import density as copied_density
from nlrmt.runtime.potential import node as copied_node


def known(*values, weights=None):
    return node(ATOMS, (values, weights or (1 / len(values),) * len(values)))


def covariance(ratio, spectrum=None):
    return node(SAMPLE_COVARIANCE, (ratio,), [spectrum or known(1.0)])


SEMI = node(SEMICIRCLE, (1.0,))
MP = covariance(0.5)
TWO = known(-1.0, 1.0)
SHIFTED = node(AFFINE, (1.0, 3.0), [SEMI])
INVERSE = node(MOBIUS, (0.0, 1.0, 1.0, 0.0), [SEMI])
TREES = {
    "semicircle": SEMI,
    "marchenko_pastur": MP,
    "atom at zero": covariance(2.0),
    "mirrored": node(AFFINE, (-2.0, 3.0), [MP]),
    "inverse": node(MOBIUS, (0.0, 1.0, 1.0, 0.0), [MP]),
    "mixture": node(MIXTURE, (0.25,), [SHIFTED, SEMI]),
    "mixed with an atom": node(MIXTURE, (0.5,), [SEMI, known(1.0)]),
    "square": node(SQUARE, (), [SHIFTED, SHIFTED]),
    "noise": node(INFORMATION_PLUS_NOISE, (0.5, 0.25), [known(0.0, 5.0)]),
    "gap": node(FREE_SUM, (), [TWO, node(SEMICIRCLE, (0.05,))]),
    "sum": node(FREE_SUM, (), [known(0.0, 1.0, 3.0), MP]),
    "product": node(FREE_PRODUCT, (), [known(1.0, 2.0), SHIFTED]),
    "power": node(FREE_POWER, (2.5,), [known(-1.0, 0.0, 3.0, weights=(0.5, 0.25, 0.25))]),
}
every = pytest.mark.parametrize("tree", TREES.values(), ids=TREES)


def test_semicircle():
    x = np.linspace(-3, 3, 241)
    inside = np.sqrt(np.maximum(4 - x**2, 0))
    angle = np.arcsin(np.clip(x / 2, -1, 1))
    assert np.allclose(density(SEMI, x), inside / (2 * np.pi), rtol=1e-12, atol=1e-12)
    F = 0.5 + x * inside / (4 * np.pi) + angle / np.pi
    assert np.allclose(cdf(SEMI, x), F, rtol=0, atol=1e-14)
    assert np.allclose(support(SEMI), [[-2, 2]], rtol=1e-14)
    z = np.array([1 + 1j, -0.5 + 0.01j, 3.0, 1 - 1j])
    root = np.sqrt(z - 2) * np.sqrt(z + 2)
    assert np.allclose(cauchy_transform(SEMI, z), (z - root) / 2, rtol=1e-13)
    assert np.allclose(cauchy_transform_prime(SEMI, z), (1 - z / root) / 2, rtol=1e-11)


@pytest.mark.parametrize("c", [0.5, 1.0, 2.0, 5.0])
def test_marchenko_pastur(c):
    tree, (low, high) = covariance(c), ((1 - c**0.5) ** 2, (1 + c**0.5) ** 2)
    x = np.linspace(low, high, 101)[1:-1]
    rho = np.sqrt((x - low) * (high - x)) / (2 * np.pi * c * x)
    assert np.allclose(density(tree, x), rho, rtol=1e-12)
    assert np.allclose(support(tree), [[low, high]], rtol=3e-14, atol=1e-300)
    assert atom(tree) == max(1 - 1 / c, 0) == cdf(tree, 0)
    assert density(tree, 0.0) == (np.inf if c == 1 else 0)
    # E = γ²/w² dw/dz with the companion 1/w of a quadratic equation.
    gamma = 10.0 ** np.arange(-8, 6)
    v = 2 / (gamma - 1 + c + np.sqrt((gamma - 1 + c) ** 2 + 4 * gamma))
    error = gamma**2 * v**2 * (1 + v) ** 2 / ((1 + v) ** 2 - c * v**2)
    assert np.allclose(train_error(tree, gamma, c), error, rtol=1e-7 if c < 1 else 1e-11, atol=0)
    assert train_error(tree, 0.0, c) == pytest.approx(max(1 - c, 0), abs=0)


def test_kesten_mckay():
    # TWO + TWO is the arcsine law, more of them are Kesten and McKay's.
    arcsine = node(FREE_SUM, (), [TWO, TWO])
    x = np.linspace(-1.9, 1.9, 20)
    assert np.allclose(density(arcsine, x), 1 / (np.pi * np.sqrt(4 - x**2)), rtol=1e-12)
    assert np.allclose(support(arcsine), [[-2, 2]], rtol=1e-13)
    d = 3.0
    tree, x = node(FREE_POWER, (d,), [TWO]), np.linspace(-2.8, 2.8, 20)
    rho = d * np.sqrt(4 * (d - 1) - x**2) / (2 * np.pi * (d**2 - x**2))
    assert np.allclose(density(tree, x), rho, rtol=1e-12)


@every
def test_the_import_package_has_the_same_operations(tree):
    def copied(tree):
        operation = getattr(nlrmt.operations, tree.operation.name.upper())
        return copied_node(operation, tree.parameters, [copied(o) for o in tree.operands])

    x = np.linspace(-3, 7, 41)
    np.testing.assert_array_equal(copied_density(copied(tree), x), density(tree, x))


@every
def test_agreement(tree):
    intervals = support(tree)
    for low, high in intervals:
        # In x = mid - half cos θ ends are smooth.
        theta = (np.arange(2000) + 0.5) * np.pi / 2000
        mid, half = (low + high) / 2, (high - low) / 2
        x = mid - half * np.cos(theta)
        inner = sum(p for a, p in tree.atoms.items() if low < a <= high)
        mass = np.sum(density(tree, x) * half * np.sin(theta)) * np.pi / 2000
        assert mass + inner == pytest.approx(cdf(tree, high) - cdf(tree, low), abs=1e-4)
        assert (np.diff(cdf(tree, x)) > 0).all()
        levels = np.clip(cdf(tree, x[::200]), 0, 1)
        back = quantile(tree, levels)
        assert np.allclose(back, x[::200], rtol=1e-6, atol=1e-6)
        assert np.allclose(survival_function(tree, x), 1 - cdf(tree, x), atol=1e-15)
    ends = np.concatenate([intervals.ravel(), list(tree.atoms)])
    assert cdf(tree, ends.min() - 1) == 0 and cdf(tree, ends.max() + 1) == pytest.approx(1)
    assert list(quantile(tree, [0, 1])) == [ends.min(), ends.max()]
    beyond = np.array([1e-3, 1])
    off = np.concatenate([ends.min() - beyond, ends.max() + beyond])
    assert (density(tree, off) == 0).all() and not np.signbit(density(tree, off)).any()


@every
def test_eigenvalues(tree):
    values = np.linalg.eigvalsh(sampled(tree, 600, np.random.default_rng(1)))
    grid = np.linspace(values[0], values[-1], 50) + 1e-6
    counted = np.searchsorted(values, grid, side="right") / values.size
    assert np.abs(cdf(tree, grid) - counted).max() < 0.02


def test_atoms():
    tree = TREES["mixed with an atom"]
    assert density(tree, 1.0) == pytest.approx(3**0.5 / (4 * np.pi), rel=1e-9)
    below, at = cdf(tree, [1 - 1e-12, 1.0])
    assert at - below == pytest.approx(0.5, abs=1e-10)
    assert quantile(tree, [below + 1e-3, below + 0.499]).tolist() == [1, 1]
    assert atom(tree, 1.0) == 0.5 and atom(tree) == 0
    assert log_potential(covariance(2.0), 0) == -np.inf
    assert np.isnan(cauchy_transform(covariance(2.0), 0))


def test_unbounded():
    assert support(INVERSE).ravel().tolist() == pytest.approx([-np.inf, -0.5, 0.5, np.inf])
    assert quantile(INVERSE, [0, 1]).tolist() == [-np.inf, np.inf]
    x = quantile(INVERSE, [1e-6, 0.3, 0.6, 1 - 1e-6])
    assert np.allclose(cdf(INVERSE, x), [1e-6, 0.3, 0.6, 1 - 1e-6], rtol=0, atol=1e-13)
    assert cdf(INVERSE, [-np.inf, np.inf]).tolist() == [0, 1]
    assert support(node(MOBIUS, (0.0, 1.0, 1.0, 0.0), [covariance(1.0)]))[0, 1] == np.inf


def test_narrow_intervals_far_apart():
    positions = 10.0 ** np.arange(-4, 5)
    found = support(covariance(1e-4, known(*positions)))
    assert len(found) == 9 and ((found[:, 0] < positions) & (positions < found[:, 1])).all()


@pytest.mark.parametrize("c", [1e-8, 0.1, 1.0, 1.00000001, 2.0, 1e4])
def test_ends_of_marchenko_pastur_have_all_digits(c):
    low, high = (float((1 + sign * np.sqrt(np.longdouble(c))) ** 2) for sign in (-1, 1))
    np.testing.assert_allclose(
        support(covariance(c)), [[low, high]], rtol=3e-11 if c > 1 else 1e-15
    )


def test_ends_between_many_eigenvalues():
    # Where the density begins and ends, by the density.
    positions = np.geomspace(1e-4, 1e4, 300).tolist()
    inner = node(AFFINE, (0.75, 0.25), [covariance(1e-4, known(*positions))])
    tree = covariance(2.0, node(AFFINE, (0.5, 0.5), [covariance(1.25, inner)]))
    ends = support(tree)
    assert len(ends) == 1 and ends[0, 0] > 0.01
    tree = covariance(1e-3, inner)
    ends = support(tree)
    assert len(ends) > 100
    step = 1e-9 * ends
    assert (density(tree, ends + step * [-1, 1]) == 0).all()
    assert (density(tree, ends + step * [1, -1]) > 0).all()


def test_linear_layers_end_where_fuss_and_catalan_say():
    for depth in (1, 2, 3):
        tree = known(1.0)
        for _ in range(depth):
            tree = covariance(1.0, tree)
        top = (depth + 1) ** (depth + 1) / depth**depth
        np.testing.assert_allclose(support(tree), [[0, top]], rtol=1e-14)


def test_moments():
    assert moments(SEMI, 6).tolist() == [1, 0, 1, 0, 2, 0, 5]
    for order in (-1, 1.5, True):
        with pytest.raises(ValueError, match="order"):
            moments(SEMI, order)


def test_arguments():
    assert isinstance(density(SEMI, 0), float) and isinstance(cauchy_transform(SEMI, 1j), complex)
    assert density(SEMI, np.zeros((2, 0, 3))).shape == (2, 0, 3)
    assert cdf(SEMI, np.array([[True], [False]])).shape == (2, 1)
    assert density(SEMI, np.array([0.5, Decimal("0.5")], object))[0] == density(SEMI, 0.5)
    assert np.isnan(density(SEMI, np.nan)) and np.isnan(quantile(SEMI, np.nan))
    for x in (
        "1",
        [[1], [1, 2]],
        1j,
        None,
        np.ma.masked_array([1.0], [True]),
        np.array(["1"], object),
    ):
        with pytest.raises(ValueError, match=r"(?s)x = .* is outside its domain"):
            density(SEMI, x)
    with pytest.raises(ValueError, match=r"gamma = -1\.0 is outside its domain"):
        log_potential(MP, -1)
    for q in (-0.1, 1.1):
        with pytest.raises(ValueError, match=r"q = .* is outside its domain"):
            quantile(SEMI, q)


@pytest.mark.parametrize("seed", range(8))
def test_random_compositions(seed):
    rng = np.random.default_rng(seed)
    positive = [MP, known(*rng.uniform(0.5, 3, 4)), SHIFTED, covariance(0.7, known(1.0, 4.0))]

    def pick():
        return positive[rng.integers(len(positive))]

    tree = [
        node(FREE_SUM, (), [pick(), pick()]),
        node(FREE_PRODUCT, (), [pick(), covariance(0.3)]),
        covariance(0.6, pick()),
        node(FREE_POWER, (1.7,), [node(FREE_SUM, (), [pick(), SEMI])]),
    ][seed % 4]
    ends = support(tree)
    inside = sum(cdf(tree, ends[:, 1]) - cdf(tree, ends[:, 0]))
    assert inside + sum(tree.atoms.values()) == pytest.approx(1, abs=1e-9)
    q = rng.uniform(0.01, 0.99, 50)
    assert np.allclose(cdf(tree, quantile(tree, q)), q, rtol=0, atol=1e-11)
    assert observables.cdf(tree, np.inf) == 1


@every
@pytest.mark.parametrize("power", [-480, 60])
def test_a_law_at_another_scale_has_the_same_digits(tree, power):
    moved, x = tree.scaled(power), np.linspace(-3, 7, 11)
    at = np.ldexp(x, power)
    for function, degree in ((density, 1), (cdf, 0), (survival_function, 0)):
        expected = np.ldexp(function(tree, x), -degree * power)
        np.testing.assert_array_equal(function(moved, at), expected)
    gamma = np.array([0.25, 3.0])
    shift = power * np.log(2)
    potential = log_potential(moved, np.ldexp(gamma, power)) - shift
    np.testing.assert_allclose(potential, log_potential(tree, gamma), rtol=0, atol=2e-13)
    np.testing.assert_array_equal(
        train_error(moved, np.ldexp(gamma, power), 0.5), train_error(tree, gamma, 0.5)
    )


@pytest.mark.parametrize("name", ["atom at zero", "mirrored", "gap"])
def test_ends_and_quantiles_at_another_scale_have_the_same_digits(name):
    tree, q = TREES[name], np.linspace(0, 1, 5)
    moved = tree.scaled(480)
    np.testing.assert_array_equal(support(moved), np.ldexp(support(tree), 480))
    np.testing.assert_array_equal(quantile(moved, q), np.ldexp(quantile(tree, q), 480))


def test_extreme_sizes_meet():
    # Products and sums of laws whose sizes multiply to one, or one of which is lost in the other.
    big, small = covariance(0.5, known(2.0**900)), covariance(0.25, known(2.0**-900))
    x = np.linspace(0.1, 3, 7)
    one = node(FREE_PRODUCT, (), [covariance(0.5), covariance(0.25)])
    np.testing.assert_array_equal(density(node(FREE_PRODUCT, (), [big, small]), x), density(one, x))
    total = node(FREE_SUM, (), [big, small])
    np.testing.assert_array_equal(
        np.ldexp(density(total, np.ldexp(x, 900)), 900), density(covariance(0.5), x)
    )


TINY = np.array([1e-20, 1e-60, 1e-100, 1e-200, 1e-300, 5e-324])


def test_points_close_to_a_hard_edge():
    tree = covariance(1.0)
    np.testing.assert_allclose(density(tree, TINY), 1 / (np.pi * np.sqrt(TINY)), rtol=1e-14)
    np.testing.assert_allclose(train_error(tree, TINY, 1.0), np.sqrt(TINY) / 2, rtol=1e-14)
    np.testing.assert_allclose(
        cauchy_transform(tree, -TINY[1:]), -1 / np.sqrt(TINY[1:]), rtol=1e-14
    )
    np.testing.assert_allclose(cdf(tree, TINY), 2 / np.pi * np.sqrt(TINY), rtol=0, atol=1e-15)
    np.testing.assert_allclose(log_potential(tree, TINY), -1, rtol=2e-10)
    # Three linear layers: x^(-3/4), E goes like x^(1/4).
    deep = covariance(1.0, covariance(1.0, tree))
    error = train_error(deep, TINY, 1.0) / TINY**0.25
    np.testing.assert_allclose(error[1:], 0.75, rtol=1e-13)


def test_points_close_to_an_atom():
    tree = covariance(2.0)
    assert (density(tree, TINY) == 0).all() and (cdf(tree, TINY) == 0.5).all()
    assert (cdf(tree, -TINY) == 0).all()
    np.testing.assert_allclose(cauchy_transform(tree, -TINY[:4]) * TINY[:4], -0.5, rtol=1e-14)
    np.testing.assert_allclose(train_error(tree, TINY[:4], 2.0), 2 * TINY[:4] ** 2, rtol=1e-13)


def test_no_point_disturbs_others():
    x = np.array([1e-300, 0.5, np.nan, 0.0, 1e300, np.inf, 5e-324, -1e-310])
    for tree in (covariance(1.0), covariance(0.5, known(0.5, 1.0))):
        for function in (density, cdf):
            together = function(tree, x)
            for point, value in zip(x, together, strict=True):
                np.testing.assert_allclose(function(tree, point), value, rtol=1e-14)
