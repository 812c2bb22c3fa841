"""Everything that is written from the derivation: generated/, and pages and explorer of docs/."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

from derive import claims, codegen, explorer, pages
from derive.laws import EVERY_LAW

# Folders whose every file is generated; anything else in them is an orphan.
_OWNED = ("generated", "docs/laws", "docs/api/laws")


def files() -> dict[str, str]:
    """Every generated file.

    Returns
    -------
    dict of str to str
        Text by path relative to the root of the checkout, with forward slashes.
    """
    package = codegen.render_package()
    modules = {name: package[f"nlrmt/{name}.py"] for name in EVERY_LAW}
    documents = pages.render(modules, claims.claims())
    documents["explorer.html"] = explorer.render(modules["random_features"])
    return {f"generated/{path}": text for path, text in package.items()} | {
        f"docs/{path}": text for path, text in documents.items()
    }


def write(root: Path, tree: Mapping[str, str] | None = None, *, prune: bool = True) -> list[str]:
    """Bring the files below a folder up to date; those that are up to date are not touched.

    Parameters
    ----------
    root : Path
    tree : mapping of str to str, optional
        What `files` returns, if it is at hand.
    prune : bool
        Whether to remove orphans: files in the generated folders that would not be written.

    Returns
    -------
    list of str
        Paths written or removed.
    """
    tree = files() if tree is None else tree
    changed = [path for path, text in tree.items() if _read(root / path) != text.encode()]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        replace(root / path, tree[path])
    orphans = list(_orphans(root, tree)) if prune else []
    for path in orphans:
        (root / path).unlink()
    return changed + orphans


def check(root: Path, tree: Mapping[str, str] | None = None, *, prune: bool = True) -> str:
    """What `write` would change, as a unified diff; missing files and orphans by name.

    Parameters
    ----------
    root : Path
    tree : mapping of str to str, optional
        What `files` returns, if it is at hand.
    prune : bool
        Whether orphans count.

    Returns
    -------
    str
        Empty when everything is fresh.
    """
    tree = files() if tree is None else tree
    report = []
    for path, text in tree.items():
        present = _read(root / path)
        if present is None:
            report.append(f"missing: {path}\n")
        elif present != text.encode():
            report += _difference(path, present.decode(errors="backslashreplace"), text)
    if prune:
        report += [f"orphan: {path}\n" for path in _orphans(root, tree)]
    return "".join(report)


def replace(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(text.encode())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def checkout() -> Path:
    """Root of the checkout that this package is run from.

    Raises
    ------
    ValueError
        If the package is installed elsewhere.
    """
    root = Path(__file__).resolve().parents[1]
    if not (root / "pyproject.toml").is_file():
        raise ValueError(f"{root} is not a checkout of the project: name a folder with --out")
    return root


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _orphans(root: Path, tree: Mapping[str, str]) -> Iterator[str]:
    for folder in _OWNED:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root).as_posix()
            if path.is_file() and relative not in tree and "__pycache__" not in relative:
                yield relative


def _difference(path: str, old: str, new: str) -> Iterator[str]:
    before, after = (text.splitlines(keepends=True) for text in (old, new))
    for line in unified_diff(before, after, fromfile=path, tofile=f"{path} (derived)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
