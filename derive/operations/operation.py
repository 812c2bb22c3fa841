"""What the toolkit knows of an operation on random matrices beside numbers: its symbolic term.

The potential U(z) = ∫ln(z - t) μ(dt) of a composed law is the stationary value, in the unknowns w
of all its operations, of

    Φ(z) = Σ c ln f(z, w) + rational(z, w) + Σ_k multiplicity_k · Φ_k(argument_k(z, w)),

k over the operands. For Im z > 0 exactly one stationary point has Im w > 0 for every unknown (signs
reversed below an operand whose argument lies in the lower half-plane). Whatever depends on the kind
of an operation stands in its file; programs for its derivatives are printed from the term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Symbol, cse, diff, numbered_symbols
from sympy.printing.pycode import PythonCodePrinter

from derive.curve import RationalCurve
from derive.runtime import potential

z, w1, w2 = (Symbol(name) for name in ("z", "w1", "w2"))
m = Symbol("m")  # Stieltjes transform ∫μ(dx)/(x - z) of the result

Matrix = NDArray[np.float64]
Sampler = Callable[[int], Matrix]  # size to matrix
Equation = Callable[[Expr, Expr], Expr]  # L(m, z) of an operand


class Operation(potential.Operation):
    """One kind of operation.

    Attributes
    ----------
    symbols : tuple of Symbol
        Parameters.
    unknowns : tuple of Symbol
    logarithms : tuple of (Expr, Expr)
        Coefficient c, which depends on the parameters alone, and argument f.
    rational : Expr
    arguments, multiplicities : tuple of Expr
        One for each operand.
    """

    symbols: tuple[Symbol, ...] = ()
    unknowns: tuple[Symbol, ...] = ()
    logarithms: tuple[tuple[Expr, Expr], ...] = ()
    rational: Expr = Integer(0)
    arguments: tuple[Expr, ...] = ()
    multiplicities: tuple[Expr, ...] = ()

    @property
    def size(self) -> int:  # type: ignore[override]
        """Number of unknowns."""
        return len(self.unknowns)

    def equation(self, parameters: Sequence[Expr], operands: Sequence[Equation]) -> Expr:
        """A rational expression in m and z that vanishes on the law."""
        raise NotImplementedError

    def curve(
        self, parameters: Sequence[Expr], operands: Sequence[RationalCurve]
    ) -> RationalCurve | None:
        """The law as a rational curve, if all unknowns but one eliminate rationally."""
        return None

    def matrix(
        self, n: int, rng: np.random.Generator, parameters: Sequence, operands: Sequence[Sampler]
    ) -> Matrix:
        """A symmetric n × n matrix with this law in the limit."""
        raise NotImplementedError

    # Programs

    @property
    def kernel(self) -> Callable[..., tuple]:  # type: ignore[override]
        """Derivatives of the term and of the arguments."""
        return self._compiled["kernel"]

    @property
    def value(self) -> Callable[..., tuple]:  # type: ignore[override]
        """Arguments of the logarithms, the rational part, the operands' arguments."""
        return self._compiled["value"]

    @property
    def weights(self) -> Callable[..., tuple]:  # type: ignore[override]
        """Coefficients of the logarithms and multiplicities, of the parameters alone."""
        return self._compiled["weights"]

    @cached_property
    def _compiled(self) -> dict[str, Any]:
        namespace: dict[str, Any] = {}
        exec(self.programs, namespace)
        return namespace

    @cached_property
    def programs(self) -> str:
        """The three functions as Python text; a literal 0 is a derivative that vanishes."""
        variables = (z, *self.unknowns)
        pairs = [(v, u) for i, v in enumerate(variables) for u in variables[: i + 1]]
        term = self.rational
        first = [
            diff(term, v) + sum(c * diff(f, v) / f for c, f in self.logarithms) for v in variables
        ]
        second = [
            diff(term, v, u)
            + sum(
                c * (diff(f, v, u) / f - diff(f, v) * diff(f, u) / f**2) for c, f in self.logarithms
            )
            for v, u in pairs
        ]
        slopes = [diff(a, v) for a in self.arguments for v in variables]
        bends = [diff(a, v, u) for a in self.arguments for v, u in pairs]
        names = ", ".join(s.name for s in (*variables, *self.symbols))
        parameters = ", ".join(s.name for s in self.symbols)
        values = [f for _, f in self.logarithms]
        weights = [c for c, _ in self.logarithms]
        return "\n\n\n".join(
            (
                _function(f"kernel({names})", (first, second, self.arguments, slopes, bends)),
                _function(f"value({names})", (values, [self.rational], self.arguments)),
                _function(f"weights({parameters})", (weights, self.multiplicities)),
            )
        )


class _Printer(PythonCodePrinter):
    def _print_Pow(self, expr: Expr, rational: bool = True) -> str:
        return super()._print_Pow(expr, rational=True)  # of any kind of number


_print = _Printer().doprint


def _function(signature: str, groups: Sequence[Sequence[Expr]]) -> str:
    """A function that returns tuples of expressions, with common subexpressions shared."""
    flat = [expression for group in groups for expression in group]
    shared, results = cse(flat, symbols=numbered_symbols("t"), order="canonical")
    lines = [f"def {signature}:"]
    lines += [f"    {name} = {_print(value)}" for name, value in shared]
    rest: Iterator[Expr] = iter(results)
    tuples = ["(" + "".join(f"{_print(next(rest))}, " for _ in group) + ")" for group in groups]
    lines.append(f"    return {', '.join(tuples)}")
    return "\n".join(lines)
