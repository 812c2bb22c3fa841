"""The polynomial of the Cauchy transform of a stack, by eliminating the σ.

The equations of stationarity and G = ∂U/∂z are polynomials in the σ, G and z. One σ after the other
is eliminated; of every resultant only the irreducible factor is kept that vanishes at the physical
point of a sample, where all the others are proved not to vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flint import acb, arb, ctx, fmpq, fmpz_mpoly
from sympy import Expr, Symbol, symbols, sympify

from derive.elimination import Ring
from derive.layered.stack import Stack
from derive.operations import LAYERS
from derive.potential.stationary import physical
from derive.rational import expression, value_at
from derive.runtime.layers import Layer, Node
from derive.variables import G, z

_BITS = 600
_SAMPLE = (fmpq(1, 3), fmpq(1, 7))  # z, counted from the stack's position


def cauchy_polynomial(stack: Stack, sample: Mapping[Symbol, fmpq] | None = None) -> Expr:
    """Irreducible polynomial in (G, z) that vanishes on the law, with integer coefficients.

    Parameters
    ----------
    stack : Stack
        Of rational numbers, or of rational expressions in parameters.
    sample : mapping of Symbol to fmpq, optional
        Values of the parameters at which the physical factor is told from the others.

    Raises
    ------
    ArithmeticError
        If no factor or more than one may vanish at the sample.
    """
    sample = dict(sample or {})
    stack = _mapped(stack, _expression)
    exact = _mapped(stack, lambda number: value_at(number, sample))
    sigmas = symbols(f"sigma1:{len(stack.layers) + 1}")
    ring = Ring({z, G, *sigmas, *sample})
    at = z - stack.position
    cauchy, *gradient = LAYERS.kernel(at, *sigmas, stack.layers, stack.nodes)[0]
    equations = [*gradient, G - cauchy]
    polynomials = [ring.fraction(equation)[0] for equation in equations]
    with ctx.workprec(_BITS):
        tree, place = exact.tree(), acb(*map(arb, _SAMPLE))
        point = physical(tree, place)
        values = dict(zip(sigmas, point.unknowns, strict=True))
        gradient, _ = point.tree.derivatives(place, point.unknowns)
        values |= {G: gradient[0], z: place + arb(exact.position)}
        values |= {symbol: acb(value) for symbol, value in sample.items()}
        for unknown in sigmas:
            polynomials = _without(ring, polynomials, unknown, values)
    (polynomial,) = polynomials
    return ring.normalised(polynomial, G)


def _mapped(stack: Stack, function: Callable[[Any], Any]) -> Stack:
    """The stack with a function applied to every number in it."""
    return Stack(
        tuple(Layer(*map(function, layer)) for layer in stack.layers),
        tuple(
            Node(function(n.weight), function(n.fixed), tuple(map(function, n.entries)))
            for n in stack.nodes
        ),
        function(stack.position),
    )


def _expression(number: Any) -> Expr:
    return expression(number) if isinstance(number, fmpq) else sympify(number)


def _without(
    ring: Ring, polynomials: list[fmpz_mpoly], unknown: Symbol, values: Mapping[Symbol, acb]
) -> list[fmpz_mpoly]:
    """Equations without one unknown, by resultants with the one of least degree in it."""
    with_it = [p for p in polynomials if ring.degree(p, unknown)]
    pivot = min(with_it, key=lambda p: (ring.degree(p, unknown), len(p.to_dict())))
    resultants = [p.resultant(pivot, unknown.name) for p in with_it if p is not pivot]
    rest = [p for p in polynomials if not ring.degree(p, unknown)]
    return rest + [_physical_factor(ring, r, values) for r in resultants]


def _physical_factor(
    ring: Ring, polynomial: fmpz_mpoly, values: Mapping[Symbol, acb]
) -> fmpz_mpoly:
    """The one irreducible factor that may vanish at the values."""
    _, factors = ring.factors(polynomial)
    found = [f for f, _ in factors if _value(ring, f, values).contains(0)]
    if len(found) != 1:
        raise ArithmeticError(f"{len(found)} factors vanish at the sample, expected one")
    return found[0]


def _value(ring: Ring, polynomial: fmpz_mpoly, values: Mapping[Symbol, acb]) -> acb:
    total = acb(0)
    for monomial, coefficient in polynomial.to_dict().items():
        term = acb(int(coefficient))
        for symbol, power in zip(ring.symbols, monomial, strict=True):
            if power:
                term *= values[symbol] ** int(power)
        total += term
    return total
