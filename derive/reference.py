"""Arbitrary-precision values of every observable of every law.

Arguments are exact rationals; all arithmetic is on balls (python-flint), whose radii prove the
digits that are returned. Precision is doubled until the branch is decided and the digits are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, singledispatch
from itertools import pairwise
from numbers import Integral
from typing import Any

import mpmath
from flint import acb, arb, ctx, fmpq, fmpq_poly
from sympy import Expr, Symbol

from derive import laws
from derive.branch import Fibre, Point, isolated_roots, specialise
from derive.calculus import Spectrum
from derive.digits import is_positive, to_digits
from derive.laws.law import Law
from derive.observables import Observable, observables
from derive.observables.observable import (
    PLANE,
    RIDGE,
    Coefficients,
    Constant,
    Intervals,
    Inverse,
    Lowest,
    OfLabels,
    Part,
    Parts,
    Sequence,
    Transform,
)
from derive.potential import reference as composed
from derive.rational import Complex, exact, exact_complex, value_at
from derive.variables import gamma, z

Parameters = dict[Symbol, fmpq]

_LEVEL_DIGITS = 30  # more, as levels are told from the mass of an atom or below a gap


def evaluate(
    law: Law | Spectrum | str,
    observable: str,
    *points: Any,
    dps: int = 50,
    **parameters: Any,
) -> Any:
    """Value of an observable to `dps` digits.

    Parameters
    ----------
    law : Law, Spectrum or str
        A law or its name, or a composition.
    observable : str
        Name of one of the functions of the generated module.
    *points : int, Fraction, str, float, mpmath or SymPy number
        The observable's argument, if it has one. Taken exactly: ``"0.1"`` is 1/10, while the float
        ``0.1`` is the nearest double. Complex arguments may be complex numbers or text such as
        ``"1/2+3/4j"``.
    dps : int
        Significant digits; every returned digit is proved by ball arithmetic. A real or imaginary
        part below 10^(-4 dps) of the modulus may be returned as zero.
    **parameters
        All parameters of the law, with the same kinds of value.

    Returns
    -------
    mpf or mpc, or a list of these
        A list for coefficients and moments; a list of pairs for the support; a dict for parts.

    Raises
    ------
    ValueError
        For an unknown name, a missing or extra argument, or a value outside its domain; also at a
        pole of the observable.
    ArithmeticError
        When the physical branch or the digits cannot be decided at any reasonable precision.

    Examples
    --------
    >>> from derive.reference import evaluate
    >>> print(evaluate("marchenko_pastur", "density", 1, dps=20, ratio=1, variance=1))
    0.27566444771089602476
    """
    return evaluate_near(law, observable, *points, dps=dps, **parameters)


def evaluate_near(
    law: Law | Spectrum | str,
    observable: str,
    *points: Any,
    dps: int,
    near: float | None = None,
    **parameters: Any,
) -> Any:
    """The same; a quantile is found sooner from a number near it."""
    law = _named(law, laws.EVERY_LAW, "law") if isinstance(law, str) else law
    if isinstance(law, Spectrum):
        law, parameters = Law("spectrum", (), law.subs(**parameters)), {}
    if not isinstance(dps, Integral) or dps < 1:
        raise ValueError(f"dps = {dps!r} is not a positive integer")
    kind = _named(observable, {o.public_name(law): o for o in observables(law)}, "observable")
    labels = _labels(kind.labels(law), parameters)
    values = law.read({k: v for k, v in parameters.items() if k not in labels})
    expected = 0 if kind.argument is None else 1
    if len(points) != expected:
        raise ValueError(f"{observable} takes {expected} point(s), got {len(points)}")
    if law.curve is None:
        try:
            return composed.evaluate(law, kind, values, int(dps), *points, near=near)
        except RecursionError:
            raise ValueError(f"{law.name} is composed of too many operations here") from None
    start = {"near": near} if isinstance(kind, Inverse) else labels
    return _evaluate(kind, law, values, dps, *points, **start)


def _named(name: str, table: Mapping[str, Any], what: str) -> Any:
    if name not in table:
        raise ValueError(f"{what} = {name!r} is not one of {', '.join(table)}")
    return table[name]


def _labels(defaults: Mapping[str, float | None], given: Mapping[str, Any]) -> dict[str, fmpq]:
    """Variances of labels."""
    variances = {}
    for name, default in defaults.items():
        value = given.get(name, default)
        if value is None:
            raise ValueError(
                f"{name} is missing: the variances of labels are {', '.join(defaults)}"
            )
        variances[name] = exact(value, name)
        if variances[name] < 0:
            raise ValueError(f"{name} = {value} is outside its domain {name} >= 0")
    return variances


# Observables by kind


@singledispatch
def _evaluate(
    kind: Observable, law: Law, values: Parameters, dps: int, *points: Any, **start: Any
) -> Any:
    raise TypeError(f"no reference evaluation for {type(kind).__name__}")


@_evaluate.register
def _(kind: Transform, law: Law, values: Parameters, dps: int, point: Any) -> Any:
    name = kind.argument.name
    at = exact_complex(point, name) if kind.argument is PLANE else (exact(point, name), fmpq(0))
    if kind.argument is RIDGE:
        if at[0] < 0:
            raise ValueError(f"gamma = {point} is outside its domain gamma >= 0")
        at = (-at[0], fmpq(0))
    return to_digits(lambda: _transform(kind, law, values, at), dps)


@_evaluate.register
def _(
    kind: OfLabels,
    law: Law,
    values: Parameters,
    dps: int,
    point: Any,
    *,
    signal: fmpq | None = None,
    noise: fmpq | None = None,
) -> Any:
    gamma = _ridge(point)
    parts = [(fmpq(1) if noise is None else noise, kind.on_curve(law).rational)]
    if signal:
        parts.append((signal, kind.of_signal(law)))

    def compute() -> arb:
        at = _physical(law, tuple(values.items()), (-gamma, fmpq(0)), ctx.prec)
        return _weighted(parts, values, at)

    return to_digits(compute, dps)


@_evaluate.register
def _(
    kind: Parts, law: Law, values: Parameters, dps: int, point: Any, **labels: fmpq
) -> dict[str, Any]:
    gamma = _ridge(point)
    parts = kind.on_curve(law)

    def compute() -> list[arb]:
        at = _physical(law, tuple(values.items()), (-gamma, fmpq(0)), ctx.prec)
        return [_weighted([(labels[label], part)], values, at) for label, part in parts.values()]

    return dict(zip(parts, to_digits(compute, dps), strict=True))


def _ridge(value: Any) -> fmpq:
    gamma = exact(value, RIDGE.name)
    if gamma < 0:
        raise ValueError(f"gamma = {value} is outside its domain {RIDGE.domain}")
    return gamma


def _weighted(terms: Iterable[tuple[fmpq, Expr]], values: Parameters, at: Point) -> arb:
    """Sum of functions on the curve that are not negative; infinite at a pole of one."""
    try:
        found = (c * specialise(part, values).at(at).real for c, part in terms if c)
        return sum(found, arb(0))
    except ZeroDivisionError:
        return arb("inf")


@_evaluate.register
def _(kind: Lowest, law: Law, values: Parameters, dps: int, **labels: fmpq) -> Any:
    given = values | {Symbol(name): variance for name, variance in labels.items()}
    slope = specialise(kind.rising(law), given).numerator
    if slope == 0:
        return mpmath.mpf(0)

    def compute() -> arb:
        fibre = Fibre(law, values)
        left = slope  # without zeros at γ = 0, where nothing is decided
        while (common := left.gcd(fibre.z.numerator)).degree() > 0:
            left //= common
        start = fibre.at_zero().y.real
        roots = [
            root.real
            for root, multiplicity in isolated_roots(left)
            if root.imag == 0 and multiplicity % 2 and is_positive(start - root.real)
        ]
        far = slope.coeffs()[-1] * (-1) ** slope.degree()  # the sign as γ → ∞
        if len(roots) == (0 if far < 0 else 1):
            return arb("inf") if far < 0 else -fibre.z(acb(roots[0])).real
        if roots:
            raise ArithmeticError(f"{kind.of.name} has more than one extremum")
        return arb(0)

    return to_digits(compute, dps)


def _transform(kind: Transform, law: Law, values: Parameters, at: Complex) -> arb | acb:
    if at == (0, 0) and kind.part is Part.TURNS:
        return _above_zero(kind, law, values)
    point = _physical(law, tuple(values.items()), (at[0], abs(at[1])), ctx.prec)
    value = _at_point(kind, law, values, point)
    return value if at[1] >= 0 else acb(value).conjugate()


@lru_cache(maxsize=64)  # all transforms share the point
def _physical(law: Law, parameters: tuple, at: Complex, bits: int) -> Point:
    """Physical point over x + iy, y ≥ 0, at flint's present precision."""
    fibre = Fibre(law, dict(parameters))
    if at == (0, 0):
        return fibre.at_zero()
    return fibre.above(*at) if at[1] else fibre.on_axis(at[0])


