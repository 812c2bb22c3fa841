"""Algebraic laws against combinatorics, published laws, closed forms and simulation."""

from fractions import Fraction
from itertools import combinations
from math import comb, inf, nan, prod

import numpy as np
import pytest
import sympy as sp
from numpy.testing import assert_allclose
from sympy import Rational, symbols

from derive.calculus import atoms, marchenko_pastur, semicircle
from derive.laws import LAWS
from derive.observables.cauchy_transform import cauchy_polynomial
from derive.runtime import series
from derive.variables import G
from derive.variables import z as spectral

m, z, g, r, s, y = symbols("m z g r s y")
c, d, p, t, v = symbols("c d p t v", positive=True)
phi, psi, eta = symbols("phi psi eta", positive=True)
zeta = symbols("zeta", nonnegative=True)
HALF, THIRD, QUARTER = Rational(1, 2), Rational(1, 3), Rational(1, 4)
SIGNS, PROJECTION = atoms([-1, 1]), atoms([0, 1])
SKEW = atoms([-1, 0, 3], [HALF, QUARTER, QUARTER])

# Every operation once, with numbers.
LAWS_BY_NAME = {
    "affine": marchenko_pastur(HALF).affine(-2, 3),
    "inverse": marchenko_pastur(HALF).inverse(),
    "Möbius": marchenko_pastur(HALF).mobius(2, 1, 1, Rational(3, 4)),
    "square": semicircle(1).affine(1, 3).square(),
    "companion": marchenko_pastur(2).companion(2),
    "sample covariance": atoms([1, 2, 7], [HALF, QUARTER, QUARTER]).sample_covariance(THIRD),
    "information plus noise": atoms([0, 5]).information_plus_noise(HALF, QUARTER),
    "compression": SKEW.compress(THIRD),
    "mixture": marchenko_pastur(HALF).affine(1, 3).mix(semicircle(1), QUARTER),
    "free sum": atoms([0, 1, 3]).free_sum(marchenko_pastur(1)),
    "free product": atoms([1, 2]).free_product(semicircle(1).affine(1, 4)),
    "free power": SKEW.free_power(Rational(5, 2)),
    "three operations": atoms([1, 3, 4]).sample_covariance(HALF).free_sum(semicircle(QUARTER)),
    "with atoms": atoms([0, 1], [Rational(3, 4), QUARTER]).free_sum(PROJECTION),
    "atom in the bulk": semicircle(1).mix(atoms([1]), HALF),
    "hard edge": marchenko_pastur(2).free_product(marchenko_pastur(1)),
}


@pytest.fixture(params=LAWS_BY_NAME.values(), ids=LAWS_BY_NAME)
def law(request):
    return request.param


def equal(first, second):
    """Whether two polynomials agree up to a rational factor."""
    return sp.cancel(first / second).is_Rational


# Moments by summing over non-crossing partitions


def partitions(n):
    """Non-crossing partitions of 0, …, n - 1."""
    if n == 0:
        return [[]]
    found = []
    for size in range(n):
        for rest in combinations(range(1, n), size):
            block = (0, *rest)
            # What lies between two members of the first block is partitioned by itself.
            between = [(a + 1, b) for a, b in zip(block, (*rest, n), strict=True)]
            pieces = [[]]
            for lower, upper in between:
                pieces = [
                    [*piece, *(tuple(k + lower for k in part) for part in inner)]
                    for piece in pieces
                    for inner in partitions(upper - lower)
                ]
            found.extend([block, *piece] for piece in pieces)
    return found


def complement(partition, n):
    """Kreweras complement: cycles of π⁻¹∘(0 1 … n-1)."""
    back = {b: a for block in partition for a, b in zip(block, block[1:] + block[:1], strict=True)}
    left, blocks = set(range(n)), []
    while left:
        cycle, k = [], min(left)
        while k in left:
            left.remove(k)
            cycle.append(k)
            k = back[(k + 1) % n]
        blocks.append(cycle)
    return blocks


def over_partitions(cumulants, n, moments=(1,) * 20):
    """Σ_π Π_{B∈π} κ_|B| Π_{B∈K(π)} m_|B|."""
    return sum(
        prod(cumulants[len(b) - 1] for b in pi) * prod(moments[len(b)] for b in complement(pi, n))
        for pi in partitions(n)
    )


def test_the_partitions_are_the_non_crossing_ones():
    assert [len(partitions(n)) for n in range(7)] == [1, 1, 2, 5, 14, 42, 132]


