"""What measurements of a function come to, and the record of them that the project keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from derive.accuracy.measurement import SUSPICIOUS, Measurement

_RECORD = Path(__file__).parents[2] / "docs" / "measured" / "accuracy.txt"
_ROW = re.compile(r" +(\w+)\.(\w+) +(\d+) +(\S+) +(\d+) +(\d+)  +(.*?) *")

COLUMNS = (
    "Function",
    "Cases",
    "Worst",
    f"Above {SUSPICIOUS:.0f}",
    "Unknown",
    "Family of the worst",
)


@dataclass(frozen=True)
class Figure:
    """Errors of a function in units of eps·(1 + condition number).

    Attributes
    ----------
    cases : int
    worst : float
        The largest error; infinite where something was no number, an exception or a warning.
    above : int
        Cases whose errors their condition does not explain: larger ones than rounding leaves.
    unknown : int
        Cases that the reference does not decide; they count among none of the others.
    family : str
        That of the worst case.
    call : str
        The worst case in Python, with what was found in a comment.
    """

    cases: int
    worst: float
    above: int
    unknown: int
    family: str
    call: str = ""

    def __add__(self, other: Figure) -> Figure:
        return replace(
            max(self, other, key=lambda figure: figure.worst),
            cases=self.cases + other.cases,
            above=self.above + other.above,
            unknown=self.unknown + other.unknown,
        )

    @property
    def row(self) -> tuple[str, ...]:
        """As text, in the order of the table's columns but the first."""
        worst = f"{self.worst:.3g}"
        return str(self.cases), worst, str(self.above), str(self.unknown), self.family


def _figure(measurement: Measurement) -> Figure:
    units, case = measurement.units, measurement.case
    condition = f", κ = {measurement.condition:.1e}" if measurement.condition else ""
    call = f"{case}  # {units:.3g}: {measurement.note}{condition}"
    if units != units:
        return Figure(0, 0.0, 0, 1, case.family, call)
    return Figure(1, units, int(units > SUSPICIOUS), 0, case.family, call)


def summary(measurements: Iterable[Measurement]) -> dict[str, Figure]:
    """Figures by the names of functions."""
    return total({measurement.case.name: _figure(measurement)} for measurement in measurements)


def total(parts: Iterable[dict[str, Figure]]) -> dict[str, Figure]:
    """Sums of figures."""
    found: dict[str, Figure] = {}
    for part in parts:
        for name, figure in part.items():
            found[name] = found[name] + figure if name in found else figure
    return found


@cache
def recorded(law: str) -> dict[str, Figure]:
    """Figures of a law's functions that `make record` has left; none outside a checkout."""
    lines = _RECORD.read_text().splitlines() if _RECORD.is_file() else []
    rows = [row.groups() for row in map(_ROW.fullmatch, lines) if row]
    return {
        function: Figure(int(cases), float(worst), int(above), int(unknown), family)
        for name, function, cases, worst, above, unknown, family in rows
        if name == law
    }
