"""Functions closest to zero: powers of the distance, whose exponents are fractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .parameters import scaled

PARTS = 840  # of one, of which an exponent is some: those with denominators up to 8
_SAME = 1e-6  # of a part, within which it is found


def parts(near: Any, further: Any, step: int) -> Any:
    """Exponent, in 840ths, of a function at a distance and at 2^step of it."""
    with np.errstate(all="ignore"):
        found = PARTS * np.log2(np.abs(further / near)) / step
        nearest = np.rint(found)
        return np.where(np.abs(found - nearest) < _SAME, nearest, found)


def continued(near: Any, further: Any, step: int, lift: Any, order: Any = 0) -> Any:
    """Values at 2^-lift of a distance, from those at it and at 2^step of it, times 2^order.

    Complex numbers beyond doubles are NaN.
    """
    with np.errstate(all="ignore"):
        # A fraction leaves no error to grow.
        whole, rest = np.divmod(-parts(near, further, step) * lift, PARTS)
        order = order + np.where(np.isfinite(whole), whole, 0).astype(int)
        found = scaled(np.where(near == 0, near, near * np.exp2(rest / PARTS)), order)
        if np.iscomplexobj(found):
            found = np.where(np.isfinite(found), found, complex(np.nan, np.nan))
        return found