def test_moments_of_symbolic_operations_by_combinatorics():
    first, second = marchenko_pastur(c), atoms([0, d], [1 - p, p])
    a, b = first.free_cumulants(5), second.free_cumulants(5)
    total, product = first.free_sum(second).moments(5), first.free_product(second).moments(5)
    power, corner = second.free_power(t).moments(5), second.compress(p).moments(5)
    for n in range(1, 6):
        assert sp.expand(first.moments(n)[n] - over_partitions(a, n)) == 0
        assert sp.expand(total[n] - over_partitions([*map(sum, zip(a, b, strict=True))], n)) == 0
        assert sp.expand(product[n] - over_partitions(a, n, second.moments(n))) == 0
        assert sp.expand(power[n] - over_partitions([t * k for k in b], n)) == 0
        scaled = [p**j * k for j, k in enumerate(b)]
        assert sp.expand(corner[n] - over_partitions(scaled, n)) == 0


def test_free_product_with_a_law_of_mean_zero():
    product = marchenko_pastur(c).free_product(semicircle(v))
    cumulants = marchenko_pastur(c).free_cumulants(6)
    expected = [over_partitions(cumulants, n, semicircle(v).moments(6)) for n in range(7)]
    assert list(map(sp.expand, product.moments(6))) == list(map(sp.expand, expected))


