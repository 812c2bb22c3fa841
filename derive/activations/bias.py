"""From an activation and a Gaussian bias to the nodes of the law of features with bias."""

from __future__ import annotations

from typing import NamedTuple

import mpmath
from mpmath.libmp import to_rational
from sympy import Expr, Rational

from derive.activations.constants import Number, activation, constants, exact
from derive.activations.expression import X


class Nodes(NamedTuple):
    """Conditional variances V, squared means c₁² and weights, one for each node of the bias."""

    eta: list[mpmath.mpf]
    zeta: list[mpmath.mpf]
    weights: list[mpmath.mpf]


def bias_nodes(
    function: str | Expr,
    *,
    sigma_b: Number,
    size: int,
    sigma_w: Number = 1,
    sigma_x: Number = 1,
    dps: int = 30,
) -> Nodes:
    """Gauss-Hermite nodes b of a Gaussian bias, with the constants of x ↦ f(x + b).

    Parameters
    ----------
    function : str or sympy.Expr
        See `activation`.
    sigma_b, sigma_w, sigma_x : number
        Standard deviations of bias, weights and data.
    size : int
        Number of nodes.
    dps : int
        Decimal digits.

    Returns
    -------
    Nodes
        By increasing b; right to `dps` digits, as in `quadrature`, for the given nodes. The sum
        over them is exact for polynomials of degree below 2·size in b.

    Raises
    ------
    ValueError
        As `constants` does, for sizes below one, and if sigma_b is negative.
    """
    if not (isinstance(size, int) and size > 0):
        raise ValueError(f"size must be a positive integer, got {size!r}")
    f, scale = activation(function), exact(sigma_b)
    if not scale.is_nonnegative:
        raise ValueError(f"sigma_b = {sigma_b!r} must not be negative")
    with mpmath.workdps(dps + 10):
        places, weights = _gauss_hermite(size)
    shifted = (f.subs(X, X + scale * Rational(*to_rational(place._mpf_))) for place in places)
    found = [constants(g, sigma_w=sigma_w, sigma_x=sigma_x, dps=dps).rounded() for g in shifted]
    return Nodes([c.eta for c in found], [c.zeta for c in found], weights)


def _gauss_hermite(size: int) -> tuple[list[mpmath.mpf], list[mpmath.mpf]]:
    """Nodes and weights of the standard normal: eigenvalues of the Jacobi matrix of He_k."""
    jacobi = mpmath.zeros(size)
    for k in range(1, size):
        jacobi[k - 1, k] = jacobi[k, k - 1] = mpmath.sqrt(k)
    places, vectors = mpmath.eigsy(jacobi)
    return list(places), [vectors[0, k] ** 2 for k in range(size)]
