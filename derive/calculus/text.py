"""Compositions as text that reads like the mathematics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from derive.operations import AFFINE, ATOMS, FREE_PRODUCT, FREE_SUM, LAYERS, MIXTURE, SQUARE

if TYPE_CHECKING:
    from derive.calculus.composition import Spectrum

_MOST = 6  # atoms that are written down


def plain(law: Spectrum, write: Callable[[Any], str] = str, most: int | None = _MOST) -> str:
    """The calls that make the spectrum; long sequences are shortened to `most` elements."""
    name, operands = law.operation.name, [plain(o, write, most) for o in law.operands]
    if law.operation is ATOMS:
        values, weights = (_shortened(part, write, most=most) for part in law.parameters)
        equal = len(set(law.parameters[1])) == 1
        return f"atoms([{values}])" if equal else f"atoms([{values}], [{weights}])"
    parameters = [_nested(value, write) for value in law.parameters]
    if not operands:
        return f"{name}({', '.join(parameters)})"
    first, *others = operands[:1] if law.operation is SQUARE else operands
    return f"{first}.{_METHODS.get(law.operation, name)}({', '.join([*others, *parameters])})"


def _nested(value: Any, write: Callable[[Any], str]) -> str:
    if not isinstance(value, tuple):
        return write(value)
    return f"({''.join(f'{_nested(part, write)}, ' for part in value)})"


_METHODS: dict[Any, str] = {MIXTURE: "mix"}
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
        scale, shift = law.parameters
        factor = "" if scale == 1 else rf"{latex(scale)} \cdot "
        return rf"\left({factor}{operands[0]} + {latex(shift)}\right)"
    name = law.operation.name.replace("_", " ")
    if law.operation is LAYERS:
        return _layers(law, latex)
    arguments = ", ".join(map(latex, law.parameters))
    inner = ", ".join(operands[:1] if law.operation is SQUARE else operands)
    return rf"\text{{{name}}}_{{{arguments}}}\left({inner}\right)"


def _layers(law: Spectrum, latex: Callable[[Any], str]) -> str:
    """Σ offset·K_i + fixed, with the covariances below it."""
    stack, nodes = law.parameters
    names = [f"K_{i + 1}" for i in range(len(stack))]

    def diagonal(values: Any) -> str:
        values = tuple(values)
        if len(set(values)) == 1:
            return latex(values[0])
        return rf"\mathrm{{diag}}({_shortened(values, latex)})"

    def multiple(factor: Any, name: str) -> str:
        return name if factor == 1 else rf"\left({latex(factor)}\right) {name}"

    sums = [multiple(o, name) for (_, o, _), name in zip(stack, names, strict=True) if o != 0]
    if any(fixed != 0 for _, fixed, _ in nodes):
        sums.append(diagonal(fixed for _, fixed, _ in nodes))
    lines = [" + ".join(sums)]
    for i, name in enumerate(names):
        covariance = [diagonal(entries[i] for _, _, entries in nodes)]
        if i + 1 < len(stack):
            covariance.append(multiple(stack[i + 1][2], names[i + 1]))
        ratio = latex(stack[i][0])
        lines.append(
            rf"{name} = \text{{sample covariance}}_{{{ratio}}}\left({' + '.join(covariance)}\right)"
        )
    return r"\left[" + r",\quad ".join(lines) + r"\right]"


def _mass(latex: Callable[[Any], str]) -> Callable[[tuple], str]:
    def written(pair: tuple) -> str:
        weight, position = pair
        return (latex(weight) if weight != 1 else "") + rf"\delta_{{{latex(position)}}}"

    return written


def _shortened(
    items: Any, write: Callable[[Any], str], joint: str = ", ", most: int | None = _MOST
) -> str:
    shown = [write(item) for item in items[:most]]
    rest = ["…"] if len(items) > len(shown) else []
    return joint.join([*shown, *rest])
