"""From a layered law to the text of its NumPy module."""

from __future__ import annotations

from jinja2 import Environment
from sympy import Symbol

from derive.codegen.printer import code
from derive.laws.law import Parameter
from derive.laws.layered import LayeredLaw, ParameterSequence, Weights, depth, height
from derive.potential.reference import OBSERVABLES


def render(law: LayeredLaw, environment: Environment) -> str:
    """Text of the module, not yet formatted."""
    position = law.position
    names = [observable.name for observable in OBSERVABLES]
    if position != 0:
        names.append("atom_position")
    if law.helpers:
        names.append("nodes")
    weights = next((p for p in law.parameters if isinstance(p, Weights)), None)
    partner = weights.matches if weights else ""
    return environment.get_template("layered.py.j2").render(
        law=law,
        origin=f"derive/laws/{law.name}.py",
        names=sorted(names),
        observables=OBSERVABLES,
        rows="1.0" if law.samples_inside else code(1 / law.layers[0].dimension),
        layer=law.layers[0],
        entry=law.entries[0],
        fixed=law.fixed.subs(height, Symbol("height.size")),
        uses_depth=law.position.has(depth),
        position=position,
        position_text="zero" if position == 0 else f"{code(position)}, the lower end",
        readings=[_reading(p) for p in law.parameters if not _optional(p)],
        matched=[p for p in law.parameters if _is_matched(p)],
        kept_is_sequence=any(
            isinstance(p, ParameterSequence) and p.number_for_all for p in law.parameters
        ),
        weights_call=f'shares(weights, {partner}, "{partner}")',
        allowed=_allowed,
        optional=_optional,
        kind=_kind,
        accuracy_text=(
            "Relative error of G below 1e-10 times (1 + condition number); F is right to 1e-12."
        ),
    )


def _allowed(parameter: Parameter, name: str) -> str:
    relation = ">" if parameter.strict else ">="
    text = f"({name} {relation} {code(parameter.lower)})"
    if parameter.upper is not None:
        text += f" & ({name} {relation.replace('>', '<')} {code(parameter.upper)})"
    return text


def _optional(parameter: Parameter) -> bool:
    return isinstance(parameter, Weights) or parameter.name in ("base_ratio", "eigenvalues")


def _is_matched(parameter: Parameter) -> bool:
    """Whether a sequence is checked against another, element by element."""
    return (
        isinstance(parameter, ParameterSequence)
        and bool(parameter.matches)
        and not (isinstance(parameter, Weights) or parameter.number_for_all)
    )


def _reading(parameter: Parameter) -> str:
    """Statement that validates one parameter by itself."""
    name = parameter.name
    if not isinstance(parameter, ParameterSequence):
        reader = "number"
    else:
        reader = "numbers" if parameter.number_for_all else "sequence"
    allowed = (
        f"v >= {code(parameter.lower)}" if _is_matched(parameter) else _allowed(parameter, "v")
    )
    return f'{name} = {reader}("{name}", {name}, "{parameter.domain}", lambda v: {allowed})'


def _kind(parameter: Parameter) -> str:
    if not isinstance(parameter, ParameterSequence):
        kind = "float"
    elif parameter.number_for_all:
        kind = "float or sequence of float"
    else:
        kind = "sequence of float"
    return f"{kind}, optional" if _optional(parameter) else kind
