"""A module and the runtime it imports as one file that needs NumPy alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from graphlib import TopologicalSorter

_NAME = "_nlrmt"  # of the package that the file makes
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
    sources: dict[str, str | None] = {_NAME: None, f"{_NAME}.runtime": None}
    for name in TopologicalSorter(_graph(text, package)).static_order():
        if name:
            sources[f"{_NAME}.{name}"] = package[_path(name)]
    entries = "".join(f"    {name!r}: {_moved(part)!r},\n" for name, part in sources.items())
    head, mark, rest = text.partition("from nlrmt.")
    imports = "import sys\nfrom types import ModuleType\n\n"
    loader = f"_SOURCES = {{\n{entries}}}\n\n{_LOADER}\n"
    return head + imports + loader + str(_moved(mark + rest))


def _graph(text: str, package: Mapping[str, str]) -> dict[str, list[str]]:
    """What the module, named "", and all that it imports import of the package."""
    found: dict[str, list[str]] = {}
    pending = {"": text}
    while pending:
        name, source = pending.popitem()
        folder = name.rpartition(".")[0]
        imported = set()
        for node in ast.parse(source).body:
            if not isinstance(node, ast.ImportFrom):
                continue
            module = node.module or ""
            if node.level:  # relative to the folder
                module = ".".join(filter(None, (folder if node.level == 1 else "", module)))
            elif module.startswith("nlrmt"):
                module = module.removeprefix("nlrmt").lstrip(".")
            else:
                continue
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            imported |= {part for part in names if _path(part) in package}
        found[name] = sorted(imported)
        pending |= {part: package[_path(part)] for part in found[name] if part not in found}
    return found


def _path(name: str) -> str:
    return f"nlrmt/{name.replace('.', '/')}.py"


def _moved(text: str | None) -> str | None:
    return text and text.replace("from nlrmt.", f"from {_NAME}.")
