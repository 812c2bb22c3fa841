"""The papers' figures, drawn from laws and simulation: one module each."""

from collections.abc import Mapping
from types import MappingProxyType

from derive.figures import (
    additive_bias,
    isospectral_activations,
    isospectral_layers,
    layer_distance,
    memorization,
    network_kernels,
    real_data,
    spectral_evolution,
)
from derive.figures.figure import Figure

_MODULES = (
    layer_distance,
    memorization,
    isospectral_activations,
    network_kernels,
    additive_bias,
    isospectral_layers,
    spectral_evolution,
    real_data,
)
FIGURES: Mapping[str, Figure] = MappingProxyType(
    {figure.name: figure for module in _MODULES for figure in module.FIGURES}
)

__all__ = ["FIGURES", "Figure"]
