"""From an activation f to the constants of its random-feature law, exactly where possible.

The law of f(WX) depends on f through three Gaussian integrals: with x = sigma xi and xi standard
normal, E f, E xi f and E f^2. Sums of x^k exp(quadratic) times error functions on intervals have
closed forms (Stein's lemma). Everything else is integrated in ball arithmetic by the trapezoidal
rule after a double-exponential substitution (Takahasi and Mori, 1974).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

import mpmath
import sympy as sp
from sympy import Expr, Rational, oo, pi

from derive.activations.expression import X, parse
from derive.activations.gaussian_moments import NotElementaryError, closed_form
from derive.activations.gaussian_quadrature import GUARD, decimals, quadrature
from derive.runtime.activations import canonical

Number: TypeAlias = str | int | float | Fraction | Expr
Value: TypeAlias = Expr | mpmath.mpf


def leaky_family(alpha: Number) -> Expr:
    """Leaky rectifiers f_alpha, centred and normalised: mean 0 and eta = 1 for sigma = 1.

    f_alpha(x) = ([x]_+ + alpha [-x]_+ - (1+alpha)/sqrt(2 pi))
    / sqrt((1+alpha^2)/2 - (1+alpha)^2/(2 pi)).

    Parameters
    ----------
    alpha : str, int, float, Fraction or sympy.Expr
        Real number or symbol: -1 is the identity, 0 ReLU, 1 the absolute value.

    Returns
    -------
    sympy.Expr
        In the real symbol `X`.

    Raises
    ------
    ValueError
        If alpha is not real.

    References
    ----------
    Pennington and Worah (2017), eq. (17).
    """
    a = exact(alpha)
    if a.is_real is False or not a.is_finite:
        raise ValueError(f"alpha must be real, got {alpha!r}")
    variance = (1 + a**2) / 2 - (1 + a) ** 2 / (2 * pi)
    mean = (1 + a) / sp.sqrt(2 * pi)
    return (sp.Max(X, 0) + a * sp.Max(-X, 0) - mean) / sp.sqrt(variance)


_SELU, _SELU_ALPHA = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"

NAMES: Mapping[str, Expr] = MappingProxyType(
    {
        name: parse(text)
        for name, text in {
            "identity": "x",
            "relu": "relu(x)",
            "leaky_relu": "max(x, x/100)",
            "abs": "abs(x)",
            "elu": "relu(x) + exp(min(x, 0)) - 1",
            "hardtanh": "max(-1, min(1, x))",
            "sign": "sign(x)",
            "erf": "erf(x)",
            "gelu": "gelu(x)",
            "tanh": "tanh(x)",
            "sigmoid": "sigmoid(x)",
            "silu": "silu(x)",
            "softplus": "softplus(x)",
            "sin": "sin(x)",
            "cos": "cos(x)",
            "gaussian": "exp(-x**2/2)",
            "heaviside": "heaviside(x)",
            "relu6": "min(max(x, 0), 6)",
            "selu": f"{_SELU} * relu(x) + {_SELU} * {_SELU_ALPHA} * (exp(min(x, 0)) - 1)",
            "softsign": "x/(1 + abs(x))",
            "hardsigmoid": "min(max(x + 3, 0), 6)/6",
            "hardswish": "x*min(max(x + 3, 0), 6)/6",
            "mish": "x*tanh(log(1 + exp(x)))",
            "gelu_tanh": "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2",
        }.items()
    }
    | {
        "figure_3_1": sp.sqrt(Rational(3, 2)) * parse("-1 + sqrt(5) * exp(-2*x**2)"),
        "figure_3_2": parse("sin(2*x) + cos(3*x/2) - 2*e**(-2)*x - e**(-9/8)")
        / sp.sqrt(parse("1 - e**(-9/4) - 4*e**(-4) + e**(-9/2)/2 - e**(-8)/2")),
        "figure_3_3": parse("abs(x) - sqrt(2/pi)") / sp.sqrt(1 - 2 / pi),
        "figure_3_4": parse("(1 - 4/sqrt(3) * exp(-x**2/2)) * erf(x)")
        / sp.sqrt(
            (2 * sp.asin(Rational(2, 3)) + 32 * sp.sqrt(3) / 9 * sp.asin(Rational(2, 5))) / pi
            - 4 * sp.sqrt(6) / 9
        ),
    }
)
"""Named activations; figure_3_k are those of Pennington and Worah (2017), Fig. 3."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {"celu": "elu", "linear": "identity", "logistic": "sigmoid", "step": "heaviside"}
    | {"swish": "silu", "normal": "gaussian"}
)
"""Further names; PyTorch's and JAX's are recognised whatever their capitals and underscores."""


def activation(function: str | Expr) -> Expr:
    """Activation as an exact expression in the real symbol `X`.

    Parameters
    ----------
    function : str or sympy.Expr
        One of `NAMES`, an expression to `parse`, or a SymPy expression in a symbol named x, whose
        floating-point numbers are taken at their exact binary value.

    Returns
    -------
    sympy.Expr
        The activation; further symbols are parameters.

    Raises
    ------
    ValueError
        If the text is refused, or the argument is no real expression with real parameters.
    """
    if isinstance(function, str):
        name = canonical(function, NAMES, ALIASES)
        return NAMES[name] if name in NAMES else parse(function)
    if not isinstance(function, Expr):
        raise ValueError(f"an activation is a name or an expression in x, not {function!r}")
    floats = {number: Rational(number) for number in function.atoms(sp.Float)}
    others = {symbol: X for symbol in function.free_symbols if symbol.name == X.name}
    f = function.xreplace(floats | others)
    if f.has(sp.I, sp.nan, oo, -oo, sp.zoo) or not all(symbol.is_real for symbol in f.free_symbols):
        raise ValueError(f"an activation must be real, with real parameters: {function}")
    return f


