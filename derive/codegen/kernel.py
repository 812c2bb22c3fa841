"""Straight-line numerical kernels: from SymPy assignments to NumPy calls on reused buffers.

A kernel is a list of named assignments. It is printed twice: as formulas on Python floats, and as
calls of NumPy's ufuncs with `out=`, in which every intermediate lives in a buffer that is handed on
as soon as its last reader is done. Common subexpressions are named once, in canonical order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sympy import (
    Abs,
    Expr,
    Function,
    I,
    Max,
    Min,
    Mul,
    Pow,
    Rational,
    Symbol,
    atan2,
    cos,
    cse,
    default_sort_key,
    exp,
    log,
    numbered_symbols,
)
from sympy.printing.pycode import PythonCodePrinter

copysign = Function("copysign")  # modulus of the first argument, sign of the second
log1p = Function("log1p")
cbrt = Function("cbrt")
csqrt = Function("csqrt")  # principal, of complex numbers

_UFUNCS = {
    Abs: "absolute",
    Max: "maximum",
    Min: "minimum",
    atan2: "arctan2",
    cos: "cos",
    exp: "exp",
    log: "log",
    cbrt: "cbrt",
    csqrt: "sqrt",
    copysign: "copysign",
    log1p: "log1p",
}
_INFIX = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


class _FloatPrinter(PythonCodePrinter):
    """Python expressions on floats, with the functions of `math` imported by name."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False})

    def _print_Function(self, expression: Expr) -> str:
        arguments = ", ".join(map(self._print, expression.args))
        return f"{expression.func.__name__}({arguments})"

    _print_log = _print_cos = _print_atan2 = _print_exp = _print_Function

    def _print_Rational(self, number: Rational) -> str:
        return repr(float(number))

    def _print_Abs(self, expression: Expr) -> str:
        return f"abs({self._print(expression.args[0])})"

    def _print_Max(self, expression: Expr) -> str:
        return f"max({', '.join(map(self._print, expression.args))})"

    def _print_Min(self, expression: Expr) -> str:
        return f"min({', '.join(map(self._print, expression.args))})"


@dataclass(frozen=True)
class Operation:
    """result = function(*operands); operands are names or literals."""

    result: str
    function: str
    operands: tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """Named assignments from inputs to outputs.

    Attributes
    ----------
    name : str
    meaning : str
        One sentence.
    points : tuple of Symbol
        Inputs that vary from element to element.
    constants : tuple of Symbol
        Inputs that are usually the same for all elements: what depends on them alone is computed
        apart, so that numbers stay numbers.
    assignments : tuple of (Symbol, Expr)
        In an order in which each uses inputs and results before it.
    outputs : tuple of Symbol
        Assigned symbols that are returned.
    """

    name: str
    meaning: str
    points: tuple[Symbol, ...]
    constants: tuple[Symbol, ...]
    assignments: tuple[tuple[Symbol, Expr], ...]
    outputs: tuple[Symbol, ...]

    @cached_property
    def steps(self) -> list[tuple[Symbol, Expr]]:
        """Assignments with common subexpressions named, each placed before its first reader."""
        names, expressions = zip(*self.assignments, strict=True)
        common, reduced = cse(expressions, numbered_symbols("t"), order="canonical")
        definitions = dict([*common, *zip(names, reduced, strict=True)])
        ordered: dict[Symbol, Expr] = {}

        def place(symbol: Symbol) -> None:
            if symbol in ordered or symbol not in definitions:
                return
            for needed in sorted(definitions[symbol].free_symbols, key=default_sort_key):
                place(needed)
            ordered[symbol] = definitions[symbol]

        for output in self.outputs:
            place(output)
        return list(ordered.items())

    def formulas(self) -> list[str]:
        """Assignments on Python floats."""
        printer = _FloatPrinter()
        return [f"{symbol} = {printer.doprint(value)}" for symbol, value in self.steps]

    @cached_property
    def operations(self) -> list[Operation]:
        """One ufunc call after the other."""
        found: list[Operation] = []
        for symbol, value in self.steps:
            _Atoms(found, symbol.name).write(value)
        return found

    @cached_property
    def varying(self) -> set[str]:
        """Names of results that depend on the points."""
        varying = {symbol.name for symbol in self.points}
        for operation in self.operations:
            if varying & set(operation.operands) or operation.result in self._results:
                varying.add(operation.result)
        return varying

    @property
    def _results(self) -> set[str]:
        return {symbol.name for symbol in self.outputs}

    @property
    def count(self) -> int:
        """Number of operations on arrays."""
        return sum(operation.result in self.varying for operation in self.operations)

    @cached_property
    def buffers(self) -> dict[str, str]:
        """Where each result lives: an output's own array or a shared buffer."""
        last = {name: k for k, o in enumerate(self.operations) for name in o.operands}
        outputs = self._results
        place: dict[str, str] = {}
        free: list[str] = []
        count = 0
        for k, operation in enumerate(self.operations):
            if operation.result not in self.varying:
                continue
            done = {n for n in operation.operands if n in place and last[n] == k} - outputs
            free += sorted((place[name] for name in done), key=_rank, reverse=True)
            if operation.result in outputs:
                place[operation.result] = f"out_{operation.result}"
            elif free:
                place[operation.result] = free.pop()
            else:
                place[operation.result] = f"b{count}"
                count += 1
        return place

    @property
    def buffer_names(self) -> list[str]:
        """Shared buffers."""
        own = {f"out_{name}" for name in self._results}
        return sorted(set(self.buffers.values()) - own, key=_rank)

    def calls(self) -> Iterator[str]:
        """NumPy statements."""
        read = {name for o in self.operations for name in o.operands}
        for o in self.operations:
            arguments = ", ".join(o.operands)
            if o.result in self._results and o.result not in read:
                yield f"np.{o.function}({arguments}, out={self.buffers[o.result]})"
            elif o.result in self.varying:
                yield f"{o.result} = np.{o.function}({arguments}, out={self.buffers[o.result]})"
            elif o.function in _INFIX:
                yield f"{o.result} = {_INFIX[o.function].join(o.operands)}"
            else:
                yield f"{o.result} = np.{o.function}({arguments})"


