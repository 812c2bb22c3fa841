"""The calculus of curves: every operation against a statement that does not use it."""

from fractions import Fraction
from functools import cache, partial
from math import comb, pi, sqrt

import mpmath
import numpy as np
import pytest
import sympy as sp
from sympy import Rational, cancel, symbols

from derive.calculus import atoms
from derive.curve import atom, y
from derive.elimination import eliminate, lowest_terms
from derive.laws import LAWS, Law, Parameter
from derive.reference import evaluate
from derive.variables import G, z

approx = partial(pytest.approx, rel=1e-9)
r, s, v = symbols("r s v", positive=True)
phi, psi, eta = symbols("phi psi eta", positive=True)
zeta = symbols("zeta", nonnegative=True)
RATIO, OTHER = Rational(2, 5), Rational(7, 3)

TWO_LAYERS = (
    atoms([1])
    .sample_covariance(RATIO)
    .affine(scale=Rational(1, 2), shift=Rational(1, 3))
    .sample_covariance(OTHER)
)
SPECTRA = {
    "atom": atoms([3]),
    "sample covariance": atoms([2]).sample_covariance(RATIO),
    "fewer samples than dimensions": atoms([2]).sample_covariance(OTHER),
    "shifted": atoms([2]).sample_covariance(OTHER).affine(scale=3, shift=5),
    "two layers": TWO_LAYERS,
    "three layers": TWO_LAYERS.affine(scale=2, shift=0).sample_covariance(3),
    "companion": TWO_LAYERS.companion(OTHER),
}


@pytest.fixture(params=SPECTRA.values(), ids=SPECTRA)
def spectrum(request):
    return request.param


@pytest.fixture(params=[0, 1], ids=["", "reparametrised"])
def curve(request, spectrum):
    own = spectrum.curve
    return own.reparametrise(scale=3, shift=Rational(-1, 2)) if request.param else own


def function(expression):
    return sp.lambdify(y, expression)


def moments(curve, order):
    """m_k = (1/2πi)∮ z^k G dz on a large circle of the parameter."""
    on_circle = 30 * np.exp(2j * np.pi * np.arange(128) / 128)
    measure = function(curve.cauchy * curve.z.diff(y))(on_circle) * on_circle
    points = function(curve.z)(on_circle)
    return np.array([(points**k * measure).mean().real for k in range(order + 1)])


def law(spectrum, *parameters):
    """A law as a user would add it."""
    return Law(
        "own", tuple(map(Parameter, parameters)), spectrum, curve=spectrum.curve, ratio=RATIO
    )


@cache
def equation(curve):
    numerator, denominator = (sp.Poly(part, y) for part in sp.fraction(cancel(curve.z)))
    return tuple(np.poly1d([float(c) for c in p.all_coeffs()]) for p in (numerator, denominator))


def fibre(curve, point):
    numerator, denominator = equation(curve)
    return (numerator - point * denominator).roots


def test_atom():
    assert moments(atom(3), 4) == approx([1, 3, 9, 27, 81])
    assert atom(v).potential == sp.log(y - v)
    assert atom(v).atom == 0


def test_affine_scales_and_shifts_the_moments():
    before, scale, shift = moments(TWO_LAYERS.curve, 4), 1.5, 0.25
    expected = [
        sum(comb(k, j) * scale**j * before[j] * shift ** (k - j) for j in range(k + 1))
        for k in range(5)
    ]
    assert moments(
        TWO_LAYERS.affine(scale=Rational(3, 2), shift=Rational(1, 4)).curve, 4
    ) == approx(expected)


def test_moments_of_a_sample_covariance():
    """Of X = T^(1/2) Z: traces of the first words in Z by Wick's rule."""
    n1, n2, n3 = moments(TWO_LAYERS.curve, 3)[1:]
    c = float(RATIO)
    expected = [1, n1, n2 + c * n1**2, n3 + 3 * c * n1 * n2 + c**2 * n1**3]
    assert moments(TWO_LAYERS.sample_covariance(RATIO).curve, 3) == approx(expected)


def test_sample_covariance_of_an_atom_solves_the_marchenko_pastur_equation():
    found = atom(v).sample_covariance(r)
    equation = r * v * z * G**2 - (z + v * (r - 1)) * G + 1
    assert cancel(equation.subs({z: found.z, G: found.cauchy})) == 0


@pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
def test_sample_covariance_of_an_atom_has_the_marchenko_pastur_density(ratio):
    variance, found = 1.7, atom(v).sample_covariance(r).cauchy
    a, b = variance * (1 - sqrt(ratio)) ** 2, variance * (1 + sqrt(ratio)) ** 2
    curve = atom(Rational(17, 10)).sample_covariance(Fraction(ratio).limit_denominator())
    density = sp.lambdify((y, r, v), found)
    for x in a + (b - a) * np.linspace(0, 1, 7)[1:-1]:
        upper = max(fibre(curve, x), key=lambda root: root.imag)
        textbook = sqrt((b - x) * (x - a)) / (2 * pi * ratio * variance * x)
        assert -density(upper, ratio, variance).imag / pi == pytest.approx(textbook, rel=1e-12)


def test_companion_scales_the_moments():
    before = moments(TWO_LAYERS.curve, 4)
    expected = [1, *(float(OTHER) * before[1:])]
    assert moments(TWO_LAYERS.companion(OTHER).curve, 4) == approx(expected)


def test_companion_of_a_law_swaps_the_roles_of_rows_and_columns():
    """The n × n matrix ZᵀZ/n, Z with n columns, is (p/n) ZᵀZ/p: again Marchenko-Pastur."""
    companion = atom(1).sample_covariance(r).companion(r)
    direct = atom(1).sample_covariance(1 / r).affine(scale=r, shift=0)
    assert eliminated(companion) == eliminated(direct)


def test_companion_there_and_back_is_the_identity():
    start = atom(v).sample_covariance(r)
    back = start.companion(s).companion(1 / s)
    assert cancel(back.z - start.z) == cancel(back.cauchy - start.cauchy) == 0
    assert sp.expand(back.atom - start.atom) == 0
    assert sp.expand(back.potential - start.potential) == 0


def test_potential_is_a_primitive_of_the_cauchy_transform(curve):
    assert lowest_terms(curve.potential.diff(y) - curve.cauchy * curve.z.diff(y)) == 0


def test_potential_is_the_logarithm_at_infinity(curve):
    with mpmath.workdps(60):
        for far in (10**20, -(10**20)):
            upper = far + mpmath.mpc(0, 1) / 10**20
            potential, spectral = (
                sp.lambdify(y, f, "mpmath")(upper) for f in (curve.potential, curve.z)
            )
            assert abs(potential - mpmath.log(spectral)) < 1e-18


@pytest.mark.parametrize("name", LAWS)
def test_potential_and_derivative_of_the_laws(name):
    curve = LAWS[name].curve
    assert lowest_terms(curve.potential.diff(y) - curve.cauchy * curve.z.diff(y)) == 0
    assert cancel(curve.cauchy_prime * curve.z.diff(y) - curve.cauchy.diff(y)) == 0


def test_subordination_functions_single_out_one_root_with_its_cauchy_transform(curve):
    functions = [function(w) for w in curve.subordination]
    cauchy = function(curve.cauchy)
    for point in (1 + 0.1j, 0.2 + 3j, -2 + 0.5j, 30 + 0.3j):
        above = [root for root in fibre(curve, point) if all(w(root).imag > 0 for w in functions)]
        assert len(above) == 1
        assert cauchy(above[0]).imag < 0


def test_logarithms_stay_above_the_axis_with_z(curve):
    """Each is principal on the upper half-plane: no argument crosses the negative axis there."""
    functions = [function(w) for w in curve.subordination]
    arguments = [function(f) for _, f in curve.logarithms]
    for point in np.geomspace(1e-3, 1e3, 13)[:, None] * np.exp(1j * np.linspace(0.1, 3, 5)):
        for z_ in point:
            (root,) = (t for t in fibre(curve, z_) if all(w(t).imag > 0 for w in functions))
            assert all(f(root).imag > 0 for f in arguments)


