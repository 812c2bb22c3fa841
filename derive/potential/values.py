"""G, G′, U, distribution and density of a law, in balls at flint's present precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flint import acb, arb, ctx, fmpq

from derive.digits import UndecidedError, is_positive
from derive.potential.stationary import in_balls, physical, radius, slopes
from derive.rational import Complex
from derive.runtime.potential import Node

_GAP_BITS = (3, 6, 12, 24, 48)  # distances from an infinite unknown, relative to the law's scale
_LIMIT_BITS = 40
_DIVERGES = 2**12


class Transforms(NamedTuple):
    """Cauchy transform G, G′, Re U, and Im U/π, which is exact in gaps."""

    cauchy: acb
    prime: acb
    potential: arb
    turns: fmpq | arb

    @property
    def distribution(self) -> arb:
        """F, on the axis."""
        return arb(1 - self.turns)

    def conjugate(self) -> Transforms:
        """Values at the conjugate point."""
        return Transforms(
            self.cauchy.conjugate(), self.prime.conjugate(), self.potential, -self.turns
        )


def transforms(tree: Node, at: Complex) -> Transforms:
    """Values at x + iy, y ≥ 0; limits from above on the axis.

    Raises
    ------
    ValueError
        At an atom.
    UndecidedError
        When nothing is proved at the present precision.
    """
    x, y = at
    if y == 0 and tree.atoms.get(x):
        raise ValueError(f"there is a pole, an atom, at {x}")
    return _at(tree, x, y)


def _at(tree: Node, x: fmpq, y: fmpq | int = 0) -> Transforms:
    """Values at x + iy, y ≥ 0, found once for all observables."""
    found = _attempt(tree, x, y, ctx.prec)
    if isinstance(found, UndecidedError):
        raise found
    return found


@lru_cache(maxsize=64)
def _attempt(tree: Node, x: fmpq, y: fmpq | int, bits: int) -> Transforms | UndecidedError:
    try:
        return _values(tree, acb(arb(x), arb(y)))
    except UndecidedError as error:
        return error


def distribution(tree: Node, x: fmpq) -> arb:
    """F(x) = ρ((-∞, x]), also at atoms and ends of the support."""
    mass = tree.atoms.get(x, 0)
    if not mass:
        try:
            return _at(tree, x).distribution
        except UndecidedError:
            if ctx.prec < 8 * _LIMIT_BITS:
                raise
    # F rises from below x to above it.
    d = _beside(tree, x, ctx.prec // 3)
    below, above = (1 - _at(tree, x + s).turns for s in (-d, d))
    # A gap that is seen beside x is taken to end there.
    if isinstance(below, fmpq):
        return arb(below + mass)
    return arb(above) if isinstance(above, fmpq) else (below + mass).union(above)


def density(tree: Node, x: fmpq) -> arb:
    """Density of the continuous part; the larger one-sided limit at atoms and ends of the support.

    Limits are told by values beside x, without a proof.
    """
    if not tree.atoms.get(x):
        try:
            return _density(_at(tree, x))
        except UndecidedError:
            if ctx.prec < 8 * _LIMIT_BITS:
                raise
    scale = arb(radius(tree)) + abs(arb(x))
    limits = [
        _limit(lambda d, s=side: _density(_at(tree, x + s * d)), tree, x, scale)  # type: ignore[misc]
        for side in (-1, 1)
    ]
    return max(limits, key=lambda value: value.mid())


def _density(values: Transforms) -> arb:
    return -values.cauchy.imag / arb.pi()


def _limit(value: Callable[[fmpq], arb], tree: Node, x: fmpq, scale: arb) -> arb:
    """Limit of a function that goes like a power of the distance."""
    near, nearer = (value(_beside(tree, x, bits)) for bits in (ctx.prec // 5, ctx.prec * 2 // 5))
    if nearer * scale > _DIVERGES and nearer > 2 * near:
        return arb("inf")
    if nearer * scale * _DIVERGES < 1 and 2 * nearer <= near:
        return arb(0)
    return arb(nearer.mid(), abs(nearer - near).upper())


def _beside(tree: Node, x: fmpq, bits: int) -> fmpq:
    """A distance that is small on the scale of the law, and beside that to zero."""
    scale = fmpq(1 + int(radius(tree) + abs(int(x.p) // int(x.q))))
    return (min(scale, abs(x)) if x else scale) / fmpq(2) ** bits


# By recursion


def _values(tree: Node, z: acb) -> Transforms:
    """Values at a point of the closed upper half-plane, in a ball with Im z = 0 on the axis."""
    try:
        return _regular(tree, z)
    except UndecidedError:
        if z.imag != 0:
            raise
        return _across(tree, z.real)


def _regular(tree: Node, z: acb) -> Transforms:
    values = _by_operands(tree, z) if tree.own == 0 else _by_stationary_point(tree, z)
    if not (values.cauchy.is_finite() and values.potential.is_finite()):
        raise UndecidedError("an infinite value")
    return values


def _across(tree: Node, x: arb) -> Transforms:
    """Values in a gap where an unknown is infinite, by those at x + ih."""
    scale = (abs(x) + radius(tree)).mid()
    for bits in _GAP_BITS:
        d = (scale * arb(2) ** -bits).mid()
        try:
            left, right = (_regular(tree, acb(x + s)).turns for s in (-d, d))
        except UndecidedError:
            continue
        if isinstance(left, fmpq) and isinstance(right, fmpq) and left == right:
            break
    else:
        raise UndecidedError("no gap was proved; is this an end of the support?")
    d /= 2  # from all points of the ball
    # No mass is nearer than d: |G^(k)| ≤ k!/d^(k+1). Unknowns at x + ih are of the orders of h and
    # 1/h, and entries of a Hessian in ln w of h² and 1/h².
    h = (d * arb(2) ** -(ctx.prec // 2)).mid()
    with ctx.workprec(6 * ctx.prec):
        above = _regular(tree, acb(x.mid(), h))
    off = arb(x.rad())
    errors = (h**2 / d**3 + off / d**2, 3 * h**2 / d**4 + 2 * off / d**3, h**2 / d**2 + off / d)
    G, prime, U = (
        value + arb(0, error.upper())
        for value, error in zip(
            (above.cauchy.real, above.prime.real, above.potential), errors, strict=True
        )
    )
    return Transforms(acb(G), acb(prime), U, left)


def _by_operands(tree: Node, z: acb) -> Transforms:
    """Values of a law whose operation has no unknowns."""
    balls = in_balls(tree)
    first, second, places, slopes, bends = balls.operation.kernel(z, *balls.parameters)
    G, prime = acb(first[0]), acb(second[0])
    if not all(place.is_finite() for place in places):
        raise UndecidedError("an infinite argument")
    U, turns = _term(tree, balls, z, ())
    _, multiplicities = tree.operation.weights(*tree.parameters)
    sides = tree.operand_sides
    operands = zip(tree.operands, places, multiplicities, sides, slopes, bends, strict=False)
    for node, place, weight, side, slope, bend in operands:
        below = _on_side(node, place, side)
        weight = fmpq(weight)
        G += weight * slope * below.cauchy
        prime += weight * (bend * below.cauchy + slope**2 * below.prime)
        U += weight * below.potential
        turns += weight * below.turns
    if _is_turned(tree, z):
        return Transforms(acb(G.real), acb(prime.real), U, fmpq(1))
    return Transforms(G, prime, U, _principal(turns))


def _is_turned(tree: Node, z: acb) -> bool:
    """Whether z lies below a square, where its operands' values are conjugate."""
    return bool(not tree.operation.is_real and z.imag == 0 and z.real < 0)


