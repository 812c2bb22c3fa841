"""Laws that are not in the tree, through every observable: module, reference, finite matrices."""

import copy
import pickle

import numpy as np
import pytest
from sympy import Rational, symbols

from derive import Law, Parameter, evaluate, numpy_module, render_module
from derive.calculus import atoms, layers, marchenko_pastur, semicircle
from derive.runtime.observables import log_potential

a, b, c, t, v = symbols("a b c t v", positive=True)
p = symbols("p", positive=True)
ANY, SHARE = [Parameter(s) for s in (a, b, c, v)], Parameter(p, "a share", upper=1)
A, B, C, V = ANY

# Name, parameters, spectrum, whether it lives on [0, ∞).
STRANGERS = {
    "two_linear_layers": ((A, B, C), marchenko_pastur(a).sample_covariance(b).sample_covariance(c)),
    "shifted_kernel": ((A, V), marchenko_pastur(a) + v),
    "signal_and_noise": ((A, V), atoms([1, 3]).sample_covariance(a).free_sum(semicircle(v))),
    "two_projections": ((SHARE,), atoms([0, 1], [1 - p, p]).free_sum(atoms([0, 1]))),
    "sum_of_atoms": ((V,), atoms([0, 1, 3]).free_sum(atoms([-v, v]))),
    "ratio_of_covariances": ((A, B), marchenko_pastur(a / (1 + a)).inverse() @ marchenko_pastur(b)),
    "spiked_product": ((A, V), (semicircle(1) + v) @ marchenko_pastur(a)),
    "plus_noise": ((A, V), atoms([0, 5]).information_plus_noise(a / (1 + a), v)),
    "square": ((V,), (semicircle(1) + v).square()),
    "power": ((V,), atoms([-1, 0, 3]).free_power(1 + v)),
    "corner": ((SHARE, V), atoms([0, 1, v]).compress(p)),
    "blocks": ((SHARE, V), (semicircle(1) + v).mix(marchenko_pastur(p), p)),
    "covariance_of_sum": ((A, V), (marchenko_pastur(a) + atoms([1, 4])).sample_covariance(v)),
}
NUMBERS = {"a": 0.75, "b": 0.5, "c": 1.25, "v": 1.5, "p": 0.375}


def law(name):
    parameters, spectrum = STRANGERS[name]
    return Law(name=name, parameters=parameters, spectrum=spectrum)


def numbers(parameters):
    return {q.name: NUMBERS[q.name] for q in parameters}


@pytest.fixture(params=STRANGERS, scope="module")
def stranger(request):
    made = law(request.param)
    return made, numpy_module(made), numbers(made.parameters)


def places(module, given):
    """In the bulk, in gaps, outside and close to the ends."""
    ends = module.support(**given).ravel()
    width = ends[-1] - ends[0]
    middles = (ends[1:] + ends[:-1]) / 2
    beside = np.concatenate([ends + 1e-3 * width, ends - 1e-3 * width])
    return [float(x) for x in (*middles, *beside, ends[0] - width / 3, ends[-1] + width)]


def test_module_is_the_reference(stranger):
    made, module, given = stranger
    for x in places(module, given):
        for name in ("density", "cdf", "cauchy_transform", "cauchy_transform_prime"):
            expected = complex(evaluate(made, name, x, dps=15, **given))
            assert abs(getattr(module, name)(x, **given) - expected) <= 1e-9 * abs(expected), (
                name,
                x,
            )
        z = complex(x, 0.25)
        expected = complex(evaluate(made, "cauchy_transform", z, dps=15, **given))
        assert module.cauchy_transform(z, **given) == pytest.approx(expected, rel=1e-12)


def test_ends_and_atom(stranger):
    made, module, given = stranger
    exact = evaluate(made, "support", dps=15, **given)
    np.testing.assert_allclose(
        module.support(**given), np.array(exact, float), rtol=1e-8, atol=1e-9
    )
    assert module.atom(**given) == pytest.approx(float(evaluate(made, "atom", **given)))


def test_quantile_inverts_the_distribution(stranger):
    _, module, given = stranger
    q = np.linspace(0.03, 0.97, 9)
    x = module.quantile(q, **given)
    assert np.all(module.cdf(x, **given) >= q - 1e-9)
    assert np.all(np.diff(x) >= 0)


