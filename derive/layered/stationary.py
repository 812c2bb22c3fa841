"""The physical stationary point of a stack's potential: the one place where a branch is chosen.

Above the real axis it is the one stationary point with Im σ < 0 for every layer. On the axis it is
the limit from above: in the support the point with Im σ < 0, off the support a real point at which
every σ falls as z rises (its continuation above the axis is then the physical one). Candidates come
from Newton's method along a path from far above; a candidate is accepted if Krawczyk's test proves
a stationary point in a ball around it and the signs hold on that ball.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

from flint import acb, acb_mat, arb, ctx, fmpq

from derive.digits import UndecidedError, is_positive
from derive.layered.stack import Stack
from derive.rational import Complex

_STEPS = 24
_ATTEMPTS_EVERY = 3  # halvings of the distance to the target


def in_balls(stack: Stack) -> Stack:
    """The stack with ball entries at flint's present precision."""

    def ball(value: fmpq | int) -> acb:
        return acb(fmpq(value))

    return Stack(
        tuple(type(layer)(*map(ball, layer)) for layer in stack.layers),
        tuple(
            node._replace(
                weight=ball(node.weight),
                fixed=ball(node.fixed),
                entries=tuple(map(ball, node.entries)),
            )
            for node in stack.nodes
        ),
        ball(stack.position),
    )


@dataclass(frozen=True)
class Stationary:
    """The physical stationary point at z (counted from the stack's position).

    Attributes
    ----------
    stack : Stack
        In balls.
    z : acb
    sigmas : list of acb
        With imaginary parts exactly zero where they are real.
    """

    stack: Stack
    z: acb
    sigmas: list[acb]

    @cached_property
    def slopes(self) -> list[acb]:
        """dσ_i/dz."""
        hessian = acb_mat(self.stack.hessian(self.sigmas, self.z))
        mixed = self.stack.mixed(self.sigmas, self.z)
        try:
            solution = hessian.solve(acb_mat([[-m] for m in mixed]))
        except ZeroDivisionError:
            raise UndecidedError("an edge of the support") from None
        return [solution[i, 0] for i in range(len(mixed))]

    @property
    def cauchy(self) -> acb:
        """G = ∂U/∂z."""
        return self.stack.cauchy(self.sigmas, self.z)

    @property
    def cauchy_prime(self) -> acb:
        """G′ = ∂²U/∂z² + Σ ∂²U/∂z∂σ_i·dσ_i/dz."""
        mixed = self.stack.mixed(self.sigmas, self.z)
        across = sum(m * s for m, s in zip(mixed, self.slopes, strict=True))
        return self.stack.cauchy_slope(self.sigmas, self.z) + across

    def logarithms(self) -> Iterator[tuple[acb, acb]]:
        """Coefficient and argument, in the closed upper half-plane, of the logarithms of U."""
        levels = self.stack.levels(self.sigmas)
        for node, level in zip(self.stack.nodes, levels, strict=True):
            yield node.weight, self.z - level
        scales = self.stack.scales(self.sigmas)
        for layer, s, scale in zip(self.stack.layers, self.sigmas, scales, strict=True):
            # ln c and ln σ are conjugates of principal logarithms.
            yield -layer.dimension, s.conjugate()
            yield layer.dimension, scale.conjugate()

    @property
    def turns(self) -> arb:
        """Im U/π."""
        scales = self.stack.scales(self.sigmas)
        layers = list(zip(self.stack.layers, self.sigmas, scales, strict=True))
        total = sum((n.real * (s / c).imag for (n, *_), s, c in layers), arb(0)) / arb.pi()
        for k, (coefficient, argument) in enumerate(self.logarithms()):
            side = 1 if k < len(self.stack.nodes) else -1
            total += side * coefficient.real * turns(argument)
        return total

    @property
    def potential(self) -> arb:
        """Re U."""
        scales = self.stack.scales(self.sigmas)
        total = sum(
            (
                layer.dimension.real * ((s / scale).real - 1)
                for layer, s, scale in zip(self.stack.layers, self.sigmas, scales, strict=True)
            ),
            arb(0),
        )
        return sum((w.real * abs(f).log() for w, f in self.logarithms()), total)


def turns(f: acb) -> arb:
    """Argument over π of a point in the closed upper half-plane, exact on the real axis."""
    if f.imag == 0:
        return arb(0) if is_positive(f.real) else arb(1)
    return f.arg() / arb.pi()


def physical(exact: Stack, at: Complex) -> Stationary:
    """The physical point over x + iy, y ≥ 0, at flint's present precision.

    Raises
    ------
    UndecidedError
        When no candidate passes at this precision.
    """
    stack = in_balls(exact)
    target = acb(arb(at[0]), arb(at[1]))
    for sigmas in _path(stack, target):
        point = _converged(stack, target, sigmas)
        if point is not None:
            return point
    raise UndecidedError("no physical point was proved; this close to an end of the support?")


