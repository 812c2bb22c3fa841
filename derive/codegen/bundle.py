"""A module and the runtime it imports as one file that needs NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping

_NAME = "_nlrmt"  # of the package that the file makes
# Each after those that it imports.
_PARTS = (
    "runtime.potential",
    "runtime.series",
    "runtime.square",
    "runtime.atoms",
    "runtime.layers",
    "runtime.sequences",
    "runtime.solver",
    "runtime.transforms",
    "runtime.observables",
    "runtime.evaluation",
    "operations",
)
_LOADER = '''
def _load(sources):
    """Make the modules of the runtime, which this file carries as text, unless they are there."""
    for name, text in sources.items():
        if name not in sys.modules:
            module = sys.modules[name] = ModuleType(name)
            module.__package__ = name if text is None else name.rpartition(".")[0]
            if text is None:
                module.__path__ = []
            else:
                exec(compile(text, f"<{name}>", "exec"), module.__dict__)


_load(_SOURCES)
'''


def bundle(text: str, package: Mapping[str, str]) -> str:
    """One file from the text of a module and the files of the import package.

    Parameters
    ----------
    text : str
        The module.
    package : mapping of str to str
        Text of every file of the package, by path.
    """
    if "from nlrmt." not in text:
        return text
    sources = {_NAME: None, f"{_NAME}.runtime": None} | {
        f"{_NAME}.{part}": package[f"nlrmt/{part.replace('.', '/')}.py"] for part in _PARTS
    }
    entries = "".join(f"    {name!r}: {_moved(part)!r},\n" for name, part in sources.items())
    head, mark, rest = text.partition("import numpy as np\n")
    imports = "import sys\nfrom types import ModuleType\n\n"
    loader = f"\n_SOURCES = {{\n{entries}}}\n\n{_LOADER}"
    return head + imports + mark + loader + str(_moved(rest))


def _moved(text: str | None) -> str | None:
    return text and text.replace("from nlrmt.", f"from {_NAME}.")
