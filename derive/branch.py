"""The physical point of a law's curve, chosen rigorously: the one place where a branch is chosen.

The parameters are exact rationals, roots are isolated in balls, and signs are decided on the balls.
Above the real axis the physical root of z(y) = z is the one with Im w > 0 for every subordination
function w (`RationalCurve.subordination`). On the axis outside the support the w are real and
increase with z, so that the physical root is the real one with dw/dz > 0 for every w; if there is
none, the point lies in the support and the complex root with Im w > 0 is the limit from above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property, lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from flint import acb, acb_poly, arb, ctx, fmpq, fmpq_poly
from sympy import Expr, Symbol

from derive.curve import y
from derive.digits import UndecidedError, is_positive
from derive.elimination import Ring
from derive.laws.law import Law

_MOST_BITS = 2**16  # at which roots are separated
_ITERATIONS = 24


def isolated_roots(polynomial: fmpq_poly) -> list[tuple[acb, int]]:
    """Isolated complex roots with multiplicities; real ones have imaginary part exactly zero.

    Precision is doubled until they can be isolated.
    """
    bits = ctx.prec
    while True:
        with ctx.workprec(bits):
            try:
                return _isolated_roots(polynomial)
            except UndecidedError:
                if bits > _MOST_BITS:
                    raise
        bits *= 2


def _isolated_roots(polynomial: fmpq_poly) -> list[tuple[acb, int]]:
    """The same at the present precision."""
    _, factors = polynomial.factor_squarefree()
    found = []
    for factor, multiplicity in factors:
        roots = enclosed_roots(acb_poly(factor))
        found += [(_real_or_not(root, roots), int(multiplicity)) for root in roots]
    return found


def _real_or_not(root: acb, roots: list[acb]) -> acb:
    """A ball around a root of a real polynomial, without its imaginary part if the root is real."""
    conjugate = root.conjugate()
    if not root.overlaps(conjugate):
        return root
    if sum(conjugate.overlaps(other) for other in roots) > 1:
        raise UndecidedError("real and complex roots of a polynomial could not be separated")
    return acb(root.real)  # the conjugate of the root lies in the same ball, so it is the root


def enclosed_roots(polynomial: acb_poly) -> list[acb]:
    """Balls that hold one simple root each, to the present precision.

    A disc of radius n·|P/P′| around any point holds a root of P of degree n; disjoint ones, one.
    """
    slope, size = polynomial.derivative(), polynomial.degree()
    balls = []
    for root in _approximate_roots(polynomial):
        radius = (size * abs(polynomial(root) / slope(root))).upper()
        balls.append(acb(arb(root.real, radius), arb(root.imag, radius)))
    if any(one.overlaps(other) for one, other in combinations(balls, 2)):
        raise UndecidedError("the roots of a polynomial could not be separated")
    return balls


def _approximate_roots(polynomial: acb_poly) -> list[acb]:
    """As many points as there are roots, by Newton's method from what flint isolates.

    Where it does not converge to all of them, or flint isolates nothing as sizes are too different,
    by Aberth's iteration from circles of the right ones. Roots that stay together are looked at
    from their centre, where the circles are small.
    """
    slope = polynomial.derivative()
    try:
        return [_polished(polynomial, slope, root) for root in polynomial.roots(maxprec=ctx.prec)]
    except ValueError:
        roots = _on_circles(polynomial, polynomial.degree())
    for _ in range(ctx.prec.bit_length()):
        moving = _iterate(polynomial, roots)
        if not moving:
            return [(root - polynomial(root) / slope(root)).mid() for root in roots]
        while moving:
            first = roots[moving[0]]
            cluster = [k for k, r in enumerate(roots) if abs(r - first) * 2**8 <= abs(first)]
            moving = [k for k in moving if k not in {*cluster, moving[0]}]
            if len(cluster) > 1:
                centre = _centre(polynomial, [roots[k] for k in cluster])
                around = _on_circles(polynomial(acb_poly([centre, 1])), len(cluster))
                for k, distance in zip(cluster, around, strict=True):
                    roots[k] = (centre + distance).mid()
    raise UndecidedError("the roots of a polynomial could not be separated")


def _polished(polynomial: acb_poly, slope: acb_poly, isolated: acb) -> acb:
    """The root in a ball, by Newton's method.

    Raises
    ------
    ValueError
        Where it does not double the digits at once.
    """
    root = isolated.mid()
    for _ in range((ctx.prec // 8).bit_length()):
        step = (polynomial(root) / slope(root)).mid()
        root = (root - step).mid()
        if (abs(step) * arb(2) ** (ctx.prec // 2)).mid() <= abs(root).mid():
            return root
    raise ValueError("not isolated well enough")


def _iterate(polynomial: acb_poly, roots: list[acb]) -> list[int]:
    """Move the points a number of times; indices of those whose next step would not be the last."""
    slope = polynomial.derivative()
    moving = list(range(len(roots)))
    for _ in range(_ITERATIONS):
        for k in list(moving):
            root = roots[k]
            newton = polynomial(root) / slope(root)
            repulsion = sum((1 / (root - r) for j, r in enumerate(roots) if j != k), acb(0))
            step = (newton / (1 - newton * repulsion)).mid()
            if not step.is_finite():
                raise UndecidedError("the roots of a polynomial could not be separated")
            roots[k] = (root - step).mid()
            if (abs(step) * arb(2) ** (ctx.prec // 2)).mid() <= abs(root).mid():
                moving.remove(k)  # a step of Newton's method doubles the digits
    return moving


def _centre(polynomial: acb_poly, roots: list[acb]) -> acb:
    """Centre of some roots close together, a simple root of a derivative."""
    for _ in roots[1:]:
        polynomial = polynomial.derivative()
    slope, centre = polynomial.derivative(), sum(roots, acb(0)) / len(roots)
    for _ in range(ctx.prec.bit_length()):  # the digits double
        centre = (centre - polynomial(centre) / slope(centre)).mid()
    return centre


def _on_circles(polynomial: acb_poly, count: int) -> list[acb]:
    """Points whose moduli are about those of the smallest roots, by the Newton polygon."""
    coefficients = polynomial.coeffs()[: count + 1]
    sizes = [(k, _log2(c)) for k, c in enumerate(coefficients) if c.mid() != 0]
    hull: list[tuple[int, int]] = []
    for k, size in sizes:
        while len(hull) > 1:
            (i, low), (j, middle) = hull[-2:]
            if (middle - low) * (k - i) > (size - low) * (j - i):
                break
            hull.pop()
        hull.append((k, size))
    points = [acb(0)] * hull[0][0]
    for (i, left), (j, right) in pairwise(hull):
        radius = arb(2) ** (arb(left - right) / (j - i))
        turns = (arb(2 * k + 1) / (j - i) + arb(1) / (5 + i) for k in range(j - i))
        points += [(radius * acb(turn).exp_pi_i()).mid() for turn in turns]
    if len(points) != count:
        raise UndecidedError("the degree of a polynomial could not be decided")
    return points


def _log2(value: acb) -> int:
    mantissa, exponent = abs(value).mid().man_exp()
    return int(mantissa).bit_length() + int(exponent)


class RationalFunction:
    """Quotient of two coprime polynomials in y with rational coefficients."""

    def __init__(self, numerator: fmpq_poly, denominator: fmpq_poly):
        common = numerator.gcd(denominator)
        self.numerator, self.denominator = numerator // common, denominator // common

    def __call__(self, value: acb) -> acb:
        """Value at a ball."""
        return acb_poly(self.numerator)(value) / acb_poly(self.denominator)(value)

    def at(self, point: Point) -> acb:
        """Value at an algebraic point, exact where it is zero.

        Raises
        ------
        ZeroDivisionError
            At a pole.
        """
        if point.annihilates(self.denominator):
            raise ZeroDivisionError("pole")
        return acb(0) if point.annihilates(self.numerator) else self(point.y)

    @cached_property
    def derivative_numerator(self) -> fmpq_poly:
        """Numerator of the derivative; the denominator left out is a square."""
        N, D = self.numerator, self.denominator
        return N.derivative() * D - N * D.derivative()


@cache
def _terms(expression: Expr, symbols: tuple[Symbol, ...]) -> tuple[tuple, tuple]:
    """Terms of numerator and denominator: (exponent of the first symbol, the rest, coefficient)."""
    ring = Ring(symbols)
    places = [ring.symbols.index(symbol) for symbol in symbols]
    numerator, denominator = (
        tuple((m[places[0]], [m[k] for k in places[1:]], int(c)) for m, c in part.to_dict().items())
        for part in ring.fraction(expression)
    )
    return numerator, denominator


def specialise(
    expression: Expr, parameters: Mapping[Symbol, fmpq], variable: Symbol = y
) -> RationalFunction:
    """A rational expression in a variable and the parameters, at exact parameter values."""
    return _specialised(expression, tuple(parameters.items()), variable)


@lru_cache(maxsize=64)  # iterations, and points beside each other, share the parameters
def _specialised(
    expression: Expr, parameters: tuple[tuple[Symbol, fmpq], ...], variable: Symbol
) -> RationalFunction:
    symbols, values = (tuple(pair[k] for pair in parameters) for k in (0, 1))

    def polynomial(terms: tuple) -> fmpq_poly:
        coefficients = [fmpq(0)] * (1 + max((power for power, _, _ in terms), default=0))
        for power, exponents, c in terms:
            product = fmpq(c)
            for value, exponent in zip(values, exponents, strict=True):
                product *= value**exponent
            coefficients[power] += product
        return fmpq_poly(coefficients)

    return RationalFunction(*map(polynomial, _terms(expression, (variable, *symbols))))


class Point(NamedTuple):
    """A root of a polynomial with rational coefficients, enclosed in a ball."""

    y: acb
    polynomial: fmpq_poly

    def annihilates(self, other: fmpq_poly) -> bool:
        """Whether another polynomial is exactly zero here."""
        common = self.polynomial.gcd(other)
        return any(root.overlaps(self.y) for root, _ in _isolated_roots(common))


class Fibre:
    """Physical points of a law's curve at exact parameters, at flint's present precision."""

    def __init__(self, law: Law, parameters: Mapping[Symbol, fmpq]):
        self.z = specialise(law.curve.z, parameters)
        self.subordination = [specialise(w, parameters) for w in law.curve.subordination]

    def above(self, real: fmpq, imaginary: fmpq) -> Point:
        """Physical point over z = real + i·imaginary, imaginary > 0."""
        N, D = self.z.numerator, self.z.denominator
        # The product over z and its conjugate has rational coefficients.
        polynomial = (N - real * D) ** 2 + (imaginary * D) ** 2
        if polynomial.gcd(polynomial.derivative()).degree() > 0:
            roots = [r for r, _ in _isolated_roots(polynomial) if is_positive(self.z(r).imag)]
        else:
            # The factor over z has half the degree, and its roots lie far apart next to the axis.
            roots = enclosed_roots(acb_poly(N - real * D) - acb(0, imaginary) * acb_poly(D))
        return Point(_the_only(r for r in roots if self._is_above(r)), polynomial)

    def on_axis(self, x: fmpq) -> Point:
        """Physical point over x + i0, x ≠ 0; exactly real off the support and on its edges."""
        polynomial = self.z.numerator - x * self.z.denominator
        roots = _isolated_roots(polynomial)
        real = [r for r, m in roots if r.imag == 0 and self._increasing(r, with_z=m == 1)]
        upper = (r for r, _ in roots if r.imag != 0 and self._is_above(r))
        return Point(_the_only(real or upper), polynomial)

    def at_zero(self) -> Point:
        """Limit as z rises to zero: the smallest real zero of z(y)."""
        return Point(self._zeros[0][0], self.z.numerator)

    def hard_edge(self) -> bool:
        """Whether the density diverges at zero."""
        return self._zeros[0][1] > 1

    def edges(self) -> list[arb]:
        """Ends of the intervals of the support in increasing order."""
        found = [arb(0)] if self.hard_edge() else []
        double = [root for root, multiplicity in self._zeros if multiplicity > 1]
        for root, multiplicity in _isolated_roots(self.z.derivative_numerator):
            candidate = root.imag == 0 and multiplicity % 2 and not any(map(root.overlaps, double))
            if candidate and self._increasing(root, with_z=False):
                found.append(self.z(root).real)
        found.sort(key=lambda edge: edge.mid())
        if len(found) % 2 or any(not a < b for a, b in pairwise(found)):
            raise UndecidedError("the edges of the support could not be separated")
        return found

    @cached_property
    def _zeros(self) -> list[tuple[acb, int]]:
        zeros = [(r, m) for r, m in _isolated_roots(self.z.numerator) if r.imag == 0]
        return sorted(zeros, key=lambda zero: zero[0].real.mid())

    def _is_above(self, root: acb) -> bool:
        return all(is_positive(w(root).imag) for w in self.subordination)

    def _increasing(self, root: acb, *, with_z: bool) -> bool:
        """Whether dw/dy > 0 for every subordination function, and dz/dy > 0 if asked."""
        functions = [self.z, *self.subordination] if with_z else self.subordination
        return all(is_positive(acb_poly(f.derivative_numerator)(root).real) for f in functions)


def _the_only(candidates: Iterable[acb]) -> acb:
    found = list(candidates)
    if len(found) != 1:
        raise UndecidedError(f"{len(found)} candidates for the physical root")
    return found[0]
