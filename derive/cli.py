"""The command line. SymPy and the laws are imported by the commands, so that help is immediate."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from derive import __version__
from derive.figure_commands import figures
from derive.network_commands import compare, spectrum, train_error
from derive.terminal import console, examples, law_names, table, tracked

if TYPE_CHECKING:
    from derive.claims.ledger import Claim, Result
    from derive.laws.law import Law

# Matrices are small, and worker processes share the cores: threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_DPS = click.option(
    "--dps", type=click.IntRange(1), default=50, show_default=True, help="Decimal digits."
)
# Lets through values such as -1 and options that only the law knows.
_OPEN = {"ignore_unknown_options": True}


class _Commands(click.Group):
    """Commands whose every error is one line and exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        try:
            status = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.Abort:
            for process in multiprocessing.active_children():
                process.kill()
            message = "interrupted"
        except click.ClickException as error:
            message = error.format_message()
        except (ValueError, ArithmeticError, OSError) as error:
            message = str(error) or type(error).__name__
        else:
            sys.exit(status)
        click.echo(f"error: {' '.join(message.split())}", err=True)
        sys.exit(2)


@click.group(cls=_Commands, invoke_without_command=True)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """Spectral laws of nonlinear random matrices: derived, checked, and written as NumPy."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _any_law(name: str) -> Law:
    from derive.laws import EVERY_LAW

    return _one_of(EVERY_LAW, name)


def _one_of(laws: Mapping[str, Any], name: str) -> Any:
    if name not in laws:
        raise ValueError(f"law = {name!r} is not one of {', '.join(laws)}")
    return laws[name]


for command in (spectrum, train_error, compare, figures):
    main.add_command(command)


# What there is


@main.command("list", epilog=examples("derive list"))
def list_() -> None:
    """List laws, observables, formulas and activations."""
    from derive import activations, pages
    from derive.laws import EVERY_LAW, LAWS
    from derive.observables import OBSERVABLES

    def names(observable: Any) -> str:
        return " | ".join(dict.fromkeys(observable.public_name(law) for law in LAWS.values()))

    table(
        ((law.name, p.domain, p.meaning) for law in EVERY_LAW.values() for p in law.parameters),
        *("Law", "Parameter", "Meaning"),
    )
    table(
        ((names(o), o.argument.domain if o.argument else "", o.title) for o in OBSERVABLES),
        *("Observable", "Argument", "Meaning"),
    )
    click.echo("  Formulas:    " + ", ".join(pages.formula_names()))
    sequences = next(law for law in EVERY_LAW.values() if law.has_sequences)
    click.echo("  ... with sequences: " + ", ".join(pages.formula_names(sequences)))
    click.echo("  Activations: " + ", ".join(activations.NAMES))


@main.command(
    epilog=examples(
        "derive show random_features curve",
        "derive show random_features cauchy_polynomial --format latex",
        "derive show marchenko_pastur moments --order 6 --format json",
        "derive show conjugate_kernel potential --length 2",
    )
)
@click.argument("law", shell_complete=law_names)
@click.argument("formula")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "latex", "python", "json"]),
    default="text",
    show_default=True,
    help="python: one expression, or a tuple of them; a polynomial is equated to zero.",
)
@click.option("--order", type=click.IntRange(0), help="Highest order of the moments  [default: 4]")
@click.option(
    "--length", type=click.IntRange(1), help="Of parameters that are sequences  [default: 1]"
)
def show(law: str, formula: str, style: str, order: int | None, length: int | None) -> None:
    """Show a FORMULA of a LAW; `derive list` names both."""
    from derive import pages

    equations = pages.formulas(_any_law(law), formula, order, length)
    if style == "json":
        found = {"law": law, "formula": formula, "equations": pages.data(equations)}
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(
            {"text": pages.text, "latex": pages.tex, "python": pages.python}[style](equations)
        )


# Numbers


def _split(arguments: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Points, and values of options by name, among arguments that click does not know."""
    points: list[str] = []
    options: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("--"):
            points.append(argument)
            continue
        option, separator, value = argument.partition("=")
        if not separator:
            value = next(rest, "")
        name = option[2:].replace("-", "_")
        if not value or name in options:
            raise ValueError(f"{option} needs one value")
        options[name] = value
    return points, options


