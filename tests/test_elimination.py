"""Elimination against SymPy's resultant and against identities checked by substitution."""

import pytest
import sympy as sp
from sympy import Integer, Rational, symbols

from derive.elimination import (
    Ring,
    coefficients,
    eliminate,
    lowest_terms,
    numerator_and_denominator,
    polynomial_part,
)

a, b, t, x, y, z = symbols("a b t x y z")
BIG = Integer(10) ** 60 + 7


@pytest.fixture
def ring():
    return Ring([z, a, x, y])


def test_symbols_are_sorted_once_each():
    assert Ring([z, a, z]).symbols == (a, z)


@pytest.mark.parametrize(
    "polynomial",
    [
        Integer(0),
        Integer(-3),
        a,
        (a + x) ** 3 * (y - 2 * z) - 7,
        BIG * x**20 * y - BIG**2 * z,
        a * x * y * z + a**2 - x**2,
    ],
)
def test_polynomials_survive_the_way_there_and_back(ring, polynomial):
    assert ring.expression(ring.polynomial(polynomial)) == sp.expand(polynomial)


def test_a_ring_without_symbols_has_the_integers():
    assert Ring([]).expression(Ring([]).polynomial(Integer(-5))) == -5
    assert numerator_and_denominator(Rational(-6, 4)) == (-3, 2)


@pytest.mark.parametrize(
    "expression",
    [
        (x**2 - y**2) / (x - y),
        1 / (1 / x + 1 / y),
        (x + 1) ** -3 * (x**2 - 1) ** 2 / 6 - Rational(1, 4),
        a / (a - x) + x / (x - a),
        (x / y - y / x) / (1 - x / y),
        1 / (1 - x) - 1 / (1 - x),
        (-x - 1) / (-2 * x - 2 * y),
        sp.expand((2**40 * x + 1) * (2**40 * x + 3)) / (10**30 * x + 10**30 * y),
        1 / sp.expand((2**40 * x + y) * (2**40 * y + 3 * x**2)),
    ],
)
def test_fractions_are_equal_and_in_lowest_terms(expression):
    numerator, denominator = numerator_and_denominator(expression)
    assert sp.cancel(numerator / denominator - expression) == 0
    assert sp.gcd(numerator, denominator) == 1
    assert sp.Poly(denominator, a, x, y).LC() > 0
    assert all(c.is_Integer for c in sp.Poly(numerator, a, x, y).coeffs())
    assert sp.expand(lowest_terms(expression) * denominator - numerator) == 0


def test_lowest_terms_are_factored():
    found = lowest_terms((x**3 - x) / (y**2 - 4 * x**2) * 6 / 4)
    assert found == Rational(-3, 2) * x * (x - 1) * (x + 1) / ((2 * x - y) * (2 * x + y))
    assert lowest_terms(x - x) == 0


def test_denominators_have_a_positive_first_term():
    assert numerator_and_denominator(1 / (y - x)) == (-1, x - y)
    assert numerator_and_denominator((y - x) ** -3) == (-1, sp.expand((x - y) ** 3))


@pytest.mark.parametrize("expression", [1 / x, x / 2, (x + y) / (x - y)])
def test_a_fraction_is_no_polynomial(ring, expression):
    with pytest.raises(ValueError, match="is not a polynomial with integer coefficients"):
        ring.polynomial(expression)


@pytest.mark.parametrize("expression", [sp.sqrt(x), sp.log(x) + 1, x**a, sp.pi * x, sp.Float(0.5)])
def test_what_is_not_rational_is_refused(ring, expression):
    with pytest.raises(ValueError, match="is not rational"):
        ring.fraction(expression)
    with pytest.raises(ValueError, match="is not rational"):
        eliminate(expression - y, x - 1, x)


def test_a_symbol_outside_the_ring_is_refused(ring):
    with pytest.raises(ValueError):
        ring.polynomial(t)


