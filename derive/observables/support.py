"""Support and mass at zero."""

from functools import cache

from sympy import Expr

from derive.curve import y
from derive.elimination import Ring
from derive.laws.law import Law
from derive.observables.observable import Constant, Formula, Intervals
from derive.variables import x


@cache
def edge_polynomial(law: Law) -> Expr:
    """Polynomial in x whose zeros are the critical values of z(y); the edges are among them."""
    ring = Ring(law.curve.z.free_symbols | {x})
    N, D = ring.fraction(law.curve.z)
    X, _ = ring.fraction(x)
    critical, _ = ring.fraction(law.curve.z.diff(y))
    return ring.without_content(critical.resultant(N - X * D, y.name), x)


class Support(Intervals):
    """Intervals of the absolutely continuous part."""

    def formulas(self, law: Law) -> tuple[Formula, ...]:
        """The polynomial of the edges, for a law with a curve."""
        if law.curve is None:
            return ()
        polynomial = edge_polynomial(law)
        return (Formula("edge_polynomial", "Polynomial of the edges", polynomial, polynomial * 0),)


SUPPORT = Support(
    name="support",
    title="Support",
    equation=r"\overline{\{x : \rho(x) > 0\}}",
    argument=None,
    returns="Ends of the k intervals in increasing order; NaN where other laws have more of them.",
)

ATOM = Constant(
    name="atom",
    title="Mass at zero",
    equation=r"\rho(\{0\}) = \lim_{z \to 0^-} z\, G(z)",
    argument=None,
    returns="Mass of one point, in [0, 1].",
    expression=lambda law: law.curve.atom,
)
