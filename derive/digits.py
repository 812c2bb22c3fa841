"""From balls to the digits they prove: precision is doubled until there are enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
from flint import acb, arb, ctx, fmpq
from mpmath.libmp import from_man_exp

_GUARD_BITS = 20
_DOUBLINGS = 12
_MOST_BITS = 2**18  # unless so many digits are asked for that these are few doublings
_FEW_DOUBLINGS = 4


class UndecidedError(ArithmeticError):
    """A sign could not be decided at the present precision."""


def is_positive(value: arb) -> bool:
    """Sign of a ball; raises where it is not decided."""
    if value > 0:
        return True
    if value <= 0:
        return False
    raise UndecidedError("a sign could not be decided")


def to_digits(compute: Callable[[], Any], dps: int, doublings: int = _DOUBLINGS) -> Any:
    """Run `compute` on balls at rising precision until every number has `dps` right digits."""
    bits = int(dps * 3.33) + 2 * _GUARD_BITS
    reason = "not enough digits"
    for doubling in range(doublings):
        if bits > _MOST_BITS and doubling >= _FEW_DOUBLINGS:
            break
        with ctx.workprec(bits):
            try:
                return _map_numbers(lambda ball: _rounded(ball, dps), compute())
            except UndecidedError as error:
                reason = str(error)
        bits *= 2
    raise ArithmeticError(f"{dps} digits not reached at {bits // 2} bits: {reason}")


def _map_numbers(function: Callable, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_map_numbers(function, item) for item in value)
    return function(value)


def _rounded(ball: arb | acb | fmpq, dps: int) -> Any:
    if isinstance(ball, fmpq):
        return ball  # needs no digits
    if isinstance(ball, acb):
        # A part that may be zero, where the modulus has four times the digits asked for, is zero.
        known_well = ball.rel_accuracy_bits() > 4 * dps * 3.33
        real, imaginary = (
            arb(0) if known_well and part.contains(0) else part for part in (ball.real, ball.imag)
        )
        # mpmath.mpc(...) would round to the global precision.
        return mpmath.mp.make_mpc((_rounded(real, dps)._mpf_, _rounded(imaginary, dps)._mpf_))
    if ball.is_exact() and not ball.is_finite():
        return mpmath.mpf("-inf" if ball < 0 else "inf")
    if not ball.is_exact() and ball.rel_accuracy_bits() < dps * 3.33 + _GUARD_BITS / 2:
        raise UndecidedError("not enough digits")
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    with mpmath.workdps(dps):
        return mpmath.make_mpf(from_man_exp(mantissa, exponent, mpmath.mp.prec, "n"))
