"""What commands print: tables, progress, examples."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


def examples(*lines: str) -> str:
    """Examples at the end of a help text."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def law_names(context: Any, parameter: Any, incomplete: str) -> list[str]:
    """Laws that the shell offers to complete a word with."""
    from derive.laws import EVERY_LAW

    return [name for name in EVERY_LAW if name.startswith(incomplete)]


def console(*, stderr: bool = False) -> Console:
    """The terminal, or what takes its place."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 240  # nothing is folded in a pipe
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def table(rows: Iterable[tuple[str, ...]], *columns: str) -> None:
    """Print a table."""
    from rich import box
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def tracked(items: Iterable[T], name: Callable[[T], str], total: int) -> Iterator[T]:
    """The items in turn, with a progress bar that names the last one."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    where = console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns,
        console=where,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # what is written goes above the bar
        disable=not where.is_terminal,
    ) as progress:
        task = progress.add_task("", total=total)
        for item in items:
            progress.update(task, description=name(item))
            yield item
            progress.advance(task)
