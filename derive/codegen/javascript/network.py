"""From a law composed outwards to JavaScript: its operations one by one, and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Integer, Symbol, symbols

from derive.calculus import Spectrum
from derive.codegen.javascript.printer import code, function, indented
from derive.curve import atom
from derive.laws.law import Law
from derive.operations import AFFINE, ATOMS, SAMPLE_COVARIANCE, Operation
from derive.runtime.chains import Jet
from derive.runtime.programs import Program

_PARTS = 8  # z, z', G and G' by real and imaginary parts


@dataclass(frozen=True)
class _Pair:
    """A complex number by its parts, each what stands for a real one; no second part is zero."""

    re: Any
    im: Any = None

    def __add__(self, other: Any) -> _Pair:
        other = _pair(other)
        parts = [part for part in (self.im, other.im) if part is not None]
        return _Pair(self.re + other.re, sum(parts[1:], parts[0]) if parts else None)

    __radd__ = __add__

    def __neg__(self) -> _Pair:
        return _Pair(-self.re, None if self.im is None else -self.im)

    def __sub__(self, other: Any) -> _Pair:
        return self + -_pair(other)

    def __rsub__(self, other: Any) -> _Pair:
        return _pair(other) + -self

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Jet):
            return NotImplemented
        other = _pair(other)
        if self.im is None or other.im is None:
            scale, pair = (self, other) if self.im is None else (other, self)
            return _Pair(scale.re * pair.re, None if pair.im is None else scale.re * pair.im)
        re = self.re * other.re - self.im * other.im
        return _Pair(re, self.re * other.im + self.im * other.re)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> _Pair:
        other = _pair(other)
        if other.im is None:
            return _Pair(self.re / other.re, None if self.im is None else self.im / other.re)
        size = other.re**2 + other.im**2
        conjugate: _Pair = self * _Pair(other.re, -other.im)
        return conjugate / _Pair(size)

    def __rtruediv__(self, other: Any) -> _Pair:
        return _pair(other) / self

    def __gt__(self, other: float) -> bool:
        return True  # scales are positive


def _pair(value: Any) -> _Pair:
    return value if isinstance(value, _Pair) else _Pair(value)


def render_operations() -> str:
    """Text of a constant `operations`: what each does to z and G, and to the mass at zero.

    `start` gives z and G of the unit matrix at 1 + p + iq.
    """

    def start(p: Any, q: Any, constants: Sequence[Any]) -> list[Any]:
        offset = Jet(_Pair(p, q), _Pair(1.0, 0.0))
        return _parts(offset + 1.0, Jet(_Pair(1.0, 0.0), _Pair(0.0, 0.0)) / offset)

    members = [function("start", Program(start, 2, 0), ("p", "q"))]
    for operation, count in ((AFFINE, 2), (SAMPLE_COVARIANCE, 1)):
        program = Program(_outwards(operation), _PARTS, count)
        step = function("step", program, "at", "c")
        members.append(
            f"{operation.name}: {{\n{indented(step)},\n{indented(_mass(operation))},\n}}"
        )
    return "const operations = {\n" + ",\n".join(map(indented, members)) + ",\n};\n"


def _outwards(operation: Operation) -> Callable:
    def formula(*arguments: Any) -> list[Any]:
        z, zi, dz, dzi, G, Gi, dG, dGi, constants = arguments
        assert operation.outwards is not None
        jets = Jet(_Pair(z, zi), _Pair(dz, dzi)), Jet(_Pair(G, Gi), _Pair(dG, dGi))
        return _parts(*operation.outwards(*jets, *map(_Pair, constants)))

    return formula


def _parts(*jets: Jet) -> list[Any]:
    return [part for jet in jets for pair in (jet.value, jet.slope) for part in (pair.re, pair.im)]


def _mass(operation: Operation) -> str:
    """The mass at zero after an operation, from that before it."""
    before = replace(atom(Integer(1)), atom=Symbol("mass"))
    parameters = symbols("scale shift") if operation is AFFINE else symbols("ratio,", positive=True)
    after = getattr(before, operation.name)(*parameters).atom
    names = ", ".join(map(str, parameters))
    return f"mass(mass, [{names}]) {{\n  return {code(after)};\n}}"


def render_composition(law: Law, depths: Sequence[int]) -> str:
    """Text of a constant with the name of a law: its operations from the inside, by depth.

    Parameters
    ----------
    law : Law
        One of a network, of Gaussian data.
    depths : sequence of int
        How many layers.
    """
    assert not isinstance(law.spectrum, Spectrum)
    b2, base = symbols("b2 base_ratio", positive=True)
    members = []
    for depth in depths:
        ratios = symbols(f"ratio_1:{depth + 1}", positive=True)
        spectrum: Spectrum | None = law.spectrum(ratios, [b2] * depth, base, None, None)
        steps: list[str] = []
        while spectrum is not None and spectrum.operation is not ATOMS:
            parameters = ", ".join(map(code, spectrum.parameters))
            steps.insert(0, f'  ["{spectrum.operation.name}", [{parameters}]],')
            (spectrum,) = spectrum.operands
        names = ", ".join(map(str, ratios))
        members.append("\n".join([f"{depth}: ([{names}], b2, base_ratio) => [", *steps, "]"]))
    body = ",\n".join(map(indented, members))
    head = f"// Generated from the law {law.name}: {law.source}."
    return f"{head}\nconst {law.name} = {{\n{body},\n}};\n"
