"""Reference values: exact input, proved digits, errors, limits, and independent oracles."""

from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from mpmath import mpc, mpf

from derive.laws import LAWS
from derive.observables import observables
from derive.reference import evaluate

PARAMETERS = {
    "random_features": {"phi": "1/2", "psi": "3/4", "eta": 1, "zeta": "1/3"},
    "marchenko_pastur": {"ratio": "1/3", "variance": 2},
    "product_wishart": {"phi": "1/2", "psi": "3/4", "eta": 1},
}
POINTS = {
    "x": ["1/3", 0, -2, 50],
    "z": ["1/3", "1/3+1/7j", "-2-1/9j", -1],
    "gamma": ["1/3", 0, "1e-9"],
    "q": ["1/3", 0, 1],
    "order": [5],
}
RANDOM_FEATURES = PARAMETERS["random_features"]
WITH_ATOM = {"phi": 2, "psi": "1/2", "eta": 1, "zeta": "1/3"}
HARD_EDGE = {"phi": "1/2", "psi": "1/2", "eta": 1, "zeta": "1/3"}
MARCHENKO_PASTUR = {"ratio": "1/4", "variance": 1}
TWO_INTERVALS = {"phi": "1/8", "psi": "1/4", "eta": 1, "zeta": "9/10"}


def cases():
    for name, law in LAWS.items():
        for observable in observables(law):
            points = POINTS[observable.argument.name] if observable.argument else [None]
            for point in points:
                yield name, observable.public_name(law), () if point is None else (point,)


def given(law, name):
    """Parameters of a law, and of labels where a function takes these."""
    (kind,) = (o for o in observables(LAWS[law]) if o.public_name(LAWS[law]) == name)
    return PARAMETERS[law] | {label: "2/3" for label in kind.labels(LAWS[law])}


def number(value):
    """A rational number at the working precision."""
    return mpf(Fraction(value).numerator) / Fraction(value).denominator


def parts(value):
    """Real numbers in a value of any kind."""
    if isinstance(value, dict):
        return parts(list(value.values()))
    if isinstance(value, list | tuple):
        return [part for item in value for part in parts(item)]
    return [value.real, value.imag] if isinstance(value, mpc) else [value]


def agree(found, expected, digits):
    """Equality of every part to a unit in the last of the digits."""
    with mpmath.workdps(digits + 20):
        tolerance = mpf(10) ** (1 - digits)
        pairs = list(zip(parts(found), parts(expected), strict=True))
        return all(a == b or abs(a - b) <= tolerance * abs(b) for a, b in pairs)


# Digits


@pytest.mark.parametrize(("law", "name", "points"), list(cases()))
def test_every_digit_asked_for_is_right(law, name, points):
    parameters = given(law, name)
    few, many = (evaluate(law, name, *points, dps=dps, **parameters) for dps in (30, 60))
    assert agree(few, many, 30)


@pytest.mark.parametrize("name", ["density", "train_error"])
def test_a_thousand_digits(name):
    fifty, few, many = (
        evaluate("random_features", name, "1/3", dps=dps, **RANDOM_FEATURES)
        for dps in (50, 1000, 1020)
    )
    assert agree(few, many, 1000) and not agree(few, fifty, 1000)


def test_results_carry_their_digits_and_no_more():
    value = evaluate("marchenko_pastur", "density", 1, dps=20, **MARCHENKO_PASTUR)
    with mpmath.workdps(20):
        assert value == +value
    assert mpmath.nstr(value, 20) == "0.61640444406149980556"


@pytest.mark.parametrize("dps", [3, 40])
def test_precision_of_mpmath_is_neither_used_nor_changed(dps):
    expected = evaluate("random_features", "quantile", "1/3", dps=30, **RANDOM_FEATURES)
    with mpmath.workdps(dps):
        assert evaluate("random_features", "quantile", "1/3", dps=30, **RANDOM_FEATURES) == expected
        assert mpmath.mp.dps == dps
        with pytest.raises(ValueError):
            evaluate("random_features", "quantile", 2, **RANDOM_FEATURES)
        assert mpmath.mp.dps == dps


# Exact input