def test_published_moment_sequences():
    assert semicircle(1).moments(10)[::2] == (1, 1, 2, 5, 14, 42)
    narayana = sum(Rational(comb(5, k) * comb(5, k + 1), 5) * c**k for k in range(5))
    assert sp.expand(marchenko_pastur(c).moments(5)[5] - narayana) == 0
    unit = marchenko_pastur(1)
    product = unit.free_product(unit).free_product(unit)
    assert product.moments(6) == tuple(comb(4 * k, k) // (3 * k + 1) for k in range(7))
    assert unit.free_cumulants(6) == (1,) * 6
    # Inverse Wishart: 1/(1 - c), 1/(1 - c)³, (1 + c)/(1 - c)⁵.
    expected = (1, 1 / (1 - c), 1 / (1 - c) ** 3, (1 + c) / (1 - c) ** 5)
    found = marchenko_pastur(c).inverse().moments(3)
    assert all(sp.cancel(a - b) == 0 for a, b in zip(found, expected, strict=True))


def test_information_plus_noise_moments():
    # (1/N) tr of (R + σX)(R + σX)ᵀ and of its square, X Gaussian, by Wick's rule.
    a1, a2 = atoms([0, p], [1 - t, t]).moments(2)[1:]
    found = atoms([0, p], [1 - t, t]).information_plus_noise(c, v).moments(2)
    assert sp.expand(found[1] - (a1 + v)) == 0
    assert sp.expand(found[2] - (a2 + 2 * (1 + c) * v * a1 + (1 + c) * v**2)) == 0


# Polynomials


def test_published_polynomials():
    assert semicircle(v).polynomial(m, z) == v * m**2 + m * z + 1
    assert equal(marchenko_pastur(c).polynomial(m, z), c * z * m**2 - (1 - c - z) * m + 1)
    assert equal(SIGNS.free_sum(SIGNS).polynomial(m, z), (z**2 - 4) * m**2 - 1)  # arcsine
    assert equal(PROJECTION.compress(HALF).polynomial(m, z), z * (z - 1) * m**2 - 1)  # arcsine
    shrunk = PROJECTION.free_product(PROJECTION).polynomial(m, z)
    assert equal(shrunk, 4 * z**2 * (z - 1) * m**2 + 4 * z * (z - 1) * m - 1)
    # Semicircles add their variances, and the law of the square has ratio one.
    assert equal(semicircle(c).free_sum(semicircle(d)).polynomial(m, z), (c + d) * m**2 + m * z + 1)
    assert equal(semicircle(1).square().polynomial(m, z), marchenko_pastur(1).polynomial(m, z))


def test_registered_laws_are_compositions():
    def same(law, name):
        expected = cauchy_polynomial(LAWS[name]).subs({G: -m, spectral: z})
        return equal(law.polynomial(m, z), expected)

    weights = marchenko_pastur(1 / psi)
    features = weights.affine(zeta, eta - zeta).sample_covariance(phi / psi)
    assert same(features, "random_features")
    assert same(weights.affine(eta, 0).sample_covariance(phi / psi), "product_wishart")
    product = marchenko_pastur(phi / psi).affine(eta, 0).free_product(weights)
    assert same(product, "product_wishart")


def test_kesten_mckay():
    degree = 5
    law = SIGNS
    for _ in range(degree - 1):
        law = law.free_sum(SIGNS)
    assert law.polynomial(m, z) == SIGNS.free_power(degree).polynomial(m, z)
    edge = 2 * np.sqrt(degree - 1)
    x = np.linspace(-edge, edge, 101)[1:-1]
    density = degree * np.sqrt(edge**2 - x**2) / (2 * np.pi * (degree**2 - x**2))
    assert_allclose(law.density(x), density, rtol=1e-13)
    assert law.support() == [(-edge, edge)]


def test_operations_commute_and_associate():
    a, b = marchenko_pastur(c), atoms([0, 1], [1 - p, p])
    assert a.free_sum(b).polynomial(m, z) == b.free_sum(a).polynomial(m, z)
    assert a.free_product(b).polynomial(m, z) == b.free_product(a).polynomial(m, z)
    assert a.mix(b, t).polynomial(m, z) == b.mix(a, 1 - t).polynomial(m, z)
    assert a.inverse().inverse().polynomial(m, z) == a.polynomial(m, z)
    assert a.mobius(1, 2, 3, 4).mobius(4, -2, -3, 1).polynomial(m, z) == a.polynomial(m, z)
    assert a.compress(p).compress(t).polynomial(m, z) == a.compress(p * t).polynomial(m, z)
    assert a.sample_covariance(d).polynomial(m, z) == a.free_product(
        marchenko_pastur(d)
    ).polynomial(m, z)
    # Noise on nothing is a sample covariance; on something of ratio zero it is a shift.
    noise = atoms([0]).information_plus_noise(c, v)
    assert noise.polynomial(m, z) == marchenko_pastur(c).affine(v, 0).polynomial(m, z)


def test_polynomial_and_moments_agree(law):
    """Two routes: substitution and elimination here, series of moments there."""
    polynomial = sp.Poly(law.polynomial(m, z), m, z)
    terms = {powers: Fraction(int(k)) for powers, k in polynomial.terms()}
    moments = [Fraction(int(k.p), int(k.q)) for k in law.moments(14)]
    assert not any(series.residual(terms, moments))
    assert polynomial.content() == 1 and len(polynomial.factor_list()[1]) == 1


def test_moments_of_a_multiple_with_symbols():
    assert marchenko_pastur(c).affine(3, 0).moments(2) == (1, 3, 9 * (c + 1))


def test_moments_of_manova():
    # Wachter (1980): of A/(A + B), independent Wishart matrices of n rows.
    ratio = marchenko_pastur(c).free_product(marchenko_pastur(d).inverse())
    law = ratio.affine(d / c, 0).mobius(1, 0, 1, 1)
    assert law.moments(1)[1] == d / (c + d)
    for a, b in ((THIRD, HALF), (3 * QUARTER, QUARTER)):
        special = marchenko_pastur(a).free_product(marchenko_pastur(b).inverse())
        expected = special.affine(b / a, 0).mobius(1, 0, 1, 1).moments(2)
        assert tuple(moment.subs({c: a, d: b}) for moment in law.moments(2)) == expected


def test_many_moments_with_symbols():
    law = marchenko_pastur(c).free_product(marchenko_pastur(1 / d))
    special = marchenko_pastur(HALF).free_product(marchenko_pastur(THIRD))
    values = [moment.subs({c: HALF, d: 3}) for moment in law.moments(20)]
    assert values == list(special.moments(20))


def test_transforms():
    law = marchenko_pastur(c)
    assert equal(law.r_transform(r, g), r * (1 - c * g) - 1)
    assert equal(law.s_transform(s, y), s * (1 + c * y) - 1)
    assert equal(semicircle(v).r_transform(r, g), r - v * g)
    assert equal(atoms([0]).r_transform(r, g), r)
    assert equal(atoms([d]).s_transform(s, y), d * s - 1)
    point = atoms([d])
    assert equal(point.moment_transform(s, y), s - d * y * (1 + s))
    assert equal(point.eta_transform(s, y), s * (1 + d * y) - 1)
    # R-transforms add, S-transforms multiply.
    total = PROJECTION.free_power(2).r_transform(r, g)
    assert equal(total, PROJECTION.r_transform(s, g).subs(s, r / 2))
    product = law.free_product(marchenko_pastur(d)).s_transform(s, y)
    assert equal(product, s * (1 + c * y) * (1 + d * y) - 1)


# Densities, supports, atoms


def quadrature(law, order):
    """Moments to an order of the continuous part, by the double exponential rule."""
    step = 1 / 128
    t = np.arange(-3.5, 3.5, step)
    w = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    weights = step * np.pi * np.cosh(t) * w * (1 - w)
    total = np.zeros(order + 1)
    for lower, upper in law.support():
        x = lower + (upper - lower) * w
        mass = weights * (upper - lower) * law.density(x)
        mass[(x <= lower) | (x >= upper)] = 0
        total += [np.sum(mass * x**k) for k in range(order + 1)]
    return total


def test_densities_have_the_exact_moments(law):
    parts = quadrature(law, 3)
    for k, moment in enumerate(law.moments(3)):
        from_atoms = sum(mass * position**k for position, mass in law.atoms_of())
        assert_allclose(parts[k] + float(from_atoms), float(moment), rtol=1e-7)


def test_atoms():
    assert atoms([3, 1, 1]).atoms_of() == [(1, 2 * THIRD), (3, THIRD)]
    assert marchenko_pastur(4).atoms_of() == [(0, Rational(3, 4))]
    assert marchenko_pastur(1).atoms_of() == []
    assert LAWS_BY_NAME["with atoms"].atoms_of() == [(0, QUARTER), (1, QUARTER)]
    assert LAWS_BY_NAME["atom in the bulk"].atoms_of() == [(1, HALF)]
    # Atoms of a free sum: masses that together exceed one.
    heavy = atoms([0, 2], [QUARTER, 1 - QUARTER]).free_sum(atoms([1, 5], [THIRD, 1 - THIRD]))
    assert heavy.atoms_of() == [(3, Rational(1, 12)), (7, Rational(5, 12))]
    # Two laws with roots that run together at the atom.
    law = atoms([0, 1, 3], [HALF, QUARTER, QUARTER])
    assert law.free_product(atoms([0, 1, 2], [QUARTER, HALF, QUARTER])).atoms_of() == [(0, HALF)]
    # A narrow interval next to the atom is not part of it.
    narrow = semicircle(Rational(1, 10**24)).mix(atoms([Rational(1, 10**6)]), HALF)
    assert narrow.atoms_of() == [(Rational(1, 10**6), HALF)]


def test_densities_in_closed_form():
    x = np.concatenate([np.linspace(-3, 7, 41), 2 - 10.0 ** -np.arange(1, 16)])
    wigner = np.sqrt(np.maximum((2 - x) * (2 + x), 0)) / (2 * np.pi)
    # Next to its ends the square root has the condition number x²/(4 - x²).
    condition = np.divide(x**2, 4 - x**2, out=np.zeros_like(x), where=wigner > 0)
    assert np.all(np.abs(semicircle(1).density(x) - wigner) <= 1e-14 * (1 + condition) * wigner)
    law = marchenko_pastur(QUARTER)
    inside = np.maximum((x - 0.25) * (2.25 - x), 0)
    expected = np.divide(np.sqrt(inside), np.pi * x / 2, out=np.zeros_like(x), where=inside > 0)
    assert_allclose(law.density(x), expected, rtol=1e-13)
    assert law.support() == [(0.25, 2.25)]
    inverse = law.inverse()
    y = np.linspace(0.5, 3.9, 30)
    assert_allclose(inverse.density(y), law.density(1 / y) / y**2, rtol=1e-12)
    assert_allclose(inverse.support(), [(4 / 9, 4)], rtol=1e-15)


def test_density_at_special_points():
    assert semicircle(1).density([-2, 2, 0]).tolist() == [0, 0, pytest.approx(1 / np.pi)]
    assert marchenko_pastur(1).density(0) == inf
    assert marchenko_pastur(2).density(0) == 0  # an atom, apart from the continuous part
    bulk = LAWS_BY_NAME["atom in the bulk"]
    assert bulk.density(1) == pytest.approx(np.sqrt(3) / (4 * np.pi), rel=1e-12)
    assert atoms([1, 2]).density([1, 1.5]).tolist() == [0, 0]
    assert atoms([1, 2]).support() == []


def test_density_shapes():
    law = semicircle(1)
    assert isinstance(law.density(1), float)
    assert law.density([[0.5, -1], [1, 3]]).shape == (2, 2)
    assert law.density([]).shape == (0,)
    x = np.array([1.5, -0.5, 0.25, 1.5])
    assert law.density(x).tolist() == [law.density(point) for point in x]


def test_unbounded_support():
    law = marchenko_pastur(1).inverse()
    assert law.support() == [(0.25, inf)]
    x = np.array([0.3, 1, 100])
    assert_allclose(law.density(x), marchenko_pastur(1).density(1 / x) / x**2, rtol=1e-12)
    with pytest.raises(ValueError, match="support is unbounded"):
        law.moments(1)


def test_moments_after_a_moebius_map():
    # m has two values over the pole; one is that of the law.
    shifted = semicircle(1).affine(1, Rational(5, 2)).inverse()
    assert shifted.moments(2) == (1, HALF, THIRD)
    assert_allclose(quadrature(shifted, 2), [1, 1 / 2, 1 / 3], rtol=1e-9)
    with pytest.raises(ValueError, match="undecided"):
        semicircle(v).affine(1, 3).inverse().moments(1)


def test_operations_after_irrational_moments():
    inverse = semicircle(1).affine(1, 3).inverse()
    with pytest.raises(ValueError, match="not rational"):
        inverse.moments(1)
    mean = (3 - np.sqrt(5)) / 2
    second = mean / np.sqrt(5)  # minus the derivative of E 1/(x + s) in s
    assert_allclose(quadrature(inverse, 2), [1, mean, second], rtol=1e-9)
    total = inverse.free_sum(marchenko_pastur(HALF))
    assert_allclose(quadrature(total, 2), [1, 1 + mean, second + 2 * mean + 1.5], rtol=1e-9)
    assert_allclose(quadrature(inverse.square(), 1), [1, second], rtol=1e-9)


def test_maps_of_unbounded_laws():
    law = semicircle(1).affine(1, 1)  # zero is inside
    assert law.inverse().inverse().affine(1, 2).polynomial(m, z) == law.affine(1, 2).polynomial(
        m, z
    )
    assert law.inverse().inverse().moments(2) == law.moments(2)
    assert law.inverse().support() == [(-inf, -1), (1 / 3, inf)]
    total = law.inverse().free_sum(marchenko_pastur(1))
    for x in (-1e4, -3.0, -1.0, 0.2, 1.0, 5.0, 1e4):
        assert_allclose(total.density(x), float(total.evaluate("density", x)), rtol=1e-9)


# Simulation


def distance(eigenvalues, law):
    """Largest distance between the eigenvalues' distribution and the law's at its quantiles."""
    eigenvalues = np.sort(eigenvalues)
    largest = 0.0
    below = 0.0
    for lower, upper in law.support():
        x = lower + (upper - lower) * (1 - np.cos(np.linspace(0, np.pi, 200))) / 2
        middle = (x[1:] + x[:-1]) / 2
        steps = law.density(middle) * np.diff(x)
        below_here = below + sum(float(w) for a, w in law.atoms_of() if a < lower)
        distribution = below_here + np.cumsum(steps)
        empirical = np.searchsorted(eigenvalues, x[1:]) / len(eigenvalues)
        largest = max(largest, np.abs(distribution - empirical).max())
        below += steps.sum()
    return largest


def diagonal(values, n):
    return np.repeat(values, n // len(values)).astype(float)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_simulated_covariance_plus_noise(rng):
    n = 450
    root = np.sqrt(diagonal([1, 3, 4], n))[:, None]
    X = root * rng.standard_normal((n, 2 * n)) / np.sqrt(2 * n)
    noise = rng.standard_normal((n, n))
    A = X @ X.T + 0.5 * (noise + noise.T) / np.sqrt(2 * n)
    assert distance(np.linalg.eigvalsh(A), LAWS_BY_NAME["three operations"]) < 0.02


def test_simulated_information_plus_noise(rng):
    n = 400
    R = np.zeros((n, 2 * n))
    R[:, :n] = np.diag(np.sqrt(2 * n * diagonal([0, 5], n)))
    Y = (R + 0.5 * rng.standard_normal(R.shape)) / np.sqrt(2 * n)
    assert distance(np.linalg.eigvalsh(Y @ Y.T), LAWS_BY_NAME["information plus noise"]) < 0.02


def test_simulated_rotations(rng):
    n = 360
    U, _ = np.linalg.qr(rng.standard_normal((n, n)))
    B = (U * diagonal([-1, -1, 0, 3], n)) @ U.T
    assert distance(np.linalg.eigvalsh(B[: n // 3, : n // 3]), LAWS_BY_NAME["compression"]) < 0.03
    A = np.diag(diagonal([0, 1, 3], n))
    law = atoms([0, 1, 3]).free_sum(SKEW)
    assert distance(np.linalg.eigvalsh(A + B), law) < 0.02


# Bad input

UNIT = marchenko_pastur(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: atoms([]), "values is empty"),
        (lambda: atoms([1, 2], [1]), "2 values, but 1 weights"),
        (lambda: atoms([1, 2], [HALF, THIRD]), "weights sum to 5/6"),
        (lambda: atoms([1, 2], [p, p]), "weights sum to 2\\*p"),
        (lambda: atoms([1, 2], [-1, 2]), "weights = -1 is outside its domain"),
        (lambda: atoms([nan]), "values = nan is not a finite real number"),
        (lambda: atoms(["one"]), "values = 'one'"),
        (lambda: semicircle(-1), "variance = -1 is outside its domain variance >= 0"),
        (lambda: marchenko_pastur(0), "ratio = 0 is outside its domain ratio > 0"),
        (lambda: marchenko_pastur(-c), "ratio = -c is outside"),
        (lambda: marchenko_pastur(sp.sqrt(c)), "ratio = sqrt\\(c\\) is not a rational expression"),
        (lambda: UNIT.sample_covariance(-1), "ratio = -1"),
        (lambda: UNIT.companion(0), "ratio = 0"),
        (lambda: UNIT.companion(2), "ratio = 2 needs an atom at zero of mass 1/2"),
        (lambda: UNIT.information_plus_noise(1, -1), "variance = -1"),
        (lambda: UNIT.information_plus_noise(0, 1), "ratio = 0 is outside"),
        (lambda: atoms([0, 1]).information_plus_noise(3, 1), "ratio = 3 needs an atom at zero"),
        (lambda: UNIT.compress(0), "fraction = 0"),
        (lambda: UNIT.compress(1.5), "fraction = 1.5"),
        (lambda: UNIT.free_power(HALF), "t = 1/2"),
        (lambda: UNIT.mix(UNIT, 1), "weight = 1"),
        (lambda: UNIT.mobius(1, 2, 2, 4), "singular Möbius map"),
        (lambda: UNIT.mobius(1, 0, 1, inf), "s = inf is not a finite real number"),
        (lambda: PROJECTION.inverse(), "atom at 0"),
        (lambda: PROJECTION.mobius(1, 0, 1, -1), "atom at 1"),
        (lambda: semicircle(1).sample_covariance(1), "must live on \\[0, ∞\\)"),
        (lambda: SIGNS.companion(1), "the law must live on"),
        (lambda: SIGNS.information_plus_noise(1, 1), "must live on"),
        (lambda: SIGNS.free_product(semicircle(1)), "one of the two laws must live on"),
        (lambda: marchenko_pastur(c).density(1), "density needs numbers.*symbols c"),
        (lambda: marchenko_pastur(c).support(), "support needs numbers"),
        (lambda: marchenko_pastur(c).atoms_of(), "atoms_of needs numbers"),
        (lambda: UNIT.density([1, nan]), "x = nan"),
        (lambda: UNIT.density(1j), "x = 1j"),
        (lambda: UNIT.moments(-1), "order = -1"),
        (lambda: UNIT.free_cumulants(1.5), "order = 1.5"),
        (lambda: marchenko_pastur(c).polynomial(c, z), "two symbols that the law does not have"),
        (lambda: UNIT.polynomial(z, z), "z and z must be"),
        (lambda: UNIT.polynomial(m, z + 1), "m and z \\+ 1 must be"),
        (lambda: UNIT.r_transform(r, r), "r and r must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_half_line_is_decided_by_the_spectrum():
    covariance = semicircle(1).affine(1, 2).sample_covariance(HALF)  # touches zero
    assert covariance.moments(1) == (1, 2)
    with pytest.raises(ValueError, match="must live on"):
        semicircle(1).affine(1, Rational(199, 100)).sample_covariance(HALF)


def test_symbols_that_drop_out():
    assert atoms([1]).compress(p).moments(3) == (1, 1, 1, 1)
    assert atoms([0]).sample_covariance(c).free_sum(semicircle(2)).support() == [
        pytest.approx((-(8**0.5), 8**0.5))
    ]


def test_numbers_are_taken_exactly():
    assert marchenko_pastur(0.1).moments(2)[2] == 1 + Rational(0.1)
    assert marchenko_pastur("1/10").moments(2)[2] == Rational(11, 10)
    # Weights in doubles miss one by rounding.
    weights = [0.3, 0.3, 0.4 - 1e-16]
    assert sum(mass for _, mass in atoms([1, 2, 3], weights).atoms_of()) == 1