def _rank(buffer: str) -> int:
    return int(buffer[1:])


class _Atoms:
    """Operations for one assignment."""

    def __init__(self, found: list[Operation], name: str):
        self.found, self.name, self.count = found, name, 0

    def write(self, value: Expr) -> None:
        """Operations whose last result has the assignment's name."""
        before = len(self.found)
        operand = self.operand(value)
        if len(self.found) == before:
            self.found.append(Operation(self.name, "positive", (operand,)))
        else:
            last = self.found[-1]
            self.found[-1] = Operation(self.name, last.function, last.operands)

    def call(self, function: str, *operands: str) -> str:
        self.count += 1
        name = f"{self.name}_{self.count}"
        self.found.append(Operation(name, function, operands))
        return name

    def operand(self, value: Expr) -> str:
        """Name or literal that holds the value, after operations that compute it."""
        if value.is_Symbol:
            return value.name
        if value is I:
            return "1j"
        if value.is_Number:
            return repr(float(value)) if not value.is_Integer else repr(float(int(value)))
        if value.is_Add:
            return self._sum(value.as_ordered_terms())
        if value.is_Mul:
            return self._product(value)
        if value.is_Pow:
            return self._power(value.base, value.exp)
        function = _UFUNCS[value.func]
        first, *rest = (self.operand(argument) for argument in value.args)
        if not rest:
            return self.call(function, first)
        for operand in rest:
            first = self.call(function, first, operand)
        return first

    def _sum(self, terms: Iterable[Expr]) -> str:
        signed = sorted(((t.could_extract_minus_sign(), t) for t in terms), key=lambda s: s[0])
        (negative, first), *rest = signed
        total = self.operand(first)
        for negative, term in rest:
            if negative:
                total = self.call("subtract", total, self.operand(-term))
            else:
                total = self.call("add", total, self.operand(term))
        return total

    def _product(self, value: Mul) -> str:
        numbers = [f for f in value.args if f.is_Number]
        factors = [f for f in value.args if not f.is_Number]
        below = [f for f in factors if f.is_Pow and f.exp.could_extract_minus_sign()]
        above = [f for f in factors if f not in below]
        number = Mul(*numbers)
        if not above:
            total = self.operand(number)
        else:
            first, *rest = above
            total = self.operand(first)
            for factor in rest:
                total = self.call("multiply", total, self.operand(factor))
            if number == -1:
                total = self.call("negative", total) if not below else total
            elif number != 1:
                total = self.call("multiply", total, self.operand(number))
        if below:
            divisor = self.operand(Mul(*(1 / f for f in below)))
            total = self.call("divide", total, divisor)
            if above and number == -1:
                total = self.call("negative", total)
        return total

    def _power(self, base: Expr, exponent: Expr) -> str:
        if exponent.could_extract_minus_sign():
            return self.call("divide", "1.0", self.operand(Pow(base, -exponent)))
        operand = self.operand(base)
        if exponent == Rational(1, 2):
            return self.call("sqrt", operand)
        if exponent == 2:
            return self.call("square", operand)
        if exponent.is_Integer:
            power = self.call("square", operand)
            for _ in range(int(exponent) - 2):
                power = self.call("multiply", power, operand)
            return power
        raise ValueError(f"power {exponent} in a kernel")


__all__ = ["Kernel", "cbrt", "copysign", "csqrt", "log1p"]
