"""Claims about a law: identities proved exactly, values compared, conditions confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from sympy import Expr

from derive.claims.ledger import Claim, Result, compare, confirm, prove
from derive.elimination import Ring
from derive.laws.law import Law

Check = TypeVar("Check", bound=Callable)
# What checks yield: a name, and what must be true, or a value and what it must be.
Identities = Iterator[tuple[str, bool]]
Conditions = Iterator[tuple[str, bool]]
Values = Iterator[tuple[str, object, object]]

DERIVED = "derived here"


def domain(law: Law) -> str:
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
    law: Law,
    name: str,
    statement: str,
    source: str,
    assumptions: str,
    check: Callable[[int], Result],
) -> Claim:
    return Claim(law.name, name, statement, source, assumptions or domain(law), check)


def proved(
    law: Law,
    name: str,
    statement: str,
    identities: Callable[[Law], Identities],
    source: str = DERIVED,
    assumptions: str = "",
) -> Claim:
    """Claim that identities hold for every parameter."""
    return _claim(law, name, statement, source, assumptions, lambda dps: prove(identities(law)))


def verified(
    law: Law,
    name: str,
    statement: str,
    pairs: Callable[[Law, int], Values],
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
    law: Law,
    name: str,
    statement: str,
    conditions: Callable[[Law, int], Conditions],
    source: str = DERIVED,
    assumptions: str = "",
) -> Claim:
    """Claim that conditions hold at sample points."""
    return _claim(
        law, name, statement, source, assumptions, lambda dps: confirm(conditions(law, dps))
    )


class Claims:
    """Claims about a law, each stated above its check and in the order of the file.

    Parameters
    ----------
    **common : str or int
        What is said of every claim: arguments of `proved`, `verified` and `confirmed`.
    """

    def __init__(self, **common: Any):
        self._common = common
        self._made: list[tuple[Callable[[Law], Claim], Callable[[Law], bool]]] = []
        self.proved = partial(self._stated, proved)
        self.verified = partial(self._stated, verified)
        self.confirmed = partial(self._stated, confirmed)

    def __call__(self, law: Law) -> tuple[Claim, ...]:
        """The claims about one law."""
        return tuple(make(law) for make, of in self._made if of(law))

    def add(
        self, make: Callable[[Law], Claim], of: Callable[[Law], bool] = lambda law: True
    ) -> None:
        """A claim that is made elsewhere."""
        self._made.append((make, of))

    def _stated(
        self,
        kind: Callable[..., Claim],
        name: str,
        statement: str,
        *source: str,
        of: Callable[[Law], bool] = lambda law: True,
        **rest: Any,
    ) -> Callable[[Check], Check]:
        """Keep a claim about the laws that a condition, `of`, picks."""

        def kept(check: Check) -> Check:
            def make(law: Law) -> Claim:
                return kind(law, name, statement, check, *source, **self._common | rest)

            self.add(make, of)
            return check

        return kept
