"""Speed and memory of the random-feature module, beside other ways to the same values.

    python -m tests.benchmarks

An asterisk marks times that were taken on a part of the points, spread evenly, as all of them would
take long.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from derive.laws import LAWS
from derive.observables import OBSERVABLES, Observable
from derive.observables.observable import LEVEL, ORDER, PLANE, RIDGE, Coefficients, X
from nlrmt import random_features
from tests.benchmarks import alternatives, compiled
from tests.benchmarks.timing import Time, import_milliseconds, per_point, seconds, working_memory

LAW = LAWS["random_features"]
PARAMETERS = {"phi": 1 / 2, "psi": 3 / 4, "eta": 1.0, "zeta": 1 / 2}
SIZES = (1, 1000, 1_000_000)
LARGE = SIZES[-1]
ORDERS = 10

# Nanoseconds per point at 1e6 points.
TARGETS = {
    "density": 40,
    "train_error": 30,
    "test_error": 40,
    "cauchy_transform": 120,
    "cdf": 120,
    "quantile": 1000,
}
TARGET_SCALAR = 50_000  # nanoseconds of a call with one point
TARGET_MEMORY = 4  # MiB beyond input and output
TARGET_BROADCAST = 2  # times fixed parameters
TARGET_IMPORT = 15  # ms
# How many times faster than others; of the compiled code, how many times slower.
TARGET_RATIOS = {
    ("density", "np.linalg.eigvals"): "≥ 60",
    ("density", "SymPy's closed form"): "≥ 8",
    ("density", "C, -O3"): "≥ 0.33",
    ("train_error", "np.linalg.eigvals"): "≥ 80",
}


def points(observable: Observable, size: int) -> np.ndarray:
    """Arguments across the bulk, its neighbourhood and the domains of the other functions."""
    ((low, high),) = random_features.support(**PARAMETERS)
    x = np.linspace(low, high, size + 2)[1:-1]
    return {
        X: x,
        PLANE: x.astype(complex) if isinstance(observable, Coefficients) else x + 0.1j,
        RIDGE: np.geomspace(1e-6, 1e3, size) if size > 1 else np.ones(1),
        LEVEL: (np.arange(size) + 0.5) / size,
    }[observable.argument]


def varied(size: int) -> dict[str, np.ndarray]:
    """All parameters as arrays."""
    return {name: np.linspace(value, 1.001 * value, size) for name, value in PARAMETERS.items()}


def shown(time: Time, size: int, target: float | None = None) -> str:
    text = f"{time.nanoseconds:,.0f}" + ("*" if time.points < size else "")
    return f"{text} (≤ {target:,})" if target else text


def table(title: str, *columns: str) -> Table:
    made = Table(*columns, title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for column in made.columns[1:]:
        column.justify = "right"
    return made


def _of_labels(observable: Observable) -> Callable:
    """A function of the module, with labels if it takes these."""
    function = getattr(random_features, observable.public_name(LAW))
    return partial(function, **dict.fromkeys(observable.labels(LAW), 1.0))


def functions(console: Console) -> None:
    """Every function of points."""
    sizes = [f"{size:,}" for size in SIZES]
    made = table(
        "ns per point (target)",
        *("Function", *sizes, f"Memory, MiB (≤ {TARGET_MEMORY})"),
        f"Parameter arrays (≤ {TARGET_BROADCAST}×)",
    )
    for observable in OBSERVABLES:
        if observable.argument in (None, ORDER):
            continue
        name = observable.public_name(LAW)
        function = _of_labels(observable)
        times = [per_point(function, points(observable, size), **PARAMETERS) for size in SIZES]
        targets = [TARGET_SCALAR, None, TARGETS.get(name)]
        cells = [shown(*row) for row in zip(times, SIZES, targets, strict=True)]
        # The size of the broadcast arrays is that of what was timed.
        size = times[-1].points
        memory = working_memory(function, points(observable, size), **PARAMETERS)
        arrays = per_point(function, points(observable, size), **varied(size))
        ratio = arrays.nanoseconds / times[-1].nanoseconds
        cells += [f"{memory / 2**20:,.1f}" + ("*" if size < LARGE else "")]
        made.add_row(name, *cells, f"{ratio:.2f}" + ("*" if arrays.points < LARGE else ""))
    console.print(made)
    made = table("Microseconds per call", "Function", "Time")
    for observable in OBSERVABLES:
        if observable.argument not in (None, ORDER):
            continue
        name = observable.public_name(LAW)
        arguments = (ORDERS,) if observable.argument is ORDER else ()
        function = _of_labels(observable)
        time = seconds(lambda f=function, a=arguments: f(*a, **PARAMETERS))
        made.add_row(f"{name}({', '.join(map(str, arguments))})", f"{time * 1e6:,.1f}")
    console.print(made)


def others(folder: Path, console: Console) -> dict[str, dict[str, Callable]]:
    """Other ways by name, each a dictionary of functions."""
    degree = len(alternatives.fibre_coefficients(LAW)) - 1
    found = {
        "np.roots": alternatives.functions(LAW, alternatives.roots_one_by_one),
        "np.linalg.eigvals": alternatives.functions(LAW, alternatives.eigenvalues),
        "SymPy's closed form": alternatives.functions(LAW, alternatives.closed_form(degree)),
    }
    for flags in ((), ("-ffast-math",)):
        place = folder / "".join(flags)
        place.mkdir(exist_ok=True)
        try:
            found[" ".join(["C, -O3", *flags])] = compiled.functions(LAW, place, *flags)
        except (OSError, subprocess.CalledProcessError) as error:
            console.print(f"no compiled functions: {error}")
    return found


def comparison(name: str, ways: dict[str, Callable], console: Console) -> None:
    """One function beside other ways to it, each checked against it."""
    (observable,) = (o for o in OBSERVABLES if o.name == name)
    function = getattr(random_features, name)
    at = [points(observable, size) for size in SIZES]
    own = [per_point(function, p, **PARAMETERS) for p in at]
    made = table(
        f"{name}: ns per point (times the module's)",
        *("Way", *(f"{size:,}" for size in SIZES), "Target"),
    )
    made.add_row(f"nlrmt.{LAW.name}", *map(shown, own, SIZES), "")
    expected = function(at[1], **PARAMETERS)
    for way, other in ways.items():
        np.testing.assert_allclose(other(at[1], **PARAMETERS), expected, rtol=1e-6)
        times = [per_point(other, p, **PARAMETERS) for p in at]
        cells = (
            f"{shown(time, size)} ({time.nanoseconds / mine.nanoseconds:,.2f}×)"
            for time, mine, size in zip(times, own, SIZES, strict=True)
        )
        made.add_row(way, *cells, TARGET_RATIOS.get((name, way), ""))
    console.print(made)


def main() -> None:
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    values = ", ".join(f"{key} = {value:g}" for key, value in PARAMETERS.items())
    console.print(f"nlrmt.{LAW.name} at {values}; NumPy {np.__version__}")
    functions(console)
    with TemporaryDirectory() as folder:
        ways = others(Path(folder), console)
        for name in ("density", "train_error"):
            comparison(name, {way: found[name] for way, found in ways.items()}, console)
    time = import_milliseconds(f"nlrmt.{LAW.name}")
    console.print(f"import after NumPy: {time:.1f} ms (≤ {TARGET_IMPORT})")
    console.print("* on a part of the points")


if __name__ == "__main__":
    main()
