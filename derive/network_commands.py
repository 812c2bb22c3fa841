"""Commands in the words of those who train networks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derive.terminal import console, examples, law_names, table

if TYPE_CHECKING:
    from nlrmt import Network
    from nlrmt.networks import Comparison

_MATRICES = {"conjugate": "kernel", "tangent": "tangent_kernel"}
_SWEEP = 25  # ridges of a sweep
_SHOWN = 5  # values of a list

_FILE = click.Path(dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SEED = click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
_PLOT = click.option("--plot", type=_FILE, help="Draw a picture to a file.")
_KERNEL = click.option(
    "--kernel",
    type=click.Choice(["features", "conjugate", "tangent", "data"]),
    default="features",
    show_default=True,
    help="features: YYᵀ/samples; conjugate: YᵀY/width; data: XᵀX/inputs.",
)
_OPTIONS = (
    click.option(
        "--activation",
        default="tanh",
        show_default=True,
        metavar="NAME,...",
        help="A name or an expression in x; one for each layer with commas between.",
    ),
    click.option("--inputs", type=click.IntRange(1), help="Dimension of the samples."),
    click.option("--features", metavar="SIZE,...", help="Width of the layer, or of each."),
    click.option("--samples", type=click.IntRange(1), help="Number of samples."),
    click.option("--depth", type=click.IntRange(1, 100), help="Number of layers of one width."),
    click.option("--bias", type=float, default=0.0, help="Standard deviation of a bias."),
    click.option("--weight-std", type=float, default=1.0, help="Times the root of the fan-in."),
    click.option("--data-std", type=float, default=1.0, help="Scale of the data."),
    click.option(
        "--data", type=_FILE, help=".npy file: samples as rows, or eigenvalues of XXᵀ/inputs."
    ),
)


def _describes_network(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command(
    epilog=examples(
        "derive spectrum --activation tanh --inputs 784 --features 2000 --samples 5000",
        "derive spectrum --activation relu --inputs 300 --features 500 --samples 400 --depth 3 \\",
        "    --kernel conjugate --simulate --plot kernel.png",
    )
)
@_describes_network
@_KERNEL
@click.option("--simulate", is_flag=True, help="Compare with one network drawn at random.")
@_SEED
@_PLOT
@_JSON
def spectrum(
    kernel: str, simulate: bool, seed: int, plot: Path | None, as_json: bool, **options: Any
) -> None:
    """Describe the limiting spectrum of a network's matrix.

    Edges are the ends of the intervals that eigenvalues fill, the condition number the ratio of the
    last to the first, mass at zero the share of eigenvalues that vanish, and capacity the share of
    random labels that a linear read-out of the features fits without ridge.
    """
    net, matrix = _network(**options), _MATRICES.get(kernel, kernel)
    law = net.spectrum(matrix)
    edges, atoms = law.support(), law.atoms
    rows: dict[str, Any] = {
        "edges": edges.tolist(),
        "condition number": float(edges[-1, 1] / edges[0, 0]) if edges.size else 1.0,
        "mass at zero": atoms.pop(0.0, 0.0),
        "other atoms": [{"position": at, "mass": mass} for at, mass in atoms.items()],
        "mean": law.mean(),
        "standard deviation": law.std(),
        "capacity": 1 - float(net.train_error(0.0)),
        "eigenvalue of the mean, if not centred": net.mean_eigenvalue(),
    }
    found = None
    if simulate:
        with console(stderr=True).status("simulating"):
            found = net.compare(matrix, seed)
        rows |= _distances(found)
    if not as_json:
        click.echo(repr(net))
    _print(rows, as_json)
    _draw(plot, lambda ax: law.plot(ax, found and found.eigenvalues), law.name)


@click.command(
    "train-error",
    epilog=examples(
        "derive train-error --activation relu --inputs 100 --features 300 --samples 200 "
        "--ridge 1e-3",
        "derive train-error --inputs 100 --features 300 --samples 200 --ridge 1e-6:1e2 "
        "--plot e.png",
    ),
)
@_describes_network
@click.option("--ridge", required=True, metavar="VALUE|FROM:TO", help="One, or a sweep.")
@click.option(
    "--convention",
    type=click.Choice(["features", "alpha", "kernel"]),
    default="features",
    show_default=True,
    help="Beside YYᵀ/samples; scikit-learn's alpha; beside YᵀY/width.",
)
@_PLOT
@_JSON
def train_error(
    ridge: str, convention: str, plot: Path | None, as_json: bool, **options: Any
) -> None:
    """Give the training error of ridge regression on the features of random labels.

    It is the mean squared error of labels of variance one that are independent of the data.
    """
    import numpy as np

    try:
        ends = [float(text) for text in ridge.split(":")]
    except ValueError:
        ends = []
    if not (len(ends) == 1 or (len(ends) == 2 and 0 < ends[0] < ends[1] < np.inf)):
        raise ValueError(f"--ridge {ridge} is no number and no sweep FROM:TO with 0 < FROM < TO")
    net = _network(**options)
    ridges = np.array(ends) if len(ends) == 1 else np.geomspace(ends[0], ends[1], _SWEEP)
    errors = net.train_error(ridges, convention)
    if as_json:
        _print({"ridge": ridges.tolist(), "train error": errors.tolist()}, as_json)
    elif len(ends) == 1:
        click.echo(f"{errors[0]:.12g}")
    else:
        table(
            ((f"{r:.6g}", f"{e:.12g}") for r, e in zip(ridges, errors, strict=True)),
            *("Ridge", "Training error"),
        )

    def curve(ax: Any) -> Any:
        ax.semilogx(ridges, errors, color="#0072B2", label="training error")
        ax.set_xlabel(f"ridge ({convention})")
        return ax

    _draw(plot, curve, repr(net).splitlines()[0])


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "derive compare eigenvalues.npy --activation relu --inputs 784 --features 500 "
        "--samples 1000",
        "derive compare eigenvalues.npy marchenko_pastur --ratio 0.5 --variance 1",
    ),
)
@click.argument("eigenvalues", type=_FILE)
@click.argument("law", metavar="[LAW --PARAMETER VALUE ...]", nargs=-1, shell_complete=law_names)
@_describes_network
@_KERNEL
@_PLOT
@_JSON
def compare(
    eigenvalues: Path,
    law: tuple[str, ...],
    kernel: str,
    plot: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare the EIGENVALUES of a matrix, a .npy file, with the law of a network or a LAW."""
    from derive.cli import parameters_of
    from nlrmt import compare as compared

    values = _array(eigenvalues)
    if law:
        import nlrmt

        name, given = parameters_of(law)
        frozen = getattr(nlrmt, name).law(**given)
    else:
        frozen = _network(**options).spectrum(_MATRICES.get(kernel, kernel))
    found = compared(values, frozen)
    _print(_distances(found), as_json)
    _draw(plot, found.plot, frozen.name)