def _at_point(kind: Transform, law: Law, values: Parameters, point: Point) -> arb | acb:
    """Value of a transform at a physical point on or above the axis."""
    on_curve = kind.on_curve(law)
    terms = [(value_at(c, values), specialise(f, values)) for c, f in on_curve.logarithms]
    try:
        value = specialise(on_curve.rational, values).at(point)
        logarithms = [(c, f.at(point)) for c, f in terms if c != 0]
    except ZeroDivisionError:
        if kind.part is Part.REAL:
            return arb("-inf")  # only the potential, at an atom
        raise ValueError(f"{kind.name} has a pole at z = 0") from None
    if kind.part is Part.VALUE:
        return value
    if kind.part is Part.TURNS:
        turns = sum((c * _turns(f) for c, f in logarithms), value.imag / arb.pi())
        return arb(int(kind.offset)) - turns
    if any(f == 0 for _, f in logarithms):
        return arb("-inf")
    return sum((c * abs(f).log() for c, f in logarithms), value.real)


def _turns(f: acb) -> arb:
    """Argument over π of a point in the closed upper half-plane, exact on the real axis."""
    if f.imag == 0:
        return arb(0) if is_positive(f.real) else arb(1)
    return f.arg() / arb.pi()


def _above_zero(kind: Transform, law: Law, values: Parameters) -> arb:
    at_zero = kind.at_zero(law)
    if at_zero == 0 and Fibre(law, values).hard_edge():
        return arb("inf")
    return arb(value_at(at_zero, values))


