"""Laws as JavaScript source text, by the same programs as in NumPy."""

from derive.codegen.javascript.law import render_law
from derive.codegen.javascript.network import render_composition, render_operations
from derive.codegen.javascript.printer import code

__all__ = ["code", "render_composition", "render_law", "render_operations"]
