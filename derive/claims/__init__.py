"""The claims of the ledger: those made of every law, and in files of their own those of one law."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache

from derive.claims import (
    activations,
    biased_features,
    composed,
    conjugate_kernel,
    errors,
    identities,
    independent,
    marchenko_pastur,
    operations,
    product_wishart,
    quadrature,
    random_features,
    random_features_independent,
    random_features_limits,
    random_features_ridgeless,
    tangent_kernel,
    values,
)
from derive.claims.ledger import Claim, Result
from derive.laws import EVERY_LAW
from derive.laws.law import Law

_SPECIAL = {
    "random_features": (
        random_features,
        random_features_limits,
        random_features_ridgeless,
        random_features_independent,
    ),
    "marchenko_pastur": (marchenko_pastur,),
    "product_wishart": (product_wishart,),
    "conjugate_kernel": (conjugate_kernel,),
    "tangent_kernel": (tangent_kernel,),
    "biased_features": (biased_features,),
}


def claims_for(law: Law) -> tuple[Claim, ...]:
    """Claims about a law: with a curve those on it, else those on its composition."""
    own = _SPECIAL.get(law.name, ())
    on_curve = (identities, errors, *own, values, quadrature, independent)
    modules = on_curve if law.curve else (*own, composed)
    return tuple(claim for module in modules for claim in module.claims(law))


def claims(subject: str | None = None) -> tuple[Claim, ...]:
    """All claims in a fixed order, or those about one law or other subject.

    Raises
    ------
    ValueError
        For a subject about which nothing is claimed.
    """
    every = tuple(claim for law in EVERY_LAW.values() for claim in claims_for(law))
    every += (*operations.claims(), *activations.claims())
    subjects = dict.fromkeys(claim.subject for claim in every)
    if subject is not None and subject not in subjects:
        raise ValueError(f"subject = {subject!r} is not one of {', '.join(subjects)}")
    return tuple(claim for claim in every if subject in (None, claim.subject))


def check(subject: str | None, dps: int) -> Iterator[tuple[Claim, Result]]:
    """Check all claims, or those about one subject, on all cores.

    Parameters
    ----------
    subject : str or None
    dps : int
        Decimal digits of numerical checks.

    Returns
    -------
    iterator of (Claim, Result)
        As they are decided; the work starts at once.
    """
    # An interrupt is the affair of this process, which ends the others.
    pool = ProcessPoolExecutor(initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN))
    # Checks are closures, which do not travel between processes; identities do.
    running = {pool.submit(_run, claim.id, dps): claim for claim in claims(subject)}
    pool.shutdown(wait=False)
    return ((running[decided], decided.result()) for decided in as_completed(running))


def _run(identity: str, dps: int) -> Result:
    return _by_identity()[identity].run(dps)


@cache
def _by_identity() -> dict[str, Claim]:
    """Claims of a worker process."""
    return {claim.id: claim for claim in claims()}
