"""Laws as NumPy source text."""

from derive.codegen.module import render_module, render_package

__all__ = ["render_module", "render_package"]
