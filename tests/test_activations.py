from fractions import Fraction
from itertools import pairwise

import flint
import mpmath
import pytest
import sympy as sp
from click.testing import CliRunner
from mpmath import mp
from sympy import Rational, pi

from derive.activations import (
    NAMES,
    NotElementaryError,
    X,
    activation,
    bias_nodes,
    closed_form,
    constants,
    leaky_family,
    parse,
    quadrature,
)
from derive.claims.activations import claims
from derive.cli import main


def digits(value):
    """Forty digits of a number of either kind; SymPy would read an mpf at mpmath's precision."""
    with mpmath.workdps(45):
        return mpmath.mpmathify(sp.N(value, 45) if isinstance(value, sp.Expr) else value)


ALPHA = sp.Symbol("alpha", real=True)


def test_relu():
    found = constants("relu")
    assert found.exact
    assert (found.mean, found.zeta) == (1 / sp.sqrt(2 * pi), Rational(1, 4))
    assert sp.expand(found.eta - Rational(1, 2) + 1 / (2 * pi)) == 0


@pytest.mark.parametrize("sigma", ["1", "1/2", "7/3"])
def test_erf(sigma):
    found, s = constants("erf", sigma_w=sigma), Rational(sigma)
    assert found.mean == 0
    assert found.eta == 2 / pi * sp.asin(2 * s**2 / (1 + 2 * s**2))
    assert found.zeta == 4 * s**2 / (pi * (1 + 2 * s**2))


def test_symbolic_sigma():
    sigma = sp.Symbol("sigma", positive=True)
    found = constants("sin", sigma_w=sigma, sigma_x=2)
    assert found.zeta == 4 * sigma**2 * sp.exp(-4 * sigma**2)


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("gelu(x)", 1 / (2 * sp.sqrt(pi))),
        ("heaviside(x)", Rational(1, 2)),
        ("cbrt(x**3 - 1)**3", -1),
        ("sign(x - 1)", -sp.erf(1 / sp.sqrt(2))),
        ("erfc(x)", 1),
        ("cosh(x) - sinh(2*x)", sp.exp(Rational(1, 2))),
        ("max(-1, x, 1 - 2*x) + min(1, -x, 2*x - 1) + x**2", 1),
    ],
)
def test_functions_of_the_language(text, mean):
    found = constants(text, dps=30)
    assert abs(sp.N(found.mean - mean, 30)) < 1e-29


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        ("sigmoid", sp.log(2), Rational(2, 3)),
        ("silu", sp.log(2), 2 * sp.log(2) / 3),
        ("softplus", sp.log(2), sp.log(3)),
        ("gelu", sp.sqrt(2), sp.sqrt(2) * (1 + sp.erf(1)) / 2),
        ("elu", -sp.log(2), Rational(-1, 2)),
        ("elu", 3, 3),
        ("leaky_relu", -3, Rational(-3, 100)),
        ("hardtanh", -3, -1),
        ("gaussian", sp.sqrt(2), sp.exp(-1)),
        ("cbrt(x)", -8, -2),
        ("atan(x) + tanh(x)", 0, 0),
        ("log(x) + sqrt(x)", 1, 1),
    ],
)
def test_functions_are_what_they_are_called(function, x, value):
    assert sp.simplify(activation(function).subs(X, x) - value) == 0


def test_leaky_family():
    found = constants(leaky_family(ALPHA))
    assert (found.mean, found.eta) == (0, 1)
    assert leaky_family(-1).rewrite(sp.Abs).expand() == X
    assert constants(leaky_family("1/4")).zeta == constants(leaky_family(0.25)).zeta
    with pytest.raises(ValueError, match="real"):
        leaky_family(sp.I)


def test_inputs_are_exact():
    assert parse("0.1*x + 1e-3") == X / 10 + Rational(1, 1000)
    assert parse("0.1234567890123456789012345") == Rational("0.1234567890123456789012345")
    sigmas = ("0.1", 0.1, Fraction(1, 10), Rational(1, 10))
    assert {constants("relu", sigma_w=sigma, sigma_x=3).zeta for sigma in sigmas} == {
        Rational(9, 400)
    }
    assert constants("identity", sigma_w="sqrt(2)").eta == 2


def test_sympy_expressions():
    assert constants(sp.Symbol("x") ** 2).eta == 2
    assert activation(sp.Float(0.5) * X) == X / 2
    steps = sp.Piecewise((X, X > 1), (-1, True))
    assert sp.N(constants(steps).mean, 15) == pytest.approx(-0.599374021549, abs=1e-12)


def test_normalised():
    for name in ("gelu", "tanh"):
        found = constants(name, dps=30)
        again = constants(found.normalised, dps=25)
        assert abs(sp.N(again.mean, 25)) < 1e-24
        assert abs(sp.N(again.eta, 25) - 1) < 1e-24
        assert abs(sp.N(again.zeta - found.zeta_normalised, 25)) < 1e-24


