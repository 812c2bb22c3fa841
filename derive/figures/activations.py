"""The activations of figures, as NumPy functions."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermeval
from sympy import Expr, diff

from derive.activations import NAMES, X, constants, leaky_family
from derive.codegen.activations import function

_DEGREE = 5
_DPS = 25  # of constants that are rounded to doubles


def normalised(name: str) -> Callable[[Any], Any]:
    """A named activation with mean 0 and variance 1 under a standard normal."""
    return function(constants(name, dps=_DPS).normalised, name)


def leaky(alpha: str) -> Callable[[Any], Any]:
    """Pennington and Worah's f_α, their eq. (17)."""
    return function(leaky_family(alpha), f"f_α, α = {alpha}")


def derivative(name: str) -> Callable[[Any], Any]:
    """Of a named activation."""
    expression: Expr = diff(NAMES[name], X)
    return function(expression, f"derivative of {name}")


def quintic(zeta: float, rng: np.random.Generator) -> Callable[[Any], Any]:
    """A random polynomial of degree five, with mean 0, η = 1 and ζ given.

    Its coefficients in the orthonormal Hermite polynomials: the first is √ζ, the others are
    uniformly distributed on the sphere that is left.
    """
    others = rng.standard_normal(_DEGREE - 1)
    others *= np.sqrt(1 - zeta) / np.linalg.norm(others)
    sizes = np.sqrt([float(factorial(k)) for k in range(_DEGREE + 1)])
    series = np.array([0, np.sqrt(zeta), *others]) / sizes
    return lambda x: hermeval(x, series)
