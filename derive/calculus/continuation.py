"""Continuation of a root of L(m, z) along a path of z, each step proved.

Rouché's theorem shows that a disc holds exactly one root m of L(·, z) for all z in another disc, so
that the root at the end of a step is the continuation of the one at its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flint import acb, acb_poly, arb, ctx, fmpq_poly

from derive.branch import UndecidedError

_MOST_STEPS = 1000


class Point(NamedTuple):
    """A place z and a ball that holds one root m."""

    z: acb
    m: acb


class Discs(NamedTuple):
    """For |z - z₀| < reach exactly one root has |m - m₀ - drift·(z - z₀)| < spread."""

    reach: arb
    spread: arb
    drift: acb


class Curve:
    """Roots m(z) of Σ_j L_j(z) m^j = 0.

    Parameters
    ----------
    coefficients : sequence of fmpq_poly
        L_j.
    """

    def __init__(self, coefficients: Sequence[fmpq_poly]):
        self.coefficients = list(coefficients)
        self._slope_m = [j * c for j, c in enumerate(coefficients)][1:]
        self._slope_z = [c.derivative() for c in coefficients]

    def along(self, point: Point, targets: Iterable[acb]) -> Iterator[Point]:
        """Continuation along segments from one target to the next.

        Raises
        ------
        UndecidedError
            When another root comes too close.
        """
        discs = self._discs(point)
        for target in targets:
            for _ in range(_MOST_STEPS):
                reach, way = discs.reach, target - point.z
                arrives = abs(way) < reach
                goal = target if arrives else (point.z + way * (reach / abs(way))).mid()
                m = self._root(point, goal, discs)
                if m is None:
                    discs = discs._replace(reach=reach / 2)
                elif arrives:
                    yield Point(target, m)
                    break
                else:
                    point = Point(goal, m)
                    discs = self._discs(point)
            else:
                raise UndecidedError("two roots could not be told apart")

    def _discs(self, point: Point) -> Discs:
        m, z = point.m.mid(), point.z.mid()
        slope = _value(self._slope_m, m, z)
        if slope.contains(0):
            raise UndecidedError("two roots could not be told apart")
        drift = (-_value(self._slope_z, m, z) / slope).mid()
        # Polynomials in z - z₀ that multiply the powers of u = m - m₀ - drift·(z - z₀).
        rows = [acb_poly(c)(acb_poly([z, 1])) for c in self.coefficients]
        shift = acb_poly([m, drift])
        for first in range(len(rows) - 1):
            for j in range(len(rows) - 2, first - 1, -1):
                rows[j] += shift * rows[j + 1]
        size = [[c.abs_upper() for c in row.coeffs()] for row in rows]
        linear = slope.abs_lower()
        constant, _, *higher = (row[0] if row else arb(0) for row in size)
        # On the circle |u| = spread the linear term is twice the sum of the higher ones.
        spread = (
            min(
                ((linear / c).root(j) for j, c in enumerate(higher, 1) if c > 0),
                default=abs(m) + 1,
            )
            / 3
        )
        room = linear * spread - constant
        room -= sum(c * spread**j for j, c in enumerate(higher, 2))
        weights = [
            sum((row[k] * spread**j for j, row in enumerate(size) if k < len(row)), arb(0))
            for k in range(1, max(map(len, size)))
        ]
        if not room > 0:
            raise UndecidedError("two roots could not be told apart")
        if not any(w > 0 for w in weights):
            return Discs(arb("inf"), spread, drift)
        # The terms of order k in z - z₀ are below 2⁻ᵏ of the rest.
        reach = min((room / w).root(k) for k, w in enumerate(weights, 1) if w > 0) / 2
        while sum(w * (reach * 5 / 4) ** k for k, w in enumerate(weights, 1)) < room:
            reach *= arb(5) / 4
        return Discs(reach, spread, drift)

    def _root(self, point: Point, z: acb, discs: Discs) -> acb | None:
        """The root at z, by Newton's method; None if that leaves the disc or does not settle."""
        tolerance = discs.spread * arb(2) ** -(ctx.prec // 2)
        m = centre = (point.m.mid() + discs.drift * (z - point.z)).mid()
        for _ in range(ctx.prec):
            slope = _value(self._slope_m, m, z)
            if slope.contains(0):
                return None
            step = _value(self.coefficients, m, z) / slope
            m = (m - step).mid()
            if not abs(m - centre) < discs.spread:
                return None
            if abs(step) < tolerance:
                return self.proved(box(m, 4 * tolerance), z)
        return None

    def proved(self, around: acb, z: acb) -> acb | None:
        """A smaller ball with the one root in a box, if Newton's method proves that it is so."""
        slope = _value(self._slope_m, around, z)
        if slope.contains(0):
            return None
        centre = around.mid()
        ball = centre - _value(self.coefficients, centre, z) / slope
        return ball if around.contains_interior(ball) else None


def _value(coefficients: Sequence[fmpq_poly], m: acb, z: acb) -> acb:
    value = acb(0)
    for coefficient in reversed(coefficients):
        value = value * m + acb_poly(coefficient)(z)
    return value


def box(centre: acb, radius: arb) -> acb:
    """Square around a point."""
    error = arb(0, radius.abs_upper())
    return centre + acb(error, error)
