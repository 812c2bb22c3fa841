"""The command that draws the papers' figures."""

from __future__ import annotations

from pathlib import Path

import click

from derive.terminal import examples, tracked


@click.command(epilog=examples("derive figures", "derive figures pennington_worah_3 --out copy"))
@click.argument("name", required=False)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write below this folder, not into docs/ of the checkout.",
)
@click.option("--redraw", is_flag=True, help="Draw the numbers that are there; compute nothing.")
def figures(name: str | None, out: Path | None, redraw: bool) -> None:
    """Compute and draw the papers' figures, or the one of a NAME.

    Writes figures/NAME.png, its numbers and caption in figures/NAME.json, and the page gallery.md.
    Each takes a minute or two.
    """
    from derive import generate
    from derive.figures import FIGURES
    from derive.figures.gallery import write
    from derive.figures.style import require

    if name is not None and name not in FIGURES:
        raise ValueError(f"figure = {name!r} is not one of {', '.join(FIGURES)}")
    require()
    root = out or generate.checkout() / "docs"
    wanted = [FIGURES[name]] if name else list(FIGURES.values())
    for figure in tracked(wanted, lambda figure: figure.name, len(wanted)):
        write(root, figure, redraw=redraw)
        click.echo(root / "figures" / f"{figure.name}.png")
