"""Observables of laws that are known by their composition, to any precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from numbers import Integral
from typing import Any

import mpmath
from flint import arb, fmpq

from derive.digits import to_digits
from derive.laws.law import Law
from derive.observables.cauchy_transform import CAUCHY_TRANSFORM, DENSITY
from derive.observables.distribution import CDF, SURVIVAL_FUNCTION
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.moments import MOMENTS
from derive.observables.observable import LEVEL, PLANE, RIDGE, Observable
from derive.observables.support import ATOM, SUPPORT
from derive.observables.train_error import TRAIN_ERROR
from derive.potential.stationary import floats
from derive.potential.support import support
from derive.potential.values import density, distribution, transforms
from derive.rational import exact, exact_complex, value_at
from derive.runtime import observables
from derive.runtime.potential import Node

_DOUBLINGS = 4  # so that a point on an end of the support is soon refused
_LARGEST = 320  # power of ten, also its inverse for parameters; doubles end before
_MOST_UNKNOWNS = 68  # a point takes time like the cube of their number
_STEPS = 20  # of Newton's method for a quantile


def evaluate(
    law: Law,
    kind: Observable,
    values: Mapping[Any, Any],
    dps: int,
    *points: Any,
    near: float | None = None,
) -> Any:
    """Value at exact values of the law's symbols; see `reference.evaluate_near`."""
    for name, value in values.items():
        for number in value if isinstance(value, tuple) else [value]:
            _check_size(number, name)
    tree = law.tree(values)
    if kind is ATOM:
        mass = fmpq(tree.atoms.get(law.atom_at(values), 0))
        return to_digits(lambda: arb(mass), dps)
    most = _MOST_UNKNOWNS // (4 if kind is SUPPORT else 1)
    if kind is not MOMENTS and tree.size > most:
        raise ValueError(
            f"{law.name} has {tree.size} unknowns at these parameters, too many for {kind.name}: "
            f"at most {most}, one for each layer"
        )
    if kind is SUPPORT:
        return support(tree, dps, observables.support(floats(tree)).tolist())
    (point,) = points
    assert kind.argument is not None
    if kind is MOMENTS:
        return _moments(law, values, point, dps)
    if kind.argument is LEVEL:
        return _quantile(tree, point, dps, near)
    name = kind.argument.name
    x, y = exact_complex(point, name) if kind.argument is PLANE else (exact(point, name), fmpq(0))
    for part in (x, y):
        if abs(part) > 1:  # close to zero nothing is lost
            _check_size(part, name)
    if kind.argument is RIDGE:
        if x < 0:
            raise ValueError(f"gamma = {point} is outside its domain gamma >= 0")
        x = -x

    def compute() -> Any:
        if kind is DENSITY:
            return density(tree, x)
        if kind is CDF:
            return distribution(tree, x)
        if kind is SURVIVAL_FUNCTION:
            return 1 - distribution(tree, x)
        if kind is LOG_POTENTIAL:
            return arb("-inf") if tree.atoms.get(x) else transforms(tree, (x, y)).potential
        if kind is TRAIN_ERROR:
            c = law.rows(values)
            if x == 0:
                return arb(1 - c + c * fmpq(tree.atoms.get(fmpq(0), 0)))
            prime = transforms(tree, (x, y)).prime.real
            return (1 - arb(c)) - arb(c) * arb(x) ** 2 * prime
        found = transforms(tree, (x, abs(y)))
        value = found.cauchy if kind is CAUCHY_TRANSFORM else found.prime
        return value if y >= 0 else value.conjugate()

    return to_digits(compute, dps, _DOUBLINGS + _more_doublings(values, (x, y), dps))


def _more_doublings(values: Mapping[Any, Any], at: tuple[fmpq, fmpq], dps: int) -> int:
    """How often precision is doubled so that numbers of very different sizes can be added."""
    numbers = [n for v in values.values() for n in (v if isinstance(v, tuple) else [v])]
    spread = 2 * max((_bits(number) for number in (*numbers, *at) if number), default=0)
    return int(spread / (dps * 3.33)).bit_length()


def _check_size(number: fmpq | None, name: str) -> None:
    if number and _bits(number) > _LARGEST * 3.33:
        raise ValueError(f"{name} lies outside 1e-{_LARGEST} to 1e{_LARGEST}")


def _bits(number: fmpq) -> int:
    """Binary digits before the point, or zeros after it."""
    return abs(int(number.p).bit_length() - int(number.q).bit_length())


def _moments(law: Any, values: Mapping[Any, Any], order: Any, dps: int) -> list:
    if not isinstance(order, Integral) or order < 0:
        raise ValueError(f"order = {order!r} is outside its domain {MOMENTS.argument.domain}")
    try:
        moments = law.tree(values).moments(int(order))
    except ArithmeticError:  # no rational function of those before a Möbius map
        moments = [value_at(m, {}) for m in law.composition(values).moments(int(order))]
    return to_digits(lambda: [arb(fmpq(m)) for m in moments], dps)


def _quantile(tree: Node, level: Any, dps: int, near: float | None) -> Any:
    """inf{x : F(x) ≥ q}, by bisection and Newton's method from the value in doubles."""
    q = exact(level, "q")
    if not 0 <= q <= 1:
        raise ValueError(f"q = {level} is outside its domain {LEVEL.domain}")
    if q in (0, 1):
        intervals = support(tree, dps, observables.support(floats(tree)).tolist())
        ends = [end for interval in intervals for end in interval]
        ends += [_mpf(fmpq(position), dps) for position in tree.atoms]
        return min(ends) if q == 0 else max(ends)
    start = near or float(observables.quantile(floats(tree), float(int(q.p) / int(q.q))))
    for position, mass in ((fmpq(a), fmpq(m)) for a, m in tree.atoms.items()):
        top = to_digits(partial(distribution, tree, position), dps + 10, _DOUBLINGS)
        with mpmath.workdps(dps + 10):
            number = mpmath.mpf(int(q.p)) / int(q.q)
            share = mpmath.mpf(int(mass.p)) / int(mass.q)
            if top - share < number <= top:
                return to_digits(partial(arb, position), dps)

    def value(function: Callable[[Node, fmpq], arb], x: fmpq) -> fmpq:
        return exact(to_digits(lambda: function(tree, x), 2 * dps + 10, _DOUBLINGS), "F")

    x, unit = exact(start, "x"), fmpq(1, 10 ** (dps + 5))
    for _ in range(_STEPS):
        excess, slope = value(distribution, x), value(density, x)
        if slope == 0:
            break
        step = (excess - q) / slope
        x = exact(mpmath.nstr(_mpf(x - step, 2 * dps + 10), 2 * dps + 5), "x")
        if abs(step) <= unit * abs(x):
            return to_digits(partial(arb, x), dps)
    raise ArithmeticError(f"the quantile at q = {level} was not found to {dps} digits")


def _mpf(number: fmpq, dps: int) -> Any:
    with mpmath.workdps(dps):
        return mpmath.mpf(int(number.p)) / int(number.q)
