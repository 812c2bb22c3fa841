"""The examples of README.md and docs/ give the output they show."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from derive.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = [
    (page.name, command, output)
    for page in PAGES
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for command, output in re.findall(r"^\$ derive (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples(page):
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.failed == 0


@pytest.mark.parametrize(("page", "command", "output"), COMMANDS)
def test_commands(page, command, output):
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.exit_code == 0
    assert result.output == output


def test_there_are_examples():
    assert len(COMMANDS) >= 2