def _on_side(node: Node, z: acb, side: int) -> Transforms:
    """Values at a point of either half-plane; `side` tells from where the axis is approached."""
    lower = not z.imag >= 0 or (z.imag == 0 and side < 0)
    return _values(node, z.conjugate()).conjugate() if lower else _values(node, z)


def _by_stationary_point(tree: Node, z: acb) -> Transforms:
    point = physical(tree, z)
    gradient, hessian = point.tree.derivatives(z, point.unknowns)
    mixed, rates = [row[0] for row in hessian[1:]], slopes(point.tree, z, point.unknowns)
    across = sum(m * s for m, s in zip(mixed, rates, strict=True))
    beside = None
    if point.is_real:
        up = acb(0, radius(tree)) * arb(2) ** -(ctx.prec // 2)
        beside = [z + up, *(w + up * s for w, s in zip(point.unknowns, rates, strict=True))]
    U, turns = _potential(tree, point.tree, z, point.unknowns, beside)
    G, prime = acb(gradient[0]), acb(hessian[0][0] + across)
    if point.is_real:
        G, prime = acb(G.real), acb(prime.real)
    return Transforms(G, prime, U, turns)


def _potential(
    tree: Node, balls: Node, z: acb, unknowns: Sequence[acb], beside: Sequence[acb] | None
) -> tuple[arb, Any]:
    """Re U and Im U/π at a stationary point; the exact tree beside the one in balls.

    At a real point z and the unknowns a little above the axis tell from where arguments approach.
    """
    U, turns = _term(tree, balls, z, unknowns[: tree.own])
    _, multiplicities = tree.operation.weights(*tree.parameters)
    _, _, branches = balls.logarithms(z, unknowns)
    moved = balls.logarithms(beside[0], beside[1:])[2] if beside else branches
    for node, branch, near, weight in zip(
        tree.operands, branches, moved, multiplicities, strict=True
    ):
        at, inner = branch.at, branch.unknowns
        side = _sign(near.at.imag) if beside else branch.side
        lower = not at.imag >= 0 or (at.imag == 0 and side < 0)
        mirrored = lower and node.operation.name != "square"  # whose root knows its half-plane
        if mirrored:
            at, inner = at.conjugate(), [w.conjugate() for w in inner]
        around = [near.at, *near.unknowns] if beside else None
        if around and mirrored:
            around = [w.conjugate() for w in around]
        real, turned = _potential(node, branch.node, at, inner, around)
        if lower:
            turned = -_principal(turned if mirrored else -turned)
        U += fmpq(weight) * real
        turns += fmpq(weight) * turned
    return U, fmpq(1) if _is_turned(tree, z) else _principal(turns)


def _term(tree: Node, balls: Node, z: acb, own: Sequence[acb]) -> tuple[arb, Any]:
    """Real part, and imaginary part over π, of an operation's term."""
    arguments, (rational,), _ = balls.operation.value(z, *own, *balls.parameters)
    coefficients, _ = tree.operation.weights(*tree.parameters)
    U: arb = acb(rational).real
    turns: Any = fmpq(0)
    if acb(rational).imag != 0:
        turns += acb(rational).imag / arb.pi()
    for c, f in zip(map(fmpq, coefficients), map(acb, arguments), strict=True):
        if c != 0:
            U += c * abs(f).log()
            turns += c * _turns(f)
    pole = tree.operation.pole(tree.parameters)
    if pole is not None:
        at_pole = _at_pole(tree.operands[0], fmpq(pole), ctx.prec)
        side = tree.operand_sides[0]
        U -= at_pole.potential
        turns -= side * at_pole.turns
    return U, turns


@lru_cache(maxsize=64)
def _at_pole(node: Node, pole: fmpq, bits: int) -> Transforms:
    try:
        return _values(node, acb(pole))
    except UndecidedError:  # U and F are continuous at ends of the support, too
        near, nearer = (
            _values(node, acb(pole - _beside(node, pole, k))) for k in (bits // 5, bits * 2 // 5)
        )
        other = _values(node, acb(pole + _beside(node, pole, bits * 2 // 5)))
        error = abs(near.potential - nearer.potential).upper()
        turns = arb(nearer.turns).union(arb(other.turns))
        return nearer._replace(potential=nearer.potential + arb(0, error), turns=turns)


def _sign(value: arb) -> int:
    return 1 if is_positive(value) else -1


def _turns(f: acb) -> fmpq | arb:
    """Argument over π, exact on the real axis."""
    if f.imag == 0:
        return fmpq(0) if is_positive(f.real) else fmpq(1)
    return f.arg() / arb.pi()


def _principal(turns: Any) -> Any:
    """Between 0 and 1: the logarithms of a term know it up to two."""
    middle = fmpq(turns) if isinstance(turns, fmpq) else _middle(turns)
    return turns - 2 * ((middle - fmpq(1, 2)) / 2 + fmpq(1, 2)).floor()


def _middle(ball: arb) -> fmpq:
    if not ball.rad() < 0.25:
        raise UndecidedError("the turn of a logarithm could not be decided")
    mantissa, exponent = ball.mid().man_exp()
    return fmpq(int(mantissa)) * fmpq(2) ** int(exponent)
