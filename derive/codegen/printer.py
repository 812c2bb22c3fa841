"""SymPy expressions as NumPy source text."""

from sympy import Expr, Sum
from sympy.printing.pycode import PythonCodePrinter

from derive.laws.law import Parameter


class NumPyPrinter(PythonCodePrinter):
    """Arithmetic, Max and Piecewise; every branch of a Piecewise here is finite."""

    def _print_Max(self, expression: Expr, function: str = "maximum") -> str:
        first, *rest = (self._print(argument) for argument in expression.args)
        for argument in rest:
            first = f"np.{function}({first}, {argument})"
        return first

    def _print_Min(self, expression: Expr) -> str:
        return self._print_Max(expression, "minimum")

    def _print_Piecewise(self, expression: Expr) -> str:
        *cases, (last, _) = expression.args
        text = self._print(last)
        for value, condition in reversed(cases):
            text = f"np.where({self._print(condition)}, {self._print(value)}, {text})"
        return text

    def _print_Sum(self, expression: Sum) -> str:
        return super()._print_Sum(expression).replace("builtins.", "")

    def _print_Equality(self, relation: Expr) -> str:
        return f"({self._print(relation.lhs)} == {self._print(relation.rhs)})"


def code(expression: Expr) -> str:
    """NumPy source text of an expression."""
    return NumPyPrinter().doprint(expression)


def within(parameter: Parameter, name: str) -> str:
    """Condition that the variable of a name lies in a parameter's domain."""
    relation = ">" if parameter.strict else ">="
    text = f"({name} {relation} {code(parameter.lower)})"
    if parameter.upper is not None:
        text += f" & ({name} {relation.replace('>', '<')} {code(parameter.upper)})"
    return text
