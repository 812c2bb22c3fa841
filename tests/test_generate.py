import os
import subprocess
import sys
from importlib import import_module

import pytest

from derive import claims, codegen, explorer, generate, pages
from derive.codegen import render_file
from derive.laws import EVERY_LAW

TREE = {
    "generated/nlrmt/__init__.py": "",
    "generated/nlrmt/one.py": "x = 1\n",
    "docs/laws/one.md": "φ\n",
    "docs/ledger.md": "none\n",
}


@pytest.fixture
def root(tmp_path):
    generate.write(tmp_path, TREE)
    return tmp_path


def present(root):
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def test_written_tree_is_the_given_one_and_fresh(root):
    assert present(root) == set(TREE)
    assert (root / "docs/laws/one.md").read_bytes() == "φ\n".encode()
    assert generate.check(root, TREE) == ""


def test_only_files_that_differ_are_touched(root):
    path = root / "generated/nlrmt/one.py"
    os.utime(path, ns=(1, 1))
    (root / "docs/ledger.md").write_text("old\n")
    assert generate.write(root, TREE) == ["docs/ledger.md"]
    assert path.stat().st_mtime_ns == 1
    assert (root / "docs/ledger.md").read_text() == "none\n"


@pytest.mark.parametrize("content", [b"x = 1\r\n", b"x = 1", b"\xff\n"])
def test_any_difference_in_bytes_is_stale(root, content):
    (root / "generated/nlrmt/one.py").write_bytes(content)
    assert "generated/nlrmt/one.py" in generate.check(root, TREE)


def test_stale_lines_missing_files_and_orphans_are_named(root):
    (root / "generated/nlrmt/one.py").write_text("x = 2\n")
    (root / "docs/ledger.md").unlink()
    (root / "docs/laws/gone.md").write_text("")
    report = generate.check(root, TREE)
    assert "--- generated/nlrmt/one.py\n" in report
    assert "-x = 2\n+x = 1\n" in report
    assert "missing: docs/ledger.md\n" in report
    assert "orphan: docs/laws/gone.md\n" in report


def test_orphans_go_and_what_was_written_by_hand_stays(root):
    for path in ("docs/laws/gone.md", "generated/old/module.py", "docs/guide.md"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("")
    cache = root / "generated/nlrmt/__pycache__/one.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"")
    assert generate.write(root, TREE) == ["generated/old/module.py", "docs/laws/gone.md"]
    assert present(root) == {*TREE, "docs/guide.md", cache.relative_to(root).as_posix()}


def test_without_pruning_orphans_stay_and_do_not_count(root):
    (root / "docs/laws/other.md").write_text("")
    assert generate.check(root, TREE, prune=False) == ""
    assert generate.write(root, TREE, prune=False) == []
    assert (root / "docs/laws/other.md").exists()


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(root, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        generate.write(root, {**TREE, "docs/ledger.md": "new\n"})
    assert (root / "docs/ledger.md").read_text() == "none\n"
    assert present(root) == set(TREE)


def test_files_are_the_package_and_the_pages_made_from_its_modules(monkeypatch):
    names = tuple(EVERY_LAW)
    package = {f"nlrmt/{name}.py": f"{name}" for name in names} | {"nlrmt/py.typed": ""}
    monkeypatch.setattr(codegen, "render_package", lambda: package)
    monkeypatch.setattr(claims, "claims", lambda: ("claim",))
    monkeypatch.setattr(pages, "render", lambda *given: {"page.md": str(given)})
    monkeypatch.setattr(explorer, "render", lambda module: f"page of {module}")
    tree = {f"generated/{path}": text for path, text in package.items()}
    given = ({name: name for name in names}, ("claim",))
    documents = {
        "docs/page.md": str(given),
        "docs/explorer.html": "page of random_features",
    }
    assert generate.files() == tree | documents


def test_package_installed_elsewhere_is_no_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "__file__", str(tmp_path / "derive" / "generate.py"))
    with pytest.raises(ValueError, match="--out"):
        generate.checkout()


def test_text_does_not_depend_on_the_hash_seed():
    program = (
        "from derive import codegen, pages; from derive.laws import LAWS;"
        "law = LAWS['product_wishart']; module = codegen.render_module(LAWS['marchenko_pastur']);"
        "print(module, pages.law_page(law, module))"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in "12"
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert all(run.returncode == 0 for run in runs)
    assert first == second


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("conjugate_kernel", {"ratios": (0.5, 2.0), "b2": 0.25, "base_ratio": 0.5}),
        ("tangent_kernel", {"ratios": (0.5, 2.0), "b2": 0.25, "a": 0.5, "base_ratio": 0.5}),
        ("biased_features", {"phi": 0.5, "psi": 0.25, "eta": (1.0, 2.0), "zeta": (0.5, 1.0)}),
    ],
)
def test_an_exported_file_needs_numpy_alone(name, given, tmp_path):
    (tmp_path / "alone.py").write_text(render_file(EVERY_LAW[name]))
    program = f"import alone, sys; print(repr(float(alone.density(1.0, **{given}))), *sys.modules)"
    value, *modules = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    expected = import_module(f"nlrmt.{name}").density(1.0, **given)
    assert float(value) == pytest.approx(expected, rel=1e-13)
    assert not {"nlrmt", "derive"} & set(modules)