def test_thousand_digits():
    few, many = constants("tanh", dps=1000), constants("tanh", dps=1050)
    assert not few.exact
    with mpmath.workdps(1060):
        assert abs(few.zeta - many.zeta) < mpmath.mpf(10) ** -1000 * many.eta
        assert abs(few.eta - many.eta) < mpmath.mpf(10) ** -1000 * many.eta
    assert mpmath.mp.dps == 15


@pytest.mark.parametrize(
    ("text", "mean", "square"),
    [
        ("log(abs(x))", -(sp.EulerGamma + sp.log(2)) / 2, None),
        ("log(x**2)/2", None, pi**2 / 8 + (sp.EulerGamma + sp.log(2)) ** 2 / 4),
        ("1/(1 + x**2)", sp.sqrt(pi * sp.E / 2) * sp.erfc(1 / sp.sqrt(2)), None),
        ("sqrt(abs(x))", sp.gamma(Rational(3, 4)) * 2 ** Rational(1, 4) / sp.sqrt(pi), None),
        ("sign(x)*abs(x)**(-1/4)", 0, sp.gamma(Rational(1, 4)) / (2 * pi**2) ** Rational(1, 4)),
        ("sqrt(abs(x**2 - 2))", None, constants("abs(x**2 - 2)").mean),
        ("sqrt(abs(x - 1))", None, constants("abs(x - 1)").mean),
        ("abs(sin(x))", None, (1 - sp.exp(-2)) / 2),
        ("tanh(30*x) + 10**30 - 10**30", 0, None),
        ("erf(x)**2", 2 / pi * sp.asin(Rational(2, 3)), None),
    ],
)
def test_quadrature_of_kinks_and_singularities(text, mean, square):
    found = constants(text, dps=40)
    assert not found.exact
    with mpmath.workdps(45):
        if mean is not None:
            assert abs(found.mean - digits(mean)) < 1e-38
        if square is not None:
            assert abs(found.eta + found.mean**2 - digits(square)) < 1e-38


def test_kink_without_closed_form():
    kinked, smooth = constants("abs(tanh(x) - 1/2)"), constants("tanh")
    with mpmath.workdps(55):
        assert abs(kinked.eta + kinked.mean**2 - smooth.eta - 0.25) < mpmath.mpf(10) ** -49


@pytest.mark.parametrize("sigma", ["50", "1/50"])
def test_scale_of_sigma(sigma):
    found, same = constants("tanh", sigma_x=sigma, dps=25), constants(f"tanh({sigma}*x)", dps=25)
    with mpmath.workdps(30):
        assert abs(found.eta - same.eta) < same.eta / 10**24
        assert abs(found.zeta - same.zeta) < same.eta / 10**24


def test_cancelling_constant():
    shifted, plain = constants("10**30 + tanh(x)"), constants("tanh")
    with mpmath.workdps(60):
        assert abs(shifted.eta - plain.eta) < mpmath.mpf(10) ** -49
        assert abs(shifted.zeta - plain.zeta) < mpmath.mpf(10) ** -49


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exp(x**2)", "diverges"),
        ("exp(x**2/4)", "diverges"),
        ("exp(exp(x))", "diverges"),
        ("1/x", "diverges"),
        ("abs(x)**(-1/2)", "diverges"),
        ("sin(1/x)", "does not converge"),
        ("log(x)", "no finite real value"),
        ("sqrt(1 - x**2)", "no finite real value"),
        ("log(log(x))", "no finite real value"),
        ("exp(exp(exp(x)))", "no finite real value"),
        ("3", "constant"),
        ("sin(x)**2 + cos(x)**2", "constant"),
        ("sigmoid(x) + sigmoid(-x)", "constant"),
    ],
)
def test_no_constants(text, why):
    with pytest.raises(ValueError, match=why):
        constants(text, dps=10)


BAD_SIGMAS = (0, -1, "0", "-1/2", float("nan"), float("inf"), "nan", "x", None, 1j, sp.I, sp.oo)


@pytest.mark.parametrize("sigma", (*BAD_SIGMAS, ALPHA), ids=repr)
def test_bad_sigma(sigma):
    with pytest.raises(ValueError):
        constants("relu", sigma_w=sigma)
    with pytest.raises(ValueError):
        constants("relu", sigma_w=-1, sigma_x=sigma)


