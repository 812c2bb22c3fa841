"""The site: `make docs` writes it to docs/_build/html, where it opens without a server."""

import sys
from importlib.resources import files
from pathlib import Path

import nlrmt

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "nlrmt"
author = "The nlrmt developers"
project_copyright = author
version = release = nlrmt.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "pictures", "mathml"]
exclude_patterns = ["_build", "figures"]
html_extra_path = ["explorer.html"]  # a page as it stands
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*")]  # types are words: "array_like", "int, optional"
default_role = "code"

# The pages are written for GitHub: ```math blocks, links to headings.
myst_fence_as_directive = ["math"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
myst_url_schemes = {
    "http": None,
    "https": None,
    "site": "{{path}}",
}  # the last: a page as it stands

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "nlrmt"
html_static_path = ["_static", str(files("ziamath.fonts") / "STIXTwoMath-Regular.ttf")]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_search_summary = False  # browsers refuse to read other pages where there is no server
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
