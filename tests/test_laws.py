"""What is wrong with a law or a parameter is said when it is made."""

import pytest
from sympy import symbols

from derive.calculus import atoms
from derive.laws import Law, Parameter

a, b, gamma = symbols("a b gamma", positive=True)


def law(*parameters, spectrum=a):
    return Law("own", parameters, atoms([1]).sample_covariance(spectrum))


def test_bounds_may_be_numbers_of_any_kind():
    parameter = Parameter(a, "a share", lower=0, upper="1/2")
    assert parameter.domain == "0 < a < 1/2"
    assert law(parameter).symbols == (a,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Parameter("a"), "symbol = 'a' is not a SymPy symbol"),
        (lambda: Parameter(symbols("a-b")), "symbol = 'a-b' is not a Python identifier"),
        (lambda: Parameter(symbols("lambda")), "symbol = 'lambda' is not a Python identifier"),
        (lambda: Parameter(a, upper="much"), "upper bound of a = 'much'"),
        (lambda: Parameter(a, upper=float("inf")), "upper bound of a = inf"),
        (lambda: law(Parameter(b)), "own: a is no parameter listed before"),
        (lambda: law(Parameter(symbols("a"))), "with the same assumptions"),
        (lambda: law(Parameter(a, upper=b), Parameter(b)), "own: b is no parameter"),
        (lambda: law(Parameter(a), Parameter(a)), "two parameters are named a"),
        (lambda: law(Parameter(gamma), spectrum=gamma), "gamma is reserved"),
    ],
)
def test_errors_name_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make()
