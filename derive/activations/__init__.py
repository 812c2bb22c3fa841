"""Activations: from a function to the constants (η, ζ) of its random-feature law."""

from derive.activations.bias import Nodes, bias_nodes
from derive.activations.constants import NAMES, Constants, activation, constants, leaky_family
from derive.activations.expression import X, parse
from derive.activations.gaussian_moments import NotElementaryError, closed_form
from derive.activations.gaussian_quadrature import quadrature

__all__ = [
    "NAMES",
    "Constants",
    "Nodes",
    "NotElementaryError",
    "X",
    "activation",
    "bias_nodes",
    "closed_form",
    "constants",
    "leaky_family",
    "parse",
    "quadrature",
]
