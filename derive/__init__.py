"""The toolkit: laws are derived, checked, and written as NumPy."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Law": "derive.laws",
    "Parameter": "derive.laws",
    "evaluate": "derive.reference",
    "numpy_module": "derive.codegen",
    "render_module": "derive.codegen",
}

__all__ = ["Law", "Parameter", "evaluate", "numpy_module", "render_module"]


def __getattr__(name: str) -> Any:
    """Public names, imported when first asked for, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