@_evaluate.register
def _(kind: Inverse, law: Law, values: Parameters, dps: int, level: Any, near: float | None) -> Any:
    q = exact(level, kind.argument.name)
    if not 0 <= q <= 1:
        raise ValueError(f"q = {level} is outside its domain {kind.argument.domain}")
    if q <= value_at(law.curve.atom, values):
        is_lower_end = q == 0 and value_at(law.curve.atom, values) == 0
        return (
            to_digits(lambda: Fibre(law, values).edges(), dps)[0] if is_lower_end else mpmath.mpf(0)
        )

    digits = dps + _LEVEL_DIGITS
    edges = to_digits(lambda: Fibre(law, values).edges(), digits)
    intervals = list(zip(edges[::2], edges[1::2], strict=True))
    gaps = [_between(high, low) for (_, high), (low, _) in pairwise(intervals)]
    masses = [*(_mass_below(kind.of, law, values, x) for x in gaps), fmpq(1)]
    (lower, upper), mass = next(
        pair for pair in zip(intervals, masses, strict=True) if q <= pair[1]
    )
    if q == mass:
        return to_digits(lambda: arb(exact(upper, "x")), dps)
    with mpmath.workdps(digits):
        level = mpmath.mpf(int(q.p)) / int(q.q)

        def function(x: mpmath.mpf) -> list[mpmath.mpf]:
            def compute() -> list[arb | acb]:
                point = Fibre(law, values).on_axis(exact(x, "x"))
                return [_at_point(k, law, values, point) for k in (kind.of, kind.derivative)]

            return to_digits(compute, digits)

        start = mpmath.mpf(near) if near and lower < near < upper else (lower + upper) / 2
        root = _invert(function, level, lower, start, upper, dps + 2)
    with mpmath.workdps(dps):
        return +root


