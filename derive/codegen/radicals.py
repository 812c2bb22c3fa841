"""Roots of a real polynomial of degree two to four by radicals: one complex pair, or none."""

from __future__ import annotations

from sympy import Abs, Expr, Integer, Max, Rational, Symbol, atan2, cos, sqrt

from derive.codegen.kernel import cbrt, copysign

DEGREES = (2, 3, 4)
_PI = Symbol("pi")  # a global of the generated module
_SMALLEST = Rational(1, 10**300)  # keeps quotients finite

Assignments = list[tuple[Symbol, Expr]]


def complex_pair(coefficients: list[Expr], center: Symbol, discriminant: Symbol) -> Assignments:
    """Assignments for the pair center ± sqrt(discriminant), discriminant < 0.

    `coefficients` are those of the monic polynomial below the leading one, from the highest power
    down. The result is meaningful if the polynomial has one complex pair and is real otherwise.
    """
    return (_of_quadratic, _of_cubic, _of_quartic)[len(coefficients) - 2](
        coefficients, center, discriminant
    )


def real_roots(coefficients: list[Expr], roots: list[Symbol]) -> Assignments:
    """Assignments for all roots, meaningful if they are real."""
    a, *rest = coefficients
    h, P, Q, angle = (Symbol(name) for name in ("h", "P", "Q", "angle"))
    if not rest[1:]:
        return _both(-a / 2, a**2 / 4 - rest[0], roots)
    if len(rest) == 2:
        steps = _depressed_cubic(coefficients, h, P, Q)
        size = Symbol("size")
        steps += _trigonometric(P, Q, size, angle)
        turns = (Integer(0), 2 * _PI, -2 * _PI)
        return steps + [
            (root, size * cos((angle + turn) / 3) - h)
            for root, turn in zip(roots, turns, strict=True)
        ]
    R, k, cubic_P, cubic_Q = (Symbol(name) for name in ("R", "k", "resolvent_P", "resolvent_Q"))
    size, m, width, shift = (Symbol(name) for name in ("size", "m", "width", "shift"))
    steps = _depressed_quartic(coefficients, h, P, Q, R, k, cubic_P, cubic_Q)
    steps += _trigonometric(cubic_P, cubic_Q, size, angle)
    steps += [
        (m, Max(size * cos(angle / 3) - k, _SMALLEST)),
        (width, sqrt(2 * m)),
        (shift, Q / (2 * width)),
    ]
    steps += _both(-width / 2 - h, shift - (m + P) / 2, roots[:2])
    return steps + _both(width / 2 - h, -shift - (m + P) / 2, roots[2:])


def _both(center: Expr, discriminant: Expr, roots: list[Symbol]) -> Assignments:
    spread = sqrt(Max(discriminant, 0))
    return [(roots[0], center - spread), (roots[1], center + spread)]


def _trigonometric(P: Expr, Q: Expr, size: Symbol, angle: Symbol) -> Assignments:
    """The largest root size·cos(angle/3) of s³ + Ps + Q with three real roots."""
    radicand = Max(-(Q**2) / 4 - P**3 / 27, 0)
    return [(size, 2 * sqrt(Max(-P / 3, 0))), (angle, atan2(sqrt(radicand), -Q / 2))]


def _of_quadratic(c: list[Expr], center: Symbol, discriminant: Symbol) -> Assignments:
    return [(center, -c[0] / 2), (discriminant, center**2 - c[1])]


def _of_cubic(c: list[Expr], center: Symbol, discriminant: Symbol) -> Assignments:
    """Cardano: the real root s of the depressed cubic s³ + Ps + Q, then its cofactor."""
    h, P, Q, radicand, s = (Symbol(name) for name in ("h", "P", "Q", "radicand", "s"))
    return [
        *_depressed_cubic(c, h, P, Q),
        *_real_root(P, Q, radicand, s),
        (center, -s / 2 - h),
        (discriminant, -(3 * s**2 / 4 + P)),
    ]


def _of_quartic(c: list[Expr], center: Symbol, discriminant: Symbol) -> Assignments:
    """Ferrari: the pair's factor of the depressed quartic has the larger constant term.

    With m > 0 a root of the resolvent cubic the factors are s² ± √(2m)·s + P/2 + m ∓ Q/(2√(2m)).
    """
    names = ("h", "P", "Q", "R", "k", "resolvent_P", "resolvent_Q", "radicand", "w", "m")
    h, P, Q, R, k, cubic_P, cubic_Q, radicand, w, m = map(Symbol, names)
    width, shift = Symbol("width"), Symbol("shift")
    return [
        *_depressed_quartic(c, h, P, Q, R, k, cubic_P, cubic_Q),
        *_real_root(cubic_P, cubic_Q, radicand, w),
        (m, Max(w - k, _SMALLEST)),
        (width, sqrt(2 * m)),
        (shift, Q / (2 * width)),
        (center, copysign(width / 2, Q) - h),
        (discriminant, -(m + P) / 2 - Abs(shift)),
    ]


def _depressed_cubic(c: list[Expr], h: Symbol, P: Symbol, Q: Symbol) -> Assignments:
    a2, a1, a0 = c
    return [(h, a2 / 3), (P, a1 - 3 * h**2), (Q, a0 - h * (a1 - 2 * h**2))]


def _depressed_quartic(
    c: list[Expr],
    h: Symbol,
    P: Symbol,
    Q: Symbol,
    R: Symbol,
    k: Symbol,
    cubic_P: Symbol,
    cubic_Q: Symbol,
) -> Assignments:
    """s⁴ + Ps² + Qs + R, and its resolvent m³ + Pm² + (P²/4 - R)m - Q²/8 in m + k, k = P/3."""
    a3, a2, a1, a0 = c
    return [
        (h, a3 / 4),
        (P, a2 - 6 * h**2),
        (Q, a1 + h * (8 * h**2 - 2 * a2)),
        (R, a0 - h * (a1 - h * (a2 - 3 * h**2))),
        (k, P / 3),
        (cubic_P, -3 * k**2 / 4 - R),
        (cubic_Q, k * (R - k**2 / 4) - Q**2 / 8),
    ]


def _real_root(P: Expr, Q: Expr, radicand: Symbol, root: Symbol) -> Assignments:
    """Root of s³ + Ps + Q with one real root."""
    u = Symbol("u")
    return [
        (radicand, Max(Q**2 / 4 + P**3 / 27, 0)),
        (u, copysign(cbrt(Abs(Q) / 2 + sqrt(radicand) + _SMALLEST), -Q)),
        (root, u - P / (3 * u)),
    ]
