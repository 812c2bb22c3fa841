"""Files of figures: pictures, their numbers, and the page that shows all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from derive.figures import FIGURES
from derive.figures.figure import Figure, text
from derive.figures.style import save
from derive.generate import replace

_FOLDER = "figures"
_HEAD = """# Gallery

Each figure sets laws beside simulations. `derive figures NAME` computes and draws one of them anew;
its numbers lie in the file of its name below `docs/figures/`, and the tests assert them. The
page of [each law](laws/README.md) shows its density, too.

## Spectra and training errors of three activations

![Spectra and training errors of three activations beside simulated networks](spectra.png)

Left: spectra of 2400-sample networks (steps) and their laws (lines). Right: training error of ridge
regression on the features, simulated (dots) and exact (lines). Drawn by `docs/spectra.py`.
"""


def write(root: Path, figure: Figure, *, redraw: bool = False) -> None:
    """Write a figure's numbers and picture below a folder; `redraw` takes the numbers there."""
    folder = root / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{figure.name}.json"
    if redraw:
        present = read(path)
        found = figure.described(present["sizes"], present["numbers"])
    else:
        found = figure.record()
    replace(path, text(found))
    save(path.with_suffix(".png"), figure.inches, figure.draw, found["numbers"])
    replace(root / "gallery.md", page(root))


def read(path: Path) -> dict[str, Any]:
    """A figure's record."""
    return json.loads(path.read_text(encoding="utf-8"))


def page(root: Path) -> str:
    """Text of the gallery of the figures that are below a folder."""
    parts = [_HEAD]
    for name in FIGURES:
        path = root / _FOLDER / f"{name}.json"
        if path.is_file():
            found = read(path)
            parts.append(
                f"## {found['title']}\n\n![{found['title']}]({_FOLDER}/{name}.png)\n\n"
                f"*{found['source']}.* {found['caption']}\n\n"
                f"[Numbers]({_FOLDER}/{name}.json), by `derive figures {name}`.\n"
            )
    return "\n".join(parts)
