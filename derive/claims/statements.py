"""Claims about a law: identities proved exactly, values compared, conditions confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from sympy import Expr

from derive.claims.ledger import Claim, Result, compare, confirm, prove
from derive.elimination import Ring
from derive.laws.law import Law
from derive.laws.layered import LayeredLaw

L = TypeVar("L", Law, LayeredLaw)
Check = TypeVar("Check", bound=Callable)
# What checks yield: a name, and what must be true, or a value and what it must be.
Identities = Iterator[tuple[str, bool]]
Conditions = Iterator[tuple[str, bool]]
Values = Iterator[tuple[str, object, object]]

DERIVED = "derived here"


def domain(law: Law | LayeredLaw) -> str:
    """Domain of all parameters as text."""
    return ", ".join(parameter.domain for parameter in law.parameters)


def identical(left: Expr, right: Expr) -> bool:
    """Whether two rational expressions are equal identically."""
    difference = left - right
    return Ring(difference.free_symbols).fraction(difference)[0] == 0


def same_equation(left: Expr, right: Expr) -> bool:
    """Whether two polynomials are equal up to sign."""
    return identical(left, right) or identical(left, -right)


def _claim(
    law: Law | LayeredLaw,
    name: str,
    statement: str,
    source: str,
    assumptions: str,
    check: Callable[[int], Result],
) -> Claim:
    return Claim(law.name, name, statement, source, assumptions or domain(law), check)


def proved(
    law: L,
    name: str,
    statement: str,
    identities: Callable[[L], Identities],
    source: str = DERIVED,
    assumptions: str = "",
) -> Claim:
    """Claim that identities hold for every parameter."""
    return _claim(law, name, statement, source, assumptions, lambda dps: prove(identities(law)))


def verified(
    law: L,
    name: str,
    statement: str,
    pairs: Callable[[L, int], Values],
    source: str = DERIVED,
    assumptions: str = "",
    at_most: int | None = None,
) -> Claim:
    """Claim that values agree at sample points, to the digits asked for or `at_most` so many."""

    def check(dps: int) -> Result:
        digits = dps if at_most is None else min(dps, at_most)
        return compare(pairs(law, digits), digits)

    return _claim(law, name, statement, source, assumptions, check)


def confirmed(
    law: L,
    name: str,
    statement: str,
    conditions: Callable[[L, int], Conditions],
    source: str = DERIVED,
    assumptions: str = "",
) -> Claim:
    """Claim that conditions hold at sample points."""
    return _claim(
        law, name, statement, source, assumptions, lambda dps: confirm(conditions(law, dps))
    )


class Claims(Generic[L]):
    """Claims about a law, each stated above its check and in the order of the file.

    Parameters
    ----------
    **common : str or int
        What is said of every claim: arguments of `proved`, `verified` and `confirmed`.
    """

    def __init__(self, **common: Any):
        self._common = common
        self._made: list[Callable[[L], Claim]] = []
        self.proved = partial(self._stated, proved)
        self.verified = partial(self._stated, verified)
        self.confirmed = partial(self._stated, confirmed)

    def __call__(self, law: L) -> tuple[Claim, ...]:
        """The claims about one law."""
        return tuple(make(law) for make in self._made)

    def add(self, make: Callable[[L], Claim]) -> None:
        """A claim that is made elsewhere."""
        self._made.append(make)

    def _stated(
        self, kind: Callable[..., Claim], name: str, statement: str, *source: str, **rest: Any
    ) -> Callable[[Check], Check]:
        def kept(check: Check) -> Check:
            self.add(lambda law: kind(law, name, statement, check, *source, **self._common | rest))
            return check

        return kept
