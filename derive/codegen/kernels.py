"""The kernels of a law: special points, the points over z, and what follows from them.

Distances to the special points are formed from offsets to the smallest zero of z(y), as everywhere
in the generated modules. Complex numbers are pairs of real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from sympy import (
    Abs,
    Expr,
    I,
    Integer,
    Max,
    Min,
    Mul,
    Rational,
    Symbol,
    atan2,
    exp,
    factor,
    log,
    sqrt,
)

from derive.codegen.divisor import Factor, Product, Residues, SpecialPoints
from derive.codegen.kernel import Kernel, copysign, csqrt, log1p
from derive.codegen.radicals import DEGREES, complex_pair, real_roots

Assignments = list[tuple[Symbol, Expr]]
Complex = tuple[Expr, Expr]

p, q, x, d, gamma, scale = map(Symbol, ("p", "q", "x", "d", "gamma", "scale"))
delta, xi = Symbol("delta"), Symbol("xi")
PI = Symbol("pi")  # a global of the generated module
_VALUE = Symbol("value")
_HEIGHT = Symbol("height", real=True)
_SMALLEST = Rational(5, 10**324)  # makes 0/0 zero where it stands for a double root at zero


class Kernels:
    """Straight-line programs for one law."""

    def __init__(self, points: SpecialPoints):
        self.points = points
        self.parameters = points.law.symbols

    @property
    def offsets(self) -> tuple[Symbol, ...]:
        """Special points, as offsets from the smallest zero."""
        return tuple(Symbol(name) for f in self.points.factors for name in f.roots)

    @property
    def _expanded(self) -> tuple[list[Symbol], list[Symbol]]:
        """Coefficients of numerator and denominator of z/scale, monic, from the top down."""
        degree = self.points.degree
        return (
            [Symbol(f"n{k}") for k in reversed(range(degree))],
            [Symbol(f"d{k}") for k in reversed(range(degree - 1))],
        )

    @cached_property
    def special_points(self) -> Kernel:
        """Offsets of the special points, scale, and the expanded polynomials."""
        steps: Assignments = []
        positions: dict[str, Expr] = {}
        for f in self.points.factors:
            steps += self._positions(f, positions)
        lowest = [Symbol(f"{f.roots[0]}_position") for f in self.points.zeros]
        origin = Symbol("origin")
        steps.append((origin, Min(*lowest) if len(lowest) > 1 else lowest[0]))
        steps += [(Symbol(name), value - origin) for name, value in positions.items()]
        steps.append((scale, self.points.product(self.points.law.curve.z).constant))
        numerator, denominator = self._expanded
        steps += _expansion(numerator, self.points.zeros)
        steps += _expansion(denominator, self.points.poles)
        outputs = (*self.offsets, scale, *numerator, *denominator)
        return Kernel(
            "special_points",
            "Special points of z(y), as offsets, and its expanded numerator and denominator.",
            self.parameters,
            (),
            tuple(steps),
            outputs,
        )

    @staticmethod
    def _positions(f: Factor, positions: dict[str, Expr]) -> Assignments:
        names = [Symbol(f"{name}_position") for name in f.roots]
        positions.update(zip(f.roots, names, strict=True))
        if len(f.roots) == 1:
            return [(names[0], -f.coefficients[0])]
        # The root larger in modulus without cancellation, the other one from their product.
        b, c = f.coefficients
        stem = f.roots[0].removesuffix("_lower")
        half, large, small = (Symbol(f"{stem}_{part}") for part in ("half", "large", "small"))
        return [
            (half, -b / 2),
            (large, half + copysign(sqrt(half**2 - c) + _SMALLEST, half)),
            (small, c / large),
            (names[0], Min(large, small)),
            (names[1], large + small - names[0]),
        ]

    def _over_x(self) -> tuple[list[Expr], Assignments, tuple[Symbol, ...]]:
        """Coefficients of N - ξD below the leading one, their assignments, and the constants."""
        numerator, denominator = self._expanded
        names = [Symbol(f"a{k}") for k in reversed(range(self.points.degree))]
        steps: Assignments = [(xi, x / scale), (names[0], numerator[0] - xi)]
        steps += [
            (a, n - xi * d) for a, n, d in zip(names[1:], numerator[1:], denominator, strict=True)
        ]
        return names, steps, (scale, *numerator, *denominator)

    @property
    def by_radicals(self) -> bool:
        """Whether radicals find the physical roots over x > 0.

        They give the complex pair, which means density only where all other roots are real.
        """
        return self.points.degree in DEGREES and self.points.hidden is not None

    @cached_property
    def pair(self) -> Kernel:
        """Start for the complex pair over x > 0: center and discriminant."""
        names, steps, constants = self._over_x()
        center, discriminant = Symbol("center"), Symbol("discriminant")
        steps += complex_pair(names, center, discriminant)
        meaning = "The pair center ± sqrt(discriminant) over x > 0 by radicals, to start from."
        return Kernel("pair", meaning, (x,), constants, tuple(steps), (center, discriminant))

    @cached_property
    def real_roots(self) -> Kernel:
        """Start for the points over x > 0 if all are real."""
        names, steps, constants = self._over_x()
        roots = [Symbol(f"root{k}") for k in range(self.points.degree)]
        steps += real_roots(names, roots)
        meaning = "All points over x if they are real, by radicals, to start from."
        return Kernel("real_roots", meaning, (x,), constants, tuple(steps), tuple(roots))

    @cached_property
    def axis_step(self) -> Kernel:
        """A step of Newton's method for z(p + iq) = x, and its square over q²."""
        steps = self._distances(self.offsets)
        slope, curl = Integer(0), Integer(0)
        for f in self.points.factors:
            for name in f.roots:
                slope += f.exponent * _distance(name) / _norm(name)
                curl += f.exponent / _norm(name)
        above = [(n, f.exponent) for f in self.points.zeros for n in f.roots]
        below = [(n, -f.exponent) for f in self.points.poles for n in f.roots]
        N, D = (Symbol("N_re"), Symbol("N_im")), (Symbol("D_re"), Symbol("D_im"))
        steps += _complex_product(above, "N", N)
        steps += _complex_product(below, "D", D)
        e, L = (Symbol("e_re"), Symbol("e_im")), (Symbol("L_re"), Symbol("L_im"))
        size, w = Symbol("size"), Symbol("L_norm")
        dp, dq = Symbol("dp"), Symbol("dq")
        steps += [
            (size, scale / (x * Mul(*(_norm(n) ** k for n, k in below)))),
            (e[0], (N[0] * D[0] + N[1] * D[1]) * size - 1),
            (e[1], (N[1] * D[0] - N[0] * D[1]) * size),
            (L[0], slope),
            (L[1], -q * curl),
            (w, L[0] ** 2 + L[1] ** 2),
            (dp, (e[0] * L[0] + e[1] * L[1]) / w),
            (dq, (e[1] * L[0] - e[0] * L[1]) / w),
            (Symbol("step"), (dp**2 + dq**2) / Symbol("q2")),
            (Symbol("new_p"), p - dp),
            (Symbol("new_q"), q - dq),
        ]
        outputs = tuple(Symbol(name) for name in ("new_p", "new_q", "step"))
        meaning = "A step of Newton's method for z(p + iq) = x, and its square over q²."
        constants = (*self.offsets, scale)
        return Kernel("axis_step", meaning, (x, p, q), constants, tuple(steps), outputs)

    @cached_property
    def real_step(self) -> Kernel:
        """A step of Newton's method for z(p) = x, its error after it, and z′/z before it."""
        steps: Assignments = [(_distance(o.name), p - o) for o in self.offsets]
        slope, curvature = Symbol("slope"), Symbol("curvature")
        quotient, rate, bend = scale / x, Integer(0), Integer(0)
        for f in self.points.factors:
            for name in f.roots:
                quotient *= _distance(name) ** f.exponent
                rate += f.exponent / _distance(name)
                bend += abs(f.exponent) / _distance(name) ** 2
        dp, excess = Symbol("dp"), Symbol("excess")
        steps += [
            (slope, rate),
            (curvature, bend),
            (excess, quotient - 1),
            (dp, excess / slope),
            # The first term alone could underflow far from all special points.
            (Symbol("step"), Abs(dp * curvature / slope) + Abs(excess)),
            (Symbol("new_p"), p - dp),
        ]
        outputs = (Symbol("new_p"), Symbol("step"), slope)
        meaning = "A step of Newton's method for z(p) = x, its error, and the slope of ln z."
        constants = (*self.offsets, scale)
        return Kernel("real_step", meaning, (x, p), constants, tuple(steps), outputs)

    @staticmethod
    def _distances(offsets: Iterable[Symbol]) -> Assignments:
        """Real parts of the distances and squared moduli."""
        steps: Assignments = [(Symbol("q2"), q**2)]
        for offset in offsets:
            steps.append((_distance(offset.name), p - offset))
            steps.append((_norm(offset.name), _distance(offset.name) ** 2 + Symbol("q2")))
        return steps

    def density(self, zG: Residues) -> Kernel:
        """-Im G/π = -Im(zG)/(πx)."""
        names = [Symbol(name) for name, _ in zG.terms]
        steps = self._distances(names)
        steps.append((_VALUE, _lift(zG) / (x * PI)))
        constants = self._constants(steps)
        meaning = "The density -Im(zG)/(πx)."
        return Kernel("density", meaning, (x, p, q), constants, tuple(steps), (_VALUE,))

    def distribution(
        self, leading: Product, rational: Residues, logarithms: Sequence[tuple]
    ) -> Kernel:
        """F(x) and 1 - F(x), each from the small angles on its side.

        U = Σ residues + ln(leading) - Σ coefficient·ln α, Im α ≤ 0; each α comes as a product and
        as a sum of residues, whose imaginary part is exact in sign.
        """
        products = [leading, *(product for _, product, _ in logarithms)]
        sums = [rational, *(residues for _, _, residues in logarithms)]
        used = {n for f in products for n, _ in f.exponents}
        used |= {n for f in sums for n, _ in f.terms}
        offsets = [offset for offset in self.offsets if offset.name in used]
        steps = self._distances(offsets)
        first, _ = self._quotient(leading, "leading", steps)
        below, above = Symbol("below"), Symbol("above")
        turns, rest, joined = -_lift(rational), -_lift(rational), first
        for k, (coefficient, product, residues) in enumerate(logarithms):
            alpha, norm = self._quotient(product, f"alpha{k}", steps)
            angle, whole, part = (Symbol(f"{name}{k}") for name in ("angle", "whole", "part"))
            steps += [
                (angle, atan2(_lift(residues) * norm, alpha[0])),
                (whole, (1 - copysign(1, coefficient + Rational(1, 2))) / 2),
                (part, 1 - whole),
            ]
            turns += coefficient * angle
            # A coefficient close to -1 comes with an atom: one angle of the product with the
            # leading one, or nearly all of 1 - F would cancel.
            rest += (part * coefficient + whole * factor(coefficient + 1)) * angle
            joined = _times(joined, (part + whole * alpha[0], whole * alpha[1]))
            names = (Symbol(f"joined{k}_re"), Symbol(f"joined{k}_im"))
            steps += list(zip(names, joined, strict=True))
            joined = names
        steps += [
            (below, (atan2(first[1], -first[0]) - turns) / PI),
            (above, (atan2(joined[1], joined[0]) + rest) / PI),
        ]
        constants = self._constants(steps)
        meaning = "F(x) and 1 - F(x) from Im U, each from the small angles on its side."
        return Kernel("distribution", meaning, (p, q), constants, tuple(steps), (below, above))

    @cached_property
    def ridge_step(self) -> Kernel:
        """A step for z = -γ in ln d, d = -δ > 0: the new d, and ln γ - ln f(d) before it."""
        steps = self._ray(self.offsets)
        zeros = [(_distance(n), f.exponent) for f in self.points.zeros for n in f.roots]
        poles = [(_distance(n), -f.exponent) for f in self.points.poles for n in f.roots]
        slope = sum(k / s for s, k in zeros) - sum(k / s for s, k in poles)
        excess = Symbol("excess")
        quotient = Mul(*(s**k for s, k in poles)) / Mul(*(s**k for s, k in zeros))
        steps += [
            (excess, log(gamma / scale * quotient)),
            (Symbol("new_d"), d * exp(excess / (d * slope))),
        ]
        meaning = "A Newton step for z(-d) = -gamma in ln d, and the residual before it."
        constants, outputs = (*self.offsets, scale), (Symbol("new_d"), excess)
        return Kernel("ridge_step", meaning, (gamma, d), constants, tuple(steps), outputs)

    def train_error(self, companion_zG: Product, companion: Product) -> Kernel:
        """E = -zG̃·(d ln G̃/dy)/(d ln z/dy): along the ray no difference cancels."""
        steps = self._ray(self.offsets)
        slope = sum(f.exponent / _distance(n) for f in self.points.factors for n in f.roots)
        rate = -sum(k / _distance(n) for n, k in companion.exponents)
        steps.append((_VALUE, _on_ray(companion_zG) * rate / slope))
        constants = self._constants(steps)
        meaning = "E = -zG~ (d ln G~/dy)/(d ln z/dy): along the ray no difference cancels."
        return Kernel("train_error", meaning, (d,), constants, tuple(steps), (_VALUE,))

    def log_potential(
        self, leading: Product, rational: Residues, logarithms: Sequence[tuple]
    ) -> Kernel:
        """Re U, each α near one by its distance from one."""
        steps = self._ray(self.offsets)
        value = log(-_on_ray(leading)) - sum(r / _distance(n) for n, r in rational.terms)
        for k, (coefficient, product, residues) in enumerate(logarithms):
            excess = Symbol(f"excess{k}")
            steps.append((excess, -sum(r / _distance(n) for n, r in residues.terms)))
            near, far = Max(excess, -Rational(1, 2)), Min(2 * _on_ray(product), 1)
            value -= coefficient * (log1p(near) + log(far))
        steps.append((_VALUE, value))
        constants = self._constants(steps)
        meaning = "Re U at z = -gamma, each alpha near one by its distance from one."
        return Kernel("log_potential", meaning, (d,), constants, tuple(steps), (_VALUE,))

    @staticmethod
    def _ray(offsets: Iterable[Symbol]) -> Assignments:
        """Distances to the special points from δ = -d."""
        return [(_distance(offset.name), d + offset) for offset in offsets]

    @cached_property
    def complex_start(self) -> Kernel:
        """Start above the axis: the law with two complex points whose first four moments agree.

        N/D = δ + c + r/(δ - s) + O(δ⁻³) is solved as a quadratic, with the root in C⁺.
        """
        numerator, denominator = self._expanded
        # Coefficients of N/D = δ + c + r/δ + rs/δ² + ...
        n = [*numerator, *[Integer(0)] * 2]
        d = [*denominator, *[Integer(0)] * 2]
        c, r, s = Symbol("c"), Symbol("r"), Symbol("s")
        linear, constant = Symbol("linear"), Symbol("constant")
        steps: Assignments = [
            (c, n[0] - d[0]),
            (r, n[1] - d[1] - d[0] * c),
            (s, (n[2] - d[2] - d[1] * c - d[0] * r) / r),
            (linear, xi - c + s),
            (constant, (xi - c) * s + r),
            (delta, (linear + I * csqrt(4 * constant - linear**2)) / 2),
        ]
        constants = (*numerator, *denominator)
        meaning = "Start in the upper half-plane, from the first four moments."
        return Kernel("complex_start", meaning, (xi,), constants, tuple(steps), (delta,))

    def cauchy_transform(self, cauchy: Product) -> Kernel:
        """G at complex δ."""
        steps, value = self._complex_value(cauchy)
        steps.append((_VALUE, value))
        meaning = "The Cauchy transform at the point delta."
        return Kernel(
            "cauchy_transform", meaning, (delta,), self._constants(steps), tuple(steps), (_VALUE,)
        )

    def cauchy_transform_prime(self, cauchy_over_z: Product, cauchy: Product) -> Kernel:
        """G′ = (G/z)·(d ln G/dy)/(d ln z/dy) at complex δ."""
        steps, value = self._complex_value(cauchy_over_z)
        rate = sum(k / _distance(n) for n, k in cauchy.exponents)
        slope = sum(f.exponent / _distance(n) for f in self.points.factors for n in f.roots)
        known = {symbol for symbol, _ in steps}
        steps += [s for s in self._differences(self.offsets) if s[0] not in known]
        steps.append((_VALUE, value * rate / slope))
        meaning = "dG/dz = (G/z) (d ln G/dy)/(d ln z/dy) at the point delta."
        return Kernel(
            "cauchy_transform_prime",
            meaning,
            (delta,),
            self._constants(steps),
            tuple(steps),
            (_VALUE,),
        )

    def _complex_value(self, product: Product) -> tuple[Assignments, Expr]:
        names = {name for name, _ in product.exponents}
        steps = self._differences(o for o in self.offsets if o.name in names)
        value = product.constant * Mul(*(_distance(n) ** k for n, k in product.exponents))
        return steps, value

    @staticmethod
    def _differences(offsets: Iterable[Symbol]) -> Assignments:
        return [(_distance(offset.name), delta - offset) for offset in offsets]

    def _constants(self, steps: Assignments) -> tuple[Symbol, ...]:
        """The offsets and parameters that assignments mention."""
        mentioned = set[Symbol]().union(*(value.free_symbols for _, value in steps))
        return tuple(s for s in (*self.offsets, *self.parameters) if s in mentioned)

    def height(self, subordination: Sequence[Expr]) -> Kernel:
        """The least of Im w/Im y over the subordination functions, in units of its terms."""
        least: Expr = Integer(1)
        names: dict[str, None] = {}
        for w in subordination:
            linear, fractions = self.points.partial_fractions(w)
            names.update((name, None) for name, _, _ in fractions)
            terms = [linear]
            for name, order, coefficient in fractions:
                a = Symbol(_distance(name).name, real=True)
                fall = ((a + I * _HEIGHT) ** order).expand().as_real_imag()[1] / _HEIGHT
                fall = fall.expand().subs({_HEIGHT: q, a: _distance(name)})
                terms.append(-coefficient * fall / _norm(name) ** order)
            least = Min(least, sum(terms) / sum(Abs(term) for term in terms), evaluate=False)
        offsets = tuple(Symbol(name) for name in names)
        steps = [*self._distances(offsets), (_VALUE, least)]
        constants = self._constants(steps)
        meaning = "The least Im w/Im y of the subordination functions w, in units of its terms."
        return Kernel("height", meaning, (p, q), constants, tuple(steps), (_VALUE,))

    @cached_property
    def complex_step(self) -> Kernel:
        """A step of Newton's method for N(δ) = ξ·D(δ), ξ = z/scale, and its relative size."""
        steps = self._differences(self.offsets)
        parts = []
        for stem, factors in (("N", self.points.zeros), ("D", self.points.poles)):
            value, slope = Symbol(stem), Symbol(f"{stem}_prime")
            steps += _product_and_derivative(
                [_distance(n) for f in factors for n in f.roots for _ in range(abs(f.exponent))],
                value,
                slope,
            )
            parts.append((value, slope))
        (N, N_prime), (D, D_prime) = parts
        change = Symbol("change")
        steps += [
            (change, (N - xi * D) / (N_prime - xi * D_prime)),
            (Symbol("new_delta"), delta - change),
        ]
        outputs = (Symbol("new_delta"), change)
        meaning = "A step of Newton's method for N(delta) = xi D(delta), xi = z/scale."
        return Kernel("complex_step", meaning, (xi, delta), self.offsets, tuple(steps), outputs)

    @staticmethod
    def _quotient(product: Product, stem: str, steps: Assignments) -> tuple[Complex, Expr]:
        """A product times the positive |denominator|², and that factor."""
        above = [(n, k) for n, k in product.exponents if k > 0]
        below = [(n, -k) for n, k in product.exponents if k < 0]
        N = (Symbol(f"{stem}_re"), Symbol(f"{stem}_im"))
        if not below:
            steps += _complex_product(above, stem, N)
            return N, Integer(1)
        D = (Symbol(f"{stem}_below_re"), Symbol(f"{stem}_below_im"))
        steps += _complex_product(above, stem, N)
        steps += _complex_product(below, f"{stem}_below", D)
        value = (N[0] * D[0] + N[1] * D[1], N[1] * D[0] - N[0] * D[1])
        return value, Mul(*(_norm(n) ** k for n, k in below))


