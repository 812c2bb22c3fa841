"""Logarithmic potential on the negative axis: log-determinants, the Shannon transform."""

from sympy import Function

from derive.curve import y
from derive.observables.distribution import potential
from derive.observables.observable import RIDGE, Formula, Part, Transform

LOG_POTENTIAL = Transform(
    name="log_potential",
    title="Logarithmic potential",
    equation=r"\int \ln(t + \gamma)\, \rho(dt) = \operatorname{Re} U(-\gamma)",
    argument=RIDGE,
    returns="The potential, atoms included; -inf at gamma = 0 if there is one at zero.",
    on_curve=potential,
    part=Part.REAL,
    closed_form=lambda law: Formula(
        "log_potential", "Logarithmic potential on the curve", Function("U")(y), law.curve.potential
    ),
)
