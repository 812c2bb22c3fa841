"""The tangent kernel's recursion as published, unfolded at one z and written down line by line.

Fan & Wang (2020), Theorem 3.7: for vectors z = (z_-1, z_0, …, z_l), and w likewise,

    t_l(z, w) = w_l/z_l + t_(l-1)(z_prev(s_l, z), w_prev),
    t_0(z, w) = ∫(w_-1 + w_0 x)/(z_-1 + z_0 x) μ_0(dx)
    z_prev(s, z) = (z_-1 + (1 - b²)/s, z_0, …, z_(l-2), z_(l-1) + b²/s)
    w_prev = (w_-1, …, w_(l-1)) - (w_l/z_l)(z_-1, …, z_(l-1))
    s_l = 1/z_l + γ_l t_(l-1)(z_prev(s_l, z), (1 - b², 0, …, 0, b²))

This is a route of its own: of the law it takes the values of s alone, which it then satisfies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import mpmath
from flint import acb, arb, fmpq
from mpmath import mpc, mpf

from derive.digits import to_digits
from derive.laws.law import Law
from derive.potential.stationary import physical
from derive.rational import exact_complex

Vector = list[mpc]


class Line(NamedTuple):
    """One number of the example, and what it must equal by another formula if there is one."""

    name: str
    value: mpc
    expected: mpc | None = None


class _Data(NamedTuple):
    eigenvalues: list[mpf]
    weights: list[mpf]


def unfold(law: Law, given: Mapping[str, Any], at: Any, dps: int) -> list[Line]:
    """Every s, z and t at one point of the upper half-plane, for data by eigenvalues.

    Parameters
    ----------
    law : Law
        The tangent kernel.
    given : mapping of str to number or sequence
        Its parameters, with `eigenvalues`.
    at : complex number or text
        z, with Im z > 0.
    dps : int
        Decimal digits.

    Returns
    -------
    list of Line
        From the last layer to the data, then t_L and G.
    """
    exactly = law.read(given)
    values = {symbol.name: value for symbol, value in exactly.items()}
    place, depth = exact_complex(at, "z"), len(values["ratios"])
    tree, lowest = law.tree(exactly), law.atom_at(exactly)

    def point() -> list:
        at = acb(arb(place[0]), arb(place[1]))
        found = physical(tree, at)
        gradient, _ = found.tree.derivatives(at, found.unknowns)
        return [1 / sigma for sigma in found.unknowns] + [gradient[0]]

    *s, cauchy = to_digits(point, dps + 10)
    with mpmath.workdps(dps + 10):
        b2, data = (
            _mpf(values["b2"][0]),
            _Data(*([_mpf(v) for v in values[n]] for n in ("eigenvalues", "weights"))),
        )
        ratios = [_mpf(ratio) for ratio in values["ratios"]]
        z = mpc(_mpf(place[0]), _mpf(place[1]))
        top = [-z + _mpf(lowest), *(b2 ** (depth - k) for k in range(depth)), mpf(1)]
        lines = [Line(f"z({depth})[{k - 1}]", value) for k, value in enumerate(top)]
        vectors, roots = {depth: top}, dict(zip(range(depth, 0, -1), s, strict=True))
        for k in range(depth, 0, -1):
            vectors[k - 1] = _previous(vectors[k], roots[k], b2)
            lines.append(Line(f"s_{k}", roots[k]))
            changed = (-1, k - 1)
            lines += [Line(f"z({k - 1})[{j}]", vectors[k - 1][j + 1]) for j in changed]
        for k in range(1, depth + 1):
            w = [1 - b2, *([mpf(0)] * (k - 1)), b2]
            t = _trace(k - 1, w, vectors, data)
            lines.append(Line(f"t_{k - 1}(z({k - 1}), (1 - b², 0, …, b²))", t))
            lines.append(
                Line(
                    f"1/z_{k} + γ_{k} t_{k - 1} = s_{k}",
                    1 / vectors[k][-1] + ratios[k - 1] * t,
                    roots[k],
                )
            )
        m = _trace(depth, [mpf(1), *([mpf(0)] * (depth + 1))], vectors, data)
        lines.append(Line(f"t_{depth}(z({depth}), (1, 0, …, 0)) = -G", m, -cauchy))
    return lines


def _mpf(value: Any) -> mpf:
    value = fmpq(value)
    return mpf(int(value.p)) / int(value.q)


def _previous(z: Vector, s: mpc, b2: mpf) -> Vector:
    """z_prev(s, z)."""
    first, *rest = z[:-1]
    if not rest:
        raise ValueError("a vector of the data's level has no previous one")
    return [first + (1 - b2) / s, *rest[:-1], rest[-1] + b2 / s]


def _trace(k: int, w: Vector, vectors: Mapping[int, Vector], data: _Data) -> mpc:
    """t_k(z(k), w)."""
    z = vectors[k]
    if k == 0:
        terms = zip(data.eigenvalues, data.weights, strict=True)
        return mpmath.fsum(p * (w[0] + w[1] * x) / (z[0] + z[1] * x) for x, p in terms)
    share = w[-1] / z[-1]
    previous = [a - share * b for a, b in zip(w[:-1], z[:-1], strict=True)]
    return share + _trace(k - 1, previous, vectors, data)
