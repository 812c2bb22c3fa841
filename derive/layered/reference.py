"""Arbitrary-precision values of every observable of layered laws, on balls as in `reference`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import mpmath
from flint import acb, arb, fmpq

from derive.digits import to_digits
from derive.laws.layered import LayeredLaw
from derive.layered.stack import Stack
from derive.layered.stationary import Stationary, physical, turns
from derive.layered.support import is_inside, near_bottom, support
from derive.observables.cauchy_transform import CAUCHY_TRANSFORM, CAUCHY_TRANSFORM_PRIME, DENSITY
from derive.observables.distribution import CDF
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.moments import MOMENTS
from derive.observables.observable import PLANE, RIDGE, Observable
from derive.observables.support import SUPPORT
from derive.observables.train_error import TRAIN_ERROR
from derive.rational import Complex, exact, exact_complex

ATOM = Observable(
    name="atom",
    title="Mass of the atom",
    equation=r"\rho(\{r\}) = \lim_{z \to r^-} (z - r)\, G(z), \quad r \text{ the lower end}",
    argument=None,
)
OBSERVABLES: tuple[Observable, ...] = (
    DENSITY,
    CDF,
    CAUCHY_TRANSFORM,
    CAUCHY_TRANSFORM_PRIME,
    TRAIN_ERROR,
    LOG_POTENTIAL,
    SUPPORT,
    ATOM,
    MOMENTS,
)
# So that a point on an end of the support is soon refused.
_DOUBLINGS = 4
_LARGEST = 320  # power of ten, also its inverse for parameters; doubles end before
_MOST_LAYERS = 64  # a point takes time like the cube of their number
_BY_NAME = {observable.name: observable for observable in OBSERVABLES}


def evaluate(
    law: LayeredLaw, observable: str, points: tuple, dps: int, parameters: Mapping[str, Any]
) -> Any:
    """Value of an observable of a layered law; see `reference.evaluate`."""
    if observable not in _BY_NAME:
        raise ValueError(f"observable = {observable!r} is not one of {', '.join(_BY_NAME)}")
    kind = _BY_NAME[observable]
    values = law.read(parameters)
    for name, value in values.items():
        for number in value if isinstance(value, list) else [value]:
            _check_size(number, name)
    stack = law.stack(values)
    expected = 0 if kind.argument is None else 1
    if len(points) != expected:
        raise ValueError(f"{observable} takes {expected} point(s), got {len(points)}")
    if kind is ATOM:
        return to_digits(lambda: arb(fmpq(stack.mass())), dps)
    if kind is MOMENTS:
        order = points[0]
        if not isinstance(order, Integral) or order < 0:
            raise ValueError(f"order = {order!r} is outside its domain {kind.argument.domain}")
        return to_digits(lambda: [arb(fmpq(m)) for m in stack.moments(int(order))], dps)
    if len(stack.layers) > _MOST_LAYERS:
        raise ValueError(
            f"ratios of {len(stack.layers)} layers are too many for {observable}: "
            f"at most {_MOST_LAYERS} layers, the data's included"
        )
    if kind is SUPPORT:
        return support(stack, dps)
    return _at_point(law, kind, stack, points[0], dps)


def _at_point(law: LayeredLaw, kind: Observable, stack: Stack, point: Any, dps: int) -> Any:
    """A function of one point."""
    assert kind.argument is not None
    name = kind.argument.name
    at = exact_complex(point, name) if kind.argument is PLANE else (exact(point, name), fmpq(0))
    if kind.argument is RIDGE:
        if at[0] < 0:
            raise ValueError(f"gamma = {point} is outside its domain gamma >= 0")
        at = (-at[0], at[1])
    for part in at:
        if abs(part) > 1:  # close to zero nothing is lost
            _check_size(part, name)
    place = (at[0] - stack.position, abs(at[1]))
    if place == (0, 0):
        return _at_bottom(law, kind, stack, at, dps)

    def compute() -> arb | acb:
        if kind is CDF:
            return _distribution(stack, physical(stack, place))
        value = _VALUES[kind.name](law, physical(stack, place), arb(at[0]))
        return value if at[1] >= 0 else acb(value).conjugate()

    try:
        return to_digits(compute, dps, _DOUBLINGS + _more_doublings(stack, at, dps))
    except ArithmeticError as error:
        raise ArithmeticError(f"{kind.name} at {name} = {point}: {error}") from None


def _more_doublings(stack: Stack, at: Complex, dps: int) -> int:
    """How often precision is doubled so that numbers of very different sizes can be added."""
    numbers = [fmpq(number) for number in (*stack.numbers(), *at) if number != 0]
    spread = 2 * max(map(_bits, numbers))
    return int(spread / (dps * 3.33)).bit_length()


def _distribution(stack: Stack, point: Stationary) -> arb:
    """F = 1 - Im U/π; off the support a sum of weights and dimensions, exactly."""
    if any(s.imag != 0 for s in point.sigmas):
        return 1 - point.turns
    turned = [fmpq(node.weight) for node in stack.nodes]
    turned += [sign * fmpq(layer.dimension) for layer in stack.layers for sign in (1, -1)]
    logarithms = zip(turned, point.logarithms(), strict=True)
    return arb(1 - sum((c for c, (_, f) in logarithms if turns(f) == 1), fmpq(0)))


def _train_error(law: LayeredLaw, point: Stationary, z: arb) -> arb:
    """-z² times the derivative of the Cauchy transform of the samples' Gram matrix."""
    own = -(z**2) * point.cauchy_prime.real
    if law.samples_inside:
        return own
    rows = 1 / point.stack.layers[0].dimension.real  # over columns
    return (1 - rows) + rows * own


