"""Values of potentials to any precision: by closed forms, polynomials and the laws' curves."""

import mpmath
import pytest
from flint import acb, arb, ctx, fmpq
from sympy import Poly, Rational, symbols

from derive.calculus import atoms, marchenko_pastur, semicircle
from derive.digits import to_digits
from derive.laws import LAWS
from derive.potential.stationary import physical
from derive.potential.support import support
from derive.potential.values import density, distribution, transforms
from derive.reference import evaluate

m, z = symbols("m z")
HALF = Rational(1, 2)

LEFT = semicircle(1).affine(1, 3)
SPECTRA = {
    "semicircle": semicircle(1),
    "marchenko_pastur": marchenko_pastur(HALF),
    "two covariances": marchenko_pastur(HALF).affine(Rational(1, 3), 1).sample_covariance(3),
    "sum": atoms([0, 1, 3]).free_sum(marchenko_pastur(HALF)),
    "gap": atoms([-1, 1]).free_sum(semicircle(Rational(1, 20))),
    "product": atoms([1, 2]).free_product(semicircle(1).affine(1, 4)),
    "signed product": semicircle(1).free_product(atoms([0, 1, 3])),
    "square": LEFT.square(),
    "square below": semicircle(HALF).square().sample_covariance(HALF),
    "minus a square": marchenko_pastur(HALF).free_sum(semicircle(HALF).square().affine(-1, 0)),
    "inverse": marchenko_pastur(HALF).inverse(),
    "mirrored": marchenko_pastur(HALF).affine(-2, 3),
    "sum with inverse": marchenko_pastur(HALF).inverse().free_sum(atoms([0, 2])),
    "noise": atoms([0, 5]).information_plus_noise(HALF, Rational(1, 4)),
    "power": atoms([-1, 0, 3], [HALF, Rational(1, 4), Rational(1, 4)]).free_power(Rational(5, 2)),
    "mixture": LEFT.mix(semicircle(HALF), Rational(1, 4)),
}
POINTS = [
    (fmpq(x), fmpq(y))
    for x in (-7, fmpq(-1, 3), fmpq(1, 7), fmpq(9, 8), fmpq(7, 2), 40)
    for y in (0, 1)
] + [(fmpq(9, 8), fmpq(1, 10**300))]


def digits(function, dps):
    return to_digits(function, dps, 8)


@pytest.mark.parametrize("dps", [15, 60])
@pytest.mark.parametrize("name", SPECTRA)
def test_polynomial_vanishes(name, dps):
    spectrum = SPECTRA[name]
    tree, L = spectrum.tree({}), spectrum.polynomial(m, z)
    with mpmath.workdps(2 * dps + 700):
        for x, y in POINTS:
            G = mpmath.mpmathify(digits(lambda x=x, y=y: transforms(tree, (x, y)).cauchy, dps))
            at = mpmath.mpc(mpmath.mpf(int(x.p)) / int(x.q), mpmath.mpf(int(y.p)) / int(y.q))
            coefficients = [
                mpmath.polyval([int(c) for c in Poly(part, z).all_coeffs()], at)
                for part in Poly(L, m).all_coeffs()
            ]
            value, slope = mpmath.polyval(coefficients, -G, derivative=True)
            assert abs(value / slope) < abs(G) * mpmath.mpf(10) ** (1 - dps)


@pytest.mark.parametrize("dps", [15, 50, 200])
def test_semicircle(dps):
    tree = semicircle(1).tree({})
    with mpmath.workdps(dps + 10):
        x = mpmath.mpf(1) / 3
        at = (fmpq(1, 3), fmpq(0))
        expected = {
            "cauchy": (x - 1j * mpmath.sqrt(4 - x**2)) / 2,
            "potential": x**2 / 4 - mpmath.mpf(1) / 2,
            "distribution": 0.5
            + x * mpmath.sqrt(4 - x**2) / 4 / mpmath.pi
            + mpmath.asin(x / 2) / mpmath.pi,
        }
        for part, value in expected.items():
            found = digits(lambda part=part: getattr(transforms(tree, at), part), dps)
            assert abs(found - value) < 2 * abs(value) * mpmath.mpf(10) ** -dps
        outside = digits(lambda: transforms(tree, (fmpq(3), fmpq(0))).cauchy, dps)
        assert abs(outside - (3 - mpmath.sqrt(5)) / 2) < mpmath.mpf(10) ** -dps


@pytest.mark.parametrize("name", ["marchenko_pastur", "random_features", "product_wishart"])
def test_curves(name):
    law = LAWS[name]
    values = {
        s: fmpq(k + 2, 2 * k + 3) for k, s in enumerate(sorted(law.spectrum.symbols, key=str))
    }
    tree = law.spectrum.tree(values)
    given = {str(s): f"{v.p}/{v.q}" for s, v in values.items()}
    for x in (fmpq(-1), fmpq(1, 5), fmpq(1), fmpq(20)):
        text = f"{x.p}/{x.q}"
        for kind, function in {
            "density": lambda x=x: density(tree, x),
            "cdf": lambda x=x: distribution(tree, x),
            "cauchy_transform": lambda x=x: transforms(tree, (x, fmpq(0))).cauchy,
            "cauchy_transform_prime": lambda x=x: transforms(tree, (x, fmpq(0))).prime,
            "log_potential": lambda x=x: transforms(tree, (x, fmpq(0))).potential,
        }.items():
            if kind == "log_potential":
                if x > 0:
                    continue
                text = f"{-x.p}/{x.q}"
            expected = evaluate(law, kind, text, dps=40, **given)
            assert abs(digits(function, 40) - expected) <= mpmath.mpf(10) ** -38 * abs(expected)


