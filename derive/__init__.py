"""The toolkit: laws are derived, checked, and written as NumPy."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__version__ = "0.1.0"  # of both packages

_HOMES = {
    "Law": "derive.laws",
    "Parameter": "derive.laws",
    "evaluate": "derive.reference",
    "numpy_module": "derive.codegen",
    "render_module": "derive.codegen",
}

__all__ = ["Law", "Parameter", "evaluate", "numpy_module", "render_module"]

_NEEDED = ("click", "flint", "jinja2", "mpmath", "rich", "ruff", "sympy")
if _missing := [name for name in _NEEDED if find_spec(name) is None]:
    _message = f"derive needs {', '.join(_missing)}: pip install 'nlrmt[derive]'"
    if Path(sys.argv[0]).stem == __name__:  # the command says it in one line
        sys.exit(f"error: {_message}")
    raise ImportError(_message)


def __getattr__(name: str) -> Any:
    """Public names, imported when first asked for, so that the command line starts fast."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
