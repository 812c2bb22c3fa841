"""Programs and SymPy expressions as JavaScript source text."""

import textwrap
from collections.abc import Sequence

from sympy import Expr
from sympy.printing.jscode import JavascriptCodePrinter

from derive.runtime.programs import Program

# Functions of programs: `copysign` is defined beside the laws, all others are of the language.
_FUNCTIONS = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "truediv": "{} / {}",
    "negative": "-{}",
    "positive": "{}",
    "square": "{0} * {0}",
    "abs": "Math.abs({})",
    "atan2": "Math.atan2({}, {})",
    "cbrt": "Math.cbrt({})",
    "copysign": "copysign({}, {})",
    "cos": "Math.cos({})",
    "exp": "Math.exp({})",
    "log": "Math.log({})",
    "log1p": "Math.log1p({})",
    "max": "Math.max({}, {})",
    "min": "Math.min({}, {})",
    "sqrt": "Math.sqrt({})",
}


def function(name: str, program: Program, points: Sequence[str] | str, constants: str = "") -> str:
    """A program as a method of an object literal: of points, and of an array of constants.

    Points are arguments by name, or what is in an array of one name.

    Raises
    ------
    KeyError
        If the program is one of complex numbers, which JavaScript does not have.
    """
    arguments = [points] if isinstance(points, str) else [*points]
    inputs = (
        [f"{points}[{k}]" for k in range(program.points)] if isinstance(points, str) else arguments
    )
    inputs = [*inputs, *(f"{constants}[{k}]" for k in range(program.constants))]
    lines, outputs = program.straight_line(inputs, _number)
    body = [f"  const {left} = {_FUNCTIONS[f].format(*right)};" for left, f, right in lines]
    result = outputs[0] if len(outputs) == 1 else f"[{', '.join(outputs)}]"
    head = ", ".join([*arguments, *([constants] if constants else [])])
    return "\n".join([f"{name}({head}) {{", *body, f"  return {result};", "}"])


def _number(value: complex) -> str:
    if not isinstance(value, float):
        raise KeyError(f"{value!r} is no number of JavaScript")
    return repr(value) if value >= 0 else f"({value!r})"


def code(expression: Expr) -> str:
    """JavaScript source text of an expression."""
    text: str = JavascriptCodePrinter().doprint(expression)
    return " ".join(text.split()).replace("( ", "(").replace(" )", ")")


def indented(text: str) -> str:
    """Text one step to the right."""
    return textwrap.indent(text, "  ")
