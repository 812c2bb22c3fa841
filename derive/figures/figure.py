"""A figure: what is computed, how it is drawn, and what is said of it, each on its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_DIGITS = 6  # of numbers in a file
_LIST = re.compile(r"\[[^\[\]{}]*\]")


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    name : str
        Of its files.
    title : str
    source : str
        The paper that has it, or what is shown.
    caption : str
        With fields of the sizes and of the numbers, `{seed}`.
    sizes : mapping
        Arguments of `compute`: shapes, sizes of matrices, seeds.
    compute : callable
        Law and simulation; returns numbers, arrays and text by name.
    draw : callable
        Takes an empty `matplotlib.figure.Figure` and the numbers.
    inches : pair of float
    """

    name: str
    title: str
    source: str
    caption: str
    sizes: Mapping[str, Any]
    compute: Callable[..., dict[str, Any]]
    draw: Callable[[Any, Mapping[str, Any]], None]
    inches: tuple[float, float] = (9.0, 3.6)

    def record(self, **sizes: Any) -> dict[str, Any]:
        """What the figure's file of numbers holds; other sizes may be given."""
        used = {**self.sizes, **sizes}
        return self.described(used, plain(self.compute(**used)))

    def described(self, sizes: Mapping[str, Any], numbers: Mapping[str, Any]) -> dict[str, Any]:
        """The record of numbers that were computed with some sizes."""
        return {
            "title": self.title,
            "source": self.source,
            "caption": self.caption.format(
                **{k: _said(v) for k, v in {**sizes, **numbers}.items()}
            ),
            "sizes": plain(sizes),
            "numbers": dict(numbers),
        }


def _said(value: Any) -> Any:
    """What a caption says of a value: elements with commas between."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def plain(value: Any) -> Any:
    """Arrays as lists, and numbers to six digits: what a JSON file holds."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.{_DIGITS}g}")
    return int(value) if isinstance(value, np.integer) else value


def text(record: Mapping[str, Any]) -> str:
    """JSON with every list of numbers on one line."""
    found = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    return _LIST.sub(lambda part: " ".join(part[0].split()), found) + "\n"
