"""How figures look: colours that everyone tells apart, on white paper and on dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

# Okabe and Ito (2008), without its yellow and black, which vanish on white and on dark.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"
GREY = "#767676"  # of text: as far from white as from GitHub's dark
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

_STYLE: Mapping[Any, Any] = MappingProxyType(
    dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY
    )
    | {
        "font.size": 10,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
    }
)
_DPI = 120
_NARROW = 100  # quotient of the ends of an axis with labels at 1, 2, 5


def require() -> None:
    """Refuse to start without the packages that draw.

    Raises
    ------
    ValueError
        With the command that brings them.
    """
    try:
        import matplotlib  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"figures need {error.name}, which is missing: pip install 'nlrmt[figures]'"
        ) from None


def plain_ticks(axis: Any) -> None:
    """Labels at 1, 2 and 5 times powers of ten, on a logarithmic axis of less than two decades."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    lower, upper = axis.get_view_interval()
    if upper < _NARROW * lower:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())


def save(
    path: Path,
    inches: tuple[float, float],
    draw: Callable[[Any, Mapping[str, Any]], None],
    numbers: Mapping[str, Any],
) -> None:
    """Draw a figure to a file, on a transparent ground."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(dict(_STYLE)):
        canvas = Figure(figsize=inches, layout="constrained")
        draw(canvas, numbers)
        canvas.savefig(path, dpi=_DPI, transparent=True, metadata={"Software": None})
