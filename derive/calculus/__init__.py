"""The calculus of algebraic laws: compose a random matrix, read off its limiting spectrum."""

from derive.calculus.law import AlgebraicLaw, atoms, marchenko_pastur, semicircle

__all__ = ["AlgebraicLaw", "atoms", "marchenko_pastur", "semicircle"]
