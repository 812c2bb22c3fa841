"""The spectrum of a law with numbers for parameters, from the physical root of L(m, z)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from itertools import pairwise
from math import comb, inf
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
)

from derive.branch import UndecidedError, isolated_roots
from derive.calculus.continuation import Curve, Point, box

Terms = Mapping[tuple[int, ...], int]

BITS = 256
# Density at a critical point is its limit; next to the point it is taken this far from it.
_LIMIT_BITS = 160
_DIVERGES = 2.0**20
# Off the imaginary axis, where symmetric curves have nodes.
_DIRECTION = acb(fmpq(7, 25), fmpq(24, 25)).mid()
_CONTEXT = fmpz_mpoly_ctx.get(["m", "z"], Ordering.lex)


class Gap(NamedTuple):
    """An open interval of the real axis without critical points, and a point in it."""

    lower: arb
    upper: arb
    probe: Point
    has_density: bool


class Branch:
    """The physical root m(z) of an irreducible polynomial L.

    Parameters
    ----------
    terms : mapping
        Integer coefficients of L by the exponents of m and z.
    start : callable
        Gives a point of the branch in the upper half-plane.
    """

    def __init__(self, terms: Terms, start: Callable[[Branch], Point]):
        L = _CONTEXT.from_dict(terms)
        self.curve = Curve(_in_z(L))
        (discriminant,) = _in_z(L.discriminant("m"))
        product = self.curve.coefficients[-1] * discriminant
        self._critical_polynomial = product // product.gcd(product.derivative())
        self._start = start

    @cached_property
    def start(self) -> Point:
        """A point of the branch in the upper half-plane."""
        with ctx.workprec(BITS):
            return self._start(self)

    def at(self, target: acb) -> Point:
        """The branch at a point of the closed upper half-plane, off the critical points."""
        z = self.start.z
        corners = (z, acb(0, 1) * abs(z), acb(fmpq(-4, 5), fmpq(3, 5)) * abs(z))
        for corner in corners:  # another way round if a node of the curve is in the way
            try:
                _, point = self.curve.along(self.start, [corner.mid(), target])
            except UndecidedError:
                continue
            return point
        raise UndecidedError("the physical branch could not be followed")

    # The real axis

    @cached_property
    def critical(self) -> list[arb]:
        """Real points where roots meet or one is infinite, in increasing order."""
        with ctx.workprec(BITS):
            real = [
                root.real for root, _ in isolated_roots(self._critical_polynomial) if root.imag == 0
            ]
            return sorted(real, key=lambda root: root.mid())

    @property
    def radius(self) -> arb:
        """Bound on the modulus of every point of the support, if that is compact."""
        return max((c.abs_upper() for c in self.critical if c != 0), default=arb(1))

    @cached_property
    def gaps(self) -> list[Gap]:
        """The real axis between critical points."""
        with ctx.workprec(BITS):
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
        if self.curve.proved(box(centre, 4 * abs(point.m - centre)), point.z) is None:
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
        return not lowest < 0 and all(position >= 0 for position, _ in self.atoms)

    def density(self, points: list[fmpq]) -> list[float]:
        """Density of the continuous part at each point, its limit at critical points."""
        values: dict[fmpq, float] = {}
        rest: dict[int, list[fmpq]] = {}
        with ctx.workprec(BITS):
            for x in set(points):
                place = self._place(x)
                if place is None:
                    values[x] = self._limit(x)
                elif self.gaps[place].has_density:
                    rest.setdefault(place, []).append(x)
                else:
                    values[x] = 0.0
            for place, inside in rest.items():
                probe = self._without_atoms(self.gaps[place].probe)
                inside.sort()
                middle = sum(1 for x in inside if arb(x) < probe.z.real)
                for side in (inside[middle:], inside[:middle][::-1]):
                    path = self._continuous_part.along(probe, map(acb, side))
                    for x, point in zip(side, path, strict=True):
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
        limits = [0.0]
        for gap, sign in ((self.gaps[place], -1), (self.gaps[place + 1], 1)):
            if gap.has_density:
                with ctx.workprec(3 * _LIMIT_BITS):
                    probe = self._without_atoms(gap.probe)
                    way = abs(probe.z.real - x)
                    beside = acb(x + sign * way * arb(2) ** -_LIMIT_BITS)
                    (point,) = self._continuous_part.along(probe, [beside])
                    # The mass between is at most one, which sets the scale.
                    value = float(point.m.imag * way)
                    scale = float(arb.pi() * way)
                limits.append(inf if value > _DIVERGES else value / scale * (value > 1 / _DIVERGES))
        return max(limits)

    @cached_property
    def _atomic_part(self) -> tuple[fmpq_poly, fmpq_poly]:
        """Numerator and denominator of Σ mass/(position - z)."""
        numerator, denominator = fmpq_poly([0]), fmpq_poly([1])
        for position, mass in self.atoms:
            pole = fmpq_poly([position, -1])
            numerator, denominator = numerator * pole + mass * denominator, denominator * pole
        return numerator, denominator

    @cached_property
    def _continuous_part(self) -> Curve:
        """Curve of m without the poles of the atoms, beside which roots run together."""
        N, D = self._atomic_part
        top = len(self.curve.coefficients) - 1
        coefficients = [
            sum(
                (
                    comb(j, i) * L * N ** (j - i) * D ** (top - j + i)
                    for j, L in enumerate(self.curve.coefficients)
                    if j >= i
                ),
                fmpq_poly([0]),
            )
            for i in range(top + 1)
        ]
        common = reduce(fmpq_poly.gcd, coefficients)
        return Curve([c // common for c in coefficients])

    def _without_atoms(self, point: Point) -> Point:
        numerator, denominator = (acb_poly(part)(point.z) for part in self._atomic_part)
        return Point(point.z, point.m - numerator / denominator)

    def mass(self, position: fmpq) -> fmpq:
        """Mass of the atom at a rational position."""
        shift = fmpq_poly([position, 1])
        near = [c(shift) for c in self.curve.coefficients]
        lowest = min(_order(c) - j for j, c in enumerate(near) if c != 0)
        # m = -u/t at z = position + t, divided by the lowest power of t.
        curve = Curve([_shifted((-1) ** j * c, -j - lowest) for j, c in enumerate(near)])
        leading = fmpq_poly([c[0] for c in curve.coefficients])
        masses = {root for root in _rational_roots(leading) if 0 < root <= 1}
        if not masses:
            return fmpq(0)
        candidates = sorted({fmpq(0), *masses})
        tolerance = min(b - a for a, b in pairwise(candidates)) / 1000
        with ctx.workprec(2 * BITS):
            # In a half-disc that meets nothing else of the support, u tends to the mass.
            others = [abs(c - position) for c in self.critical if not c.overlaps(arb(position))]
            t = (_DIRECTION * min(others, default=arb(1)) / 2).mid()
            u = -t * self.at(position + t).m
            targets = (t * arb(2) ** -bits for bits in range(24, BITS, 24))
            for point in curve.along(Point(t, u), targets):
                for candidate in candidates:
                    if abs(point.m - candidate) < tolerance:
                        return candidate
        raise UndecidedError(f"the mass at {position} could not be decided")

    def first_moment(self, terms: Terms) -> acb:
        """Ball around the first moment, by the polynomial of h(w): m = -w - w²h at z = 1/w."""
        with ctx.workprec(BITS):
            z, m = self.at((_DIRECTION * 4 * self.radius).mid())
            curve = Curve(_in_z(_CONTEXT.from_dict(terms)))
            (point,) = curve.along(Point(1 / z, -z * (1 + z * m)), [acb(0)])
            return point.m

    @cached_property
    def atoms(self) -> list[tuple[fmpq, fmpq]]:
        """Positions and masses. A pole of m is rational if the parameters are."""
        positions = sorted(_rational_roots(self.curve.coefficients[-1]))
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
            roots = acb_poly([acb_poly(c)(z) for c in branch.curve.coefficients]).roots()
            close = [root for root in roots if root.overlaps(box(series, error))]
            if len(close) == 1:
                return Point(z, close[0])
        raise UndecidedError("the moments do not single out a root")

    return start


def _in_z(polynomial: fmpz_mpoly) -> list[fmpq_poly]:
    """Coefficients of the powers of m."""
    degree_m, degree_z = polynomial.degrees()
    rows = [[fmpz(0)] * (degree_z + 1) for _ in range(degree_m + 1)]
    for (j, k), c in polynomial.to_dict().items():
        rows[int(j)][int(k)] = c
    return [fmpq_poly(row) for row in rows]


def _order(polynomial: fmpq_poly) -> int:
    return next(k for k, c in enumerate(polynomial.coeffs()) if c != 0)


def _shifted(polynomial: fmpq_poly, power: int) -> fmpq_poly:
    """Product with a power of the variable, which may be negative."""
    if power < 0:
        return polynomial.right_shift(-power)
    return polynomial.left_shift(power)


def _rational_roots(polynomial: fmpq_poly) -> list[fmpq]:
    _, factors = polynomial.factor()
    return [-f[0] / f[1] for f, _ in factors if f.degree() == 1]
