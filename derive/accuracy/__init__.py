"""How accurate the generated modules are: their errors in units of eps·(1 + condition number)."""

import numpy as np

from derive.accuracy.cases import Case, draw
from derive.accuracy.measurement import Measurement, measure
from derive.laws.law import Law
from derive.observables import Observable

__all__ = ["Case", "Measurement", "draw", "measure", "survey"]


def survey(law: Law, observable: Observable, count: int, seed: int = 0) -> list[Measurement]:
    """Measure random and adversarial cases of a function, the worst first.

    Parameters
    ----------
    law : Law
    observable : Observable
    count : int
        Number of cases. The first ones of a longer survey are those of a shorter one.
    seed : int
        Non-negative; the same seed draws the same cases.
    """
    rng = np.random.default_rng([seed, *f"{law.name}.{observable.name}".encode()])
    measurements = [measure(draw(law, observable, rng)) for _ in range(count)]
    return sorted(measurements, key=lambda measurement: -measurement.units)
