"""Moments, from the series of the composition."""

from collections.abc import Mapping
from functools import cache

from flint import fmpq
from sympy import Expr, Symbol

from derive.laws.law import Law
from derive.observables.observable import ORDER, Sequence
from derive.rational import value_at


@cache
def moments(law: Law, order: int) -> tuple[Expr, ...]:
    """m_0, …, m_order as expressions in the parameters."""
    return law.symbolic().moments(order)


def moments_at(law: Law, order: int, values: Mapping[Symbol, fmpq]) -> list[fmpq]:
    """m_0, …, m_order at exact parameters, without their expressions."""
    return list(law.symbolic().series(order, lambda expression: value_at(expression, values)))


MOMENTS = Sequence(
    name="moments",
    title="Moments",
    equation=r"m_k = \int t^k\, \rho(dt)",
    argument=ORDER,
    returns="m_0, ..., m_order along the last axis.",
    terms=moments,
    terms_at=moments_at,
)
