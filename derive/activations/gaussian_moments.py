"""Closed forms of E f, E xi f and E f^2 at x = sigma xi, xi standard normal, by Stein's lemma."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from math import comb, prod
from typing import TypeAlias

import sympy as sp
from sympy import Expr, oo, pi
from sympy.core.relational import Relational

from derive.activations.expression import X

Step: TypeAlias = tuple[Expr, Expr, int]  # (a, b, 1) is erf(a x + b), (a, b, 0) is sign(a x + b)
Terms: TypeAlias = Mapping[tuple[int, Expr, Expr, tuple[Step, ...]], Expr]


class NotElementaryError(ValueError):
    """The rules for closed forms do not reach this integral."""


_MAX_TERMS, _MAX_DEGREE, _MAX_ROOTS = 40, 100, 8
_ONE = (0, sp.S.Zero, sp.S.Zero, ())
_KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Heaviside, sp.Piecewise)


def pieces(
    f: Expr, zeros: Callable[[Expr], list[Expr]], lo: Expr = -oo, hi: Expr = oo
) -> Iterator[tuple[Expr, Expr, Expr]]:
    """Split an interval where f has a kink or jump.

    Parameters
    ----------
    f : sympy.Expr
        In the real symbol `X`.
    zeros : callable
        Maps an expression to its real zeros and poles.
    lo, hi : sympy.Expr
        Ends of the interval.

    Yields
    ------
    tuple of sympy.Expr
        Left end, right end, and f there, without Abs, Max or any other condition.

    Raises
    ------
    NotElementaryError
        If parameters leave a condition undecided.
    """
    kinked = next((h for h in sp.postorder_traversal(f) if isinstance(h, _KINKED)), None)
    if kinked is None:
        yield lo, hi, f
        return
    cases = kinked.rewrite(_KINKED, sp.Piecewise)
    switches = cases.atoms(Relational)
    cuts = {p for switch in switches for p in zeros(switch.lhs - switch.rhs) if lo < p < hi}
    for a, b in pairwise([lo, *sorted(cuts), hi]):
        case = cases.xreplace({switch: switch.subs(X, _inside(a, b)) for switch in switches})
        if case.has(sp.Piecewise):
            raise NotElementaryError(f"the sign of an argument in {kinked} is unknown")
        yield from pieces(f.xreplace({kinked: case}), zeros, a, b)


def _inside(lo: Expr, hi: Expr) -> Expr:
    if lo == -oo:
        return hi - 1 if hi < oo else sp.S.Zero
    return (lo + hi) / 2 if hi < oo else lo + 1


def rational_roots(g: Expr) -> list[Expr]:
    """Real zeros and poles of a rational function, increasing, in closed form.

    Parameters
    ----------
    g : sympy.Expr
        In the real symbol `X`.

    Returns
    -------
    list of sympy.Expr
        Numbers, without multiplicity.

    Raises
    ------
    NotElementaryError
        If g is not rational, or has no zeros in radicals.
    """
    roots: set[Expr] = set()
    for part in sp.together(g).as_numer_denom():
        if not part.is_polynomial(X):
            raise NotElementaryError(f"zeros of {g}")
        factor = sp.Poly(part, X)
        if factor.degree() == 1:
            roots.add(-factor.nth(0) / factor.nth(1))
        elif factor.degree() > 1:
            if factor.degree() > _MAX_ROOTS or not (factor.domain.is_ZZ or factor.domain.is_QQ):
                raise NotElementaryError(f"zeros of {g}")
            roots.update(sp.real_roots(factor))
    if any(root.has(sp.CRootOf) or root.free_symbols for root in roots):
        raise NotElementaryError(f"zeros of {g}")
    return sorted(roots)


def _size(f: Expr) -> int:
    """Bound on the number of terms of f once expanded."""
    sizes = [_size(arg) for arg in f.args]
    if f.is_Add:
        return sum(sizes)
    if f.is_Pow and f.exp.is_Integer and f.exp > 0:
        return comb(int(f.exp) + sizes[0] - 1, int(f.exp))
    return prod(sizes) if f.is_Mul else 1


def _terms(f: Expr) -> Terms:
    """Smooth f as {(k, a, b, steps): c}, the sum of c x^k exp(a x^2 + b x) prod erf(...)."""
    if not all(map(_expandable, f.atoms(sp.Function, sp.Pow))):
        raise NotElementaryError(f"Gaussian moments of {f}")
    f = f.rewrite((sp.sin, sp.cos, sp.sinh, sp.cosh), sp.exp).rewrite(sp.erfc, sp.erf)
    if _size(f) > _MAX_TERMS:
        raise NotElementaryError("too many terms")
    terms: dict = defaultdict(lambda: sp.S.Zero)
    for term in sp.Add.make_args(sp.expand(f)) if f != 0 else ():  # splits exp(u + v), too
        coefficient, rest = term.as_independent(X, as_Add=False)
        k, exponent, steps = 0, sp.S.Zero, []
        for factor in sp.Mul.make_args(rest):
            base, power = factor.as_base_exp()
            if not base.has(X):
                exponent += power * sp.log(base)
            elif base == X:
                k = int(power)
            else:
                steps += [(*sp.Poly(base.args[0], X).all_coeffs(), 1)] * int(power)
        quadratic = sp.Poly(exponent, X)
        if k > _MAX_DEGREE or quadratic.degree() > 2 or any(len(step) > 3 for step in steps):
            raise NotElementaryError(f"Gaussian moments of {rest}")
        terms[k, quadratic.nth(2), quadratic.nth(1), tuple(steps)] += coefficient
    return {key: c for key, c in terms.items() if c != 0}


def _expandable(h: Expr) -> bool:
    """Whether h is free of x, a natural power, or erf or exp of a polynomial in x."""
    if isinstance(h, sp.exp | sp.erf | sp.erfc | sp.sin | sp.cos | sp.sinh | sp.cosh):
        return h.args[0].is_polynomial(X)
    if not h.has(X) or not h.is_Pow:
        return not h.has(X)
    return h.exp.is_polynomial(X) if not h.base.has(X) else h.exp.is_Integer and h.exp > 0


def _product(left: Terms, right: Terms) -> Terms:
    terms: dict = defaultdict(lambda: sp.S.Zero)
    for (k, a, b, steps), c in left.items():
        for (k2, a2, b2, steps2), c2 in right.items():
            terms[k + k2, a + a2, b + b2, steps + steps2] += c * c2
    return terms


def _erf(z: Expr) -> Expr:
    return sp.I * sp.erfi(-sp.I * z) if z.is_imaginary else sp.erf(z)


@lru_cache(maxsize=4096)
def _moment(k: int, steps: tuple[Step, ...], m: Expr, v: Expr) -> Expr:
    """E x^k prod h(x) over steps h and x ~ N(m, v), by Stein's lemma E (x - m) g = v E g'."""
    if k > 0:
        total = m * _moment(k - 1, steps, m, v)
        if k > 1:
            total += (k - 1) * v * _moment(k - 2, steps, m, v)
        for i, (a, b, e) in enumerate(steps):  # h' is a Gaussian (for sign a point mass): it
            d = e + 2 * a**2 * v  # tilts N(m, v) to another normal law
            weight = 2 * a * v * sp.exp(-((a * m + b) ** 2) / d) / sp.sqrt(pi * d)
            rest = steps[:i] + steps[i + 1 :]
            total += weight * _moment(k - 1, rest, (e * m - 2 * a * b * v) / d, e * v / d)
        return sp.expand(total)
    if v == 0 or len(steps) < 2:
        return sp.prod(_erf((a * m + b) / sp.sqrt(e + 2 * a**2 * v)) for a, b, e in steps)
    if m == 0 and not any(b for _, b, _ in steps):
        if len(steps) % 2:
            return sp.S.Zero
        if len(steps) == 2:
            (a1, _, e1), (a2, _, e2) = steps
            d = (e1 + 2 * a1**2 * v) * (e2 + 2 * a2**2 * v)
            return 2 / pi * sp.asin(2 * a1 * a2 * v / sp.sqrt(d))
    raise NotElementaryError(f"the mean of {len(steps)} error functions")


def _integral(terms: Terms, lo: Expr, hi: Expr, s: Expr) -> Expr:
    """Mean of the terms over lo < x < hi, x ~ N(0, s^2)."""
    total = sp.S.Zero
    for (k, a, b, steps), c in terms.items():
        narrowing = 1 - 2 * a * s**2
        if not narrowing.is_positive:
            raise NotElementaryError("the integral may diverge")
        v = s**2 / narrowing
        m, weight = b * v, sp.exp(b**2 * v / 2) / sp.sqrt(narrowing)
        for end, side in ((lo, 1), (hi, -1)):  # the indicator is (sign(x-lo) - sign(x-hi)) / 2
            if end.is_infinite:
                total += c * weight * _moment(k, steps, m, v) / 2
            else:
                total += side * c * weight * _moment(k, (*steps, (1, -end, 0)), m, v) / 2
    total = sp.expand(total)
    if total.has(sp.I):  # from exp(i x): the imaginary parts cancel
        total = sp.expand(total, complex=True)
    if total.has(sp.I):
        raise NotElementaryError("an error function of complex argument")
    return total


def closed_form(f: Expr, sigma: Expr) -> tuple[Expr, Expr, Expr]:
    """E f, Var f and (E xi f)^2 at x = sigma xi, xi standard normal, exactly.

    Piecewise sums of x^k exp(quadratic) erf(linear)^j, j <= 2, and of sin, cos, sinh, cosh in
    place of the exponential; two error functions must be centred at zero.

    Parameters
    ----------
    f : sympy.Expr
        In the real symbol `X`; other symbols are parameters.
    sigma : sympy.Expr
        Positive number or symbol.

    Returns
    -------
    tuple of sympy.Expr
        Mean, eta and zeta.

    Raises
    ------
    NotElementaryError
        If the rules do not reach f, or if E f^2 may diverge.
    ValueError
        If f is constant.
    """
    scale, g = f.as_independent(X, as_Add=False)
    parts = [(lo, hi, _terms(piece)) for lo, hi, piece in pieces(g, rational_roots)]
    if len({tuple(terms.items()) for *_, terms in parts}) == 1 and set(parts[0][2]) <= {_ONE}:
        raise ValueError(f"the activation {f} is constant: eta = 0")
    xi: Terms = {(1, sp.S.Zero, sp.S.Zero, ()): 1 / sigma}
    mean = sum(_integral(h, lo, hi, sigma) for lo, hi, h in parts)
    first = sum(_integral(_product(h, xi), lo, hi, sigma) for lo, hi, h in parts)
    second = sum(_integral(_product(h, h), lo, hi, sigma) for lo, hi, h in parts)
    eta, zeta = sp.expand(second - mean**2), first**2
    tidy = sp.expand if scale.is_Rational else sp.cancel
    return scale * mean, tidy(scale**2 * eta), tidy(scale**2 * zeta)
