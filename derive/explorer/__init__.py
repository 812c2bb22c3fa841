"""The explorer: one page that draws the law of a random-feature network while sizes are moved."""

from derive.explorer.page import LAYERS, numerics, render

__all__ = ["LAYERS", "numerics", "render"]
