"""A curve by its special points: the zeros and poles of z(y), in whose terms code is written.

Every function on the curve that is evaluated in floating point is a product of differences
y - r, r a zero or pole of z(y), or a sum of residues over such differences. Differences keep their
relative accuracy where expanded polynomials lose it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, permutations

from flint import acb, fmpq
from sympy import Expr, Integer, Mul, Poly, Symbol, apart, factor, fraction, linsolve, together
from sympy import symbols as symbols_

from derive.branch import isolated_roots, specialise
from derive.curve import y
from derive.elimination import Ring, lowest_terms, numerator_and_denominator
from derive.laws.law import Law
from derive.rational import value_at


class UnsupportedCurveError(ValueError):
    """The curve does not have the structure that the NumPy back end relies on."""


@dataclass(frozen=True)
class Factor:
    """A monic irreducible factor of z(y), with the names of its roots.

    Attributes
    ----------
    polynomial : Expr
        Degree one or two in y.
    exponent : int
        Positive for zeros of z, negative for poles.
    roots : tuple of str
        One name for a linear factor; lower and upper root of a quadratic one.
    """

    polynomial: Expr
    exponent: int
    roots: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of roots."""
        return len(self.roots)

    @property
    def coefficients(self) -> list[Expr]:
        """Coefficients below the leading one, from the highest power down, factored."""
        return [factor(c) for c in Poly(self.polynomial, y).all_coeffs()[1:]]

    def at(self, point: Expr) -> Expr:
        """Value at a point, factored."""
        return factor(self.polynomial.subs(y, point))


@dataclass(frozen=True)
class Product:
    """constant · Π (y - root)^exponent."""

    constant: Expr
    exponents: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Residues:
    """constant + Σ residue/(y - pole)."""

    constant: Expr
    terms: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class Growth:
    """Σ coefficient_k·(root - y)^k / Π (other - y)^multiplicity."""

    root: str
    coefficients: tuple[Expr, ...]
    multiplicities: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Hidden:
    """A real root of z(y) = x, for every x > 0 inside the support, that is not the physical one.

    It lies between a zero of z (by rank among the sorted zeros) and a neighbouring pole.
    """

    zero_rank: int
    pole: str
    pole_above: bool


def _factors(polynomial: Expr) -> list[tuple[Expr, int]]:
    """Constant and irreducible factors of a polynomial, with multiplicities."""
    ring = Ring({y, *polynomial.free_symbols})
    content, factors = ring.factors(ring.polynomial(polynomial))
    return [(Integer(content), 1), *((ring.expression(f), k) for f, k in factors)]


