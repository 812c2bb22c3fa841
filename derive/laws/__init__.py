"""The laws, by name. A new law is one file here, its name added to the list below."""

from functools import cache
from importlib import import_module
from typing import Any

from derive.laws.law import Law, Parameter

_NAMES = (
    "random_features",
    "marchenko_pastur",
    "product_wishart",
    "conjugate_kernel",
    "tangent_kernel",
    "biased_features",
)


@cache
def _tables() -> dict[str, dict[str, Law]]:
    every = {name: import_module(f"derive.laws.{name}").LAW for name in _NAMES}
    # Those on a rational curve have more formulas and a second evaluator.
    return {"EVERY_LAW": every, "LAWS": {n: law for n, law in every.items() if law.curve}}


def __getattr__(name: str) -> Any:
    """The tables, made when first asked for: the file of a law may import any of the toolkit."""
    if name in ("EVERY_LAW", "LAWS"):
        return _tables()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Law", "Parameter"]
