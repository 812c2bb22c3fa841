"""Laws as NumPy source text."""

from derive.codegen.module import numpy_module, render_file, render_module, render_package

__all__ = ["numpy_module", "render_file", "render_module", "render_package"]