def test_every_kind_of_number_is_taken_exactly():
    with mpmath.workdps(80):
        decimal = mpf("1.1")
    values = {
        evaluate("marchenko_pastur", "cdf", x, dps=50, ratio=ratio, variance=2)
        for x in ("1.1", "11/10", "11e-1", " 11/10", Fraction(11, 10), sp.Rational(11, 10))
        for ratio in (2, "2", "2.0", mpf(2), 2.0, sp.Integer(2))
    }
    assert len(values) == 1
    (exact,) = values
    shared = {"dps": 50, "ratio": 2, "variance": 2}
    assert agree(evaluate("marchenko_pastur", "cdf", decimal, **shared), exact, 50)
    for double in (1.1, Fraction(1.1), mpf(1.1)):
        value = evaluate("marchenko_pastur", "cdf", double, **shared)
        assert agree(value, exact, 15) and not agree(value, exact, 20)


COMPLEX_TEXTS = ("0.5+0.75j", "1/2 + 3/4j", "1/2+3/4J", "5e-1+7.5E-1j", "+0.5+0.75j")


@pytest.mark.parametrize("z", [*COMPLEX_TEXTS, complex(0.5, 0.75), mpc("0.5", "0.75")])
def test_kinds_of_complex_number(z):
    expected = evaluate("random_features", "cauchy_transform", "2/4+6/8j", **RANDOM_FEATURES)
    assert evaluate("random_features", "cauchy_transform", z, **RANDOM_FEATURES) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [("1j", 1j), ("-3/4j", -0.75j), ("-1-1e-2j", -1 - 0.01j), ("1e+1-1e+2j", 10 - 100j), ("2", 2)],
)
def test_complex_text(text, value):
    found = evaluate("random_features", "cauchy_transform", text, dps=20, **RANDOM_FEATURES)
    expected = evaluate("random_features", "cauchy_transform", value, dps=20, **RANDOM_FEATURES)
    assert agree(found, expected, 14)


# Errors