def _network(
    activation: str,
    features: str | None,
    depth: int | None,
    bias: float,
    data: Path | None,
    **options: Any,
) -> Network:
    """The network of the command line's words."""
    from derive.codegen.activations import named
    from nlrmt import Network

    if features is None:
        raise ValueError("--features is missing: the width of the layer, or of each")
    widths = [int(text) if text.strip().isdecimal() else text for text in features.split(",")]
    if depth is not None:
        if len(widths) > 1:
            raise ValueError(f"--depth {depth}: --features {features} names the layers already")
        widths *= depth
    # A comma within brackets belongs to an expression.
    functions = [named(text) for text in re.split(r",(?![^(]*\))", activation)]
    return Network(
        widths=widths,  # type: ignore[arg-type]  # it refuses text by name
        activation=functions * len(widths) if len(functions) == 1 else functions,
        bias_std=bias,
        data=None if data is None else _array(data),
        **options,
    )


def _array(path: Path) -> Any:
    import numpy as np

    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is no .npy file of numbers: {error}") from None


def _distances(found: Comparison) -> dict[str, Any]:
    return {
        "number of eigenvalues": found.eigenvalues.size,
        "Kolmogorov distance": found.kolmogorov,
        "L1 distance": found.wasserstein,
        "fitted scale": found.scale,
        "outside the support": found.outside.size,
        "outliers": found.outliers.tolist(),
    }


def _print(rows: Mapping[str, Any], as_json: bool) -> None:
    """Values by name, as a table or as JSON."""
    if as_json:
        click.echo(json.dumps({name.replace(" ", "_"): v for name, v in rows.items()}, indent=2))
        return

    def text(value: Any) -> str:
        if isinstance(value, list):
            more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
            return ", ".join(map(text, value[-_SHOWN:])) + more or "none"
        if isinstance(value, dict):
            return f"{text(value['mass'])} at {text(value['position'])}"
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    def shown(name: str, value: Any) -> str:
        return (
            ", ".join(f"[{text(a)}, {text(b)}]" for a, b in value)
            if name == "edges"
            else text(value)
        )

    table(((name, shown(name, value)) for name, value in rows.items()), "Quantity", "Value")


def _draw(path: Path | None, plot: Callable[[Any], Any], title: str) -> None:
    if path is None:
        return
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("--plot needs matplotlib: pip install 'nlrmt[figures]'") from None
    figure = Figure(figsize=(7, 4), layout="constrained")
    known = figure.canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        raise ValueError(f"--plot {path}: its ending is not one of {', '.join(sorted(known))}")
    axes = plot(figure.add_subplot())
    axes.set_title(title)
    axes.legend()
    figure.savefig(path, dpi=150)
