"""Algebraic laws: spectral laws whose Stieltjes transform satisfies a polynomial L(m, z) = 0.

m(z) = ∫ μ(dx)/(x - z). Each operation on matrices acts on L by substitution or by elimination; the
moments, which have an exact calculus of their own (`derive.calculus.series`), tell the physical
factor from spurious ones and the physical branch from the others.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from math import isfinite, lcm
from numbers import Integral
from typing import Any

import numpy as np
from flint import acb, ctx, fmpq, fmpz_mpoly
from flint.utils.flint_exceptions import DomainError
from numpy.typing import ArrayLike, NDArray
from sympy import QQ, And, Expr, Integer, Ne, Rational, Symbol, prime

from derive.calculus import mobius, series
from derive.calculus.arguments import nonnegative, parameter, positive
from derive.calculus.continuation import Point
from derive.calculus.parameters import over_parameters
from derive.calculus.spectrum import BITS, Branch, from_moments
from derive.elimination import Ring, coefficients, eliminate, lowest_terms
from derive.rational import exact, expression, value_at

# The leading underscore keeps them apart from users' symbols.
_m, _z, _w = (Symbol(name) for name in ("_m", "_z", "_w"))

Field = Callable[[Expr], Any]
Moments = Callable[[int, Field], Sequence]


# Symbols that have dropped out of a polynomial may have any value.
_ANY: defaultdict[Symbol, fmpq] = defaultdict(lambda: fmpq(59, 61))


class IrrationalMomentsError(ValueError):
    """The moments are not rational numbers."""


@dataclasses.dataclass(frozen=True, eq=False)
class AlgebraicLaw:
    """A probability law on the real line with algebraic Stieltjes transform m = ∫μ(dx)/(x - z).

    Made by `atoms`, `semicircle` and `marchenko_pastur` and by the methods below. Their parameters
    are numbers, taken exactly, or rational expressions of SymPy symbols, which stay symbolic.
    """

    _equation: Expr
    # None: those of the polynomial's root with the right first moment.
    _moments: Moments | None = dataclasses.field(repr=False)
    # Known to live on [0, ∞).
    _on_half_line: bool = dataclasses.field(default=False, repr=False)
    # The law and the Möbius map that it comes from.
    _origin: tuple[AlgebraicLaw, mobius.Map] | None = dataclasses.field(default=None, repr=False)

    # Operations on one matrix A of this law

    def affine(self, scale: Any, shift: Any) -> AlgebraicLaw:
        """Law of scale·A + shift, scale ≠ 0."""
        return self.mobius(parameter(scale, "scale", lambda v: Ne(v, 0)), shift, 0, 1)

    def inverse(self) -> AlgebraicLaw:
        """Law of A⁻¹.

        Raises
        ------
        ValueError
            If A has an atom at zero.
        """
        return self.mobius(0, 1, 1, 0)

    def mobius(self, p: Any, q: Any, r: Any, s: Any) -> AlgebraicLaw:
        """Law of (pA + q)(rA + s)⁻¹.

        Unless r = 0, the result has moments only if -s/r is outside the support; `moments` gives
        them only if m(-s/r) is rational.

        Raises
        ------
        ValueError
            If ps = qr, or if A has an atom at -s/r.
        """
        p, q, r, s = (parameter(v, name) for v, name in zip((p, q, r, s), "pqrs", strict=True))
        if lowest_terms(p * s - q * r) == 0:
            raise ValueError(f"p, q, r, s = {p}, {q}, {r}, {s} is a singular Möbius map: ps = qr")
        if self._is_number(p, q, r, s) and r != 0 and self._branch.mass(_number(-s / r)):
            raise ValueError(f"the law has an atom at {-s / r}, where the map is infinite")
        law, old = self._origin or (self, mobius.IDENTITY)
        origin = (law, mobius.product((p, q, r, s), old))
        p, q, r, s = origin[1]
        on_half_line = law._on_half_line and all(v.is_nonnegative for v in (p, q, r, s))
        equation = law._at(*mobius.image(_m, _z, s, -q, -r, p))
        moments = None
        if r == 0:

            def moments(order: int, field: Field) -> Sequence:
                return series.affine(law._series(order, field), field(p / s), field(q / s))

        return _law(equation, moments, on_half_line, origin)

    def square(self) -> AlgebraicLaw:
        """Law of A²: m(z) = [m_A(√z) - m_A(-√z)]/(2√z)."""
        root = _z  # stands for √z
        equation = eliminate(self._at(_w + 2 * root * _m, root), self._at(_w, -root), _w)
        terms = coefficients(equation, root)
        # A change of sign of √z leaves the equation as it is, up to a sign.
        parity = next(k for k, c in enumerate(terms) if c != 0) % 2
        return _law(
            sum(c * _z**k for k, c in enumerate(terms[parity::2])),
            lambda order, field: self._series(2 * order, field)[::2],
            on_half_line=True,
        )

    def companion(self, ratio: Any) -> AlgebraicLaw:
        """Law of XᵀX if this is that of XXᵀ and X has `ratio` rows a column."""
        ratio = parameter(ratio, "ratio", positive)
        self._require_half_line()
        self._require_rank(ratio)

        def moments(order: int, field: Field) -> Sequence:
            c = field(ratio)
            return [1, *(c * moment for moment in self._series(order, field)[1:])]

        return _law(self._at((_m + (1 - ratio) / _z) / ratio, _z), moments, on_half_line=True)

    def sample_covariance(self, ratio: Any) -> AlgebraicLaw:
        """Marchenko-Pastur map: law of (1/N)·A^½ X Xᵀ A^½ with standard entries in X (n × N).

        Parameters
        ----------
        ratio : number or expression
            Dimension over number of samples, n/N.
        """
        ratio = parameter(ratio, "ratio", positive)
        self._require_half_line()
        alpha = 1 - ratio - ratio * _z * _m
        return _law(
            self._at(alpha * _m, _z / alpha),
            lambda order, field: series.sample_covariance(self._series(order, field), field(ratio)),
            on_half_line=True,
        )

    def information_plus_noise(self, ratio: Any, variance: Any) -> AlgebraicLaw:
        """Law of (1/N)(R + σX)(R + σX)ᵀ, standard entries in X (n × N), (1/N)RRᵀ of this law.

        Dozier & Silverstein (2007): m(z) = δ·m_A(δ²z - δσ²(1 - c)), δ = 1 + cσ²m, c = n/N.

        Parameters
        ----------
        ratio : number or expression
            n/N.
        variance : number or expression
            σ².
        """
        ratio, variance = (
            parameter(ratio, "ratio", positive),
            parameter(variance, "variance", nonnegative),
        )
        self._require_half_line()
        self._require_rank(ratio)
        delta = 1 + ratio * variance * _m

        def moments(order: int, field: Field) -> Sequence:
            cumulants = series.cumulants(self._series(order, field), field(ratio))
            noise = [0, field(variance), *([0] * order)]
            total = [a + b for a, b in zip(cumulants, noise, strict=False)]
            return series.from_cumulants(total, field(ratio))

        equation = self._at(_m / delta, delta**2 * _z - delta * variance * (1 - ratio))
        return _law(equation, moments, on_half_line=True)

    def compress(self, fraction: Any) -> AlgebraicLaw:
        """Law of a corner of UAUᵀ, U a random rotation: `fraction` of its rows and columns."""
        fraction = parameter(fraction, "fraction", lambda v: And(v > 0, v <= 1))

        def moments(order: int, field: Field) -> Sequence:
            cumulants, scale = series.cumulants(self._series(order, field)), field(fraction)
            return series.from_cumulants([0, *(scale**k * c for k, c in enumerate(cumulants[1:]))])

        equation = self._at(fraction * _m, _z - (1 / fraction - 1) / _m)
        return _law(equation, moments, self._on_half_line)

    def free_power(self, t: Any) -> AlgebraicLaw:
        """Law with t times the free cumulants, t ≥ 1: t-fold free sum for integer t."""
        t = parameter(t, "t", lambda v: v >= 1)

        def moments(order: int, field: Field) -> Sequence:
            cumulants = series.cumulants(self._series(order, field))
            return series.from_cumulants([field(t) * c for c in cumulants])

        return _law(self._at(_m, (_z + (1 - t) / _m) / t), moments, self._on_half_line)

    # Operations on two free matrices

    def mix(self, other: AlgebraicLaw, weight: Any) -> AlgebraicLaw:
        """Law of the block-diagonal matrix of A and B: weight·self + (1 - weight)·other."""
        weight = parameter(weight, "weight", lambda v: And(v > 0, v < 1))

        def moments(order: int, field: Field) -> Sequence:
            w = field(weight)
            pairs = zip(self._series(order, field), other._series(order, field), strict=True)
            return [w * a + (1 - w) * b for a, b in pairs]

        rest = (_m - weight * _w) / (1 - weight)
        equation = eliminate(self._at(_w, _z), other._at(rest, _z), _w)
        return _law(equation, moments, self._on_half_line and other._on_half_line)

    def free_sum(self, other: AlgebraicLaw) -> AlgebraicLaw:
        """Free additive convolution: law of A + UBUᵀ, U a random rotation.

        m(z) = m_A(w) = m_B(z - 1/m - w).
        """

        def moments(order: int, field: Field) -> Sequence:
            a, b = (series.cumulants(law._series(order, field)) for law in (self, other))
            return series.from_cumulants([x + y for x, y in zip(a, b, strict=True)])

        equation = eliminate(self._at(_m, _w), other._at(_m, _z - 1 / _m - _w), _w)
        return _law(equation, moments, self._on_half_line and other._on_half_line)

    def free_product(self, other: AlgebraicLaw) -> AlgebraicLaw:
        """Free multiplicative convolution: law of A^½ UBUᵀ A^½, U a random rotation.

        zm(z) = w·m_A(w) = w′·m_B(w′), ww′ = z·zm/(1 + zm). One of the two lives on [0, ∞).
        """
        if not self._lives_on_half_line() and not other._lives_on_half_line():
            raise ValueError("one of the two laws must live on [0, ∞)")
        zm = _z * _m
        opposite = _z * zm / ((1 + zm) * _w)
        return _law(
            eliminate(self._at(zm / _w, _w), other._at(zm / opposite, opposite), _w),
            lambda order, field: series.free_product(
                self._series(order, field), other._series(order, field)
            ),
            self._on_half_line and other._on_half_line,
        )

    # Results with symbols

    def polynomial(self, m: Symbol, z: Symbol) -> Expr:
        """L(m, z) with L = 0 at the Stieltjes transform m = ∫μ(dx)/(x - z).

        Irreducible over the rationals, with coprime integer coefficients, expanded.
        """
        self._require_new(m, z)
        return self._equation.subs({_m: m, _z: z}, simultaneous=True)

    def moments(self, order: int) -> tuple[Expr, ...]:
        """m_0, …, m_order with m_k = ∫x^k μ(dx), exactly.

        Raises
        ------
        ValueError
            If the order is negative, or the moments are infinite or irrational, or undecided with
            symbols left; all but the first only after a Möbius map.
        """
        return self._exactly(lambda moments: moments, order)

    def free_cumulants(self, order: int) -> tuple[Expr, ...]:
        """κ_1, …, κ_order, the coefficients of R(g) = Σ κ_(k+1) g^k, exactly."""
        return self._exactly(series.cumulants, order)[1:]

    def r_transform(self, r: Symbol, g: Symbol) -> Expr:
        """Polynomial of R(g): G(R(g) + 1/g) = g with the Cauchy transform G = -m."""
        return self._transform(r, g, -g, r + 1 / g)

    def s_transform(self, s: Symbol, y: Symbol) -> Expr:
        """Polynomial of S(y) = (1 + y)χ(y)/y, where ψ(χ(y)) = y."""
        return self._transform(s, y, -y * s, (1 + y) / (y * s))

    def moment_transform(self, psi: Symbol, x: Symbol) -> Expr:
        """Polynomial of ψ(x) = Σ_{k≥1} m_k x^k = ∫ xt/(1 - xt) μ(dt)."""
        return self._transform(psi, x, -x * (1 + psi), 1 / x)

    def eta_transform(self, eta: Symbol, x: Symbol) -> Expr:
        """Polynomial of the η-transform of Tulino & Verdú, η(x) = ∫ 1/(1 + xt) μ(dt)."""
        return self._transform(eta, x, x * eta, -1 / x)

    # Results with numbers

    def density(self, x: ArrayLike) -> NDArray[np.float64] | float:
        """Density of the continuous part.

        Parameters
        ----------
        x : number or array-like
            Real points, each taken exactly.

        Returns
        -------
        float or array of float
            Same shape as x, correct to double precision. At an end of an interval or an atom it is
            the larger limit from the two sides, ``inf`` where the density diverges.

        Raises
        ------
        ValueError
            If the law has symbols left or x is not real and finite.
        ArithmeticError
            If the physical branch cannot be told from another root.
        """
        points = np.asarray(x, dtype=object)
        values = self._numeric("density").density([exact(point, "x") for point in points.flat])
        return np.reshape(values, points.shape) if points.ndim else values[0]

    def support(self) -> list[tuple[float, float]]:
        """Closed intervals of the continuous part in increasing order, to double precision.

        Raises
        ------
        ValueError
            If the law has symbols left.
        ArithmeticError
            If the physical branch cannot be told from another root.
        """
        return self._numeric("support").support()

    def atoms_of(self) -> list[tuple[Rational, Rational]]:
        """Positions and masses of the atoms, exactly, in increasing order of position.

        Raises
        ------
        ValueError
            If the law has symbols left.
        ArithmeticError
            If the physical branch cannot be told from another root.
        """
        return [
            (_rational(position), _rational(mass))
            for position, mass in self._numeric("atoms_of").atoms
        ]

    # Inside

    @property
    def _symbols(self) -> set[Symbol]:
        return self._equation.free_symbols - {_m, _z}

    def _at(self, m: Expr, z: Expr) -> Expr:
        return self._equation.subs({_m: m, _z: z}, simultaneous=True)

    def _series(self, order: int, field: Field) -> Sequence:
        if self._moments is not None:
            return self._moments(order, field)
        first = self._first_moment_ball if field is _ball else field(self._first_moment)
        return series.continued(_terms(self._equation, field), first, order)

    def _exactly(self, function: Callable[[Sequence], Sequence], order: int) -> tuple[Expr, ...]:
        if not isinstance(order, Integral) or order < 0:
            raise ValueError(f"order = {order!r} is not an integer ≥ 0")
        if not self._symbols:
            return tuple(map(_rational, function(self._series(order, _number))))
        try:
            return over_parameters(lambda field: function(self._series(order, field)))
        except DomainError:  # after a Möbius map moments are no polynomials in the parameters
            pass
        field = QQ.frac_field(*sorted(self._symbols, key=str))
        values = function(self._series(order, field.from_sympy))
        return tuple(lowest_terms(field.to_sympy(field.convert(value))) for value in values)

    @cached_property
    def _first_moment(self) -> Expr:
        """First moment of a law that is known by its polynomial alone."""
        ring, near_infinity = self._near_infinity
        _, factors = ring.factors(ring.coefficients(near_infinity, _z)[0])
        found = [ring.coefficients(f, _m) for f, _ in factors if ring.degree(f, _m)]
        roots = [
            lowest_terms(-ring.expression(f[0]) / ring.expression(f[1]))
            for f in found
            if len(f) == 2
        ]
        if self._symbols and len(found) == 1 and roots:
            return roots[0]
        # Symbols that are left take sample values, at which only one of the functions is right.
        moment = self._first_moment_ball
        close = [root for root in roots if moment.overlaps(_ball(root))]
        if len(close) == 1:
            return close[0]
        if self._symbols:
            raise ValueError("with symbols left, the moments after a Möbius map are undecided")
        raise IrrationalMomentsError("the moments of the law are not rational numbers")

    @cached_property
    def _first_moment_ball(self) -> acb:
        if not all(map(isfinite, chain.from_iterable(self._branch.support()))):
            raise ValueError("the law has no moments: its support is unbounded")
        ring, near_infinity = self._near_infinity
        return self._branch.first_moment(_integers(ring.expression(near_infinity)))

    @cached_property
    def _near_infinity(self) -> tuple[Ring, fmpz_mpoly]:
        """Polynomial of h, written m, in w = 1/z, written z: m = -w - w²h, first moment h(0)."""
        ring = Ring(self._equation.free_symbols)
        numerator, _ = ring.fraction(self._at(-_z - _z**2 * _m, 1 / _z))
        _, factors = ring.factors(numerator)
        (polynomial,) = (f for f, _ in factors if ring.degree(f, _m))
        return ring, polynomial

    @cached_property
    def _branch(self) -> Branch:
        start = from_moments(lambda order: _numbers(self._series, order, _ANY))
        return Branch(_integers(self._equation), self._mapped_start if self._origin else start)

    def _mapped_start(self, _: Branch) -> Point:
        assert self._origin is not None
        law, numbers = self._origin
        old = law._branch.start
        m, z = mobius.image(old.m, old.z, *map(_ball, numbers))
        return Point(z, m) if z.imag > 0 else Point(z.conjugate(), m.conjugate())

    def _numeric(self, name: str) -> Branch:
        if self._symbols:
            left = ", ".join(sorted(map(str, self._symbols)))
            raise ValueError(f"{name} needs numbers, but the law has the symbols {left}")
        return self._branch

    def _is_number(self, *parameters: Expr) -> bool:
        """Whether neither the law nor the parameters of its operation have symbols."""
        return not self._symbols and not any(p.free_symbols for p in parameters)

    def _lives_on_half_line(self) -> bool:
        """Whether on [0, ∞), as far as is known: with symbols left it may be taken on trust."""
        return self._on_half_line or bool(self._symbols) or self._branch.is_nonnegative()

    def _require_half_line(self) -> None:
        if not self._lives_on_half_line():
            raise ValueError("the law must live on [0, ∞)")

    def _require_rank(self, ratio: Expr) -> None:
        """With `ratio` rows a column at most one row in `ratio` is independent."""
        if self._is_number(ratio) and self._branch.mass(fmpq(0)) < 1 - 1 / _number(ratio):
            raise ValueError(
                f"ratio = {ratio} needs an atom at zero of mass {1 - 1 / ratio} or more"
            )

    def _require_new(self, first: Symbol, second: Symbol) -> None:
        given = {first, second}
        if len(given) < 2 or given & self._symbols or not all(isinstance(s, Symbol) for s in given):
            raise ValueError(f"{first} and {second} must be two symbols that the law does not have")

    def _transform(self, value: Symbol, variable: Symbol, m: Expr, z: Expr) -> Expr:
        self._require_new(value, variable)
        ring = Ring(self._symbols | {value, variable})
        numerator, _ = ring.fraction(self._at(m, z))
        _, factors = ring.factors(numerator)
        found = [f for f, _ in factors if ring.degree(f, value)]
        # Substitution may multiply by powers of the unknown.
        physical = [f for f in found if len(f.coeffs()) > 1] or found
        return ring.normalised(physical[0], value)


def atoms(values: Iterable[Any], weights: Iterable[Any] | None = None) -> AlgebraicLaw:
    """Finitely many atoms: a fixed matrix, or the eigenvalues of a data set.

    Parameters
    ----------
    values : sequence of numbers or expressions
        Positions.
    weights : sequence of numbers or expressions, optional
        Masses, equal by default. They sum to one; floats may miss it by rounding and are divided
        by their sum.

    Raises
    ------
    ValueError
        If there are no values, the lengths differ, or the weights are negative or sum to another
        number.
    """
    values = [parameter(value, "values") for value in values]
    if not values:
        raise ValueError("values is empty: at least one atom is needed")
    if weights is None:
        masses = [Rational(1, len(values))] * len(values)
    else:
        masses = _normalised(list(weights))
    if len(masses) != len(values):
        raise ValueError(f"{len(values)} values, but {len(masses)} weights")

    def moments(order: int, field: Field) -> Sequence:
        pairs = [(field(a), field(w)) for a, w in zip(values, masses, strict=True)]
        return [1, *(sum(w * a**k for a, w in pairs) for k in range(1, order + 1))]

    equation = sum(w / (a - _z) for a, w in zip(values, masses, strict=True)) - _m
    return _law(equation, moments, all(value.is_nonnegative for value in values))


def semicircle(variance: Any) -> AlgebraicLaw:
    """Wigner's law, of mean zero: a symmetric matrix of independent entries."""
    variance = parameter(variance, "variance", nonnegative)

    def moments(order: int, field: Field) -> Sequence:
        return series.from_cumulants([0, 0, field(variance), *([0] * order)][: order + 1])

    return _law(variance * _m**2 + _z * _m + 1, moments)


