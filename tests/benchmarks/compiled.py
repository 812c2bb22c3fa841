"""The limit: straight-line kernels from the curve, printed as C and compiled for this machine.

Density: the quartic over x > 0 in real arithmetic (resolvent cubic, then its one pair of complex
roots), with one Newton step. Training error: the smallest root over -γ, by Laguerre's method.
"""

import ctypes
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sympy as sp
from sympy.codegen.rewriting import create_expand_pow_optimization

from derive.curve import y
from derive.elimination import numerator_and_denominator
from derive.laws import Law
from derive.observables.train_error import train_error
from derive.variables import z
from tests.benchmarks.alternatives import fibre_coefficients

COMPILE = ("cc", "-O3", "-march=native", "-fPIC", "-c")

_without_powers = create_expand_pow_optimization(4)

Pair = tuple[sp.Expr, sp.Expr]  # real and imaginary part


def _text(expression: sp.Expr | float) -> str:
    expanded = _without_powers(sp.sympify(expression))
    return sp.ccode(expanded, user_functions={"copysign": "copysign"})


class Kernel:
    """Straight-line code: assignments in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def let(self, expression: sp.Expr | float) -> sp.Symbol:
        """Variable that holds the value of an expression."""
        name = sp.Symbol(f"v{len(self.lines)}", real=True)
        self.lines.append(f"double {name} = {_text(expression)};")
        return name

    def times(self, one: Pair, other: Pair) -> Pair:
        """Product of complex numbers."""
        (a, b), (c, d) = one, other
        return self.let(a * c - b * d), self.let(a * d + b * c)

    def quotient(self, one: Pair, other: Pair) -> Pair:
        """Quotient of complex numbers."""
        inverse = self.let(1 / (other[0] ** 2 + other[1] ** 2))
        real, imaginary = self.times(one, (other[0], -other[1]))
        return self.let(real * inverse), self.let(imaginary * inverse)

    def horner(self, coefficients: list[sp.Expr], at: Pair) -> Pair:
        """Polynomial at a complex number, index k multiplying the k-th power."""
        value: Pair = (self.let(coefficients[-1]), sp.Integer(0))
        for coefficient in coefficients[-2::-1]:
            real, imaginary = self.times(value, at)
            value = self.let(real + coefficient), imaginary
        return value


def _derivative(coefficients: list) -> list:
    return [k * c for k, c in enumerate(coefficients)][1:]


def _density(law: Law) -> tuple[Kernel, sp.Expr]:
    kernel = Kernel()
    e, d, c, b = (kernel.let(a) for a in fibre_coefficients(law)[:-1])
    # y = t - b/4, t⁴ + pt² + qt + r
    p = kernel.let(c - 3 * b**2 / 8)
    q = kernel.let(d - b * c / 2 + b**3 / 8)
    r = kernel.let(e - b * d / 4 + b**2 * c / 16 - 3 * b**4 / 256)
    # Resolvent cubic m³ + pm² + (p²/4 - r)m - q²/8 = 0 with one real root.
    P = kernel.let(-(p**2) / 12 - r)
    half = kernel.let(-(p**3) / 216 + p * r / 6 - q**2 / 16)
    discriminant = kernel.let(half**2 + P**3 / 27)
    root = kernel.let(sp.sqrt(sp.Max(discriminant, 0)))
    large = kernel.let(-sp.cbrt(half + _copysign(root, half)))
    m = kernel.let(large - P / (3 * large) - p / 3)
    s = kernel.let(sp.sqrt(2 * m))
    start = (
        kernel.let(_copysign(s, q) / 2 - b / 4),
        kernel.let(sp.sqrt((m + p + sp.Abs(q) / s) / 2)),
    )
    polynomial = [e, d, c, b, sp.Integer(1)]
    value, slope = (kernel.horner(f, start) for f in (polynomial, _derivative(polynomial)))
    step = kernel.quotient(value, slope)
    at = kernel.let(start[0] - step[0]), kernel.let(start[1] - step[1])
    parts = numerator_and_denominator(law.curve.cauchy)
    _, imaginary = kernel.quotient(
        *(kernel.horner(sp.Poly(part, y).all_coeffs()[::-1], at) for part in parts)
    )
    return kernel, sp.Piecewise((-imaginary / sp.pi.n(17), discriminant > 0), (0, True))


def _copysign(size: sp.Expr, sign: sp.Expr) -> sp.Expr:
    return sp.Function("copysign")(size, sign)


def _train_error(law: Law) -> tuple[Kernel, sp.Expr]:
    kernel = Kernel()
    polynomial = [kernel.let(a.subs(z, -z)) for a in fibre_coefficients(law)]
    n, (*_, c, b, _) = len(polynomial) - 1, polynomial
    # Samuelson's bound lies left of all real roots.
    at = kernel.let(-b / n - sp.Rational(n - 1, n) * sp.sqrt(b**2 - sp.Rational(2 * n, n - 1) * c))
    for _ in range(4):
        derivatives = [polynomial, _derivative(polynomial), _derivative(_derivative(polynomial))]
        P, P1, P2 = (kernel.horner(f, (at, sp.Integer(0)))[0] for f in derivatives)
        inside = kernel.let((n - 1) * ((n - 1) * P1**2 - n * P * P2))
        at = kernel.let(at - n * P / (P1 - sp.sqrt(sp.Max(inside, 0))))
    numerator, denominator = sp.fraction(train_error(law).subs(y, at))
    return kernel, numerator / denominator


def functions(law: Law, folder: Path, *flags: str) -> dict[str, Callable[..., np.ndarray]]:
    """Functions of a point and the parameters, compiled with these flags in an empty folder.

    Raises
    ------
    OSError, subprocess.CalledProcessError
        Without a C compiler.
    """
    parameters = ", ".join(f"double {symbol}" for symbol in law.symbols)
    text = "#include <math.h>\n"
    for name, make in (("density", _density), ("train_error", _train_error)):
        kernel, result = make(law)
        body = "\n        ".join(["double z = points[k];", *kernel.lines])
        text += (
            f"void {name}(long n, const double *restrict points, double *restrict values,"
            f" {parameters}) {{\n    for (long k = 0; k < n; k++) {{\n        {body}\n"
            f"        values[k] = {_text(result)};\n    }}\n}}\n"
        )
    source, part, library = (folder / f"kernels.{end}" for end in ("c", "o", "so"))
    source.write_text(text)
    subprocess.run([*COMPILE, *flags, str(source), "-o", str(part)], check=True)
    # Linked without the flags: -ffast-math would end subnormal numbers for all of the process.
    subprocess.run(["cc", "-shared", str(part), "-o", str(library), "-lm"], check=True)
    compiled = ctypes.CDLL(str(library))
    return {name: _wrapped(getattr(compiled, name), law) for name in ("density", "train_error")}


def _wrapped(function: Callable[..., object], law: Law) -> Callable[..., np.ndarray]:
    def call(points: np.ndarray, **parameters: float) -> np.ndarray:
        array = np.atleast_1d(np.ascontiguousarray(points, float))
        values = np.empty_like(array)
        pointers = (a.ctypes.data_as(ctypes.c_void_p) for a in (array, values))
        numbers = (ctypes.c_double(parameters[symbol.name]) for symbol in law.symbols)
        function(ctypes.c_long(array.size), *pointers, *numbers)
        return values

    return call
