"""The laws, by name. A new law is one file here, its name added to the list below."""

from functools import cache
from importlib import import_module
from typing import Any

from derive.laws.law import Law, Parameter
from derive.laws.layered import LayeredLaw

_NAMES = (
    "random_features",
    "marchenko_pastur",
    "product_wishart",
    "conjugate_kernel",
    "tangent_kernel",
    "biased_features",
)


@cache
def _tables() -> dict[str, dict[str, Law | LayeredLaw]]:
    every = {name: import_module(f"derive.laws.{name}").LAW for name in _NAMES}
    composed = {n: law for n, law in every.items() if isinstance(law, Law)}
    return {
        "EVERY_LAW": every,
        # On a rational curve; by their composition alone; by layers.
        "LAWS": {n: law for n, law in composed.items() if law.curve},
        "COMPOSED_LAWS": {n: law for n, law in composed.items() if not law.curve},
        "LAYERED_LAWS": {n: law for n, law in every.items() if n not in composed},
    }


def __getattr__(name: str) -> Any:
    """The tables, made when first asked for: the file of a law may import any of the toolkit."""
    if name in ("EVERY_LAW", "LAWS", "COMPOSED_LAWS", "LAYERED_LAWS"):
        return _tables()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Law", "LayeredLaw", "Parameter"]