def _between(low: mpmath.mpf, high: mpmath.mpf) -> fmpq:
    return (exact(low, "x") + exact(high, "x")) / 2


def _mass_below(kind: Transform, law: Law, values: Parameters, x: fmpq) -> fmpq:
    """F in a gap of the support, exactly: a sum over the logarithms that are negative there."""
    terms = [(value_at(c, values), specialise(f, values)) for c, f in kind.on_curve(law).logarithms]

    def compute() -> fmpq:
        y = Fibre(law, values).on_axis(x).y
        negative = (c for c, f in terms if c != 0 and not is_positive(f(y).real))
        return 1 - sum(negative, fmpq(0))

    return to_digits(compute, 1)


def _invert(
    function: Callable,
    level: mpmath.mpf,
    lower: mpmath.mpf,
    x: mpmath.mpf,
    upper: mpmath.mpf,
    digits: int,
) -> mpmath.mpf:
    """Root of value = level by Newton's method from x in a bracket, proved by the signs beside it.

    `function` returns its value and its derivative.
    """
    tolerance = mpmath.mpf(10) ** -digits
    while upper - lower > tolerance * upper:
        value, slope = function(x)
        excess = value - level
        if excess < 0:
            lower = x
        else:
            upper = x
        # A step a little too long, once it is short, brings the bracket's other side along.
        step = -excess / slope
        new = x + step * (1 + tolerance) - mpmath.sign(excess) * tolerance * x / 4
        if not lower < new < upper:
            new = mpmath.sqrt(lower * upper) if 4 * lower < upper and lower else (lower + upper) / 2
        x = new
    return (lower + upper) / 2


@_evaluate.register
def _(kind: Constant, law: Law, values: Parameters, dps: int) -> Any:
    return to_digits(lambda: arb(value_at(kind.expression(law), values)), dps)


@_evaluate.register
def _(kind: Sequence, law: Law, values: Parameters, dps: int, order: Any) -> Any:
    if not isinstance(order, Integral) or order < 0:
        raise ValueError(f"order = {order!r} is outside its domain {kind.argument.domain}")
    terms = kind.terms_at(law, int(order), values)
    return to_digits(lambda: [arb(term) for term in terms], dps)


@_evaluate.register
def _(kind: Intervals, law: Law, values: Parameters, dps: int) -> Any:
    edges = to_digits(lambda: Fibre(law, values).edges(), dps)
    return list(zip(edges[::2], edges[1::2], strict=True))


@_evaluate.register
def _(kind: Coefficients, law: Law, values: Parameters, dps: int, point: Any) -> Any:
    name = kind.argument.name
    real, imaginary = exact_complex(point, name)
    if kind.argument is RIDGE and (imaginary or real < 0):
        raise ValueError(f"{name} = {point} is outside its domain {kind.argument.domain}")
    variable = gamma if kind.argument is RIDGE else z
    minimal = fmpq_poly([real**2 + imaginary**2, -2 * real, 1])

    def coefficient(expression: Expr) -> arb | acb:
        remainder = specialise(expression, values, variable).numerator % minimal
        value = acb(remainder[0] + remainder[1] * real, remainder[1] * imaginary)
        return value if imaginary else value.real

    return to_digits(lambda: [coefficient(a) for a in kind.coefficients(law)], dps)
