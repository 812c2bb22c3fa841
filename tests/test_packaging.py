"""The packages as they are installed and imported; `make wheel` installs one by itself."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import derive
import nlrmt
from derive.laws import EVERY_LAW

ROOT = Path(__file__).parents[1]


def python(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_one_version():
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert nlrmt.__version__ == derive.__version__ == version("nlrmt") == cited[1]


def test_laws_are_imported_when_asked_for():
    program = (
        "import sys, nlrmt; laws = set(nlrmt.__all__); print(laws <= set(dir(nlrmt)),"
        "'numpy' in sys.modules, nlrmt.marchenko_pastur is sys.modules['nlrmt.marchenko_pastur'],"
        "sorted(name for name in laws if f'nlrmt.{name}' in sys.modules))"
    )
    assert python(program).stdout == "True False True ['marchenko_pastur']\n"
    assert nlrmt.__all__ == ["Network", *sorted([*EVERY_LAW, "compare", "fit"])]
    with pytest.raises(AttributeError, match="'nlrmt' has no attribute 'semicircle'"):
        nlrmt.semicircle  # noqa: B018


def test_the_toolkit_says_which_extra_it_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [re.match(r"\w+", text)[0] for text in project["dependencies"]] == ["numpy"]
    extra = project["optional-dependencies"]["derive"]
    needed = sorted(re.match(r"[\w-]+", text)[0].removeprefix("python-") for text in extra)
    hidden = f"import sys; sys.modules.update(dict.fromkeys({needed}))"
    message = f"derive needs {', '.join(needed)}: pip install 'nlrmt[derive]'\n"
    imported = python(f"{hidden}; from derive.calculus import semicircle")
    assert imported.stderr.endswith(f"\nImportError: {message}")
    command = python(f"{hidden}; sys.argv = ['/bin/derive']; import derive.cli")
    assert (command.returncode, command.stderr) == (1, f"error: {message}")


def test_python_runs_the_toolkit():
    result = subprocess.run([sys.executable, "-m", "derive", "--version"], capture_output=True)
    assert result.stdout.decode() == f"python -m derive, version {derive.__version__}\n"
