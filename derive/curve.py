"""Rational curves: a spectral law as two rational functions of one parameter, and their calculus.

A law with Cauchy transform G is carried by a curve y ↦ (z(y), G(y)). Each operation on random
matrices below acts on the pair directly, without elimination, and keeps three more things exact:

* the subordination functions, whose signs single out the physical point of the curve,
* the logarithmic potential U(z) = ∫ ln(z - t) ρ(dt), so that U′ = G,
* the mass at zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Eq, Expr, Integer, Max, Piecewise, Symbol, log, sympify

from derive.elimination import lowest_terms

y = Symbol("y")


@dataclass(frozen=True)
class RationalCurve:
    """A law on [0, ∞) as a rational curve in the parameter `y`.

    Attributes
    ----------
    z, cauchy : Expr
        Spectral variable and Cauchy transform G = ∫ρ(t)/(z - t)dt, rational in y.
    subordination : tuple of Expr
        Rational functions w(y), the first y itself. For Im z > 0 exactly one point of the fibre
        over z has Im w > 0 for all of them (Silverstein's uniqueness, once for every
        Marchenko-Pastur map).
    logarithms : tuple of (Expr, Expr)
        Pairs (coefficient c, argument f) of the potential U = Σ c ln f + `rational`. Every f
        stays in the upper half-plane with z, so each logarithm is principal there.
    rational : Expr
        The part of U that is rational in y.
    atom : Expr
        Mass at zero.
    """

    z: Expr
    cauchy: Expr
    subordination: tuple[Expr, ...]
    logarithms: tuple[tuple[Expr, Expr], ...]
    rational: Expr
    atom: Expr

    @cached_property
    def potential(self) -> Expr:
        """U(z(y)) as one expression; U ~ ln z at infinity."""
        return self.rational + sum(c * log(argument) for c, argument in self.logarithms)

    @cached_property
    def cauchy_prime(self) -> Expr:
        """G′(z) = G′(y)/z′(y)."""
        return lowest_terms(self.cauchy.diff(y) / self.z.diff(y))

    def affine(self, scale: Expr, shift: Expr) -> RationalCurve:
        """Law of scale·x + shift, for scale > 0 and shift ≥ 0."""
        scale, shift = sympify(scale), sympify(shift)
        base, *others = self.logarithms
        return replace(
            self,
            z=lowest_terms(scale * self.z + shift),
            cauchy=lowest_terms(self.cauchy / scale),
            # U ~ ln z, so ln(scale) goes to the one logarithm that does not vanish at infinity.
            logarithms=((base[0], lowest_terms(scale * base[1])), *others),
            atom=Piecewise((self.atom, Eq(shift, 0)), (Integer(0), True)),
        )

    def sample_covariance(self, ratio: Expr) -> RationalCurve:
        """Marchenko-Pastur map: sample covariance with this population law.

        With w the old spectral variable and α = 1 - ratio + ratio·w·G, the new curve is
        (αw, G/α), and U = U_old(w) + (α - 1)/ratio + (1/ratio - 1) ln(1/α).

        Parameters
        ----------
        ratio : Expr
            Dimension over number of samples, positive.
        """
        ratio = sympify(ratio)
        population, cauchy = self.z, self.cauchy
        alpha = lowest_terms(1 - ratio + ratio * population * cauchy)
        return RationalCurve(
            z=lowest_terms(alpha * population),
            cauchy=lowest_terms(cauchy / alpha),
            subordination=tuple(dict.fromkeys((*self.subordination, population))),
            logarithms=(*self.logarithms, (lowest_terms(1 / ratio - 1), lowest_terms(1 / alpha))),
            rational=self.rational + lowest_terms((alpha - 1) / ratio),
            atom=Max(self.atom, 1 - 1 / ratio),
        )

    def companion(self, ratio: Expr) -> RationalCurve:
        """Law of YᵀY from that of YYᵀ, with c = ratio rows a column: G̃ = cG + (1 - c)/z."""
        ratio = sympify(ratio)
        return replace(
            self,
            cauchy=lowest_terms(ratio * self.cauchy + (1 - ratio) / self.z),
            logarithms=(
                *((ratio * c, argument) for c, argument in self.logarithms),
                (1 - ratio, self.z),
            ),
            rational=ratio * self.rational,
            atom=ratio * self.atom + 1 - ratio,
        )

    def reparametrise(self, scale: Expr, shift: Expr) -> RationalCurve:
        """The same law with y replaced by scale·y + shift, scale > 0."""

        def moved(expression: Expr) -> Expr:
            return lowest_terms(expression.subs(y, scale * y + shift))

        return RationalCurve(
            z=moved(self.z),
            cauchy=moved(self.cauchy),
            subordination=(y, *map(moved, self.subordination[1:])),
            logarithms=tuple((c, moved(argument)) for c, argument in self.logarithms),
            rational=moved(self.rational),
            atom=self.atom,
        )


def atom(position: Expr) -> RationalCurve:
    """Point mass at `position` > 0: z = y, G = 1/(y - position)."""
    position = sympify(position)
    return RationalCurve(
        z=y,
        cauchy=1 / (y - position),
        subordination=(y,),
        logarithms=((Integer(1), y - position),),
        rational=Integer(0),
        atom=Integer(0),
    )
