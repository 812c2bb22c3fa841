"""Mathematics as MathML, made when the site is built: browsers draw it without JavaScript.

Markdown pages write inline formulas as GitHub reads them, between dollars and backquotes.
"""

import re

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

_INLINE = re.compile(r"\$`([^`]+)`\$")
_CONVERTER = LatexToMathML(annotation=True)  # an error for what it does not know


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = _INLINE.sub(r"{math}`\1`", source[0])


def _converted(node: nodes.Element, *, display: bool) -> str:
    text = node.astext().replace("'", r"\prime ")  # as high as fonts draw it, and no higher
    mathml = _CONVERTER.convert_with_local_state(text, displaystyle=display)
    return mathml.replace("\u0332</mo></mover>", "\u203e</mo></mover>")  # a line that stretches


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_converted(node, display=False))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    # Wide formulas scroll in a box of their own, by the keyboard as well.
    box = '<div class="math" role="group" aria-label="Formula" tabindex="0">{}</div>\n'
    translator.body.append(box.format(_converted(node, display=True)))
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