def _sequence(law: Law, name: str, text: str) -> str | list[str]:
    """Value of an option, split at commas if the parameter is a sequence."""
    parameter = next((p for p in law.parameters if p.name == name), None)
    if parameter is None or parameter.kind == "number":
        return text
    return text if parameter.number_for_all and "," not in text else text.split(",")


def parameters_of(law: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """A law's name and its parameters as doubles, from the arguments of a command."""
    from derive.rational import exact

    (name, *more), options = _split(law)
    found = _any_law(name)
    if more:
        raise ValueError(f"{more[0]} is neither a law nor an option")
    values: dict[str, Any] = {}
    for key, text in options.items():
        value = _sequence(found, key, text)
        parts = value if isinstance(value, list) else [value]
        numbers = [float(exact(part, key)) for part in parts]
        values[key] = numbers if isinstance(value, list) else numbers[0]
    for key in values.keys() - {parameter.name for parameter in found.parameters}:
        raise ValueError(f"--{key} is no parameter of {name}")
    return name, values


def _digits(value: Any, dps: int) -> str:
    """Number without blanks, so that it can be given back as a point; a pair with one."""
    import mpmath

    if isinstance(value, tuple):
        return " ".join(_digits(part, dps) for part in value)
    return mpmath.nstr(value, dps).strip("()").replace(" ", "")


@main.command(
    "eval",
    context_settings=_OPEN,
    epilog=examples(
        "derive eval random_features density 1/2 --phi 1/2 --psi 3/4 --eta 1 --zeta 1/2",
        "derive eval marchenko_pastur cauchy_transform -1+0.5j --ratio 2 --variance 1 --dps 30",
        "derive eval marchenko_pastur support --ratio 1/2 --variance 1",
        "derive eval conjugate_kernel density 1 --ratios 1/2,2 --b2 0.3 --base-ratio 1",
    ),
)
@click.argument("law", shell_complete=law_names)
@click.argument("observable")
@click.argument("arguments", metavar="[POINT] --PARAMETER VALUE ...", nargs=-1)
@_DPS
def eval_(law: str, observable: str, arguments: tuple[str, ...], dps: int) -> None:
    """Evaluate an OBSERVABLE of a LAW, every digit proved.

    POINT and parameters are taken exactly: 0.1 is 1/10. A complex point is written 1/2+3/4j.
    Several values are printed a line each: coefficients from the constant term up, moments from
    order zero, intervals as their two ends, parts after their names. A parameter that is a sequence
    is given as numbers with commas between.
    """
    from derive.observables import observables
    from derive.reference import evaluate

    found = _any_law(law)
    texts, options = _split(arguments)
    parameters = {name: _sequence(found, name, text) for name, text in options.items()}
    known = {parameter.name for parameter in found.parameters}
    known |= {label for kind in observables(found) for label in kind.labels(found)}
    for name in parameters.keys() - known:
        raise ValueError(f"--{name} is no parameter of {law}")
    # Orders are integers; numbers that Python may refuse to read are left to the reference.
    points = [int(text) if text.isdecimal() and len(text) < 10 else text for text in texts]
    value = evaluate(found, observable, *points, dps=dps, **parameters)
    if isinstance(value, dict):
        for name, item in value.items():
            click.echo(f"{name} {_digits(item, dps)}")
        return
    for item in value if isinstance(value, list) else [value]:
        click.echo(_digits(item, dps))


@main.command(
    context_settings=_OPEN,
    epilog=examples(
        "derive activation relu",
        "derive activation 'max(x, 0) - x/3' --sigma-w 1/2",
        "derive activation tanh --dps 30",
    ),
)
@click.argument("function", metavar="NAME|EXPRESSION")
@click.option("--sigma-w", default="1", show_default=True, help="Standard deviation of weights.")
@click.option("--sigma-x", default="1", show_default=True, help="Standard deviation of data.")
@_DPS
def activation(function: str, sigma_w: str, sigma_x: str, dps: int) -> None:
    """Compute the constants of an activation.

    They are exact where a closed form is known. An expression is written in x. The normalised
    activation has mean 0 and eta = 1.
    """
    import mpmath

    from derive.activations import constants

    found = constants(function, sigma_w=sigma_w, sigma_x=sigma_x, dps=dps)
    rounded = found.rounded()
    click.echo(f"f = {found.function}")
    for name in ("mean", "eta", "zeta", "zeta_normalised"):
        value = getattr(found, name)
        exact = [str(value)] if found.exact else []
        decimal = [mpmath.nstr(getattr(rounded, name), dps, strip_zeros=False)]
        shown = exact if found.exact and value.is_Integer else exact + decimal
        click.echo(" = ".join([name.replace("_normalised", "/eta"), *shown]))
    click.echo(f"normalised f = {found.normalised}")


# Checks and files


def _check(law: str | None, dps: int) -> Iterator[tuple[Claim, Result]]:
    """Claims with their results as they are decided, under a progress bar; work starts at once."""
    from derive import claims

    return tracked(claims.check(law, dps), lambda pair: pair[0].id, len(claims.claims(law)))


def _method(result: Result) -> str:
    if not result.passed:
        return result.detail or "nothing was compared"
    if result.status == "proved":
        return f"exact, {_count(result.samples, 'identity', 'identities')}"
    digits = f"{result.digits} digits, " if result.digits else ""
    return digits + _count(result.samples, "sample", "samples")


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _printed(results: Iterable[tuple[Claim, Result]]) -> Iterator[tuple[Claim, Result]]:
    """The results in turn, each printed at once."""
    from derive import claims

    width = max(len(claim.id) for claim in claims.claims())
    line = f"{{:<{width}}}  {{:<8}}  {{:<30}}  {{}}"
    click.echo(line.format("Claim", "Result", "Method", "Source"))
    for claim, result in results:
        click.echo(line.format(claim.id, result.status.value, _method(result), claim.source))
        yield claim, result


def _summary(results: Sequence[tuple[Claim, Result]], dps: int) -> str:
    """How many claims passed, and which ones to fewer digits than were asked for."""
    verdicts = Counter(result.status.value for _, result in results)
    lines = [", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())]
    capped: dict[int, list[str]] = {}
    for claim, result in results:
        if result.passed and result.digits is not None and result.digits < dps:
            capped.setdefault(result.digits, []).append(claim.id)
    if capped:
        number = _count(sum(map(len, capped.values())), "claim", "claims")
        lines.append(f"{number} verified to fewer than {dps} digits, their own limits:")
        lines += [f"  {digits}: {', '.join(ids)}" for digits, ids in sorted(capped.items())]
    return "\n".join(lines)


@main.command(epilog=examples("derive verify", "derive verify random_features --dps 100 --json"))
@click.argument("law", required=False, shell_complete=law_names)
@_DPS
@click.option("--json", "as_json", is_flag=True, help="Print the ledger as JSON.")
def verify(law: str | None, dps: int, as_json: bool) -> None:
    """Check every claim, or those on one LAW.

    Each is printed when it is decided. Some are verified to fewer digits than are asked for; the
    summary names them.

    The exit status is 1 unless all are proved or verified.
    """
    from derive import claims

    order = [claim.id for claim in claims.claims(law)]
    decided = _check(law, dps)
    results = list(decided if as_json else _printed(decided))
    results.sort(key=lambda pair: order.index(pair[0].id))
    if as_json:
        fields = ("id", "subject", "statement", "source", "assumptions")
        rows = [{name: getattr(c, name) for name in fields} | vars(r) for c, r in results]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo(_summary(results, dps))
    sys.exit(not all(result.passed for _, result in results))


@main.command(
    epilog=examples(
        "derive accuracy random_features",
        "derive accuracy --observable density --observable cdf --cases 1000",
    )
)
@click.argument("law", required=False, shell_complete=law_names)
@click.option("--observable", "names", multiple=True, help="Only this function; may be repeated.")
@click.option(
    "--cases", type=click.IntRange(1), default=100, show_default=True, help="For every function."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def accuracy(law: str | None, names: tuple[str, ...], cases: int, seed: int) -> None:
    """Measure the errors of every generated module, or of that of one LAW.

    Its functions are compared with proved digits at random and adversarial arguments, which are
    drawn by families. The unit is eps·(1 + κ), with the condition number κ the sum over all inputs
    of |input · ∂ ln(result) / ∂ input|. NaN, an exception, a warning or a wrong number of values is
    an infinite error. The worst call of every function follows the table as Python.
    """
    from derive.accuracy import kinds, surveys, total
    from derive.accuracy.figures import COLUMNS
    from derive.laws import EVERY_LAW

    wanted = {}
    for found in [_any_law(law)] if law else EVERY_LAW.values():
        known = [kind.public_name(found) for kind in kinds(found)]
        for name in names:
            if name not in known:
                raise ValueError(f"observable = {name!r} is not one of {', '.join(known)}")
        wanted[found.name] = [name for name in known if not names or name in names]
    parts, number = surveys(wanted, cases, seed)
    figures = total(tracked(parts, lambda part: next(iter(part)), number))
    functions = [f"{name}.{function}" for name in wanted for function in wanted[name]]
    table(((name, *figures[name].row) for name in functions), *COLUMNS)
    for name in functions:
        click.echo(figures[name].call)


@main.command(
    epilog=examples("derive generate", "derive generate --check", "derive generate --out copy")
)
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 if a file is stale.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write below this folder, not in the checkout; nothing is removed there.",
)
def generate(check: bool, out: Path | None) -> None:
    """Write generated/ and the formula pages of docs/."""
    from derive import generate

    root = out or generate.checkout()
    with console(stderr=True).status("Deriving"):
        tree = generate.files()
    if not check:
        changed = generate.write(root, tree, prune=out is None)
        click.echo("\n".join(changed) or "everything is up to date")
    elif stale := generate.check(root, tree, prune=out is None):
        click.echo(stale, nl=False)
        click.echo(f"stale; mend with: derive generate{f' --out {out}' if out else ''}", err=True)
        sys.exit(1)


@main.command("all", epilog=examples("derive all", "derive all --dps 100"))
@_DPS
def all_(dps: int) -> None:
    """Derive and check everything, then write all files.

    If a claim fails, nothing is written and the exit status is 1.
    """
    from derive import generate, pages
    from derive.laws import LAWS

    root = generate.checkout()
    wanted = [(law, name) for law in LAWS.values() for name in pages.formula_names(law)]
    for law, name in tracked(wanted, lambda pair: f"{pair[0].name} {pair[1]}", len(wanted)):
        pages.formulas(law, name)
    checks = _check(None, dps)
    with console(stderr=True).status("Writing the text of modules and pages"):
        tree = generate.files()
    results = list(checks)
    failed = [(claim, result) for claim, result in results if not result.passed]
    if failed:
        list(_printed(failed))
        click.echo(f"{len(failed)} of {len(results)} claims failed; nothing is written", err=True)
        sys.exit(1)
    proved = sum(result.status == "proved" for _, result in results)
    changed = generate.write(root, tree)
    rows = (
        ("derived", f"{len(wanted)} formulas of {_count(len(LAWS), 'law', 'laws')}"),
        ("proved", f"{_count(proved, 'claim', 'claims')}, exactly"),
        ("verified", f"{_count(len(results) - proved, 'claim', 'claims')}, at sample points"),
        ("written", f"{_count(len(tree), 'file', 'files')}, {len(changed)} changed"),
    )
    table(rows, "Step", "Outcome")


@main.command(epilog=examples("derive export random_features src/random_features.py"))
@click.argument("module")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export(module: str, path: Path) -> None:
    """Write a generated MODULE to PATH.

    A module is named as its law. It is one file that needs NumPy alone.
    """
    from derive import codegen, generate

    if not path.parent.is_dir():
        raise NotADirectoryError(f"{path.parent} is not a folder")
    generate.replace(path, codegen.render_file(_any_law(module)))