def _distance(name: str) -> Symbol:
    return Symbol(f"to_{name}")


def _norm(name: str) -> Symbol:
    return Symbol(f"norm_{name}")


def _on_ray(product: Product) -> Expr:
    """A product of y - root at δ = -d."""
    sign = (-1) ** sum(k for _, k in product.exponents)
    return sign * product.constant * Mul(*(_distance(n) ** k for n, k in product.exponents))


def _product_and_derivative(parts: list[Expr], value: Symbol, slope: Symbol) -> Assignments:
    """Product of linear factors with derivative one, and its derivative."""
    pairs: list[Complex] = [(part, Integer(1)) for part in parts]
    steps: Assignments = []
    count = 0
    while len(pairs) > 1:
        merged = []
        for (f, f_prime), (g, g_prime) in zip(pairs[::2], pairs[1::2], strict=False):
            names = (Symbol(f"{value}{count}"), Symbol(f"{slope}{count}"))
            if len(pairs) == 2:
                names = (value, slope)
            count += 1
            steps += [(names[0], f * g), (names[1], f_prime * g + f * g_prime)]
            merged.append(names)
        pairs = merged + pairs[len(pairs) // 2 * 2 :]
    if not steps:
        steps = [(value, pairs[0][0]), (slope, pairs[0][1])]
    return steps


def _lift(residues: Residues) -> Expr:
    """Minus the imaginary part of a sum of residues."""
    return q * sum(residue / _norm(name) for name, residue in residues.terms)


def _expansion(names: Sequence[Symbol], factors: Sequence[Factor]) -> Assignments:
    """Coefficients of the product of (δ - root), from the top down."""
    coefficients: list[Expr] = [Integer(1)]
    for root in (Symbol(n) for f in factors for n in f.roots for _ in range(abs(f.exponent))):
        pairs = zip([*coefficients, Integer(0)], [Integer(0), *coefficients], strict=True)
        coefficients = [here - root * above for here, above in pairs]
    return list(zip(names, coefficients[1:], strict=True))


def _complex_product(factors: list[tuple[str, int]], stem: str, result: Complex) -> Assignments:
    """Product of (distance + iq)^k."""
    steps: Assignments = []
    parts: list[Complex] = [(_distance(name), q) for name, k in factors for _ in range(k)]
    count = 0
    while len(parts) > 1:
        merged = []
        for first, second in zip(parts[::2], parts[1::2], strict=False):
            real, imaginary = _times(first, second)
            if len(parts) == 2:
                names = result
            else:
                names = (Symbol(f"{stem}{count}_re"), Symbol(f"{stem}{count}_im"))
                count += 1
            steps += [(names[0], real), (names[1], imaginary)]
            merged.append(names)
        parts = merged + parts[len(parts) // 2 * 2 :]
    if not steps:
        steps = list(zip(result, parts[0], strict=True))
    return steps


def _times(first: Complex, second: Complex) -> Complex:
    (a, b), (c, d) = first, second
    if b == d:
        return a * c - (Symbol("q2") if b == q else b**2), b * (a + c)
    return a * c - b * d, a * d + b * c
