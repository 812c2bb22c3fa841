"""From an activation and a Gaussian bias to the nodes of the law of features with bias."""

from __future__ import annotations

from typing import NamedTuple

import mpmath
from mpmath.libmp import to_rational
from sympy import Expr, Rational

from derive.activations.constants import Number, activation, constants
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
        Right to `dps` digits for the given nodes; the quadrature is exact for polynomials of
        degree below 2·size in b.

    Raises
    ------
    ValueError
        As `constants` does, and for sizes below one.
    """
    if not (isinstance(size, int) and size > 0):
        raise ValueError(f"size must be a positive integer, got {size!r}")
    f = activation(function)
    eta, zeta = [], []
    with mpmath.workdps(dps + 10):
        places, weights = _gauss_hermite(size)
        scale = mpmath.mpf(str(sigma_b))
        for place in places:
            shift = Rational(*to_rational((scale * place)._mpf_))
            found = constants(f.subs(X, X + shift), sigma_w=sigma_w, sigma_x=sigma_x, dps=dps)
            eta.append(mpmath.mpmathify(found.eta))
            zeta.append(mpmath.mpmathify(found.zeta))
    return Nodes(eta, zeta, weights)


def _gauss_hermite(size: int) -> tuple[list[mpmath.mpf], list[mpmath.mpf]]:
    """Nodes and weights of the standard normal: eigenvalues of the Jacobi matrix of He_k."""
    jacobi = mpmath.zeros(size)
    for k in range(1, size):
        jacobi[k - 1, k] = jacobi[k, k - 1] = mpmath.sqrt(k)
    places, vectors = mpmath.eigsy(jacobi)
    return list(places), [vectors[0, k] ** 2 for k in range(size)]
