"""Networks, simulations and comparisons: ordinary Python, copied to `nlrmt` as it stands."""

from .comparison import Comparison, compare, fit, kolmogorov
from .network import RIDGES, SPECTRA, Network
from .simulation import Simulation

__all__ = [
    "RIDGES",
    "SPECTRA",
    "Comparison",
    "Network",
    "Simulation",
    "compare",
    "fit",
    "kolmogorov",
]