PAIRS = [
    (x**2 - a, x - b),
    (x**2 + a * x + b, 2 * x + a),
    (a * x**3 + x - y, x**2 - y * x + b),
    (x**4 - a, x**3 + b * x**2 - 1),
    (a * x + b, b * x - a),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_eliminate_is_the_resultant(first, second):
    assert sp.expand(eliminate(first, second, x) ** 2 - sp.resultant(first, second, x) ** 2) == 0


def test_eliminate_clears_denominators():
    """The circle from its rational parametrisation."""
    found = eliminate(x - (1 - t**2) / (1 + t**2), y - 2 * t / (1 + t**2), t)
    assert sp.rem(sp.Poly(found, x, y), sp.Poly(x**2 + y**2 - 1, x, y)).is_zero and found != 0


def test_eliminate_is_zero_for_a_common_factor():
    assert eliminate((x - a) * (x - b), (x - a) * (x + 1), x) == 0


def test_coefficients_rise_with_the_power():
    assert coefficients((a + 1) * x**3 - a * x + 5, x) == (5, -a, 0, a + 1)
    assert coefficients(a, x) == (a,)


def test_degree_and_coefficients_in_a_ring(ring):
    polynomial = ring.polynomial(a * x**2 * y - x + 3)
    assert [ring.degree(polynomial, s) for s in (a, x, y, z)] == [1, 2, 1, 0]
    assert [ring.expression(c) for c in ring.coefficients(polynomial, x)] == [3, -1, a * y]


def test_factors_multiply_to_the_polynomial(ring):
    polynomial = sp.expand(-6 * (x - y) ** 2 * (a * x + 1) * z**3)
    content, factors = ring.factors(ring.polynomial(polynomial))
    assert sorted(k for _, k in factors) == [1, 2, 3]
    product = content * sp.prod(ring.expression(f) ** k for f, k in factors)
    assert sp.expand(product - polynomial) == 0
    assert sp.expand(ring.factored(ring.polynomial(polynomial)) - polynomial) == 0


def test_substitute_is_the_numerator(ring):
    found = ring.expression(ring.substitute(ring.polynomial(a * x**2 + x - 1), x, y / (z - 1)))
    assert sp.expand(found - (a * y**2 + y * (z - 1) - (z - 1) ** 2)) == 0


CIRCLE = {"z": x, "z_of": (1 - t**2) / (1 + t**2), "unknown": y, "value_of": 2 * t / (1 + t**2)}


@pytest.mark.parametrize(
    ("polynomial", "expected"),
    [
        (x**2 + y**2 - 1, True),
        ((x**2 + y**2 - 1) * (x - 5 * y), True),
        (Integer(0), True),
        (x**2 + y**2 - 2, False),
        (x**2 - y**2 - 1, False),
        ((1 + t**2) * y - 2 * t, True),
        (t * y - (1 - x), True),
        (t * y - (1 + x), False),
        (Integer(1), False),
    ],
)
def test_vanishes(polynomial, expected):
    ring = Ring([x, y, t])
    assert ring.vanishes(ring.polynomial(polynomial), **CIRCLE) is expected


def test_physical_factor_is_the_one_that_vanishes_with_its_sign():
    ring = Ring([x, y, t])
    polynomial = ring.polynomial(-4 * (1 - x**2 - y**2) ** 3 * (x - y) * (x + 7) ** 2)
    assert ring.physical_factor(polynomial, **CIRCLE) == x**2 + y**2 - 1


@pytest.mark.parametrize("polynomial", [(x - y) * (x + y - 7), Integer(3)])
def test_physical_factor_without_a_candidate(polynomial):
    ring = Ring([x, y, t])
    with pytest.raises(ArithmeticError, match="0 factors vanish on the curve, expected one"):
        ring.physical_factor(ring.polynomial(polynomial), **CIRCLE)


def test_physical_factor_with_two_candidates():
    ring = Ring([x, y, t])
    polynomial = ring.polynomial((x**2 + y**2 - 1) * (t * y - 1 + x))
    with pytest.raises(ArithmeticError, match="2 factors vanish on the curve, expected one"):
        ring.physical_factor(polynomial, **CIRCLE)


def test_polynomial_part_keeps_each_factor_with_the_unknowns_once():
    equation = (x - a * y) ** 2 * (y + 1) * (x * y - 1) * a**3 / (x * (1 + b))
    found = polynomial_part(equation, x, y)
    assert sp.expand(found**2 - ((x - a * y) * (x * y - 1)) ** 2) == 0
    assert sp.Poly(found, x).LC().as_coefficients_dict().popitem()[1] > 0


def test_normalised_leads_with_a_positive_term(ring):
    for polynomial in (-a * x + 1, a * x - 1):
        assert ring.normalised(ring.polynomial(polynomial), x) == a * x - 1


@pytest.mark.parametrize(
    "fraction", [1 / (1 - a * x), (1 + x) ** 2 / (1 + a * x - x**2), x / (x - 1)]
)
def test_series_is_taylors(ring, fraction):
    found = [ring.expression(c) for c in ring.series(fraction, x, 5)]
    taylor = sp.series(fraction, x, 0, 6).removeO()
    assert [sp.expand(c - taylor.coeff(x, k)) for k, c in enumerate(found)] == [0] * 6


def test_product_of_series(ring):
    first, second = (ring.series(f, x, 4) for f in (1 / (1 - x), (1 + a * x) ** 2))
    found = [ring.expression(c) for c in ring.product(first, second, 4)]
    assert found == [1, 2 * a + 1, a**2 + 2 * a + 1, a**2 + 2 * a + 1]
