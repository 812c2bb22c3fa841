"""docs/adding-a-law.md performed as files: the tree is copied, two laws added, everything built."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHECK = """
import numpy as np
from derive import evaluate
from nlrmt import populations, two_linear_layers

CASES = (
    (two_linear_layers, {"first": 0.3, "second": 0.6, "ratio": 0.5}),
    (populations, {"ratio": 0.1, "variances": [1.0, 4.0], "weights": [0.25, 0.75]}),
)
for module, given in CASES:
    name = module.__name__.split(".")[-1]
    ends = module.support(**given).ravel()
    expected = np.array(evaluate(name, "support", dps=15, **given), float).ravel()
    np.testing.assert_allclose(ends, expected, rtol=1e-8)
    middles = (ends[1:] + ends[:-1]) / 2
    for x in (*middles, *(ends * 0.999), *(ends * 1.001), ends[0] / 2, 6.0, 20.0):
        for observable in ("density", "cdf"):
            value = getattr(module, observable)(float(x), **given)
            exact = float(evaluate(name, observable, float(x), dps=15, **given))
            assert abs(value - exact) <= 1e-9 * abs(exact), (name, observable, x, value, exact)
print("checked")
"""


def definitions():
    """Text of the files of the laws in the tutorial, by name."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/adding-a-law.md").read_text(), re.S)
    found = {}
    header: list[str] = []
    for block in blocks:
        lines = [line[4:] for line in block.splitlines() if line.startswith((">>> ", "... "))]
        text = "\n".join(lines)
        if name := re.search(r'name="(\w+)"', text):
            found[name[1]] = "\n".join([*header, text]) + "\n"
        # A later law uses what the page has imported and named before.
        header += [line for line in lines if re.match(r"(from|import) |first, second", line)]
    return found


def run(tree, *arguments):
    environment = os.environ | {"PYTHONPATH": f"{tree}{os.pathsep}{tree / 'generated'}"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree")
    for part in ("derive", "generated", "docs"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    registry = tree / "derive/laws/__init__.py"
    text = registry.read_text()
    for name, definition in definitions().items():
        (tree / f"derive/laws/{name}.py").write_text(definition)
        text = text.replace('"tangent_kernel",\n', f'"tangent_kernel",\n    "{name}",\n')
    registry.write_text(text)
    built = run(tree, "-c", "from derive.cli import main; main()", "all", "--dps", "20")
    assert built.returncode == 0, built.stdout + built.stderr
    return tree


def test_both_laws_are_built(tree):
    assert set(definitions()) == {"two_linear_layers", "populations"}
    for name in definitions():
        assert (tree / f"generated/nlrmt/{name}.py").is_file()
        assert (tree / f"docs/laws/{name}.md").is_file()
        assert f"`{name}/" in (tree / "docs/ledger.md").read_text()


def test_modules_are_the_reference(tree):
    checked = run(tree, "-c", CHECK)
    assert checked.stdout == "checked\n", checked.stderr


def test_what_was_built_is_fresh(tree):
    fresh = run(tree, "-c", "from derive.cli import main; main()", "generate", "--check")
    assert fresh.returncode == 0, fresh.stdout