def exact(value: Number) -> Expr:
    """A number as typed: decimals, also those of floats, are exact; symbols stay.

    Parameters
    ----------
    value : str, int, float, Fraction or sympy.Expr
        Number, or expression in symbols other than x.

    Returns
    -------
    sympy.Expr
        The number.

    Raises
    ------
    ValueError
        If it is not finite and real.
    """
    if isinstance(value, Expr):
        number = value
    elif isinstance(value, str | int | float | Fraction):
        number = parse(str(value))
    else:
        raise ValueError(f"not a number: {value!r}")
    if number.has(X) or number.has(sp.I, sp.nan, oo, -oo, sp.zoo):
        raise ValueError(f"not a finite real number: {value!r}")
    return number


@dataclass(frozen=True)
class Constants:
    """What a random-feature law needs to know of an activation f.

    Attributes
    ----------
    function : sympy.Expr
        f, in the real symbol `X`.
    mean : sympy.Expr or mpmath.mpf
        E f(sigma xi), xi standard normal.
    eta : sympy.Expr or mpmath.mpf
        Var f(sigma xi), that is E f^2 after centring.
    zeta : sympy.Expr or mpmath.mpf
        (sigma E f'(sigma xi))^2 = (E xi f(sigma xi))^2; 0 <= zeta <= eta.
    exact : bool
        Whether the three are closed forms; otherwise they are right to `dps` digits.
    dps : int
        Decimal digits.
    """

    function: Expr
    mean: Value
    eta: Value
    zeta: Value
    exact: bool
    dps: int

    @property
    def normalised(self) -> Expr:
        """(f - mean) / sqrt(eta), which has mean 0 and eta = 1."""
        if self.exact:
            return (self.function - self.mean) / sp.sqrt(self.eta)
        with mpmath.workdps(self.dps + GUARD):
            texts = [mpmath.nstr(a, self.dps) for a in (-self.mean, 1 / mpmath.sqrt(self.eta))]
        shift, scale = (sp.Float(text, self.dps) for text in texts)
        # Unevaluated, as digits would be lost with a constant of f that cancels the mean.
        centred = sp.Add(self.function, shift, evaluate=False) if self.mean else self.function
        return sp.Mul(scale, centred, evaluate=False)

    @property
    def zeta_normalised(self) -> Value:
        """The zeta of the normalised activation, zeta / eta."""
        with mpmath.workdps(self.dps + GUARD):
            return self.zeta / self.eta

    def rounded(self) -> Constants:
        """The same with numbers for closed forms, right to `dps` digits as in `quadrature`."""
        if not self.exact:
            return self
        values = decimals(self.mean, self.eta, self.zeta, self.dps)
        return Constants(self.function, *values, exact=False, dps=self.dps)


def constants(
    function: str | Expr, *, sigma_w: Number = 1, sigma_x: Number = 1, dps: int = 50
) -> Constants:
    """Mean, eta and zeta of an activation, exactly where a closed form is known.

    eta = Var f(sigma xi) and zeta = (sigma E f'(sigma xi))^2, sigma = sigma_w sigma_x and xi
    standard normal. Stein's lemma, sigma E f' = E xi f, does without the derivative.

    Parameters
    ----------
    function : str or sympy.Expr
        See `activation`. Without a closed form, it must have no symbol but x.
    sigma_w, sigma_x : str, int, float, Fraction or sympy.Expr
        Standard deviations of weights and data: positive numbers, or positive symbols. Decimals
        are exact, those of floats too (0.1 is 1/10).
    dps : int
        Decimal digits where there is no closed form.

    Returns
    -------
    Constants
        Accuracy as stated in `quadrature` if not exact.

    Raises
    ------
    ValueError
        If f is constant (eta = 0), not real or refused, sigma is not positive, E f^2 diverges, or
        `dps` digits cannot be reached.

    References
    ----------
    Pennington and Worah (2017), definitions of eta and zeta.

    Examples
    --------
    >>> constants("relu").zeta
    1/4
    """
    f, sigma = activation(function), exact(sigma_w) * exact(sigma_x)
    if not (exact(sigma_w).is_positive and exact(sigma_x).is_positive):
        raise ValueError(f"sigma_w = {sigma_w!r} and sigma_x = {sigma_x!r} must be positive")
    if not (isinstance(dps, int) and dps > 0):
        raise ValueError(f"dps must be a positive integer, got {dps!r}")
    symbols = (f.free_symbols | sigma.free_symbols) - {X}
    try:
        found = Constants(f, *closed_form(f, sigma), exact=True, dps=dps)
    except NotElementaryError as error:
        if symbols:
            raise ValueError(f"no closed form with symbols ({error}): give numbers") from None
        return Constants(f, *quadrature(f, sigma, dps), exact=False, dps=dps)
    if not symbols:
        found.rounded()  # fails unless 0 <= zeta <= eta
    return found