class SpecialPoints:
    """Zeros and poles of z(y) for a law, and expansions of other functions in them."""

    def __init__(self, law: Law):
        self.law = law

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Irreducible factors of z(y)."""
        numerator, denominator = numerator_and_denominator(self.law.curve.z)
        found: list[Factor] = []
        for part, sign, kind in ((numerator, 1, "zero"), (denominator, -1, "pole")):
            factors = [(p, k) for p, k in _factors(part) if p.has(y)]
            for number, (polynomial, k) in enumerate(factors, 1):
                monic = Poly(polynomial, y).monic().as_expr()
                found.append(Factor(monic, sign * k, self._names(monic, f"{kind}_{number}")))
        if any(f.exponent < 0 and len(f.roots) > 1 for f in found):
            raise UnsupportedCurveError("poles of z(y) must be rational in the parameters")
        return tuple(found)

    @staticmethod
    def _names(polynomial: Expr, name: str) -> tuple[str, ...]:
        match Poly(polynomial, y).degree():
            case 1:
                return (name,)
            case 2:
                return (f"{name}_lower", f"{name}_upper")
        raise UnsupportedCurveError(f"factor of degree above two in z(y): {polynomial}")

    @property
    def zeros(self) -> list[Factor]:
        """Factors of the numerator of z."""
        return [f for f in self.factors if f.exponent > 0]

    @property
    def poles(self) -> list[Factor]:
        """Factors of the denominator of z."""
        return [f for f in self.factors if f.exponent < 0]

    def pole_position(self, name: str) -> Expr:
        """Root of a linear pole factor."""
        return next(-p.coefficients[0] for p in self.poles if p.roots == (name,))

    def product(self, function: Expr) -> Product:
        """A rational function as a product over special points."""
        numerator, denominator = numerator_and_denominator(function)
        constant, exponents = Integer(1), Counter[str]()
        for part, sign in ((numerator, 1), (denominator, -1)):
            for polynomial, k in _factors(part):
                leading = Poly(polynomial, y).LC()
                constant *= leading ** (sign * k)
                if polynomial.has(y):
                    for root in self._roots(polynomial / leading):
                        exponents[root] += sign * k
        return Product(factor(constant), tuple(sorted((r, k) for r, k in exponents.items() if k)))

    def _roots(self, monic: Expr) -> tuple[str, ...]:
        for known in self.factors:
            if (known.polynomial - monic).expand() == 0:
                return known.roots
        raise UnsupportedCurveError(f"{monic} is not a factor of z(y)")

    def balanced(self, function: Expr) -> list[Expr]:
        """Monic factors of a function finite at infinity, each over poles of its own, if possible.

        Their partial fractions then have few terms, of one sign for the laws at hand.
        """
        numerator, denominator = map(_factors, numerator_and_denominator(function))
        left = Counter({f / Poly(f, y).LC(): k for f, k in denominator if f.has(y)})
        parts = []
        for zero in [f for f, k in numerator if f.has(y) for _ in range(k)]:
            poles = Counter[Expr]()
            for _ in range(Poly(zero, y).degree()):
                pole = max(left, key=lambda f: (left[f] > 0, -poles[f], left[f], str(f)))
                poles[pole] += 1
                left[pole] -= 1
            parts.append(zero / Poly(zero, y).LC() / Mul(*(f**k for f, k in poles.items())))
        return parts

    def partial_fractions(self, function: Expr) -> tuple[Expr, list[tuple[str, int, Expr]]]:
        """Coefficient of y, and (pole, order, coefficient), for linear growth at most."""
        linear, terms = Integer(0), []
        for term in apart(function, y).as_ordered_terms():
            numerator, denominator = fraction(together(term))
            poles = [(f, k) for f, k in _factors(denominator) if f.has(y)]
            if poles:
                ((polynomial, order),) = poles
                leading = Poly(polynomial, y).LC()
                (name,) = self._roots((polynomial / leading).expand())
                content = factor(denominator / polynomial**order) * leading**order
                terms.append((name, order, factor(numerator / content)))
            else:
                linear += Poly(term, y).coeff_monomial(y)
        return factor(linear), terms

    def residues(self, function: Expr) -> Residues:
        """A rational function by its simple poles."""
        constant, terms = Integer(0), []
        for term in apart(function, y).as_ordered_terms():
            if not term.has(y):
                constant += term
                continue
            numerator, denominator = fraction(together(term))
            polynomial = Poly(denominator, y)
            if numerator.has(y) or polynomial.degree() != 1:
                raise UnsupportedCurveError(f"{function} has poles that are not simple")
            (name,) = self._roots(polynomial.monic().as_expr())
            terms.append((name, factor(numerator / polynomial.LC())))
        return Residues(factor(constant), tuple(sorted(terms)))

    def growth(self, function: Expr, sign: int = 1) -> Growth:
        """How fast ±ln of a product grows with -y, in terms of one sign below all zeros of z.

        Raises
        ------
        UnsupportedCurveError
            If there are no such terms.
        """
        rate = -sign * function.diff(y) / function
        if lowest_terms(rate) == 0:
            return Growth(self.factors[0].roots[0], (Integer(0),), ((self.factors[0].roots[0], 1),))
        numerator, denominator = numerator_and_denominator(rate)
        below = self.product(1 / denominator)
        exponents = {root: -e for root, e in below.exponents}
        # (y - root) = -(distance): signs of all factors go to the numerator.
        constant = below.constant * (-1) ** sum(exponents.values())
        for special in (f for f in self.factors if f.count == 1):
            (root,) = special.roots
            place = -special.coefficients[0]
            distance = Symbol("distance")
            moved = Poly(numerator.subs(y, place - distance), distance)
            terms = [factor(constant * c) for c in moved.all_coeffs()[::-1]]
            if self._all_positive(terms):
                return Growth(root, tuple(terms), tuple(sorted(exponents.items())))
        raise UnsupportedCurveError(f"{rate} has no terms of one sign")

    def _all_positive(self, terms: list[Expr]) -> bool:
        values = [value_at(term, sample) for sample in self._samples() for term in terms]
        return min(values) >= 0 and max(values) > 0

    @cached_property
    def dimensions(self) -> dict[Symbol, Expr]:
        """Degree of homogeneity of each parameter: the law is scaled if these are.

        Empty if the law has no scale.
        """
        symbols = (y, *self.law.symbols)
        weights = dict(zip(symbols, symbols_("w:" + str(len(symbols))), strict=True))
        equations: list[Expr] = []
        for function, degree in ((self.law.curve.z, 1), (self.law.curve.cauchy, -1)):
            sizes = []
            for part in numerator_and_denominator(function):
                first, *others = (
                    sum(e * weights[s] for e, s in zip(exponents, symbols, strict=True))
                    for exponents in Poly(part, *symbols).monoms()
                )
                equations += [other - first for other in others]
                sizes.append(first)
            equations.append(sizes[0] - sizes[1] - degree)
        solutions = linsolve(equations, *weights.values())
        if not solutions:
            return {}
        (found,) = solutions
        free = dict.fromkeys(weights.values(), 0)
        degrees = dict(zip(symbols, (w.subs(free) for w in found), strict=True))
        return {s: degrees[s] for s in self.law.symbols}

    @cached_property
    def hidden(self) -> tuple[Hidden, ...] | None:
        """All unphysical roots of z(y) = x > 0 inside the support, if they are known to be real."""
        found = {self._hidden_at(sample) for sample in self._samples()}
        hidden = found.pop()
        return None if found or len(hidden) != self.degree - 2 else hidden

    @property
    def degree(self) -> int:
        """Number of points over a generic z."""
        return sum(f.exponent * len(f.roots) for f in self.zeros)

    def _samples(self) -> Iterator[dict[Symbol, fmpq]]:
        """Points of the domain's interior, in every order of the parameters."""
        values = (fmpq(1, 3), fmpq(5, 7), fmpq(4, 3), fmpq(9, 4), fmpq(3), fmpq(7))
        for choice in permutations(values, len(self.law.parameters)):
            sample = dict(zip(self.law.symbols, choice, strict=True))
            known = {symbol.name: value for symbol, value in sample.items()}
            if all(p.contains(known[p.name], known) for p in self.law.parameters):
                yield sample

    def _hidden_at(self, sample: dict[Symbol, fmpq]) -> tuple[Hidden, ...]:
        """Neighbouring zero and pole with z > 0 between them, at one parameter point."""
        points = sorted(
            (root.real.mid(), f.exponent, f.roots)
            for f in self.factors
            for root, _ in isolated_roots(specialise(f.polynomial, sample).numerator)
        )
        ranks = {root: rank for rank, (root, _, _) in enumerate(p for p in points if p[1] > 0)}
        z = specialise(self.law.curve.z, sample)
        hidden = []
        for (left, e_left, n_left), (right, e_right, n_right) in pairwise(points):
            if e_left * e_right < 0 and z(acb((left + right) / 2)).real > 0:
                if e_left > 0:
                    hidden.append(Hidden(ranks[left], n_right[0], True))
                else:
                    hidden.append(Hidden(ranks[right], n_left[0], False))
        return tuple(hidden)