def test_finite_matrices(stranger):
    made, module, given = stranger
    n = 600
    found = np.linalg.eigvalsh(made.sample(n, np.random.default_rng(5), **given))
    step = 1e-6 * (found[-1] - found[0] + 1)
    above, below = (module.cdf(found + s * step, **given) for s in (1, -1))
    rank = np.arange(1, n + 1) / n
    # An atom is a jump, which rounding spreads over its eigenvalues.
    distance = np.maximum(below - rank, rank - 1 / n - above)
    assert distance.max() < 0.02


def test_moments_are_exact_and_the_modules(stranger):
    made, module, given = stranger
    if not made.spectrum.has_series:
        return
    exact = [float(m) for m in evaluate(made, "moments", 6, dps=20, **given)]
    np.testing.assert_allclose(module.moments(6, **given), exact, rtol=1e-13)


def test_arrays_of_parameters():
    made = law("signal_and_noise")
    module = numpy_module(made)
    ratios, x = np.array([[0.5], [2.0]]), np.array([0.5, 2.0, 9.0])
    values = module.density(x, a=ratios, v=0.25)
    assert values.shape == (2, 3)
    for row, ratio in zip(values, ratios.ravel(), strict=True):
        np.testing.assert_array_equal(row, module.density(x, a=ratio, v=0.25))


def growing(ratios, v):
    kernel = marchenko_pastur(ratios[0])
    for ratio in ratios[1:]:
        kernel = kernel.sample_covariance(ratio) + semicircle(v)
    return kernel


SEQUENCES = (Parameter(symbols("ratios"), kind="sequence"), V)


def test_a_function_of_sequences_is_a_law():
    made = Law("growing", SEQUENCES, growing)
    module, given = numpy_module(made), {"ratios": (0.5, 1.5), "v": 0.25}
    for x in (-0.5, 0.75, 3.0, 9.0):
        expected = float(evaluate(made, "density", x, dps=15, **given))
        assert module.density(x, **given) == pytest.approx(expected, rel=1e-10)
    assert made.at(**given) == growing(**given)
    found = np.linalg.eigvalsh(made.sample(500, np.random.default_rng(1), **given))
    assert abs(module.cdf(np.quantile(found, 0.4), **given) - 0.4) < 0.01


def test_a_function_must_be_complete():
    constant = V.symbol

    def composed(ratios, v):
        return marchenko_pastur(ratios[0]) + constant

    with pytest.raises(ValueError, match="composed uses constant, which its NumPy module does not"):
        render_module(Law("incomplete", SEQUENCES, composed))


def test_text_of_the_module_states_its_accuracy():
    assert "Measured errors are within" in render_module(law("shifted_kernel"))


# Compositions as objects


def test_equality_copies_and_pickles():
    first, second = (marchenko_pastur(c).free_sum(semicircle(v)) for _ in range(2))
    assert first == second and hash(first) == hash(second)
    assert first != marchenko_pastur(c)
    assert pickle.loads(pickle.dumps(first)) == first == copy.deepcopy(first)
    assert first.subs(c, 2).subs({v: Rational(1, 2)}) == marchenko_pastur(2) + semicircle("1/2")
    assert first.subs(c=2) == first.subs(c, 2)
    with pytest.raises(ValueError, match="w is no symbol"):
        first.subs(w=2)


def test_operators():
    law = marchenko_pastur(c)
    assert 2 * law + 1 == law.affine(2, 1) == 1 + law * 2
    assert law @ semicircle(v) == law.free_product(semicircle(v))
    assert -law == law.affine(-1, 0)
    assert 1 - law == law.affine(-1, 1)
    assert (law / 2).moments(1) == (1, Rational(1, 2))
    assert repr(law + semicircle(v)) == "atoms([1]).sample_covariance(c).free_sum(semicircle(v))"
    assert r"\boxplus" in (law + semicircle(v))._repr_latex_()


