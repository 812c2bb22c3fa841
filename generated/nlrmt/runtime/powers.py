"""Functions closest to zero: powers of the distance, whose exponents are fractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .parameters import scaled

_PARTS = 840  # of one, of which an exponent is some: those with denominators up to 8
_SAME = 1e-6  # of a part, within which it is found


def continued(near: Any, further: Any, step: int, lift: Any, order: Any = 0) -> Any:
    """Values at 2^-lift of a distance, from those at it and at 2^step of it, times 2^order."""
    with np.errstate(all="ignore"):
        exponent = _PARTS * np.log2(np.abs(near / further)) / step
        parts = np.rint(exponent)
        # A fraction leaves no error to grow.
        parts = np.where(np.abs(exponent - parts) < _SAME, parts, exponent)
        whole, rest = np.divmod(parts * lift, _PARTS)
        order = order + np.where(np.isfinite(whole), whole, 0).astype(int)
        return scaled(np.where(near == 0, near, near * np.exp2(rest / _PARTS)), order)