@pytest.mark.parametrize(
    ("spectrum", "mass"),
    [
        (atoms([2]).sample_covariance(RATIO), 0),
        (atoms([2]).sample_covariance(OTHER), Rational(4, 7)),
        (atoms([2]).sample_covariance(OTHER).affine(scale=3, shift=0), Rational(4, 7)),
        (atoms([2]).sample_covariance(OTHER).affine(scale=3, shift=1), 0),
        (TWO_LAYERS, Rational(4, 7)),
        (atoms([1]).sample_covariance(OTHER).sample_covariance(RATIO), Rational(4, 7)),
        (atoms([1]).sample_covariance(OTHER).sample_covariance(5), Rational(4, 5)),
        (atoms([2]).sample_covariance(RATIO).companion(RATIO), Rational(3, 5)),
        (atoms([2]).sample_covariance(OTHER).companion(OTHER), 0),
    ],
)
def test_atom_is_the_residue_of_the_cauchy_transform_at_zero(spectrum, mass):
    assert spectrum.curve.atom == mass
    point = -(mpmath.mpf(10) ** -60)
    found = point * evaluate(law(spectrum), "cauchy_transform", point, dps=30)
    assert abs(found - mpmath.mpf(mass.p) / mass.q if mass else found) < 1e-25


def eliminated(curve):
    """Irreducible polynomial in (G, z), up to its sign."""
    polynomial = eliminate(curve.z - z, curve.cauchy - G, y)
    factors = [f for f, _ in sp.factor_list(polynomial)[1] if {G, z} <= f.free_symbols]
    (factor,) = factors
    return factor


def test_reparametrise_leaves_the_law_unchanged():
    curve, inner = (
        atom(1).sample_covariance(r).affine(scale=2, shift=1).sample_covariance(3),
        2 * y - r,
    )
    moved = curve.reparametrise(scale=2, shift=-r)
    assert moved.z != curve.z
    assert eliminated(moved) == eliminated(curve)
    assert moved.subordination[0] == y
    assert cancel(moved.subordination[1] - curve.subordination[1].subs(y, inner)) == 0
    assert cancel(moved.potential.diff(y) - moved.cauchy * moved.z.diff(y)) == 0


def test_composition_gives_the_curve_of_random_features():
    """Closed form by hand: z = AB/(ψy(y-ζ)²), G = ψ(y-ζ)/A, G̃ = ψ(y-ζ)/B."""
    A, B = (y**2 + (t * eta - zeta) * y - t * (eta - zeta) * zeta for t in (phi, psi))
    composed = (
        atom(1)
        .sample_covariance(1 / psi)
        .affine(scale=zeta, shift=eta - zeta)
        .sample_covariance(phi / psi)
        .reparametrise(scale=1 / (psi * zeta), shift=1 - 1 / psi)
    )
    for curve in (composed, LAWS["random_features"].curve):
        assert cancel(curve.z - A * B / (psi * y * (y - zeta) ** 2)) == 0
        assert cancel(curve.cauchy - psi * (y - zeta) / A) == 0
        assert cancel(curve.companion(phi / psi).cauchy - psi * (y - zeta) / B) == 0


def test_moments_of_laws_of_ones_own(spectrum):
    found = evaluate(law(spectrum), "moments", 5, dps=15)
    assert np.array(found, float) == approx(moments(spectrum.curve, 5))


def test_a_law_of_ones_own_has_every_distribution_value():
    """Companion of Marchenko-Pastur: F̃ = cF + 1 - c and c·density, with parameters."""
    own = law(atoms([v]).sample_covariance(r).companion(r), r, v)
    for ratio in ("1/3", "5/2"):
        mine = {"r": ratio, "v": 2}
        theirs = {"ratio": ratio, "variance": 2}
        c = mpmath.mpf(Fraction(ratio).numerator) / Fraction(ratio).denominator
        for name, constant in (("density", 0), ("cdf", 1 - c)):
            expected = c * evaluate("marchenko_pastur", name, 1, dps=15, **theirs) + constant
            assert evaluate(own, name, 1, dps=15, **mine) == pytest.approx(expected, rel=1e-14)
        moments = evaluate("marchenko_pastur", "moments", 3, dps=15, **theirs)
        assert evaluate(own, "moments", 3, dps=15, **mine)[1:] == approx(
            [c * m for m in moments[1:]]
        )
        expected = evaluate("marchenko_pastur", "support", dps=15, **theirs)
        assert evaluate(own, "support", dps=15, **mine) == expected
