"""What the site adds to pages that GitHub shows as they are: pictures, and links to the API."""

import io
import re
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import Any

import matplotlib
import numpy as np
from flint import fmpq
from matplotlib.figure import Figure
from sphinx.application import Sphinx

from derive.laws import EVERY_LAW
from derive.laws.law import Law, Parameter

_POINTS = 400  # of each interval
_LEAST = 1e-4  # place on a logarithmic axis, over the greatest


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = source[0].replace("\n\n```\n", "\n```\n")  # the ends that doctests need
    source[0] = source[0].replace("](explorer.html)", "](site:explorer.html)")
    folder, _, name = page.rpartition("/")
    if folder == "laws" and name in EVERY_LAW:
        module = import_module(f"nlrmt.{name}")
        app.env.note_dependency(module.__file__)
        picture = _density(EVERY_LAW[name], module)
        text = source[0].replace("\n## ", f"\n{picture}\n## ", 1)
        text = re.sub(rf"\[`nlrmt\.{name}`\]\(.*?\)", rf"{{py:mod}}`nlrmt.{name}`", text)
        source[0] = re.sub(
            r"^\| `(\w+)(\(.*?\))`", rf"| {{py:func}}`\1\2 <nlrmt.{name}.\1>`", text, flags=re.M
        )


def _density(law: Law, module: ModuleType) -> str:
    """The density, in the colours and the font of the page around it."""
    parameters = _parameters(law)
    call = ", ".join(f"{name}={value}" for name, value in parameters.items())
    svg = _drawn(module, parameters).replace(
        "<svg", f'<svg role="img" aria-label="Density at {call}" fill="currentColor"', 1
    )
    caption = f'<figcaption>Density at <code class="literal">{call}</code></figcaption>'
    return f'```{{raw}} html\n<figure class="density">\n{svg}{caption}</figure>\n```\n'


def _drawn(module: ModuleType, parameters: dict[str, Any]) -> str:
    figure = Figure(figsize=(4.6, 2.2), layout="constrained")
    axes = figure.subplots()
    support = module.support(**parameters)
    logarithmic = 0 <= 10 * support.min() < support.max()
    ends = np.log(np.maximum(support, _LEAST * support.max())) if logarithmic else support
    for lower, upper in ends:
        # As dense at the ends as square roots are steep.
        t = lower + (upper - lower) * np.sin(np.linspace(0, np.pi / 2, _POINTS)) ** 2
        x, factor = (np.exp(t), np.exp(t)) if logarithmic else (t, 1)
        height = factor * module.density(x, **parameters)
        axes.plot(x, height, "C0")
        axes.fill_between(x, height, color="C0", alpha=0.25, linewidth=0)
    if logarithmic:
        axes.set(xscale="log", ylabel="density of ln x, x ρ(x)")
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        axes.set(ylabel="density ρ(x)")
    axes.set(xlabel="x", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    written = io.StringIO()
    style = {"svg.fonttype": "none", "svg.hashsalt": module.__name__}
    with matplotlib.rc_context(style):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor").replace("\n\n", "\n")
    return re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)


def _parameters(law: Law) -> dict[str, Any]:
    """Values for a picture: 1/2, 3/4, 1, ... above the lower bounds, halfway to upper ones."""
    steps = count(2)

    def value(parameter: Parameter, known: dict[str, Any], place: int | None) -> float:
        lower, upper = parameter.bounds(known)
        exact = lower + fmpq(next(steps), 4) if upper is None else (lower + upper) / 2
        return int(exact.p) / int(exact.q)

    return law.filled(value, length=2)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