def _path(stack: Stack, target: acb) -> Iterator[list[acb]]:
    """Approximate points on the way to a target, from far left of the origin or far above."""
    sigmas = stack.start()
    if not sigmas:
        yield []
        return
    size = max((abs(level) for level in stack.levels(sigmas)), key=lambda value: value.mid())
    spread = prod((1 + 1 / layer.dimension.real for layer in stack.layers), start=arb(1))
    height = (8 * (size * spread + abs(target))).mid()
    left = target.imag == 0 and target.real < 0
    # At this precision a point closer to an end of the support than the last height is not decided.
    last = (abs(target) if target != 0 else size).mid() * arb(2) ** -(ctx.prec // 2)
    halvings = 0
    while height > last:
        at = target - height if left else target + acb(0, height)
        for _ in range(2):
            moved = _newton(stack, at, sigmas)
            if moved is None:
                break
            sigmas = moved
        near = target == 0 or height < 16 * abs(target).mid()
        if near and halvings % _ATTEMPTS_EVERY == 0:
            yield sigmas
        height, halvings = height / 2, halvings + 1


def _newton(stack: Stack, at: acb, sigmas: list[acb]) -> list[acb] | None:
    """One step of Newton's method in ln σ."""
    gradient = [s * g for s, g in zip(sigmas, stack.gradient(sigmas, at), strict=True)]
    hessian = stack.hessian(sigmas, at)
    rows = [
        [s * t * h for t, h in zip(sigmas, row, strict=True)]
        for s, row in zip(sigmas, hessian, strict=True)
    ]
    for i, g in enumerate(gradient):
        rows[i][i] += g
    try:
        step = acb_mat([[v.mid() for v in row] for row in rows]).solve(
            acb_mat([[-g.mid()] for g in gradient])
        )
    except (ZeroDivisionError, ValueError):
        return None
    moves = [step[i, 0].mid() for i in range(len(sigmas))]
    if not all(move.is_finite() for move in moves):
        return None
    longest = max(abs(move).mid() for move in moves)
    damping = 1 if longest < 1 else 1 / longest
    return [(s * (damping * move).exp()).mid() for s, move in zip(sigmas, moves, strict=True)]


def _converged(stack: Stack, target: acb, sigmas: list[acb]) -> Stationary | None:
    """The physical point near approximate values, if there is one and it can be proved."""
    last = None
    for _ in range(_STEPS):
        moved = _newton(stack, target, sigmas)
        if moved is None:
            return None
        change = max((abs(m / s - 1).mid() for m, s in zip(moved, sigmas, strict=True)), default=0)
        sigmas = moved
        if change < arb(2) ** -(ctx.prec // 3) and last is not None:
            break
        last = change
    else:
        return None
    real = target.imag == 0 and all(
        abs(s.imag).mid() < abs(s).mid() * arb(2) ** -(ctx.prec // 3) for s in sigmas
    )
    if real:
        sigmas = [acb(s.real) for s in sigmas]
        for _ in range(2):
            sigmas = _newton(stack, target, sigmas) or sigmas
    enclosure = _krawczyk(stack, target, sigmas)
    if enclosure is None:
        return None
    if real:  # the ball and its conjugate hold one stationary point, which is real
        enclosure = [acb(s.real) for s in enclosure]
    point = Stationary(stack, target, enclosure)
    try:
        signs = point.slopes if real else enclosure
        physical = all(is_positive(-(s.real if real else s.imag)) for s in signs)
    except UndecidedError:
        return None
    return point if physical else None


def _krawczyk(stack: Stack, target: acb, sigmas: list[acb]) -> list[acb] | None:
    """A ball around approximate values that holds exactly one stationary point, or None."""
    if not sigmas:
        return []
    radius = arb(2) ** -(ctx.prec // 3)
    centre = [s.mid() for s in sigmas]
    balls = []
    for s in centre:
        r = arb(0, (abs(s) * radius).upper())
        balls.append(acb(s.real + r, s.imag + r))
    try:
        step = acb_mat(stack.hessian(balls, target)).solve(
            acb_mat([[g] for g in stack.gradient(centre, target)])
        )
    except (ZeroDivisionError, ValueError):
        return None
    image = [s - step[i, 0] for i, s in enumerate(centre)]
    inside = all(
        ball.real.contains_interior(new.real) and ball.imag.contains_interior(new.imag)
        for ball, new in zip(balls, image, strict=True)
    )
    return image if inside else None
