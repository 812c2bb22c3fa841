"""Formulas of layered laws, for symbols in place of the parameters."""

from __future__ import annotations

from typing import Any

from flint import fmpq
from sympy import Function, Integer, Symbol, symbols, sympify

from derive.elimination import lowest_terms
from derive.laws.layered import LayeredLaw, ParameterSequence, Weights
from derive.layered.polynomial import cauchy_polynomial
from derive.observables.cauchy_transform import CAUCHY_COEFFICIENTS
from derive.observables.moments import MOMENTS
from derive.observables.observable import Formula
from derive.rational import value_at
from derive.variables import z

NAMES = ("potential", "cauchy_polynomial", "moments")
_LONGEST = 1  # of the sequences for which the elimination ends soon for every law


def formulas(law: LayeredLaw, name: str, order: int = 4, length: int = 1) -> tuple[Formula, ...]:
    """Equations of a layered law under one of `NAMES`, with sequences of a given length.

    Raises
    ------
    ValueError
        For the polynomial of longer sequences than it is derived for.
    """
    values, sample = _symbols(law, length)
    stack = law.stack(values)
    if name == "potential":
        sigmas = symbols(f"sigma_1:{len(stack.layers) + 1}")
        potential = stack.potential(sigmas, z - stack.position)
        return (Formula(name, "Potential, stationary in every sigma", Function("U")(z), potential),)
    if name == "moments":
        terms = map(sympify, stack.moments(order))
        return tuple(
            Formula(name, MOMENTS.title, Symbol(f"m_{k}"), lowest_terms(term))
            for k, term in enumerate(terms)
        )
    if length > _LONGEST:
        raise ValueError(
            f"{name} of {law.name} is derived for sequences of length {_LONGEST}, not {length}; "
            "potential and moments exist for any"
        )
    polynomial = cauchy_polynomial(stack, sample)
    return (Formula(name, CAUCHY_COEFFICIENTS.title, polynomial, Integer(0)),)


def _symbols(law: LayeredLaw, length: int) -> tuple[dict[str, Any], dict[Symbol, fmpq]]:
    """Symbols for all parameters, of a network on Gaussian data, and numbers in their domains."""
    values: dict[str, Any] = {}
    sample: dict[Symbol, fmpq] = {}
    for parameter in law.parameters:
        name = parameter.name
        if law.deep and name in ("eigenvalues", "weights"):
            values[name] = None
            continue
        several = isinstance(parameter, ParameterSequence) and not parameter.number_for_all
        elements = symbols(f"{name}_1:{length + 1}") if several else [parameter.symbol]
        if isinstance(parameter, Weights):
            elements = elements[:-1]
        for k, element in enumerate(elements):
            # Bounds name parameters, or sequences whose elements at the same place are meant.
            known = {
                Symbol(n): sample[v[k] if isinstance(v, list) else v]
                for n, v in values.items()
                if v is not None
            }
            lower = value_at(parameter.lower, known)
            share = fmpq(len(sample) + 2, 2 * len(sample) + 5)
            reach = 1 if parameter.upper is None else value_at(parameter.upper, known) - lower
            sample[element] = lower + share * reach / length  # so that weights sum to less than one
        values[name] = list(elements) if several else elements[0]
        if isinstance(parameter, Weights):
            values[name].append(1 - sum(elements))
    return values, sample