_VALUES: dict[str, Callable[[LayeredLaw, Stationary, arb], arb | acb]] = {
    DENSITY.name: lambda law, point, z: -point.cauchy.imag / arb.pi(),
    CAUCHY_TRANSFORM.name: lambda law, point, z: point.cauchy,
    CAUCHY_TRANSFORM_PRIME.name: lambda law, point, z: point.cauchy_prime,
    TRAIN_ERROR.name: _train_error,
    LOG_POTENTIAL.name: lambda law, point, z: point.potential,
}


def _at_bottom(law: LayeredLaw, kind: Observable, stack: Stack, at: Complex, dps: int) -> Any:
    """A function of one point where that is the stack's position."""
    mass = fmpq(stack.mass())
    if kind is CDF:
        return to_digits(lambda: arb(mass), dps)
    if kind is DENSITY:
        return mpmath.mpf("inf" if _hard_edge(stack) else 0)
    if kind is TRAIN_ERROR and at[0] == 0:
        # The mass at zero of the samples' Gram matrix.
        rows = fmpq(1) if law.samples_inside else 1 / fmpq(stack.layers[0].dimension)
        return to_digits(lambda: arb(1 - rows + rows * mass), dps)
    singular = mass > 0 or _hard_edge(stack)
    if kind is LOG_POTENTIAL and mass > 0:
        return mpmath.mpf("-inf")
    if kind is LOG_POTENTIAL and singular:
        # U converges like a power of z no smaller than 1/(number of layers + 1).
        place = (-fmpq(1, 10 ** ((len(stack.layers) + 1) * (dps + 10))), fmpq(0))
    elif singular:
        raise ValueError(f"{kind.name} has a pole at z = {stack.position}")
    else:
        place = (fmpq(0), fmpq(0))
    return to_digits(lambda: _VALUES[kind.name](law, physical(stack, place), arb(at[0])), dps)


def _hard_edge(stack: Stack) -> bool:
    """Whether the support begins at the stack's position."""
    return is_inside(stack, near_bottom(stack))


def _check_size(number: fmpq | None, name: str) -> None:
    if number and _bits(number) > _LARGEST * 3.33:
        raise ValueError(f"{name} lies outside 1e-{_LARGEST} to 1e{_LARGEST}")


def _bits(number: fmpq) -> int:
    """Binary digits before the point, or zeros after it."""
    return abs(int(number.p).bit_length() - int(number.q).bit_length())