def test_bad_arguments():
    for function in (sp.I * X, sp.tanh(ALPHA * X), sp.Symbol("a") * X, sp.besselj(0, X), 3, None):
        with pytest.raises(ValueError):
            constants(function)
    with pytest.raises(ValueError, match="dps"):
        constants("tanh", dps=0)
    with pytest.raises(NotElementaryError):
        closed_form(sp.tanh(X), sp.S.One)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("__import__('os').system('x')", "Call"),
        ("x.real", "Attribute"),
        ("x[0]", "Subscript"),
        ("lambda: x", "Lambda"),
        ("'x'", "Constant"),
        ("True", "Constant"),
        ("1j*x", "1j"),
        ("x if x else 1", "IfExp"),
        ("[x for x in x]", "ListComp"),
        ("x^2", "BinOp"),
        ("y", "'y'"),
        ("nan", "'nan'"),
        ("f(x)", "Call"),
        ("relu(x, 1)", "Call"),
        ("relu(x=1)", "Call"),
        ("max(*x)", "Starred"),
        ("x; x", "invalid syntax"),
        ("", "invalid syntax"),
        ("x\0", "null"),
        ("1/0", "not a real number"),
        ("log(-1)", "not a real number"),
        ("(-8)**(1/3)", "not a real number"),
        ("x**x", "exponent"),
        ("x**1000", "exponent"),
        ("((x + 1)**64)**64", "exponent"),
        ("9**9**9**9", "beyond exp"),
        ("((((2**64)**64)**64)**64)**64", "beyond exp"),
        ("exp(exp(exp(exp(9))))*x", "beyond exp"),
        ("1e9999", "1e9999"),
        ("9" * 100, "Constant"),
        ("-" * 400 + "x", "nesting"),
        ("(" * 300 + "x" + ")" * 300, "characters"),
    ],
)
def test_refused_text(text, named):
    with pytest.raises(ValueError, match=r"refused: .*allowed are numbers, x, pi, e") as refusal:
        parse(text)
    assert named in str(refusal.value).split("; allowed")[0]


def test_huge_text_ends_soon():
    for text in ("sin(" * 40 + "x" + ")" * 40, "*".join(["(x + 1)**64"] * 40)):
        parse(text)
        with pytest.raises(NotElementaryError):
            closed_form(parse(text), sp.S.One)


def test_precision_is_left_alone():
    before = (mpmath.mp.dps, flint.ctx.prec)
    quadrature(parse("tanh(x)"), sp.S.One, 80)
    with pytest.raises(ValueError):
        quadrature(parse("1/x"), sp.S.One, 80)
    assert (mpmath.mp.dps, flint.ctx.prec) == before


def test_figure_3():
    for k in range(1, 5):
        found = constants(NAMES[f"figure_3_{k}"])
        assert (found.mean, found.eta, found.zeta) == (0, 1, 0)


def by_mpmath(f, shift=0, kinks=()):
    """Mean, eta and zeta of xi -> f(xi + shift), by quadrature between the kinks of f."""
    reach = mp.sqrt(2 * mp.dps * mp.ln(10)) + 6
    inner = [kink - shift for kink in (*kinks, -1, 1) if abs(kink - shift) < reach]
    ends = [-reach, *sorted(inner), reach]

    def expectation(g):
        return sum(
            mp.quad(lambda t: g(t) * mp.npdf(t), mp.linspace(*ab, 4)) for ab in pairwise(ends)
        )

    mean = expectation(lambda t: f(t + shift))
    eta = expectation(lambda t: (f(t + shift) - mean) ** 2)
    return mean, eta, expectation(lambda t: t * (f(t + shift) - mean)) ** 2


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


FUNCTIONS = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x: max(x, x / 100),
    "abs": abs,
    "elu": lambda x: x if x > 0 else mp.expm1(x),
    "hardtanh": lambda x: max(-1, min(1, x)),
    "sign": mp.sign,
    "erf": mp.erf,
    "gelu": lambda x: x * mp.ncdf(x),
    "tanh": mp.tanh,
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "gaussian": lambda x: mp.exp(-x * x / 2),
    "heaviside": lambda x: (mp.sign(x) + 1) / 2,
    "relu6": lambda x: min(max(x, 0), 6),
    "selu": lambda x: (
        mp.mpf("1.0507009873554804934193349852946")
        * (x if x > 0 else mp.mpf("1.6732632423543772848170429916717") * mp.expm1(x))
    ),
    "softsign": lambda x: x / (1 + abs(x)),
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / mp.mpf(6),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / mp.mpf(6),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "gelu_tanh": lambda x: (
        x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)))
    ),
    "figure_3_1": lambda x: mp.sqrt(1.5) * (mp.sqrt(5) * mp.exp(-2 * x * x) - 1),
    "figure_3_2": lambda x: (
        (mp.sin(2 * x) + mp.cos(1.5 * x) - 2 * x * mp.exp(-2) - mp.exp(-1.125))
        / mp.sqrt(1 - mp.exp(-2.25) - 4 * mp.exp(-4) + mp.exp(-4.5) / 2 - mp.exp(-8) / 2)
    ),
    "figure_3_3": lambda x: (abs(x) - mp.sqrt(2 / mp.pi)) / mp.sqrt(1 - 2 / mp.pi),
    "figure_3_4": lambda x: (
        (1 - 4 / mp.sqrt(3) * mp.exp(-x * x / 2))
        * mp.erf(x)
        / mp.sqrt(
            2 * mp.asin(mp.mpf(2) / 3) / mp.pi
            + 32 * mp.sqrt(3) / 9 * mp.asin(mp.mpf(2) / 5) / mp.pi
            - 4 * mp.sqrt(6) / 9
        )
    ),
    "abs(x - 1/3)*tanh(x)": lambda x: abs(x - mp.one / 3) * mp.tanh(x),
    "max(x, 0)**2 - x": lambda x: max(x, 0) ** 2 - x,
}


