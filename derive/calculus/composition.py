"""Compositions of operations on random matrices: spectra, with symbols or numbers for parameters.

A spectrum is its composition. Polynomial, moments and transforms are views of it with symbols kept;
with numbers it is a tree of `derive.runtime.potential`, from which all values come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from numbers import Integral
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import ArrayLike, NDArray
from sympy import QQ, Add, And, Expr, Integer, Ne, Rational, Symbol, latex, log, symbols

import derive
from derive.calculus import polynomial, text
from derive.calculus.arguments import nonnegative, parameter, positive
from derive.elimination import Ring, lowest_terms
from derive.operations import (
    AFFINE,
    ATOMS,
    FREE_POWER,
    FREE_PRODUCT,
    FREE_SUM,
    INFORMATION_PLUS_NOISE,
    LAYERS,
    MIXTURE,
    MOBIUS,
    SAMPLE_COVARIANCE,
    SEMICIRCLE,
    SQUARE,
    Operation,
)
from derive.operations.operation import m as _m
from derive.operations.operation import z as _z
from derive.operations.sampling import sampled
from derive.potential.stationary import floats
from derive.potential.support import support as proved_support
from derive.rational import exact, sample_values, value_at
from derive.runtime import evaluation, observables, series, spectra
from derive.runtime.frozen import Frozen
from derive.runtime.potential import Node, mapped, node
from derive.runtime.spectra import Composition
from derive.runtime.transforms import Transforms, is_nonnegative, transforms

# Symbols that have dropped out of a polynomial may have any value.
_ANY: defaultdict[Symbol, fmpq] = defaultdict(lambda: fmpq(59, 61))

_DOUBLE = 17  # digits of doubles
_FEW = 8  # intervals whose ends are refined in balls

Field = Any  # of the numbers in which moments are computed: a function of expressions


@dataclass(frozen=True)
class Spectrum(Composition):
    """Limiting spectral law of a composed random matrix.

    Made by `atoms`, `semicircle`, `layers` and `marchenko_pastur` and by the methods below; `A + B`
    is the free sum of two spectra or a shift, `A @ B` the free product, `c * A` a multiple.
    Parameters are numbers, taken exactly, or rational expressions of SymPy symbols, which stay
    symbolic.
    """

    operation: Operation
    parameters: tuple = ()
    operands: tuple[Spectrum, ...] = ()
    # Known to live on [0, ∞).
    on_half_line: bool = field(default=False, compare=False, repr=False)

    # Operations on one matrix A of this law

    def affine(self, scale: Any, shift: Any) -> Spectrum:
        """Law of scale·A + shift."""
        scale, shift = parameter(scale, "scale"), parameter(shift, "shift")
        if (scale, shift) == (1, 0):
            return self
        if scale == 0:
            return atoms([shift])
        positive = bool(scale.is_nonnegative and shift.is_nonnegative)
        if self.operation is MOBIUS:
            p, q, r, s = self.parameters
            return self.operands[0].mobius(scale * p + shift * r, scale * q + shift * s, r, s)
        if self.operation is AFFINE:
            p, q = self.parameters
            return self.operands[0].affine(scale * p, scale * q + shift)
        return Spectrum(AFFINE, (scale, shift), (self,), self.on_half_line and positive)

    def mobius(self, p: Any, q: Any, r: Any, s: Any) -> Spectrum:
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
        if r == 0:
            return self.affine(p / s, q / s)
        if not (self.symbols or (r * s).free_symbols):
            pole = exact(-s / r, "pole")
            if self._exact_tree.atoms.get(pole, 0):
                raise ValueError(f"the law has an atom at {-s / r}, where the map is infinite")
        law, (a, b, c, d) = self, (1, 0, 0, 1)
        if self.operation in (AFFINE, MOBIUS):
            (law,) = self.operands
            a, b, c, d = (*self.parameters, 0, 1)[:4]
        p, q, r, s = (
            lowest_terms(v) for v in (p * a + q * c, p * b + q * d, r * a + s * c, r * b + s * d)
        )
        if r == 0:
            return law.affine(p / s, q / s)
        positive = law.on_half_line and all(v.is_nonnegative for v in (p, q, r, s))
        return Spectrum(MOBIUS, (p, q, r, s), (law,), positive)

    def square(self) -> Spectrum:
        """Law of A²: m(z) = [m_A(√z) - m_A(-√z)]/(2√z)."""
        return Spectrum(SQUARE, (), (self, self), True)

    def companion(self, ratio: Any) -> Spectrum:
        """Law of XᵀX if this is that of XXᵀ and X has `ratio` rows a column."""
        ratio = parameter(ratio, "ratio", positive)
        self._require_half_line()
        self._require_rank(ratio)
        return Spectrum(MIXTURE, (ratio,), (self, atoms([0])), True)

    def sample_covariance(self, ratio: Any) -> Spectrum:
        """Marchenko-Pastur map: law of (1/N)·A^½ X Xᵀ A^½ with standard entries in X (n × N).

        Parameters
        ----------
        ratio : number or expression
            Dimension over number of samples, n/N.
        """
        ratio = parameter(ratio, "ratio", positive)
        self._require_half_line()
        return Spectrum(SAMPLE_COVARIANCE, (ratio,), (self,), True)

    def information_plus_noise(self, ratio: Any, variance: Any) -> Spectrum:
        """Law of (1/N)(R + σX)(R + σX)ᵀ, standard entries in X (n × N), (1/N)RRᵀ of this law.

        Dozier & Silverstein (2007): m(z) = δ·m_A(δ²z - δσ²(1 - c)), δ = 1 + cσ²m, c = n/N.

        Parameters
        ----------
        ratio : number or expression
            n/N.
        variance : number or expression
            σ².
        """
        ratio = parameter(ratio, "ratio", positive)
        variance = parameter(variance, "variance", nonnegative)
        self._require_half_line()
        self._require_rank(ratio)
        return Spectrum(INFORMATION_PLUS_NOISE, (ratio, variance), (self,), True)

    def compress(self, fraction: Any) -> Spectrum:
        """Law of a corner of UAUᵀ, U a random rotation: `fraction` of its rows and columns."""
        fraction = parameter(fraction, "fraction", lambda v: And(v > 0, v <= 1))
        return self._powered(1 / fraction).affine(fraction, 0)

    def free_power(self, t: Any) -> Spectrum:
        """Law with t times the free cumulants, t ≥ 1: t-fold free sum for integer t."""
        return self._powered(parameter(t, "t", lambda v: v >= 1))

    def _powered(self, t: Expr) -> Spectrum:
        return self if t == 1 else Spectrum(FREE_POWER, (t,), (self,), self.on_half_line)

    # Operations on two free matrices

    def mix(self, other: Spectrum, weight: Any) -> Spectrum:
        """Law of the block-diagonal matrix of A and B: weight·self + (1 - weight)·other."""
        weight = parameter(weight, "weight", lambda v: And(v > 0, v < 1))
        positive = self.on_half_line and other.on_half_line
        return Spectrum(MIXTURE, (weight,), (self, other), positive)

    def free_sum(self, other: Spectrum) -> Spectrum:
        """Free additive convolution: law of A + UBUᵀ, U a random rotation.

        m(z) = m_A(w) = m_B(z - 1/m - w).
        """
        positive = self.on_half_line and other.on_half_line
        return Spectrum(FREE_SUM, (), (self, other), positive)

    def free_product(self, other: Spectrum) -> Spectrum:
        """Free multiplicative convolution: law of A^½ UBUᵀ A^½, U a random rotation.

        zm(z) = w·m_A(w) = w′·m_B(w′), ww′ = z·zm/(1 + zm). One of the two lives on [0, ∞).
        """
        operands = (self, other)
        if not other._lives_on_half_line():
            if not self._lives_on_half_line():
                raise ValueError("one of the two laws must live on [0, ∞)")
            operands = (other, self)
        positive = self.on_half_line and other.on_half_line
        return Spectrum(FREE_PRODUCT, (), operands, positive)

    def __truediv__(self, scale: Any) -> Spectrum:
        return self.affine(1 / parameter(scale, "scale", lambda v: Ne(v, 0)), 0)

    def subs(self, *values: Any, **named: Any) -> Spectrum:
        """The same composition with symbols replaced: `subs(c, 2)`, `subs({c: 2})`, `subs(c=2)`."""
        pairs = dict([values]) if len(values) == 2 else dict(*values)
        by_name = {symbol.name: symbol for symbol in self.symbols}
        unknown = [name for name in named if name not in by_name]
        if unknown:
            raise ValueError(
                f"{unknown[0]} is no symbol of the law: {', '.join(sorted(by_name)) or 'none'}"
            )
        pairs |= {by_name[name]: value for name, value in named.items()}
        return self._replaced({s: parameter(v, str(s)) for s, v in pairs.items()})

    def _replaced(self, pairs: Mapping[Symbol, Expr]) -> Spectrum:
        def put(value: Expr) -> Expr:
            if not value.free_symbols:
                return value
            return lowest_terms(value.subs(pairs, simultaneous=True))

        operands = tuple(operand._replaced(pairs) for operand in self.operands)
        parameters = mapped(self.parameters, put)
        return Spectrum(self.operation, parameters, operands, self.on_half_line)

    def __repr__(self) -> str:
        return text.plain(self)

    def _repr_latex_(self) -> str:
        return f"${text.tex(self, latex)}$"

    # Results with symbols

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Symbols of all parameters."""
        found: set[Symbol] = set()
        mapped(self.parameters, lambda value: found.update(value.free_symbols))
        return frozenset(found).union(*(operand.symbols for operand in self.operands))

    def potential(self, z: Symbol) -> tuple[Expr, tuple[Symbol, ...]]:
        """Φ, up to a constant, and its unknowns w_1, w_2, …; U is its stationary value.

        U(z) = ∫ln(z - t) μ(dt), so that G = ∂Φ/∂z there.
        """
        unknowns: list[Symbol] = []
        return self._potential(z, unknowns), tuple(unknowns)

    def _potential(self, at: Expr, unknowns: list[Symbol]) -> Expr:
        first, count = len(unknowns) + 1, self.operation.count(self.parameters)
        own = symbols(f"w_{first}:{first + count}")
        unknowns += own
        functions, (rational,), places = self.operation.value(at, *own, *self.parameters)
        coefficients, multiplicities = self.operation.weights(*self.parameters)
        terms = [c * log(f) for c, f in zip(coefficients, functions, strict=True)]
        for operand, place, weight in zip(self.operands, places, multiplicities, strict=True):
            terms.append(weight * operand._potential(place, unknowns))
        return Add(rational, *terms)

    def polynomial(self, m: Symbol, z: Symbol) -> Expr:
        """L(m, z) with L = 0 at the Stieltjes transform m = ∫μ(dx)/(x - z).

        Irreducible over the rationals, with coprime integer coefficients, expanded.
        """
        self._require_new(m, z)
        return self.equation.subs({_m: m, _z: z}, simultaneous=True)

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
        """Density of the continuous part; see `derive.runtime.observables.density`.

        Raises
        ------
        ValueError
            If the law has symbols left or x is not real.
        """
        tree = self._numeric("density")
        for point in np.ravel(np.asarray(x, dtype=object)):
            exact(point, "x")
        return observables.density(tree, np.asarray(x, dtype=object).astype(float))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64] | float:
        """Mass of (-∞, x], atoms included."""
        return observables.cdf(self._numeric("cdf"), x)

    def survival_function(self, x: ArrayLike) -> NDArray[np.float64] | float:
        """Mass of (x, ∞)."""
        return observables.survival_function(self._numeric("survival_function"), x)

    def quantile(self, q: ArrayLike) -> NDArray[np.float64] | float:
        """inf{x : F(x) ≥ q}."""
        return observables.quantile(self._numeric("quantile"), q)

    def cauchy_transform(self, z: ArrayLike) -> NDArray[np.complex128] | complex:
        """G(z) = ∫μ(dt)/(z - t); its limit from above on the real axis."""
        return observables.cauchy_transform(self._numeric("cauchy_transform"), z)

    def evaluate(self, observable: str, *points: Any, dps: int = 50, **parameters: Any) -> Any:
        """Value of an observable to `dps` digits, parameters by name; see `derive.evaluate`."""
        return derive.evaluate(self, observable, *points, dps=dps, **parameters)

    def __call__(self, **parameters: Any) -> Frozen:
        """The law at values of its symbols by name, with the methods of scipy.stats.

        Raises
        ------
        ValueError
            If the law has symbols left, or a name is none of them.
        """
        law = self.subs(**parameters)
        numeric = spectra.Spectrum(law._numeric("a frozen law"))
        return evaluation.frozen(numeric, repr(law))

    def support(self) -> list[tuple[float, float]]:
        """Closed intervals of the continuous part in increasing order.

        Raises
        ------
        ValueError
            If the law has symbols left.
        """
        guess = observables.support(self._numeric("support")).tolist()
        if len(guess) <= _FEW:
            guess = proved_support(self._exact_tree, _DOUBLE, guess)
        return [(float(a), float(b)) for a, b in guess]

    def atoms_of(self) -> list[tuple[Rational, Rational]]:
        """Positions and masses of the atoms, exactly, in increasing order of position.

        Raises
        ------
        ValueError
            If the law has symbols left.
        """
        self._numeric("atoms_of")
        found = sorted(self._exact_tree.atoms.items())
        return [(_rational(position), _rational(mass)) for position, mass in found]

    def sample(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """A symmetric n × n random matrix made by the same composition.

        Parameters
        ----------
        n : int
            Number of rows, positive.
        rng : numpy.random.Generator
        """
        self._numeric("sample")
        return sampled(self._exact_tree, n, rng)

    # Inside

    def tree(self, values: Mapping[Symbol, fmpq]) -> Node:
        """The composition at exact values of its symbols, in its simplest form."""
        parameters = mapped(self.parameters, lambda v: value_at(v, values))
        operands = [operand.tree(values) for operand in self.operands]
        return node(self.operation, parameters, operands)

    @cached_property
    def curve(self) -> Any:
        """The law as a `RationalCurve`, if the operations' rules eliminate all unknowns but one."""
        curves = [operand.curve for operand in self.operands]
        return None if None in curves else self.operation.curve(self.parameters, curves)

    @cached_property
    def _exact_tree(self) -> Node:
        return self.tree(_ANY)

    def _numeric(self, name: str) -> Node:
        if self._symbols:
            left = ", ".join(sorted(map(str, self._symbols)))
            raise ValueError(f"{name} needs numbers, but the law has the symbols {left}")
        return self._float_tree

    @cached_property
    def _float_tree(self) -> Node:
        return floats(self._exact_tree)

    @cached_property
    def equation(self) -> Expr:
        """Irreducible polynomial in `operations.operation.m` and `.z`."""
        return polynomial.physical_factor(
            self.operation.equation(self.parameters, [o.at for o in self.operands]), self
        )

    def at(self, m: Expr, z: Expr) -> Expr:
        """The equation with other expressions for m and z."""
        return self.equation.subs({_m: m, _z: z}, simultaneous=True)

    def series(self, order: int, field: Field) -> Sequence:
        """Moments to an order over a field, given by its map from expressions."""
        operands = [lambda k, o=operand: o.series(k, field) for operand in self.operands]
        if self.operation is MOBIUS:
            first = field(self._first_moment)
            return series.continued(polynomial.terms(self.equation, field), first, order)
        parameters = mapped(self.parameters, field)
        return self.operation.moments(order, parameters, operands)

    @cached_property
    def sample_values(self) -> Mapping[Symbol, fmpq]:
        """Unrelated numbers for the symbols."""
        return _ANY | sample_values(self.symbols)

    @property
    def has_series(self) -> bool:
        """Whether the moments are rational functions of the parameters."""
        return not self._after_mobius

    @cached_property
    def _after_mobius(self) -> bool:
        return self.operation is MOBIUS or any(o._after_mobius for o in self.operands)

    def sample_points(self) -> list[tuple[Transforms, complex]]:
        """Transforms at points of the half-plane, at sample values of the symbols, in doubles."""
        tree = floats(self.tree(self.sample_values))
        places = (0.3 + 1.1j, -0.7 + 0.4j, 1.9 + 0.6j)
        return [(transforms(tree, place), place) for place in places]

    def _exactly(self, function: Any, order: int) -> tuple[Expr, ...]:
        if not isinstance(order, Integral) or order < 0:
            raise ValueError(f"order = {order!r} is not an integer ≥ 0")
        order = int(order)
        if not self.symbols:
            try:
                moments = self._exact_tree.moments(order)
            except ArithmeticError:  # no rational function of those before a Möbius map
                moments = self.series(order, _number)
            return tuple(_rational(v) for v in function(moments))
        if self.has_series:
            return polynomial.over_parameters(lambda field: function(self.series(order, field)))
        field = QQ.frac_field(*sorted(self.symbols, key=str))
        values = function(self.series(order, field.from_sympy))
        return tuple(lowest_terms(field.to_sympy(field.convert(value))) for value in values)

    @cached_property
    def _first_moment(self) -> Expr:
        """First moment after a Möbius map: a root of the polynomial's expansion at infinity."""
        ring = Ring(self.equation.free_symbols)
        # h, written m, in w = 1/z, written z: m = -w - w²h, first moment h(0).
        numerator, _ = ring.fraction(self.at(-_z - _z**2 * _m, 1 / _z))
        _, factors = ring.factors(numerator)
        (near,) = (f for f, _ in factors if ring.degree(f, _m))
        _, factors = ring.factors(ring.coefficients(near, _z)[0])
        found = [ring.coefficients(f, _m) for f, _ in factors if ring.degree(f, _m)]
        roots = [
            lowest_terms(-ring.expression(f[0]) / ring.expression(f[1]))
            for f in found
            if len(f) == 2
        ]
        if self._symbols:
            if len(found) != 1 or not roots:
                raise ValueError("with symbols left, the moments after a Möbius map are undecided")
            return roots[0]
        if not all(map(isfinite, np.ravel(self.support()))):
            raise ValueError("the law has no moments: its support is unbounded")
        (operand,), (p, q, r, s) = self.operands, self.parameters
        inverse = observables.cauchy_transform(operand._float_tree, float(-s / r)).real
        moment = float(p / r) - float((q - p * s / r) / r) * inverse
        close = [root for root in roots if abs(float(root) - moment) <= 1e-9 * (1 + abs(moment))]
        if len(close) != 1:
            raise ValueError("the moments of the law are not rational numbers")
        return close[0]

    @property
    def _symbols(self) -> frozenset[Symbol]:
        """Symbols that the law depends on."""
        return frozenset(self.equation.free_symbols - {_m, _z}) if self.symbols else frozenset()

    def _lives_on_half_line(self) -> bool:
        """Whether on [0, ∞), as far as is known: with symbols left it may be taken on trust."""
        return self.on_half_line or bool(self.symbols) or is_nonnegative(self._float_tree)

    def _require_half_line(self) -> None:
        if not self._lives_on_half_line():
            raise ValueError("the law must live on [0, ∞)")

    def _require_rank(self, ratio: Expr) -> None:
        """With `ratio` rows a column at most one row in `ratio` is independent."""
        if self.symbols or not ratio.is_Rational:
            return
        if self._exact_tree.atoms.get(fmpq(0), 0) < 1 - 1 / _number(ratio):
            raise ValueError(
                f"ratio = {ratio} needs an atom at zero of mass {1 - 1 / ratio} or more"
            )

    def _require_new(self, first: Symbol, second: Symbol) -> None:
        given = {first, second}
        if len(given) < 2 or given & self.symbols or not all(isinstance(s, Symbol) for s in given):
            raise ValueError(f"{first} and {second} must be two symbols that the law does not have")

    def _transform(self, value: Symbol, variable: Symbol, m: Expr, z: Expr) -> Expr:
        self._require_new(value, variable)
        ring = Ring(self.symbols | {value, variable})
        numerator, _ = ring.fraction(self.at(m, z))
        _, factors = ring.factors(numerator)
        found = [f for f, _ in factors if ring.degree(f, value)]
        # Substitution may multiply by powers of the unknown.
        physical = [f for f in found if len(f.coeffs()) > 1] or found
        return ring.normalised(physical[0], value)


def _number(expression: Expr) -> fmpq:
    return value_at(expression, _ANY)


def _rational(number: Any) -> Rational:
    number = fmpq(number)
    return Rational(int(number.p), int(number.q))


def atoms(values: Iterable[Any], weights: Iterable[Any] | None = None) -> Spectrum:
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
    values = tuple(parameter(value, "values") for value in values)
    if not values:
        raise ValueError("values is empty: at least one atom is needed")
    if weights is None:
        masses = [Rational(1, len(values))] * len(values)
    else:
        masses = _normalised(tuple(weights))
    if len(masses) != len(values):
        raise ValueError(f"{len(values)} values, but {len(masses)} weights")
    return Spectrum(ATOMS, (values, tuple(masses)), (), all(v.is_nonnegative for v in values))


def semicircle(variance: Any) -> Spectrum:
    """Wigner's law, of mean zero: a symmetric matrix of independent entries."""
    return Spectrum(SEMICIRCLE, (parameter(variance, "variance", nonnegative),))


def marchenko_pastur(ratio: Any) -> Spectrum:
    """Law of (1/N)XXᵀ with standard entries in X (n × N), ratio = n/N."""
    return atoms([1]).sample_covariance(ratio)


def layers(stack: Iterable[Sequence], nodes: Iterable[Sequence]) -> Spectrum:
    """Law of Σ_i offset_i·K_i + fixed, random layers K_i that share their data.

    K_i is the sample covariance of d_i Gaussian rows with covariance Σ_k entry_ki·P_k +
    gain_(i+1)·K_(i+1), P_k the projection on node k's share of the dimensions.

    Parameters
    ----------
    stack : sequence of (ratio, offset, gain)
        From the outermost layer; ratio is n/d_i, gain_i that of K_i in the covariance of the layer
        before (of the first it has no meaning).
    nodes : sequence of (weight, fixed, entries)
        Known eigenvalues, with one entry for each layer; weights sum to one.
    """
    stack, nodes = [tuple(layer) for layer in stack], [tuple(known) for known in nodes]
    for part in (*stack, *nodes):
        if len(part) != 3:
            raise ValueError(f"{part} is no layer (ratio, offset, gain) or node (weight, fixed, …)")
    made = tuple(
        (
            parameter(ratio, "ratio", positive),
            parameter(offset, "offset", nonnegative),
            parameter(gain if k else 0, "gain", nonnegative),
        )
        for k, (ratio, offset, gain) in enumerate(stack)
    )
    weights, fixed, entries = zip(*nodes, strict=True)
    for row in entries:
        if len(row) != len(made):
            raise ValueError(f"{len(row)} entries of a node, but {len(made)} layers")
    known = zip(
        _normalised(weights),
        (parameter(value, "fixed", nonnegative) for value in fixed),
        (tuple(parameter(value, "entry", nonnegative) for value in row) for row in entries),
        strict=True,
    )
    return Spectrum(LAYERS, (made, tuple(known)), (), True)


def _normalised(weights: Sequence) -> list[Expr]:
    masses = [parameter(weight, "weights", nonnegative) for weight in weights]
    total = sum(masses, Integer(0))
    total = lowest_terms(total) if total.free_symbols else total
    if any(isinstance(w, float) for w in weights) and total.is_Rational and abs(total - 1) < 1e-9:
        return [mass / total for mass in masses]
    if total != 1:
        raise ValueError(f"weights sum to {total}, not to one")
    return masses