@pytest.mark.parametrize(
    ("law", "name", "points", "changes", "message"),
    [
        ("wishart", "density", [1], {}, "law = 'wishart' is not one of random_features, "),
        ("random_features", "pdf", [1], {}, "observable = 'pdf' is not one of density, cdf, "),
        ("random_features", "density", [], {}, r"density takes 1 point\(s\), got 0"),
        ("random_features", "atom", [1], {}, r"atom takes 0 point\(s\), got 1"),
        ("random_features", "density", [1], {"zeta": None}, "takes parameters phi, psi, eta, zeta"),
        ("random_features", "density", [1], {"kappa": 1}, "got phi, psi, eta, zeta, kappa"),
        ("random_features", "density", [1], {"zeta": "1.01"}, "domain 0 <= zeta <= eta"),
        ("random_features", "density", [1], {"zeta": "-1e-99"}, "domain 0 <= zeta <= eta"),
        ("random_features", "density", [1], {"phi": 0}, "phi = 0 is outside its domain phi > 0"),
        ("random_features", "density", [1], {"psi": -1}, "psi = -1 is outside its domain psi > 0"),
        ("random_features", "density", [1], {"eta": "x"}, "eta = 'x' is not a finite real number"),
        ("random_features", "density", [1], {"eta": 1j}, "eta = 1j is not a finite real number"),
        ("random_features", "density", ["nan"], {}, "x = 'nan' is not a finite real number"),
        ("random_features", "density", [float("inf")], {}, "x = inf is not a finite real number"),
        ("random_features", "density", ["1/0"], {}, "x = '1/0' is not a finite real number"),
        ("random_features", "density", [1j], {}, "x = 1j is not a finite real number"),
        ("random_features", "density", [[1]], {}, r"x = \[1\] is not a finite real number"),
        ("random_features", "cauchy_transform", ["a+1j"], {}, "z = 'a' is not a finite real"),
        ("random_features", "cauchy_transform", [""], {}, "z = '' is not a finite real number"),
        ("random_features", "cauchy_transform", [complex("nan")], {}, "is not a finite real"),
        ("random_features", "train_error", [-1], {}, "gamma = -1 is outside its domain gamma >= 0"),
        ("random_features", "log_potential", ["-1e-50"], {}, "outside its domain gamma >= 0"),
        ("random_features", "train_error_coefficients", [-1], {}, "outside its domain gamma >= 0"),
        ("random_features", "train_error_coefficients", [1j], {}, "outside its domain gamma >= 0"),
        ("random_features", "quantile", ["1.01"], {}, "q = 1.01 is outside its domain 0 <= q <= 1"),
        ("random_features", "moments", [-1], {}, "order = -1 is outside its domain"),
        ("random_features", "moments", [2.0], {}, "order = 2.0 is outside .* non-negative integer"),
        ("random_features", "cauchy_transform", [0], WITH_ATOM, "has a pole at z = 0"),
        ("random_features", "cauchy_transform", [0], HARD_EDGE, "has a pole at z = 0"),
        ("random_features", "density", [1], {"dps": 0}, "dps = 0 is not a positive integer"),
    ],
)
def test_errors_name_what_is_wrong(law, name, points, changes, message):
    arguments = {**RANDOM_FEATURES, **changes}
    arguments = {key: value for key, value in arguments.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        evaluate(law, name, *points, **arguments)


# Edges, zero, gaps


@pytest.mark.parametrize("edge", ["1/4", "9/4"])
def test_at_an_edge(edge):
    """The density is exactly zero, F exactly 0 or 1, and G the textbook's real value."""
    assert evaluate("marchenko_pastur", "density", edge, **MARCHENKO_PASTUR) == 0
    assert evaluate("marchenko_pastur", "cdf", edge, **MARCHENKO_PASTUR) == (edge == "9/4")
    value = evaluate("marchenko_pastur", "cauchy_transform", edge, **MARCHENKO_PASTUR)
    with mpmath.workdps(60):
        textbook = (number(edge) - number("3/4")) / (number(edge) / 2)
    assert value.imag == 0 and agree(value.real, textbook, 50)
    with pytest.raises(ValueError, match="pole"):
        evaluate("marchenko_pastur", "cauchy_transform_prime", edge, **MARCHENKO_PASTUR)


def test_support_of_a_perfect_square_is_exact():
    assert evaluate("marchenko_pastur", "support", **MARCHENKO_PASTUR) == [
        (mpf("0.25"), mpf("2.25"))
    ]


def test_just_inside_and_just_outside_an_edge():
    tiny = Fraction(1, 10**40)
    inside = evaluate("marchenko_pastur", "density", Fraction(9, 4) - tiny, **MARCHENKO_PASTUR)
    with mpmath.workdps(60):
        x = mpf(9) / 4 - mpf(10) ** -40
        textbook = mpmath.sqrt((mpf(9) / 4 - x) * (x - mpf(1) / 4)) / (mpmath.pi / 2 * x)
    assert agree(inside, textbook, 18)
    assert evaluate("marchenko_pastur", "density", Fraction(9, 4) + tiny, **MARCHENKO_PASTUR) == 0
    assert evaluate("marchenko_pastur", "cdf", Fraction(9, 4) + tiny, **MARCHENKO_PASTUR) == 1


@pytest.mark.parametrize("x", ["1", "20", "-1"])
def test_complex_points_next_to_the_axis_are_its_limit(x):
    """The roots over z and those over its conjugate are 1e-300 apart."""
    beside = evaluate("random_features", "cauchy_transform", f"{x}+1e-300j", **RANDOM_FEATURES)
    on_axis = evaluate("random_features", "cauchy_transform", x, **RANDOM_FEATURES)
    assert agree(beside.real, on_axis.real, 49)
    assert beside.imag < 0
    assert on_axis.imag == 0 or agree(beside.imag, on_axis.imag, 49)


def test_two_unphysical_roots_that_coincide_off_the_axis():
    """At y = (1 - i)/8 the derivative of z(y) vanishes exactly, and z = 2 + 2i."""
    parameters = {"phi": "1/2", "psi": "1/2", "eta": 1, "zeta": "1/4"}
    at = evaluate("random_features", "cauchy_transform", "2+2j", dps=30, **parameters)
    beside = f"2+{2 + Fraction(1, 10**20)}j"
    beside = evaluate("random_features", "cauchy_transform", beside, dps=30, **parameters)
    assert 0 < abs(beside - at) < mpf("1e-20")


def test_at_zero():
    def at_zero(name, parameters):
        return evaluate("random_features", name, 0, dps=30, **parameters)

    assert at_zero("density", RANDOM_FEATURES) == at_zero("cdf", RANDOM_FEATURES) == 0
    assert at_zero("density", WITH_ATOM) == 0
    assert at_zero("cdf", WITH_ATOM) == mpf("0.75")
    assert evaluate("random_features", "atom", dps=30, **WITH_ATOM) == mpf("0.75")
    assert evaluate("random_features", "cdf", "-1e-99", **WITH_ATOM) == 0
    assert at_zero("density", HARD_EDGE) == mpmath.inf
    assert at_zero("log_potential", WITH_ATOM) == -mpmath.inf
    for parameters in (RANDOM_FEATURES, HARD_EDGE):
        near = evaluate("random_features", "log_potential", "1e-60", dps=25, **parameters)
        assert agree(at_zero("log_potential", parameters), near, 25)


@pytest.mark.parametrize(
    ("phi", "psi", "zeta", "expected"),
    [
        ("1/4", "1/2", 1, "0.75"),  # eq. (24): [1 - φ]₊ for a linear network with ψ < 1
        ("1/4", "1/2", "1/3", "0.5"),  # [1 - φ/ψ]₊ otherwise
        ("1/2", 2, 1, "0.75"),
        (2, "1/2", "1/3", 0),
        (1, 1, 1, 0),
    ],
)
def test_training_error_without_ridge(phi, psi, zeta, expected):
    parameters = {"phi": phi, "psi": psi, "eta": 1, "zeta": zeta}
    assert evaluate("random_features", "train_error", 0, **parameters) == mpf(expected)


def test_a_gap_holds_no_mass():
    (_, low), (high, _) = evaluate("random_features", "support", dps=20, **TWO_INTERVALS)
    for x in ("1/4", "1/2", "3/4"):
        assert low < number(x) < high
        assert evaluate("random_features", "density", x, **TWO_INTERVALS) == 0
        value = evaluate("random_features", "cdf", x, **TWO_INTERVALS)
        assert agree(value, mpf("0.75"), 50)
    tiny = Fraction(1, 10**60)
    for level, psi, end in (
        ("3/4", "1/4", low),
        (Fraction(3, 4) + tiny, "1/4", high),
        ("3/4", Fraction(1, 4) + tiny, high),  # the mass up to the gap is 1 - ψ
    ):
        parameters = {**TWO_INTERVALS, "psi": psi}
        assert agree(evaluate("random_features", "quantile", level, dps=20, **parameters), end, 20)


def test_quantiles():
    for q in ("1e-20", "1/3", "0.999999"):
        x = evaluate("random_features", "quantile", q, dps=40, **RANDOM_FEATURES)
        level = evaluate("random_features", "cdf", x, dps=45, **RANDOM_FEATURES)
        with mpmath.workdps(60):
            assert agree(level, number(q), 19)
    ((_, high),) = evaluate("random_features", "support", dps=30, **RANDOM_FEATURES)
    assert evaluate("random_features", "quantile", 1, dps=30, **RANDOM_FEATURES) == high
    for q, expected in ((0, 0), ("1/2", 0), ("3/4", 0)):
        assert evaluate("random_features", "quantile", q, **WITH_ATOM) == expected


def test_quantile_just_above_an_atom_with_a_divergent_density():
    """F = 1/2 + √x/π + O(x) near zero."""
    square = {"phi": 1, "psi": "1/2", "eta": 1, "zeta": 1}
    for k in (10, 20):
        level = Fraction(1, 2) + Fraction(1, 10**k)
        found = evaluate("random_features", "quantile", level, dps=15, **square)
        assert found * mpf(10) ** (2 * k) == pytest.approx(mpmath.pi**2, rel=1e-14)


@pytest.mark.parametrize(
    "changes",
    [{"zeta": 0}, {"zeta": 1}, {"psi": "1/2"}, {"psi": "1/2", "zeta": 0}, {"phi": 1, "psi": 1}],
)
def test_degenerate_parameters_are_limits_of_their_neighbours(changes):
    parameters = {**RANDOM_FEATURES, **changes}
    neighbour = {key: Fraction(value) for key, value in parameters.items()}
    neighbour["phi"] *= 1 + Fraction(1, 10**25)
    neighbour["zeta"] += Fraction(-1 if neighbour["zeta"] == 1 else 1, 10**25)
    at = {"density": "1/3", "cdf": "1/3", "cauchy_transform": "-1+1/2j"}
    for name, point in {**at, "train_error": 1, "log_potential": 1}.items():
        found, near = (
            evaluate("random_features", name, point, dps=30, **p) for p in (parameters, neighbour)
        )
        assert agree(found, near, 22)


# Independent oracles


@pytest.mark.parametrize(("ratio", "x"), [("1/3", "1/2"), ("4", "8.99"), ("1", "1e-30")])
def test_marchenko_pastur_density_and_distribution(ratio, x):
    found = {
        name: evaluate("marchenko_pastur", name, x, dps=50, ratio=ratio, variance=1)
        for name in ("density", "cdf")
    }
    with mpmath.workdps(70):
        c, x = number(ratio), number(x)
        a, b = (1 - mpmath.sqrt(c)) ** 2, (1 + mpmath.sqrt(c)) ** 2

        def density(t):
            return mpmath.sqrt((b - t) * (t - a)) / (2 * mpmath.pi * c * t)

        assert agree(found["density"], density(x), 50)
        # t = a + s² makes the integrand analytic at the lower edge.
        mass = mpmath.quad(lambda s: 2 * s * density(a + s**2), [0, mpmath.sqrt(x - a)])
        assert agree(found["cdf"], mass + max(0, 1 - 1 / c), 40)


@pytest.mark.parametrize("eta", [1, "5/2"])
def test_cube_root_singularity_of_the_square_product(eta):
    """At φ = ψ = 1 the density is (√3/2π) η^(-1/3) x^(-2/3) near zero."""
    value = evaluate("product_wishart", "density", "1e-60", dps=30, phi=1, psi=1, eta=eta)
    with mpmath.workdps(40):
        leading = mpmath.sqrt(3) / (2 * mpmath.pi) * number(eta) ** (mpf(-1) / 3) * mpf(10) ** 40
    assert agree(value, leading, 19)


def by_fixed_point(z, phi, psi, eta, zeta):
    """G of the Gaussian equivalent's linear pencil, by iterating its Dyson equation.

    The blocks of sizes n1 and m have normalised traces g and h; the two blocks of size n0 have the
    inverse of [[-(ζ/ψ)g, -1], [-1, -h]].
    """
    g, h = 1 / z, mpf(1)
    for _ in range(1000):
        determinant = zeta * g * h / psi - 1
        weights, data = -h / determinant, -zeta * g / (psi * determinant)
        new = (
            1 / (z - (eta - zeta) * h - zeta * weights),
            1 / (1 - (eta - zeta) * phi / psi * g - phi * data),
        )
        change = abs(new[0] - g) / abs(g) + abs(new[1] - h)
        g, h = new
        if change < mpf(10) ** -55:
            return g
    raise AssertionError("no fixed point")


@pytest.mark.parametrize("zeta", [0, "1/3", 1])
@pytest.mark.parametrize("ratios", [(1, 1), ("1/2", "3/4"), (3, "1/5")])
def test_random_features_solve_the_dyson_equation(ratios, zeta):
    phi, psi = ratios
    for z in ("1+60j", "-30+40j", "-100"):
        found = evaluate(
            "random_features", "cauchy_transform", z, dps=50, phi=phi, psi=psi, eta=1, zeta=zeta
        )
        with mpmath.workdps(60):
            expected = by_fixed_point(mpc(complex(z)), *map(number, (*ratios, 1, zeta)))
        assert abs(found - expected) < mpf(10) ** -42 * abs(expected)


def test_moments_are_the_expansion_of_the_transform_at_infinity():
    moments = evaluate("random_features", "moments", 6, dps=60, **RANDOM_FEATURES)
    value = evaluate("random_features", "cauchy_transform", 10**30, dps=60, **RANDOM_FEATURES).real
    with mpmath.workdps(80):
        series = sum(m / mpf(10) ** (30 * (k + 1)) for k, m in enumerate(moments))
        assert abs(value - series) < mpf(10) ** -85


def test_derivative_is_a_difference_quotient():
    step = Fraction(1, 10**30)
    for z in ("1/3", "1/3+1/7j", "-2"):
        shifted = f"{Fraction(1, 3) + step}+1/7j" if "j" in z else Fraction(z) + step
        a, b = (
            evaluate("random_features", "cauchy_transform", at, dps=70, **RANDOM_FEATURES)
            for at in (z, shifted)
        )
        prime = evaluate("random_features", "cauchy_transform_prime", z, **RANDOM_FEATURES)
        with mpmath.workdps(70):
            assert abs((b - a) * 10**30 / prime - 1) < mpf(10) ** -28


def test_the_potential_has_the_transform_as_its_derivative_and_the_error_as_its_second():
    """E_train = (1-c) + cγ² ∫(t+γ)⁻²ρ, the derivatives of ∫ln(t+γ)ρ by differences."""
    step = Fraction(1, 10**20)
    values = [
        evaluate("random_features", "log_potential", 1 + k * step, dps=90, **RANDOM_FEATURES)
        for k in (-1, 0, 1)
    ]
    G = evaluate("random_features", "cauchy_transform", -1, **RANDOM_FEATURES)
    E = evaluate("random_features", "train_error", 1, **RANDOM_FEATURES)
    with mpmath.workdps(90):
        first = (values[2] - values[0]) * 10**20 / 2
        second = (values[2] - 2 * values[1] + values[0]) * mpf(10) ** 40
        c = mpf(2) / 3
        assert abs(first + G) < mpf(10) ** -38
        assert abs((1 - c) - c * second - E) < mpf(10) ** -38
