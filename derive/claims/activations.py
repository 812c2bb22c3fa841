"""Claims on the constants of activations: what the paper prints, and closed form = quadrature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import factorial

import mpmath
import sympy as sp
from sympy import Expr, Rational, pi

from derive.activations import NAMES, X, closed_form, constants, leaky_family, parse, quadrature
from derive.claims.ledger import Claim, Result, compare, confirm, prove

Check = Callable[[int], Result]

_QUANTITIES = ("mean", "η", "ζ")
_PAPER = "Pennington & Worah (2017), "
_ALPHA = sp.Symbol("alpha", real=True)
_SIGMA = sp.Symbol("sigma", positive=True)

_CLOSED_FORMS = (  # together they use every rule
    "x**5/100 - x**2 + relu(x)",
    "max(x, x/100)",
    "max(-1, min(1, x))",
    "abs(x**2 - 2)",
    "relu(x - 1)**3",
    "sign(x - 1/2) + heaviside(x + 1)*x",
    "relu(x) + exp(min(x, 0))",
    "exp(-(x - 1)**2)*abs(x - 1/2)",
    "sign(x**2 - 1) + x",
    "x**3*exp(x/3 + 1/7)",
    "2**x",
    "sinh(x)/4 + cosh(x/2)",
    "sin(x + 1) + cos(2*x)",
    "sin(abs(x)) + x",
    "x**2*exp(-x**2)*cos(3*x + 1)",
    "erf(2*x/3) + x/5 + 1",
    "erf(abs(x))",
    "relu(x)*erf(x)",
    "x**3*erfc(x)",
    "gelu(x) + x**2/9",
    "x**2*erf(2*x)*exp(-x**2) + erf(x)",
)
_SMOOTH = ("x*exp(-x**2)", "erf(x)", "sin(x) + x**2", "x**2*erf(x)", "gelu(x)")
_NO_CLOSED_FORM = ("tanh(x)", "x*sigmoid(2*x)", "softplus(x)")


_MADE: list[Claim] = []


def claims() -> tuple[Claim, ...]:
    """Claims on activations: those the paper prints, then those on the way they are computed."""
    return tuple(_MADE)


def _claim(name: str, statement: str, source: str, assumptions: str) -> Callable[[Check], Check]:
    """The claim that the function below decides."""

    def kept(check: Check) -> Check:
        _MADE.append(Claim("activations", name, statement, source, assumptions, check))
        return check

    return kept


@_claim("leaky-family-eq-17", "E f_α = 0 and η = 1", _PAPER + "eq. (17)", "α real")
def _eq_17(dps: int) -> Result:
    found = constants(leaky_family(_ALPHA))
    return prove([("mean", found.mean), ("η - 1", found.eta - 1)])


@_claim(
    "leaky-family-eq-18", "ζ(f_α) = (1-α)²/(2(1+α²) - (2/π)(1+α)²)", _PAPER + "eq. (18)", "α real"
)
def _eq_18(dps: int) -> Result:
    zeta = (1 - _ALPHA) ** 2 / (2 * (1 + _ALPHA**2) - 2 / pi * (1 + _ALPHA) ** 2)
    return prove([("ζ", constants(leaky_family(_ALPHA)).zeta - zeta)])


@_claim(
    "figure-1-values",
    "ζ(f_α) rounds to 0, 0.498, 0.733, 0.884, 1 at α = 1, 1/4, 0, -1/4, -1",
    _PAPER + "Fig. 1",
    "σ = 1",
)
def _figure_1(dps: int) -> Result:
    printed = {"1": "0", "1/4": "0.498", "0": "0.733", "-1/4": "0.884", "-1": "1"}
    half = Rational(1, 2000)
    return confirm(
        (f"α = {alpha}", bool(abs(constants(leaky_family(alpha)).zeta - Rational(zeta)) < half))
        for alpha, zeta in printed.items()
    )


@_claim(
    "figure-3-normalised",
    "the four functions have mean 0, η = 1 and ζ = 0",
    _PAPER + "Fig. 3",
    "σ = 1",
)
def _figure_3(dps: int) -> Result:
    return prove(
        difference
        for name in ("figure_3_1", "figure_3_2", "figure_3_3", "figure_3_4")
        for difference in _differences(NAMES[name], sp.S.One, (0, 1, 0))
    )


@_claim(
    "hermite-expansion",
    "Σ f_k He_k(x/σ)/√k! has mean f₀, η = Σ_{k≥1} f_k² and ζ = f₁²",
    "orthogonality of the Hermite polynomials",
    "degree 5, f_k real, σ > 0",
)
def _hermite(dps: int) -> Result:
    f = sp.symbols("f_:6", real=True)
    terms = (c * sp.hermite_prob(k, X / _SIGMA) / sp.sqrt(factorial(k)) for k, c in enumerate(f))
    expected = (f[0], sum(c**2 for c in f[1:]), f[1] ** 2)
    return prove(_differences(sum(terms), _SIGMA, expected))


@_claim(
    "known-values",
    "mean, η and ζ of ReLU, erf and sign(x² - 1)",
    "Cho & Saul (2009); Williams (1997); definition of erf",
    "σ > 0",
)
def _known_values(dps: int) -> Result:
    s = _SIGMA
    relu = (s / sp.sqrt(2 * pi), s**2 * (1 - 1 / pi) / 2, s**2 / 4)
    c, inside = 2 * s**2 / (1 + 2 * s**2), sp.erf(1 / (sp.sqrt(2) * s))
    step = (1 - 2 * inside, 4 * inside * (1 - inside), 0)
    return prove(
        [
            *_differences(parse("relu(x)"), s, relu),
            *_differences(parse("erf(x)"), s, (0, 2 / pi * sp.asin(c), 2 * c / pi)),
            *_differences(parse("sign(x**2 - 1)"), s, step),
        ]
    )


@_claim(
    "affine",
    "c·f(x/2) + d at 2σ has mean c·E f + d, and c² times η and ζ of f at σ",
    "definitions of η and ζ",
    "c and d real, c ≠ 0, σ > 0",
)
def _affine(dps: int) -> Result:
    c, d = sp.symbols("c d", real=True)

    def differences() -> Iterator[tuple[str, Expr]]:
        for text in ("erf(x)", "relu(x)", "sin(x) + x**2", "exp(-x**2)", "exp(-abs(x))"):
            mean, eta, zeta = closed_form(parse(text), _SIGMA)
            g = c * parse(text).subs(X, X / 2) + d
            yield from _differences(g, 2 * _SIGMA, (c * mean + d, c**2 * eta, c**2 * zeta))

    return prove(differences())


@_claim(
    "stein-exact",
    "ζ = (σE f′(σξ))² in closed form",
    "Stein (1981), Lemma 1",
    f"σ > 0; f = {', '.join(_SMOOTH)}",
)
def _stein_exact(dps: int) -> Result:
    return prove(
        (text, closed_form(parse(text), _SIGMA)[2] - (_SIGMA * slope) ** 2)
        for text in _SMOOTH
        for slope in [closed_form(parse(text).diff(X), _SIGMA)[0]]
    )


@_claim(
    "closed-forms",
    "closed forms agree with quadrature",
    "derived here",
    f"σ = 3/2; f = {', '.join(_CLOSED_FORMS)}",
)
def _closed_forms(dps: int) -> Result:
    sigma = Rational(3, 2)

    def pairs() -> Iterator[tuple[str, object, object]]:
        for text in _CLOSED_FORMS:
            exact = closed_form(parse(text), sigma)
            numerical = quadrature(parse(text), sigma, dps + 10)
            for name, found, expected in zip(_QUANTITIES, exact, numerical, strict=True):
                yield f"{name} of {text}", sp.N(found, dps + 10), expected

    return compare(pairs(), dps)


@_claim(
    "stein-quadrature",
    "mean, η and ζ = (σE f′(σξ))² agree with tanh-sinh quadrature of f, f² and f′",
    "Stein (1981), Lemma 1; Takahasi & Mori (1974)",
    f"σ = 3/2; f = {', '.join(_NO_CLOSED_FORM)}",
)
def _stein_quadrature(dps: int) -> Result:
    digits = min(dps, 30)  # an independent rule, and a slow one
    sigma = Rational(3, 2)

    def pairs() -> Iterator[tuple[str, object, object]]:
        for f in map(parse, _NO_CLOSED_FORM):
            mean, slope, square = (_gaussian_mean(g, sigma) for g in (f, f.diff(X), f**2))
            expected = (mean, square - mean**2, (sigma * slope) ** 2)
            found = quadrature(f, sigma, digits + 10)
            for name, value, reference in zip(_QUANTITIES, found, expected, strict=True):
                yield f"{name} of {f}", value, reference

    return compare(pairs(), digits)


def _gaussian_mean(f: Expr, sigma: Rational) -> mpmath.mpf:
    """E f(sigma xi) by mpmath's tanh-sinh rule at the current precision."""
    value = sp.lambdify(X, f.subs(X, sigma * X), "mpmath")
    reach = mpmath.sqrt(2 * mpmath.mp.prec)
    return mpmath.quad(lambda t: value(t) * mpmath.npdf(t), [-reach, 0, reach])


@_claim(
    "bounds",
    "0 ≤ ζ ≤ η, with ζ = η for the identity and no other named activation",
    "Cauchy–Schwarz inequality",
    "σ = 1",
)
def _bounds(dps: int) -> Result:
    def conditions() -> Iterator[tuple[str, bool]]:
        for name, f in NAMES.items():
            ratio = sp.N(constants(f, dps=dps).zeta_normalised, dps)
            yield name, bool(0 <= ratio <= 1) and bool(ratio >= 1) == (f == X)

    return confirm(conditions())


def _differences(
    f: Expr, sigma: Expr, expected: tuple[Expr | int, ...]
) -> Iterator[tuple[str, Expr]]:
    """Mean, η and ζ of f in closed form minus what they should be."""
    for name, found, value in zip(_QUANTITIES, closed_form(f, sigma), expected, strict=True):
        yield f"{name} of {f}", sp.sympify(found - value)
