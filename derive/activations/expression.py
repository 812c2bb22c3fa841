"""Text to expression: activations written by a user, through a whitelist, exactly."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

import sympy as sp
from sympy import Expr, Rational, oo, pi

X = sp.Symbol("x", real=True)  # the variable of every activation

_MAX_LENGTH, _MAX_DEPTH, _MAX_EXPONENT, _MAX_LOG = 500, 50, 64, 10**4
_LITERAL = re.compile(r"\d{0,40}\.?\d{0,40}([eE][+-]?\d{1,3})?")


def _moderate(exponent: Expr) -> Expr:
    """Refuse a constant too large to evaluate; by induction all its parts are moderate."""
    if exponent.is_number and abs(exponent.evalf(15)) > _MAX_LOG:
        raise _refusal(f"a constant beyond exp({_MAX_LOG})")
    return exponent


def _power(base: Expr, exponent: Expr) -> Expr:
    if base.is_number and base.is_positive:
        _moderate(exponent * sp.log(base))
        return base**exponent
    if not exponent.is_Rational:
        raise _refusal(f"the exponent {exponent} of {base}, which is not a positive number")
    if max(abs(exponent.p), exponent.q) <= _MAX_EXPONENT:
        power = base**exponent
        if not (power.is_Pow and abs(power.exp) > _MAX_EXPONENT):  # nested powers combine
            return power
    raise _refusal(f"an exponent beyond {_MAX_EXPONENT}")


_OPERATORS: Mapping[type, Callable[[Expr, Expr], Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: _power,
}
_CONSTANTS = {"x": X, "pi": pi, "e": sp.E, "E": sp.E}
_VARIADIC = {"max": sp.Max, "Max": sp.Max, "min": sp.Min, "Min": sp.Min}
_FUNCTIONS: Mapping[str, Callable[..., Expr]] = _VARIADIC | {
    "abs": sp.Abs,
    "Abs": sp.Abs,
    "atan": sp.atan,
    "cbrt": lambda u: sp.sign(u) * sp.Abs(u) ** Rational(1, 3),
    "cos": sp.cos,
    "cosh": lambda u: sp.cosh(_moderate(u)),
    "erf": sp.erf,
    "erfc": sp.erfc,
    "exp": lambda u: sp.exp(_moderate(u)),
    "gelu": lambda u: u * (1 + sp.erf(u / sp.sqrt(2))) / 2,
    "heaviside": sp.Heaviside,
    "log": sp.log,
    "relu": lambda u: sp.Max(u, 0),
    "sigmoid": lambda u: 1 / (1 + sp.exp(-_moderate(u))),
    "sign": sp.sign,
    "silu": lambda u: u / (1 + sp.exp(-_moderate(u))),
    "sin": sp.sin,
    "sinh": lambda u: sp.sinh(_moderate(u)),
    "softplus": lambda u: sp.log(1 + sp.exp(_moderate(u))),
    "sqrt": sp.sqrt,
    "tanh": sp.tanh,
}


def _refusal(what: str) -> ValueError:
    allowed = f"numbers, {', '.join(_CONSTANTS)}, + - * / ** and {', '.join(_FUNCTIONS)}"
    return ValueError(f"refused: {what}; allowed are {allowed}")


def _translate(node: ast.AST, text: str, depth: int = 0) -> Expr:
    shown = (ast.get_source_segment(text, node) or text)[:100]
    if depth > _MAX_DEPTH:
        raise _refusal(f"nesting deeper than {_MAX_DEPTH}")
    match node:
        case ast.Constant() if _LITERAL.fullmatch(shown):
            return Rational(shown)  # from the text: 0.1 is 1/10
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
            value = _translate(operand, text, depth + 1)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            operands = [_translate(side, text, depth + 1) for side in (left, right)]
            value = _OPERATORS[type(op)](*operands)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and (
            len(args) == 1 or (0 < len(args) < 9 and name in _VARIADIC)
        ):
            value = _FUNCTIONS[name](*(_translate(arg, text, depth + 1) for arg in args))
        case _:
            raise _refusal(f"{type(node).__name__} {shown!r}")
    if value.is_real is False or value.has(sp.I, oo, -oo, sp.zoo, sp.nan):
        raise _refusal(f"{shown!r}, which is not a real number")
    return value


def parse(text: str) -> Expr:
    """Expression in x written by a user, exactly; nothing is evaluated as code.

    Parameters
    ----------
    text : str
        Numbers, ``x``, ``pi``, ``e``, arithmetic and a fixed list of functions, in Python's
        syntax. Decimals are exact (0.1 is 1/10), ``heaviside(0)`` is 1/2, ``cbrt`` is odd.

    Returns
    -------
    sympy.Expr
        In the real symbol `X`.

    Raises
    ------
    ValueError
        For anything else, naming what is refused and what is allowed.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise _refusal(f"text of more than {_MAX_LENGTH} characters")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _refusal(f"{text[:100]!r} ({error})") from None
    return _translate(tree.body, text)
