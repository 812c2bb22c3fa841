"""The calculus of laws: compose a random matrix, read off its limiting spectrum."""

from derive.calculus.composition import Spectrum, atoms, layers, marchenko_pastur, semicircle

__all__ = ["Spectrum", "atoms", "layers", "marchenko_pastur", "semicircle"]