def test_moments_with_symbols_in_every_operation():
    assert marchenko_pastur(c).affine(3, 0).moments(3) == (
        1,
        3,
        9 * (c + 1),
        27 * (c**2 + 3 * c + 1),
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Law("x y", (), semicircle(1)), "'x y' is no public Python identifier"),
        (lambda: Law("law", (), semicircle(v)), "law: v is no parameter"),
        (lambda: Law("law", (V, V), semicircle(v)), "two parameters are named v"),
        (lambda: Law("law", (Parameter(symbols("gamma")),), semicircle(1)), "gamma is reserved"),
        (lambda: Law("law", (Parameter(a, upper=b), B), semicircle(a)), "law: b is no parameter"),
        (lambda: Law("law", (), "semicircle"), "'semicircle' is not a Spectrum"),
        (lambda: Parameter("a"), "'a' is not a SymPy symbol"),
        (lambda: Parameter(a, kind="list"), "kind = 'list' is not one of number, sequence, weig"),
        (lambda: Law("law", (Parameter(a, matches="b"),), semicircle(a)), "matches = 'b' of a"),
        (lambda: layers([(1, 1)], [(1, 0, (1,))]), "is no layer"),
        (lambda: layers([(1, 1, 0)], [(1, 0, (1, 2))]), "2 entries of a node, but 1 layers"),
        (lambda: Parameter(a, upper="much"), "upper bound of a = 'much'"),
    ],
)
def test_bad_laws(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bad_parameters():
    module = numpy_module(law("blocks"))
    for value in (0.0, 1.5, np.nan, "half", 1j):
        with pytest.raises(ValueError, match=r"p = .* is outside its domain: 0 < p < 1"):
            module.density(1.0, p=value, v=1.0)
    with pytest.raises(ValueError, match="p = None is outside its domain: 0 < p < 1"):
        module.density(1.0, p=None, v=1.0)


# Speed and size, bounded generously


def test_many_atoms():
    rng = np.random.default_rng(3)
    data = atoms(np.sort(rng.exponential(size=2000)).tolist())
    law = data.sample_covariance(0.5) + semicircle(0.01)
    # Eigenvalues far from the others have intervals of their own.
    shares = [2000 * np.diff(law.cdf(list(interval)))[0] for interval in law.support()]
    assert np.allclose(shares, [1997, 2, 1], rtol=1e-9)


def test_free_sum_of_atoms():
    law = atoms([0, 1, 3, 7, 8]).free_sum(atoms([-2, 0, 1, 5, 6]))
    total = sum(np.diff(law.cdf(list(interval)))[0] for interval in law.support())
    assert total == pytest.approx(1, abs=1e-9)


# Wrong once


def test_distribution_next_to_atoms():
    # An unknown there is the atom of the operand to all but a few digits.
    power = 1 + 0.3654838733476138
    law = atoms([-1, 0, 3]).free_power(power)
    mass = 1 - 2 * power / 3
    np.testing.assert_allclose(law.cdf([-power * (1 + d) for d in (1e-9, 1e-5)]), 0, atol=1e-15)
    near = law.cdf([-power * (1 - d) for d in (0, 1e-12, 1e-9, 1e-7, 1e-5)])
    np.testing.assert_allclose(near, mass, rtol=1e-13)


def test_distribution_is_constant_in_a_gap_beside_an_atom():
    share = 0.3385974961933765
    law = atoms([0, 1], [1 - share, share]).free_sum(atoms([0, 1]))
    near = law.cdf([1 + d for d in (0, 1e-14, 1e-10, 1e-8, 1e-5, 1e-2, 0.16)])
    np.testing.assert_allclose(near, 1 - share, rtol=1e-13)


def test_distribution_at_a_steep_hard_edge():
    # Both factors have one: F goes like a small power of x.
    law = marchenko_pastur(1).mix(marchenko_pastur("1/8"), "1/2") @ semicircle(1).square()
    assert law.cdf(0) == 0
    assert law.quantile(0.5) == pytest.approx(float(law.quantile(0.5 + 1e-9)), rel=1e-6)


def test_quantiles_have_all_digits():
    law = semicircle(6) @ atoms(["3/8", "5/2"])
    q = np.linspace(0.05, 0.95, 5)
    np.testing.assert_allclose(law.cdf(law.quantile(q)), q, atol=2e-15)


def test_pole_on_a_hard_edge():
    inverse = marchenko_pastur(1).inverse()
    golden = (1 + 5**0.5) / 2
    # ∫ln(1/t + 1) = ∫ln(1 + t) - ∫ln t.
    expected = 2 * np.log(golden) - (golden - 1) ** 2 + 1
    found = evaluate(Law("inverse", (), inverse), "log_potential", 1, dps=15)
    tree = inverse.tree({}).mapped(float)
    assert log_potential(tree, 1) == pytest.approx(expected, rel=1e-12)
    assert float(found) == pytest.approx(expected, rel=1e-12)
    rng = np.random.default_rng(2)
    X, Y = rng.standard_normal((500, 500)), rng.standard_normal((500, 1000))
    values = 1 / np.linalg.eigvals(np.linalg.solve(Y @ Y.T / 1000, X @ X.T / 500)).real
    x = np.array([0.05, 0.1, 0.3, 1, 5, 100])
    shares = [np.mean(values <= place) for place in x]
    np.testing.assert_allclose((inverse @ marchenko_pastur("1/2")).cdf(x), shares, atol=0.01)
