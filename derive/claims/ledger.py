"""The ledger: what is claimed, by which source, under which assumptions, and how it was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import mpmath
from sympy import Expr


class Status(StrEnum):
    """Verdict on a claim; only the first two count as a pass."""

    PROVED = "proved"
    VERIFIED = "verified"
    FALSE = "false"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"


@dataclass(frozen=True)
class Result:
    """Verdict on one claim.

    Attributes
    ----------
    status : Status
        ``proved`` (exactly) or ``verified`` (numerically); anything else is a failure.
    samples : int
        Effective cases: identities proved, or points at which both sides were compared.
    digits : int or None
        Decimal digits to which a numerical check agrees; None for an exact proof, and for signs
        and inequalities.
    detail : str
        The first failing case, or why the verdict is unknown.
    """

    status: Status
    samples: int
    digits: int | None = None
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the claim holds by a check that was not empty."""
        return self.status in (Status.PROVED, Status.VERIFIED)


@dataclass(frozen=True)
class Claim:
    """One statement with a permanent identity.

    Attributes
    ----------
    subject : str
        Name of the law (or other subject) the statement is about.
    name : str
        Of the statement, the only one of its subject.
    statement : str
        The claim as one mathematical sentence.
    source : str
        Paper and equation number.
    assumptions : str
        Sufficient conditions, corner cases included.
    check : callable
        Maps a number of decimal digits to a `Result`.
    """

    subject: str
    name: str
    statement: str
    source: str
    assumptions: str
    check: Callable[[int], Result]

    @property
    def id(self) -> str:
        """Permanent, never reused."""
        return f"{self.subject}/{self.name}"

    def run(self, dps: int) -> Result:
        """Check the claim at `dps` digits; an exception is an unknown, never a pass."""
        try:
            return self.check(dps)
        except Exception as error:  # any failure to decide must show as a red row
            return Result(Status.UNKNOWN, 0, detail=f"{type(error).__name__}: {error}")


def prove(differences: Iterable[tuple[str, Expr | bool]]) -> Result:
    """Verdict on identities given as (name, expression that must vanish, or truth value)."""
    proved = 0
    for name, difference in differences:
        holds = difference if isinstance(difference, bool) else difference.cancel() == 0
        if not holds:
            return Result(Status.FALSE, proved, detail=f"not an identity: {name}")
        proved += 1
    return Result(Status.PROVED if proved else Status.VACUOUS, proved)


def compare(pairs: Iterable[tuple[str, object, object]], digits: int) -> Result:
    """Verdict on (name, value, expected value): relative agreement to `digits` digits.

    A pair that agrees because both sides are exactly zero is no evidence and is not counted.
    """
    samples = 0
    with mpmath.workdps(digits + 10):
        tolerance = mpmath.mpf(10) ** -digits
        # All at once: a generator left suspended would restore its own precision too late.
        for name, value, expected in list(pairs):
            value, expected = mpmath.mpmathify(value), mpmath.mpmathify(expected)
            error = abs(value - expected)
            if not error <= tolerance * abs(expected):
                shown = f"{mpmath.nstr(value, 12)} against {mpmath.nstr(expected, 12)}"
                return Result(Status.FALSE, samples, digits, f"{name}: {shown}")
            samples += expected != 0
    return Result(Status.VERIFIED if samples else Status.VACUOUS, int(samples), digits)


def confirm(conditions: Iterable[tuple[str, bool]]) -> Result:
    """Verdict on (name, condition decided at one sample), for signs, counts and bounds."""
    samples = 0
    for name, condition in list(conditions):
        if not condition:
            return Result(Status.FALSE, samples, detail=name)
        samples += 1
    return Result(Status.VERIFIED if samples else Status.VACUOUS, samples)