def marchenko_pastur(ratio: Any) -> AlgebraicLaw:
    """Law of (1/N)XXᵀ with standard entries in X (n × N), ratio = n/N."""
    return atoms([1]).sample_covariance(ratio)


def _law(
    equation: Expr,
    moments: Moments | None,
    on_half_line: bool = False,
    origin: tuple[AlgebraicLaw, mobius.Map] | None = None,
) -> AlgebraicLaw:
    """The law of the one irreducible factor of an equation that vanishes at the moments."""
    ring = Ring(equation.free_symbols | {_m, _z})
    numerator, _ = ring.fraction(equation)
    _, factors = ring.factors(numerator)
    candidates = [f for f, _ in factors if ring.degree(f, _m)]
    # A factor that does not vanish at some values of the symbols does not vanish at all.
    symbols = [s for s in ring.symbols if s not in (_m, _z)]
    values = _ANY | {s: fmpq(prime(2 * k + 20), prime(2 * k + 21)) for k, s in enumerate(symbols)}
    order = 4
    while len(candidates) > 1 and moments is not None and order < 64:
        order *= 2
        with ctx.workprec(BITS):
            numbers = _numbers(moments, order, values)
            candidates = [f for f in candidates if _may_vanish(ring.expression(f), numbers, values)]
    if len(candidates) != 1:
        raise ArithmeticError(f"{len(candidates)} factors are left, expected one")
    return AlgebraicLaw(ring.normalised(candidates[0], _m), moments, on_half_line, origin)


