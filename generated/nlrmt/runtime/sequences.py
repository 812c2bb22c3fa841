"""Parameters that are sequences: checked by name, as arrays of doubles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Allowed = Callable[[np.ndarray], np.ndarray]

_TOLERANCE = 1e-12  # of a sum of weights


def numbers(name: str, value: Any, domain: str, allowed: Allowed) -> np.ndarray:
    """A number or a sequence within its domain."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "buif" or array.ndim > 1:
        raise ValueError(f"{name} = {value!r} is outside its domain: {domain}, real")
    if not array.size:
        raise ValueError(f"{name} is empty; its domain is {domain}")
    array = array.astype(float)
    check(name, array, domain, allowed(array))
    return array


def check(name: str, array: np.ndarray, domain: str, good: np.ndarray) -> None:
    """Refuse values outside a domain, by name."""
    good = good & np.isfinite(array)
    if not good.all():
        raise ValueError(f"{name} = {array[~good].flat[0]} is outside its domain: {domain}, finite")


def number(name: str, value: Any, domain: str, allowed: Allowed) -> float:
    """A single number within its domain."""
    array = numbers(name, value, domain, allowed)
    if array.ndim:
        raise ValueError(f"{name} = {value!r} is outside its domain: {domain}, one number")
    return float(array)


def sequence(name: str, value: Any, domain: str, allowed: Allowed) -> np.ndarray:
    """A sequence of numbers within their domain."""
    array = numbers(name, value, domain, allowed)
    if array.ndim != 1:
        raise ValueError(f"{name} = {value!r} is not a sequence of numbers")
    return array


def shares(weights: Any, values: np.ndarray, name: str) -> np.ndarray:
    """Weights of values, equal ones by default."""
    if weights is None:
        return np.full(values.size, 1 / values.size)
    weights = sequence("weights", weights, "weights >= 0", lambda v: v >= 0)
    if weights.shape != values.shape:
        raise ValueError(f"weights has length {weights.size}, {name} has {values.size}")
    if abs(weights.sum() - 1) > _TOLERANCE:
        raise ValueError(f"weights sum to {weights.sum()}, not to 1")
    return weights / weights.sum()