@pytest.mark.parametrize(
    "name", ["erf", "erf(x)**2", "gelu", "tanh", "sigmoid", "silu", "softplus", "tanh(x) + 10**9"]
)
def test_printed_digits(name):
    functions = {"erf(x)**2": lambda x: mp.erf(x) ** 2, "tanh(x) + 10**9": mp.tanh} | FUNCTIONS
    output = CliRunner().invoke(main, ["activation", name, "--dps", "50"]).output
    printed = dict(line.split(" = ", 1) for line in output.splitlines())
    with mpmath.workdps(70):
        _, eta, zeta = by_mpmath(functions[name])
        for quantity, value in {"eta": eta, "zeta": zeta, "zeta/eta": zeta / eta}.items():
            shown = printed[quantity].split(" = ")[-1]
            assert shown == mpmath.nstr(value, 50, strip_zeros=False)


def test_digits_of_small_values():
    slope = constants("tanh", dps=60)
    with mpmath.workdps(60):
        text = mpmath.nstr(mpmath.sqrt(slope.zeta), 25)
    few, many = (constants(f"tanh(x) - {text}*x", dps=dps) for dps in (30, 60))
    with mpmath.workdps(60):
        assert 0 < many.zeta < mpmath.mpf(10) ** -48
        assert abs(few.zeta - many.zeta) < many.zeta / 10**30


def test_normalised_keeps_digits_of_a_cancelling_constant():
    shifted = str(constants("sigmoid(x) + 10**9/3", dps=20).normalised)
    assert "333333333.83333333333" in shifted


@pytest.mark.parametrize("name", [*NAMES, "abs(x - 1/3)*tanh(x)", "max(x, 0)**2 - x"])
def test_bias_nodes(name):
    found = bias_nodes(name, sigma_b="3/2", size=3, dps=25)
    with mpmath.workdps(25):
        places = (-mp.sqrt(3), 0, mp.sqrt(3))
        for place, share, *values, weight in zip(places, (1, 4, 1), *found, strict=True):
            _, eta, zeta = by_mpmath(FUNCTIONS[name], 1.5 * place, (0, mp.one / 3, -3, 3, 6))
            assert abs(values[0] - eta) < eta * 1e-18
            assert abs(values[1] - zeta) < eta * 1e-18
            assert abs(6 * weight - share) < 1e-23


def test_bias_far_from_a_kink():
    found = bias_nodes("relu", sigma_b=37, size=2, dps=20)
    with mpmath.workdps(700):  # the closed form cancels to 300 digits
        b, tail, density = 37, mp.erfc(37 / mp.sqrt(2)) / 2, mp.npdf(37)
        eta = (1 + b**2) * tail - b * density - (density - b * tail) ** 2
        assert abs(found.eta[0] - eta) < eta * 1e-20
        assert abs(found.zeta[0] - tail**2) < eta * 1e-40


def test_bias_far_from_the_slope():
    found = bias_nodes("erf", sigma_b=20, size=2, dps=24)
    with mpmath.workdps(40):
        zeta = 4 / (3 * mp.pi) * mp.exp(-mp.mpf(2) / 3 * 20**2)
        assert all(abs(value - zeta) < zeta * 1e-23 for value in found.zeta)
    assert len(bias_nodes("gelu", sigma_b=30, size=2, dps=15).eta) == 2


def test_bias_nodes_arguments():
    assert max(bias_nodes("relu", sigma_b=sp.sqrt(2), size=2).eta) < 1
    assert bias_nodes("relu", sigma_b=0, size=1).zeta == [0.25]
    for wrong in ({"sigma_b": -1}, {"sigma_b": "nan"}, {"sigma_b": 1, "size": 0}):
        with pytest.raises(ValueError):
            bias_nodes("relu", **{"size": 2, **wrong})
    with pytest.raises(ValueError, match="alpha"):
        bias_nodes(leaky_family(ALPHA), sigma_b=1, size=2)


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_claims(claim):
    assert claim.run(15).passed, claim.run(15).detail
