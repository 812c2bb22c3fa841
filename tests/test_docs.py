"""The site builds without a warning, is whole, and opens without a network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOURCES = [
    path.relative_to(DOCS)
    for pattern in ("*.md", "laws/*.md", "api/**/*.rst")
    for path in sorted(DOCS.glob(pattern))
]


class Page(HTMLParser):
    """What a page loads, what it links to, and how many formulas it shows."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.linked, self.formulas = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.formulas += tag == "math"
        if tag == "link" or "src" in given:
            self.loaded.append(given.get("src") or given.get("href"))
        elif tag == "a":
            self.linked.append(given.get("href", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = ["sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-b", "html", "-j", "auto"]
    built = subprocess.run(
        [sys.executable, "-m", *command, DOCS, folder], capture_output=True, text=True, cwd=ROOT
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def local(page, target):
    """The file that a target is; a fragment alone is the page itself."""
    return page.parent / (re.sub(r"[?#].*", "", target) or page.name)


def test_every_source_has_a_page(site):
    assert len(SOURCES) > 20
    assert all((site / source.with_suffix(".html")).is_file() for source in SOURCES)


def test_pages_load_files_of_the_site_alone(pages):
    for path, page in pages.items():
        assert page.loaded
        files = [target for target in page.loaded if not target.startswith("data:")]
        assert not [target for target in files if not local(path, target).is_file()], path


def test_styles_load_files_of_the_site_alone(site):
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        targets = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", text)
        outside = [t for t in targets if not t.startswith("data:") and not local(path, t).is_file()]
        assert not outside, path


def test_links_within_the_site_lead_somewhere(pages):
    for path, page in pages.items():
        inner = [target for target in page.linked if not re.match(r"[a-z]+:", target)]
        assert not [target for target in inner if not local(path, target).is_file()], path


@pytest.mark.parametrize("source", [s for s in SOURCES if s.suffix == ".md"], ids=str)
def test_every_formula_is_mathml(source, site, pages):
    text = (DOCS / source).read_text(encoding="utf-8")
    path = (site / source).with_suffix(".html")
    assert pages[path].formulas >= len(re.findall(r"\$`[^`]+`\$|^```math", text, re.MULTILINE))
    assert "$<code" not in path.read_text(encoding="utf-8")


def test_every_law_has_its_density_and_its_functions(site):
    for source in DOCS.glob("api/laws/*.rst"):
        page = (site / f"laws/{source.stem}.html").read_text(encoding="utf-8")
        assert '<figure class="density">' in page
        assert f'href="../api/laws/{source.stem}.html#nlrmt.{source.stem}.density"' in page


def test_the_first_picture_is_drawn(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "index.md").read_text("utf-8"), re.DOTALL)
    (script,) = (block for block in blocks if "savefig" in block)
    environment = os.environ | {"MPLBACKEND": "agg"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "spectrum.png").stat().st_size > 10_000