def _terms(equation: Expr, field: Field) -> dict[tuple[int, int], Any]:
    """Coefficients in a field by the exponents of m and z."""
    return {
        (j, k): field(c)
        for j, a in enumerate(coefficients(equation, _m))
        for k, c in enumerate(coefficients(a, _z))
        if c != 0
    }


def _integers(equation: Expr) -> dict[tuple[int, ...], int]:
    """Coefficients of an equation, with sample values for symbols and without denominators."""
    terms = _terms(equation, _number)
    scale = lcm(*(int(c.q) for c in terms.values()))
    return {powers: int(scale * c) for powers, c in terms.items()}


def _numbers(moments: Moments, order: int, values: Mapping[Symbol, fmpq]) -> Sequence:
    """Moments at values of the symbols, in balls if they are irrational."""
    try:
        return moments(order, lambda expression: value_at(expression, values))
    except IrrationalMomentsError:
        return moments(order, _ball)


def _may_vanish(factor: Expr, moments: Sequence, values: Mapping[Symbol, fmpq]) -> bool:
    terms = _terms(factor, lambda expression: value_at(expression, values))
    return not any(c != 0 for c in series.residual(terms, moments))


def _number(expression: Expr) -> fmpq:
    return value_at(expression, _ANY)


def _ball(expression: Expr) -> acb:
    return acb(_number(expression))


def _rational(number: Any) -> Rational:
    return expression(fmpq(number))


def _normalised(weights: list[Any]) -> list[Expr]:
    masses = [parameter(weight, "weights", nonnegative) for weight in weights]
    total = lowest_terms(sum(masses, Integer(0)))
    if any(isinstance(w, float) for w in weights) and total.is_Rational and abs(total - 1) < 1e-9:
        return [mass / total for mass in masses]
    if total != 1:
        raise ValueError(f"weights sum to {total}, not to one")
    return masses
