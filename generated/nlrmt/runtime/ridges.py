"""The ridge at which an error is least, from the sign of its derivative on a law's curve.

Below the lowest zero y₀ of z(y), y = y₀ - s, the derivative has the sign of a polynomial in s > 0.
If the signs of its coefficients change once, there is one zero by Descartes' rule; they do so or
not at all for the laws at hand. Coefficients cancel; decimal numbers have digits enough for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from math import exp, inf, log, nan

_CONTEXT = Context(prec=80, Emax=10**6, Emin=-(10**6))
_NONE = Decimal("1e-60")  # relative to the terms that it is the sum of: a coefficient that is zero
_STEPS = 60
_CLOSE = 1e-7


def lowest(
    curve: Callable[..., tuple],
    rising: Callable[..., Sequence[Decimal]],
    parameters: Sequence[float],
    labels: Sequence[float],
) -> float:
    """The ridge γ > 0 of the least value; 0 or infinity if it is at an end, NaN if there are more.

    Parameters
    ----------
    curve : callable
        From the parameters: constant, zeros and poles of z(y), as `formulas.special_points`.
    rising : callable
        From the parameters and labels: coefficients in y, from the lowest up, of a polynomial with
        the sign of the derivative.
    parameters, labels : sequence of float
    """
    with localcontext(_CONTEXT):
        values = list(map(Decimal, parameters))
        scale, zeros, poles = curve(*values)
        start = min(_lower_root(*map(_decimal, coefficients)) for coefficients, _ in zeros)
        coefficients = [_decimal(c) for c in rising(*values, *map(Decimal, labels))]
        moved = _moved(coefficients, start)
        signs = [c > 0 for c in moved if c]
        changes = sum(a != b for a, b in pairwise(signs))
        if changes == 0:
            return inf if signs and not signs[0] else 0.0
        if changes > 1 or signs[0]:
            return nan
        y = start - _positive_root(moved)
        gamma = -_decimal(scale)
        for factor, _ in zeros:
            value = Decimal(1)
            for c in factor:
                value = value * y + _decimal(c)
            gamma *= value
        for position, multiplicity in poles:
            gamma /= (y - _decimal(position)) ** multiplicity
        return float(gamma)


def _decimal(value: int | float | Decimal) -> Decimal:
    return Decimal(value)


def _lower_root(b: Decimal, c: Decimal | None = None) -> Decimal:
    """Of y + b, or of y² + by + c with c ≤ 0."""
    if c is None:
        return -b
    root = (b * b / 4 - c).sqrt()
    if b >= 0:
        return -b / 2 - root
    return c / (root - b / 2)


def _moved(coefficients: Sequence[Decimal], start: Decimal) -> list[Decimal]:
    """Coefficients in s of a polynomial at start - s, exactly zero where only rounding is left."""
    result = list(coefficients)
    if start:
        for lowest in range(len(result) - 1):  # division by y - start, again and again
            for k in range(len(result) - 2, lowest - 1, -1):
                result[k] += start * result[k + 1]
        limit = Decimal(0)
        for k, c in reversed(list(enumerate(coefficients))):
            limit = max(abs(c) * _NONE, abs(start) * limit)
            if abs(result[k]) <= limit:
                result[k] = Decimal(0)
    result[1::2] = [-c for c in result[1::2]]
    return result


def _positive_root(coefficients: Sequence[Decimal]) -> Decimal:
    """The one positive root if the signs of the coefficients change once, from - to +.

    ln of the positive terms less ln of the others increases with ln s, at least as fast.
    """
    terms = [(k, c > 0, _logarithm(abs(c))) for k, c in enumerate(coefficients) if c]

    def difference(t: float) -> tuple[float, float]:
        value = slope = 0.0
        for positive in (True, False):
            sizes = [(k, size + k * t) for k, sign, size in terms if sign is positive]
            most = max(size for _, size in sizes)
            weights = [(k, exp(size - most)) for k, size in sizes]
            total = sum(weight for _, weight in weights)
            mean = sum(k * weight for k, weight in weights) / total
            value += (most + log(total)) * (1 if positive else -1)
            slope += mean * (1 if positive else -1)
        return value, slope

    largest = [max((size, k) for k, sign, size in terms if sign is s) for s in (True, False)]
    (up, above), (down, below) = largest
    low, high, t = -inf, inf, (down - up) / (above - below)
    for _ in range(_STEPS):
        value, slope = difference(t)
        low, high = (t, high) if value < 0 else (low, t)
        new = t - value / slope
        if not low <= new <= high:
            new = (low + high) / 2
        step, t = abs(new - t), new
        if step <= _CLOSE * (1 + abs(t)):
            break
    digits = t / log(10)
    s = Decimal(10 ** (digits % 1)).scaleb(int(digits // 1))
    for _ in range(3):  # each doubles the digits
        error = rate = Decimal(0)
        for c in reversed(coefficients):
            rate = rate * s + error
            error = error * s + c
        s -= error / rate
    return s


def _logarithm(value: Decimal) -> float:
    order = value.adjusted()
    return log(float(value.scaleb(-order))) + order * log(10)
