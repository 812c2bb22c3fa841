"""Compositions as text that reads like the mathematics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from derive.operations import AFFINE, ATOMS, FREE_PRODUCT, FREE_SUM, MIXTURE, SQUARE

if TYPE_CHECKING:
    from derive.calculus.composition import Spectrum

_MOST = 6  # atoms that are written down


def plain(law: Spectrum) -> str:
    """The calls that make the spectrum; long sequences are shortened."""
    name, operands = law.operation.name, [plain(operand) for operand in law.operands]
    if law.operation is ATOMS:
        values, weights = (_shortened(part, str) for part in law.parameters)
        equal = len(set(law.parameters[1])) == 1
        return f"atoms([{values}])" if equal else f"atoms([{values}], [{weights}])"
    if law.operation is SQUARE:
        return f"{operands[0]}.square()"
    if law.operation is MIXTURE:
        return f"{operands[0]}.mix({operands[1]}, {law.parameters[0]})"
    parameters = ", ".join(map(str, law.parameters))
    if not operands:
        return f"{name}({parameters})"
    arguments = ", ".join([*operands[1:], *([parameters] if parameters else [])])
    return f"{operands[0]}.{name}({arguments})"


_SYMBOLS = {FREE_SUM: r" \boxplus ", FREE_PRODUCT: r" \boxtimes "}


def tex(law: Spectrum, latex: Callable[[Any], str]) -> str:
    """LaTeX, with ⊞ and ⊠ for free sums and products."""
    operands = [tex(operand, latex) for operand in law.operands]
    if law.operation is ATOMS:
        pairs = zip(*law.parameters, strict=True)
        return _shortened([(w, a) for a, w in pairs], _mass(latex), " + ")
    if law.operation in _SYMBOLS:
        return r"\left(" + _SYMBOLS[law.operation].join(operands) + r"\right)"
    if law.operation is AFFINE:
        scale, shift = map(latex, law.parameters)
        return rf"\left({scale} \cdot {operands[0]} + {shift}\right)"
    name = law.operation.name.replace("_", " ")
    arguments = ", ".join(map(latex, law.parameters))
    inner = ", ".join(operands[:1] if law.operation is SQUARE else operands)
    return rf"\text{{{name}}}_{{{arguments}}}\left({inner}\right)"


def _mass(latex: Callable[[Any], str]) -> Callable[[tuple], str]:
    def written(pair: tuple) -> str:
        weight, position = pair
        return (latex(weight) if weight != 1 else "") + rf"\delta_{{{latex(position)}}}"

    return written


def _shortened(items: Any, write: Callable[[Any], str], joint: str = ", ") -> str:
    shown = [write(item) for item in items[:_MOST]]
    rest = ["…"] if len(items) > _MOST else []
    return joint.join([*shown, *rest])
