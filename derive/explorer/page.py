"""The page and the numbers behind it, as text."""

from __future__ import annotations

import json
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from derive.activations import NAMES, constants
from derive.codegen import javascript
from derive.laws import EVERY_LAW

_SIZES = (
    ("inputs", "n₀", "Inputs", 784),
    ("features", "n₁", "Features", 2000),
    ("samples", "m", "Samples", 5000),
)
_START = "tanh"
LAYERS = 5


def render(module: str | None = None) -> str:
    """The page, which needs nothing but itself.

    Parameters
    ----------
    module : str, optional
        Text of the law's NumPy module, if it is at hand.
    """
    environment = Environment(
        loader=PackageLoader("derive.explorer", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    script = [numerics(module), _text("chart.js"), _activations(), _text("page.js")]
    return environment.get_template("page.html.j2").render(
        style=_text("page.css"), script="\n".join(script), sizes=_SIZES, layers=LAYERS
    )


def numerics(module: str | None = None) -> str:
    """JavaScript of the laws and of what evaluates them."""
    parts = (
        javascript.render_law(EVERY_LAW["random_features"], module),
        _text("spectrum.js"),
        javascript.render_operations(),
        javascript.render_composition(EVERY_LAW["conjugate_kernel"], range(1, LAYERS + 1)),
        _text("network.js"),
    )
    return "\n".join(parts)


def _activations() -> str:
    """Constants of the activations by name, at unit variance of their argument."""
    rows = []
    for name in NAMES:
        found = constants(name).rounded()
        label = name.replace("figure_3_", "Pennington–Worah, figure 3: ").replace("_", " ")
        rows.append({"label": label, "eta": float(found.eta), "zeta": float(found.zeta)})
    lines = "".join(f"  {json.dumps(row, ensure_ascii=False)},\n" for row in rows)
    return f"const ACTIVATIONS = [\n{lines}];\nconst START = {[*NAMES].index(_START)};\n"


def _text(name: str) -> str:
    return files("derive.explorer").joinpath(name).read_text(encoding="utf-8")
