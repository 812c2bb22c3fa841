"""From a law to JavaScript: programs of its curve that a page needs, each once."""

from __future__ import annotations

from derive.codegen.javascript.printer import code, function, indented
from derive.codegen.module import masses, numpy_module
from derive.laws.law import Law
from derive.runtime.curve_points import CurvePoints

# Programs, and their points.
_PROGRAMS = {
    "axis_start": ("x",),
    "axis_step": ("x", "p", "q"),
    "z_over_x": ("x", "p"),
    "critical_point": ("x", "p"),
    "height": ("p", "q"),
    "ridge_step": ("gamma", "d"),
    "density": ("x", "p", "q"),
    "measured_distribution": ("p", "q"),
    "beside_the_axis": ("p", "q"),
    "train_error": ("d",),
}


def render_law(law: Law, module: str | None = None) -> str:
    """Text of a constant with the name of a law: its curve in numbers.

    Special points and parameters, in this order, are the constants c of its functions.

    Parameters
    ----------
    law : Law
        One that has a curve of which radicals give the points.
    module : str, optional
        Text of its NumPy module, if it is at hand.

    Raises
    ------
    ValueError
        If radicals do not give the points.
    """
    points: CurvePoints = numpy_module(law, module)._LAW.points
    if not points.by_radicals:
        raise ValueError(f"{law.name}: points of its curve are not given by radicals")
    names = tuple(p.name for p in law.parameters)
    weights = ", ".join(map(code, masses(law)))
    from_pole = [indented(function("function ", p, names)) + "," for p in points.from_pole]
    members = [
        f"degree: {points.degree}",
        f"exponents: {points.exponents}",
        f"masses({', '.join(names)}) {{\n  return [{weights}];\n}}",
        function("special_points", points.special_points, names),
        "\n".join(["from_pole: [", *from_pole, "]"]),
        *(function(name, getattr(points, name), at, "c") for name, at in _PROGRAMS.items()),
    ]
    head = f"// Generated from the law {law.name}: {law.source}."
    body = ",\n".join(map(indented, members))
    return f"{head}\nconst {law.name} = {{\n{body},\n}};\n"
