"""The physical branch of a polynomial L(m, z), followed from far away down to the real axis.

Every step is proved: Rouché's theorem shows that a disc holds exactly one root m of L(·, z) for all
z in another disc, so that the root at the step's end is the continuation of the one at its start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from flint import (
    Ordering,
    acb,
    acb_poly,
    arb,
    ctx,
    fmpq,
    fmpq_poly,
    fmpz,
    fmpz_mpoly,
    fmpz_mpoly_ctx,
    fmpz_poly,
)

from derive.branch import UndecidedError, isolated_roots

_BITS = 256
# Density at a critical point is its limit; next to the point it is taken this far from it.
_LIMIT_BITS = 160
_DIVERGES = 2.0**20
_CONTEXT = fmpz_mpoly_ctx.get(["m", "z"], Ordering.lex)


class Point(NamedTuple):
    """A place z and a ball that holds the physical m(z) and no other root."""

    z: acb
    m: acb


class Gap(NamedTuple):
    """An open interval of the real axis without critical points, and a point in it."""

    lower: arb
    upper: arb
    probe: Point
    has_density: bool


class Branch:
    """Physical branch of Σ_j L_j(z) m^j = 0.

    Parameters
    ----------
    terms : mapping
        Integer coefficients of an irreducible L by the exponents of m and z.
    start : callable
        Gives a point of the branch in the upper half-plane.
    """

    def __init__(self, terms: Mapping[tuple[int, ...], int], start: Callable[[Branch], Point]):
        L = _CONTEXT.from_dict(terms)
        self.coefficients = _in_z(L)
        self.slope_m, self.slope_z = (_in_z(L.derivative(v)) for v in ("m", "z"))
        (discriminant,) = _in_z(L.discriminant("m"))
        product = fmpq_poly(self.coefficients[-1] * discriminant)
        self._critical_polynomial = product // product.gcd(product.derivative())
        self._start = start

    # Following the branch

    @cached_property
    def start(self) -> Point:
        """A point of the branch in the upper half-plane."""
        with ctx.workprec(_BITS):
            return self._start(self)

    def at(self, target: acb) -> Point:
        """The branch at a point of the closed upper half-plane, off the critical points."""
        z = self.start.z
        corners = (z, acb(0, 1) * abs(z), acb(fmpq(-4, 5), fmpq(3, 5)) * abs(z))
        for corner in corners:  # another way round if a node of the curve is in the way
            try:
                _, point = self.along(self.start, [corner.mid(), target])
            except UndecidedError:
                continue
            return point
        raise UndecidedError("the physical branch could not be followed")

    def along(self, point: Point, targets: Iterable[acb]) -> Iterator[Point]:
        """Continuation along segments from one target to the next.

        Raises
        ------
        UndecidedError
            When another root comes too close.
        """
        reach, spread = self._discs(point)
        smallest = reach * arb(2) ** -ctx.prec
        for target in targets:
            while True:
                way = target - point.z
                arrives = abs(way) < reach
                goal = target if arrives else (point.z + way * (reach / abs(way))).mid()
                m = self._root(point, goal, spread)
                if m is None:
                    reach /= 2
                elif arrives:
                    yield Point(target, m)
                    break
                else:
                    point = Point(goal, m)
                    reach, spread = self._discs(point)
                if reach < smallest:
                    raise UndecidedError("two roots could not be told apart")

    def _discs(self, point: Point) -> tuple[arb, arb]:
        """Radii of discs around z and m: for every z in the first one root is in the second."""
        m, z = point.m.mid(), point.z.mid()
        rows = [acb_poly(c)(acb_poly([z, 1])) for c in self.coefficients]
        columns = [acb_poly([row[k] for row in rows]) for k in range(max(map(len, rows)))]
        taylor = [column(acb_poly([m, 1])).coeffs() for column in columns]
        slope = taylor[0][1].abs_lower()
        if not slope > 0:
            raise UndecidedError("two roots could not be told apart")
        constant, _, *higher = (c.abs_upper() for c in taylor[0])
        # On the circle |u| = spread the linear term outweighs the higher ones twice.
        spread = (
            min(((slope / c).root(j) for j, c in enumerate(higher, 1) if c > 0), default=abs(m)) / 3
        )
        room = slope * spread - constant - sum(c * spread**j for j, c in enumerate(higher, 2))
        weights = [
            sum((c.abs_upper() * spread**j for j, c in enumerate(column)), arb(0))
            for column in taylor[1:]
        ]
        # The terms of order k in z are below 2⁻ᵏ of what is left.
        reach = min((room / w).root(k) for k, w in enumerate(weights, 1) if w > 0) / 2
        while sum(w * (reach * 5 / 4) ** k for k, w in enumerate(weights, 1)) < room:
            reach *= arb(5) / 4
        return reach, spread

    def _root(self, point: Point, z: acb, spread: arb) -> acb | None:
        """The root at z in the disc around m, by Newton's method; None if that does not settle."""
        m = centre = point.m.mid()
        for _ in range(ctx.prec):
            slope = _value(self.slope_m, m, z)
            if slope.contains(0):
                return None
            step = _value(self.coefficients, m, z) / slope
            m = (m - step).mid()
            if not abs(m - centre) < spread:
                return None
            if abs(step) < spread * arb(2) ** -(ctx.prec // 2):
                return self._proved(_box(m, 4 * abs(step)), z)
        return None

    def _proved(self, box: acb, z: acb) -> acb | None:
        """A smaller ball around the root in a box, if Newton's method proves that there is one."""
        slope = _value(self.slope_m, box, z)
        if slope.contains(0):
            return None
        centre = box.mid()
        ball = centre - _value(self.coefficients, centre, z) / slope
        return ball if box.contains_interior(ball) else None

    # The real axis

    @cached_property
    def critical(self) -> list[arb]:
        """Real points where roots meet or one is infinite, in increasing order."""
        with ctx.workprec(_BITS):
            real = [
                root.real for root, _ in isolated_roots(self._critical_polynomial) if root.imag == 0
            ]
            return sorted(real, key=lambda root: root.mid())

    @property
    def radius(self) -> arb:
        """Bound on the modulus of every point of the support, if that is compact."""
        return max((c.abs_upper() for c in self.critical), default=arb(0)) + 1

    @cached_property
    def gaps(self) -> list[Gap]:
        """The real axis between critical points."""
        with ctx.workprec(_BITS):
            ends = [arb("-inf"), *self.critical, arb("inf")]
            return [self._gap(a, b) for a, b in pairwise(ends)]

    def _gap(self, lower: arb, upper: arb) -> Gap:
        a = lower if lower.is_finite() else min(upper, arb(0)) - self.radius
        b = upper if upper.is_finite() else max(lower, arb(0)) + self.radius
        # Off the middle, as symmetric curves have nodes above it.
        probe = self.at(acb((a + (b - a) * 7 / 16).mid()))
        return Gap(lower, upper, probe, not self._is_real(probe))

    def _is_real(self, point: Point) -> bool:
        """Whether the root at a real point is real."""
        if not point.m.imag.contains(0):
            return False
        # With a root its conjugate is in the box, which holds one.
        centre = acb(point.m.real.mid())
        if self._proved(_box(centre, 4 * abs(point.m - centre)), point.z) is None:
            raise UndecidedError("a root next to the real axis could not be decided")
        return True

    def support(self) -> list[tuple[float, float]]:
        """Closed intervals that carry the continuous part."""
        intervals: list[list[float]] = []
        connected = False
        for gap in self.gaps:
            if gap.has_density:
                if connected:
                    intervals[-1][1] = float(gap.upper)
                else:
                    intervals.append([float(gap.lower), float(gap.upper)])
            connected = gap.has_density
        return [(a, b) for a, b in intervals]

    def is_nonnegative(self) -> bool:
        """Whether there is no mass below zero."""
        lowest = next((gap.lower for gap in self.gaps if gap.has_density), arb(0))
        return not lowest < 0 and all(position >= 0 for position, _ in self.atoms())

    def density(self, points: list[fmpq]) -> list[float]:
        """Density of the continuous part at each point, its limit at critical points."""
        values: dict[fmpq, float] = {}
        rest: dict[int, list[fmpq]] = {}
        with ctx.workprec(_BITS):
            for x in set(points):
                place = self._place(x)
                if place is None:
                    values[x] = self._limit(x)
                elif self.gaps[place].has_density:
                    rest.setdefault(place, []).append(x)
                else:
                    values[x] = 0.0
            for place, inside in rest.items():
                probe = self.gaps[place].probe
                inside.sort()
                middle = sum(1 for x in inside if arb(x) < probe.z.real)
                for side in (inside[middle:], inside[:middle][::-1]):
                    for x, point in zip(side, self.along(probe, map(acb, side)), strict=True):
                        values[x] = float(point.m.imag / arb.pi())
        return [values[x] for x in points]

    def _place(self, x: fmpq) -> int | None:
        """Index of the gap that holds x; None at a critical point."""
        ball = arb(x)
        if any(c.overlaps(ball) for c in self.critical):
            if self._critical_polynomial(x) == 0:
                return None
            raise UndecidedError(f"{x} could not be told from a critical point")
        return sum(1 for c in self.critical if c < ball)

    def _limit(self, x: fmpq) -> float:
        """The larger one-sided limit of the density at a critical point."""
        place = next(k for k, c in enumerate(self.critical) if c.contains(x))
        limit = 0.0
        for gap, sign in ((self.gaps[place], -1), (self.gaps[place + 1], 1)):
            if gap.has_density:
                with ctx.workprec(3 * _LIMIT_BITS):
                    beside = x + sign * fmpq(1, fmpz(2) ** _LIMIT_BITS)
                    (point,) = self.along(gap.probe, [acb(beside)])
                value = float(point.m.imag / arb.pi() * self.radius)
                if value > _DIVERGES:
                    return float("inf")
                limit = max(limit, value if value * _DIVERGES > 1 else 0.0)
        return limit / float(self.radius)

    def mass(self, position: fmpq) -> fmpq:
        """Mass of the atom at a rational position."""
        shift = fmpq_poly([position, 1])
        near = [fmpq_poly(c)(shift) for c in self.coefficients]
        orders = {j: _order(c) - j for j, c in enumerate(near) if c != 0}
        lowest = min(orders.values())
        # m = -u/t at z = position + t: the lowest power of t leaves a polynomial in u.
        leading = fmpq_poly(
            [
                (-1) ** j * near[j][lowest + j] if orders.get(j) == lowest else 0
                for j in range(len(near))
            ]
        )
        masses = {root for root in _rational_roots(leading) if 0 < root <= 1}
        if not masses:
            return fmpq(0)
        candidates = sorted({fmpq(0), *masses})
        tolerance = min(b - a for a, b in pairwise(candidates)) / 1000
        # The mass in a disc that nothing else of the support touches: -tm at t = i·height
        # decreases to the atom's.
        for bits in range(24, 1000, 80):
            with ctx.workprec(_BITS + 2 * bits):
                others = [abs(c - position) for c in self.critical if not c.overlaps(arb(position))]
                height = min(others, default=arb(1)) * arb(2) ** -bits
                mass = self.at(acb(position, height.mid())).m.imag * height
                for candidate in candidates:
                    if abs(mass - candidate) < tolerance:
                        return candidate
        raise UndecidedError(f"the mass at {position} could not be decided")

    def first_moment(self) -> tuple[arb, arb]:
        """Value and bound of its error, for compact support."""
        with ctx.workprec(_BITS):
            radius = self.radius
            z, m = self.at(acb(0, radius * 2**64))
            return (-z * (1 + z * m)).real, 2 * radius**2 / abs(z)

    def atoms(self) -> list[tuple[fmpq, fmpq]]:
        """Positions and masses. A pole of m is rational if the parameters are."""
        positions = sorted(_rational_roots(fmpq_poly(self.coefficients[-1])))
        masses = ((position, self.mass(position)) for position in positions)
        return [(position, mass) for position, mass in masses if mass]


def from_moments(moments: Callable[[int], Sequence[fmpq]]) -> Callable[[Branch], Point]:
    """Start of a branch where its moments single it out."""

    def start(branch: Branch) -> Point:
        radius = branch.radius
        for order in (8, 16, 32, 64):
            z = acb(fmpq(3, 5), fmpq(4, 5)) * (radius * 2 ** (order // 4)).ceil()
            z = z.mid()
            series = sum(-m / z ** (k + 1) for k, m in enumerate(moments(order)))
            # |m + Σ m_k/z^(k+1)| ≤ Σ_{k>order} radius^k/|z|^(k+1)
            error = (radius / abs(z)) ** (order + 1) / (abs(z) - radius)
            roots = acb_poly([c(z) for c in branch.coefficients]).roots()
            close = [root for root in roots if root.overlaps(_box(series, error))]
            if len(close) == 1:
                return Point(z, close[0])
        raise UndecidedError("the moments do not single out a root")

    return start


def _in_z(polynomial: fmpz_mpoly) -> list[fmpz_poly]:
    """Coefficients of the powers of m."""
    degree_m, degree_z = polynomial.degrees()
    rows = [[fmpz(0)] * (degree_z + 1) for _ in range(degree_m + 1)]
    for (j, k), c in polynomial.to_dict().items():
        rows[j][k] = c
    return [fmpz_poly(row) for row in rows]


def _value(coefficients: list[fmpz_poly], m: acb, z: acb) -> acb:
    value = acb(0)
    for coefficient in reversed(coefficients):
        value = value * m + coefficient(z)
    return value


def _box(centre: acb, radius: arb) -> acb:
    error = arb(0, radius.abs_upper())
    return centre + acb(error, error)


def _order(polynomial: fmpq_poly) -> int:
    return next(k for k, c in enumerate(polynomial.coeffs()) if c != 0)


def _rational_roots(polynomial: fmpq_poly) -> list[fmpq]:
    _, factors = polynomial.factor()
    return [-f[0] / f[1] for f, _ in factors if f.degree() == 1]
