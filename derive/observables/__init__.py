"""The observables, by name. A new observable is one file here, added to the tuple below."""

from derive.laws.law import Law
from derive.observables.cauchy_transform import (
    CAUCHY_COEFFICIENTS,
    CAUCHY_PRIME_COEFFICIENTS,
    CAUCHY_TRANSFORM,
    CAUCHY_TRANSFORM_PRIME,
    DENSITY,
)
from derive.observables.distribution import CDF, QUANTILE, SURVIVAL_FUNCTION
from derive.observables.errors import (
    OPTIMAL_RIDGE,
    TEST_ERROR,
    VARIANCE_DECOMPOSITION,
    WEIGHT_NORM,
)
from derive.observables.log_potential import LOG_POTENTIAL
from derive.observables.moments import MOMENTS
from derive.observables.observable import Coefficients, Observable
from derive.observables.support import ATOM, SUPPORT
from derive.observables.train_error import TRAIN_ERROR, TRAIN_ERROR_COEFFICIENTS

OBSERVABLES: tuple[Observable, ...] = (
    DENSITY,
    CDF,
    SURVIVAL_FUNCTION,
    QUANTILE,
    CAUCHY_TRANSFORM,
    CAUCHY_TRANSFORM_PRIME,
    TRAIN_ERROR,
    TEST_ERROR,
    WEIGHT_NORM,
    OPTIMAL_RIDGE,
    VARIANCE_DECOMPOSITION,
    LOG_POTENTIAL,
    SUPPORT,
    ATOM,
    MOMENTS,
    CAUCHY_COEFFICIENTS,
    CAUCHY_PRIME_COEFFICIENTS,
    TRAIN_ERROR_COEFFICIENTS,
)


def observables(law: Law) -> tuple[Observable, ...]:
    """Those that a law has; polynomials are for laws with a curve."""
    every = (o for o in OBSERVABLES if o.exists(law))
    return tuple(o for o in every if law.curve is not None or not isinstance(o, Coefficients))


__all__ = ["OBSERVABLES", "Observable", "observables"]
