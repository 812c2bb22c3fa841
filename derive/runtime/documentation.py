"""Docstrings of a law's functions: what all functions have in common is added to what each says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TypeVar

from .parameters import LABELS, POINTS, Domain

_Function = TypeVar("_Function", bound=Callable)
_BROADCAST = (
    "Arguments broadcast against each other, elements of sequences as well; scalars in give a\n"
    "scalar out. NaN points give NaN, and so do those where no point was proved physical in\n"
    "double precision."
)

_ROUNDED = "    Below zero by no more than rounding, n eps times the largest of all n, is zero."
_MEASURED = (
    "Of {} random and adversarial cases {} are within 32 eps (1 + condition number),\n"
    "eps = 2.2e-16."
)


def documented(
    domains: Sequence[Domain], source: str, *, measured: str = "", accuracy: str = ""
) -> Callable[[_Function], _Function]:
    """A decorator that completes docstrings, for numpydoc.

    Parameters
    ----------
    domains : sequence of Domain
        The law's parameters.
    source : str
        Of the law.
    measured : str
        Functions with the number of cases in which their errors are what rounding leaves, over that
        of all: "density 998/1000, ...".
    accuracy : str
        A sentence instead, about all functions.
    """
    figures = {name: rest for name, _, rest in (p.partition(" ") for p in measured.split(", "))}

    def complete(function: _Function) -> _Function:
        text = function.__doc__
        if text is None:  # stripped
            return function
        *head, returns = inspect.cleandoc(text).split("\n\n")
        kind, _, meaning = returns.partition(": ")
        named = {domain.name: domain for domain in (*LABELS, *domains)}
        # A frozen law is one law; functions take arrays.
        is_one = kind == "Frozen"
        rows = []
        for name, parameter in inspect.signature(function).parameters.items():
            if name in named:
                kind_of, meaning_of = _kind(named[name], parameter), named[name].meaning
                domain = named[name].domain
            else:
                kind_of = "int" if name == "order" else "array_like"
                meaning_of, domain = POINTS[name]
            kind_of = kind_of.replace("array_like", "float") if is_one else kind_of
            rows += [f"{name} : {kind_of}", f"    {phrase(meaning_of)}; {domain}."]
            if name in named and named[name].kind == "eigenvalues":
                rows.append(_ROUNDED)
        within, _, cases = figures.get(function.__name__, "").partition("/")
        found = _MEASURED.format(cases, within) if cases else accuracy
        notes = ["" if is_one else _BROADCAST, found, f"Source: {source}."]
        sections = {
            "Parameters": rows,
            "Returns": [kind, f"    {phrase(meaning)}"],
            "Raises": [
                "ValueError",
                "    If an argument lies outside its domain; the message names it.",
            ],
            "Notes": [note for note in notes if note],
        }
        parts = ["\n".join([title, "-" * len(title), *lines]) for title, lines in sections.items()]
        function.__doc__ = "\n\n".join([*head, *parts]) + "\n"
        return function

    return complete


def _kind(domain: Domain, parameter: inspect.Parameter) -> str:
    """Type of a parameter."""
    kind = "array_like" if domain.kind == "number" else "sequence of array_like"
    if domain.number_for_all:
        kind = f"array_like or {kind}"
    return kind if parameter.default is parameter.empty else f"{kind}, optional"


def phrase(text: str) -> str:
    """A phrase as the beginning of a sentence; formulas stay as they are."""
    first, _, _ = text.partition(" ")
    return text[0].upper() + text[1:] if first.isascii() and first[1:].isalpha() else text