def test_unknown_is_infinite_in_a_gap():
    tree = SPECTRA["gap"].tree({})
    with ctx.workprec(150):
        values = transforms(tree, (fmpq(0), fmpq(0)))
        beside = transforms(tree, (fmpq(1, 10**20), fmpq(0)))
    assert values.turns == fmpq(1, 2)
    assert values.cauchy.contains(0) and abs(values.cauchy) < 1e-30
    # U(0) = ∫ln|t| does not move with the variance, as ∂U = -G²/2.
    assert values.potential.contains(0) and abs(values.potential) < 1e-30
    assert abs(values.prime - beside.prime) < 1e-15


def test_unknown_is_large_in_a_gap():
    tree = SPECTRA["product"].tree({})
    with ctx.workprec(150):
        values = transforms(tree, (fmpq(267, 50), fmpq(0)))
    assert values.turns == fmpq(1, 2)


def test_mobius_map_at_the_image_of_infinity():
    tree = SPECTRA["inverse"].tree({})
    with ctx.workprec(150):
        values = transforms(tree, (fmpq(0), fmpq(0)))
    assert values.turns == 1
    assert abs(values.cauchy + 1) < 1e-30  # -∫t μ(dt) of the law that was inverted


def test_atoms():
    tree = SPECTRA["two covariances"].tree({})
    with ctx.workprec(100):
        assert distribution(tree, fmpq(0)).overlaps(arb(fmpq(2, 3)))
    assert digits(lambda: distribution(tree, fmpq(-1)), 30) == 0
    assert digits(lambda: density(tree, fmpq(0)), 30) == 0
    with pytest.raises(ValueError, match="atom"):
        transforms(tree, (fmpq(0), fmpq(0)))
    both = atoms([0, 1]).mix(marchenko_pastur(1), HALF).tree({})
    assert digits(lambda: density(both, fmpq(0)), 20) == mpmath.inf


def test_inverse_of_a_hard_edge():
    tree = marchenko_pastur(1).inverse().tree({})
    at = (fmpq(1), fmpq(0))
    # F(1) = 1 - F(1) of the law that was inverted
    expected = digits(lambda: 1 - distribution(marchenko_pastur(1).tree({}), fmpq(1)), 15)
    assert abs(digits(lambda: transforms(tree, at).distribution, 15) - expected) < 1e-14
    assert digits(lambda: density(tree, fmpq(1)), 15) == digits(
        lambda: density(marchenko_pastur(1).tree({}), fmpq(1)), 15
    )


def test_ends():
    tree = semicircle(1).tree({})
    assert digits(lambda: density(tree, fmpq(2)), 20) == 0
    assert digits(lambda: distribution(tree, fmpq(2)), 20) == 1
    assert digits(lambda: distribution(tree, fmpq(-2)), 20) == 0
    assert digits(lambda: density(marchenko_pastur(1).tree({}), fmpq(0)), 20) == mpmath.inf


GUESSES = {
    "semicircle": [(-2.0, 2.0)],
    "marchenko_pastur": [(0.0857864376269, 2.91421356237)],
    "sum": [(0.29421044949905, 2.954757070062982), (3.41645048002729, 5.2241873976309)],
    "gap": [(-1.32781081389777, -0.697347433132), (0.69734743313224, 1.327810813897)],
    "product": [(2.32181167753364, 5.141702624680), (5.64875095964760, 10.98960771300)],
    "square": [(1.0, 25.0)],
    "mirrored": [(-2.82842712474619, 2.8284271247461)],
    "mixture": [(-(2**0.5), 2**0.5), (1.0, 5.0)],
}


@pytest.mark.parametrize("name", GUESSES)
def test_support(name):
    tree = SPECTRA[name].tree({})
    low, high = (support(tree, dps, GUESSES[name]) for dps in (20, 60))
    for a, b, guess in zip(sum(low, ()), sum(high, ()), sum(GUESSES[name], ()), strict=True):
        assert abs(a - b) < 2e-20 * abs(b)
        assert abs(b - guess) < 1e-9
    if name == "marchenko_pastur":
        with mpmath.workdps(60):
            assert abs(high[0][1] - (1 + mpmath.sqrt(0.5)) ** 2) < 1e-58


def test_hard_edges():
    for law, top in ((marchenko_pastur(1), 4), (semicircle(1).square(), 4)):
        ((lower, upper),) = support(law.tree({}), 30, [(1e-13, 4.0)])
        assert (lower, upper) == (0, top)


def test_hints_do_not_choose_the_branch():
    tree = semicircle(1).tree({})
    z = acb(fmpq(1), fmpq(1))
    with ctx.workprec(100):
        wrong = [acb(arb(1) / 2, arb(-1) / 2)]  # on the other sheet
        assert physical(tree, z, [wrong]).unknowns[0].overlaps(physical(tree, z).unknowns[0])
