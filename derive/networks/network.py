"""Networks in the words of those who train them, and the laws of their matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from nlrmt import biased_features, conjugate_kernel, tangent_kernel
from nlrmt.activations import ACTIVATIONS, ALIASES
from nlrmt.runtime import observables
from nlrmt.runtime.activations import Constants, canonical, constants
from nlrmt.runtime.evaluation import frozen
from nlrmt.runtime.frozen import Frozen
from nlrmt.runtime.parameters import Domain, argument, read, real
from nlrmt.runtime.spectra import Spectrum, atoms, marchenko_pastur

from .comparison import Comparison, compare
from .simulation import Simulation

SPECTRA = ("features", "kernel", "tangent_kernel", "data")

RIDGES: Mapping[str, str] = MappingProxyType(
    {
        "features": "γ beside (1/m)YᵀY: minimises ‖y - Yᵀw‖²/m + γ‖w‖², as `random_features`",
        "alpha": "of scikit-learn's Ridge: minimises ‖y - Yᵀw‖² + α‖w‖², α = mγ",
        "kernel": "beside YᵀY/width, as Fan and Wang's kernel: γ·m/width",
    }
)
"""Conventions of the ridge parameter, for features Y (width × m) of m samples."""

_SCALES = (
    Domain("weight_std", "weight_std > 0", lambda weight_std, **_: weight_std > 0),
    Domain("data_std", "data_std > 0", lambda data_std, **_: data_std > 0),
    Domain("bias_std", "bias_std >= 0", lambda bias_std, **_: bias_std >= 0),
)
_NODES = 48  # of a Gaussian bias
_MOST = 1 << 28  # numbers in a simulated matrix


class Layer(NamedTuple):
    """One layer: width, name and function of the activation, and the scale of its argument."""

    width: int
    name: str
    activation: Callable[[Any], Any]
    sigma: float
    constants: Constants

    @property
    def b2(self) -> float:
        """ζ/η, the linear share of the variance."""
        return self.constants.zeta / self.constants.eta

    @property
    def a(self) -> float:
        """σ² E f′²/η: E σ′² of the normalised activation."""
        return self.constants.slope / self.constants.eta


class Network:
    r"""A network with random weights, centred activations, and random or given data.

    Layer by layer, :math:`Y_l = f_l(W_l Y_{l-1}) - \operatorname{E} f_l` with Gaussian weights of
    variance ``weight_std**2 / fan_in``, on m samples as columns of :math:`Y_0`.

    Parameters
    ----------
    inputs : int, optional
        Dimension of the samples; that of `data` where these are samples.
    widths : int or sequence of int
        Of the layers.
    samples : int, optional
        Number m of samples; that of `data` by default.
    activation : str or callable, or a sequence of one for each layer
        A name as in PyTorch or JAX, or a function of arrays, element by element.
    weight_std : float
        Standard deviation of weights times the root of the layer's fan-in.
    data_std : float
        Standard deviation of the entries of Gaussian data, or the scale of eigenvalues.
    bias_std : float
        Standard deviation of a Gaussian bias, one for each neuron; one layer alone.
    data : array-like, optional
        Samples (m, inputs), as scikit-learn takes them, or the eigenvalues (one dimension) of
        their Gram matrix over `inputs`, m or a part of m that stand for as many each; Gaussian by
        default. The mean of samples is subtracted.

    Raises
    ------
    ValueError
        If an argument lies outside its domain; the message names it.

    Notes
    -----
    The mean of an activation adds a matrix of rank one to its features, no more than one
    eigenvalue to their spectrum: see `mean_eigenvalue`. In a network that is not centred it is
    felt by the next layer, as a random bias; networks here are centred.

    For given samples the laws assume that they are nearly orthogonal and of equal length, as
    Fan and Wang do (2020); `norm_spread` says how far lengths differ.

    Examples
    --------
    >>> from nlrmt import Network
    >>> net = Network(inputs=784, widths=2000, samples=5000, activation="tanh")
    >>> net.spectrum().support().round(4)
    array([[0.0049, 0.0541],
           [0.1248, 3.0447]])
    >>> print(net.train_error(5.0, convention="alpha").round(6))
    0.601048
    """

    def __init__(
        self,
        inputs: int | None = None,
        widths: int | Sequence[int] = (),
        samples: int | None = None,
        activation: Any = "tanh",
        *,
        weight_std: float = 1.0,
        data_std: float = 1.0,
        bias_std: float = 0.0,
        data: Any = None,
    ):
        given = {"weight_std": weight_std, "data_std": data_std, "bias_std": bias_std}
        scales = read(_SCALES, given, real)
        self.weight_std, self.bias_std = scales["weight_std"], scales["bias_std"]
        self.data_std, self.norm_spread = scales["data_std"], 0.0
        self.X: np.ndarray | None = None
        self.eigenvalues: np.ndarray | None = None
        if data is not None:
            self._read_data(data, inputs, samples)
            samples = samples or len(self.eigenvalues)  # type: ignore[arg-type]
            inputs = inputs or (self.X.shape[1] if self.X is not None else None)
        self.inputs, self.samples = _size("inputs", inputs), _size("samples", samples)
        sizes = [widths] if isinstance(widths, int | np.integer) else list(widths)
        self.widths = tuple(_size(f"widths[{k}]", width) for k, width in enumerate(sizes))
        if not self.widths:
            raise ValueError("widths is empty; its domain is one or more sizes of layers")
        if self.bias_std and len(self.widths) > 1:
            raise ValueError(
                f"bias_std = {self.bias_std} with {len(self.widths)} layers: the law of more than "
                "one layer with bias is not known here"
            )
        self.layers = self._layers(activation)

    def _read_data(self, data: Any, inputs: int | None, samples: int | None) -> None:
        values = np.asarray(data)
        if values.dtype.kind not in "iuf" or values.ndim not in (1, 2) or not values.size:
            raise ValueError("data is no array of samples (m, inputs) or of m eigenvalues")
        values = values.astype(float)
        if not np.isfinite(values).all():
            raise ValueError("data has elements that are not finite")
        if values.ndim == 1 and samples and samples % values.size == 0:
            values = np.repeat(values, samples // values.size)
        expected = (samples,) if values.ndim == 1 else (samples, inputs)
        for size, length, name in zip(expected, values.shape, ("samples", "inputs"), strict=False):
            if size is not None and size != length:
                raise ValueError(f"{name} = {size}, but data has {length}")
        if values.ndim == 1:
            if (values < -1e-10 * abs(values).max()).any() or not values.any():
                raise ValueError("data: eigenvalues are not negative, and not all zero")
            self.eigenvalues = np.maximum(values, 0) * self.data_std**2
        else:
            self.X = (values - values.mean(axis=0)) * self.data_std
            norms = np.mean(self.X**2, axis=1)
            self.norm_spread = float(norms.std() / norms.mean()) if norms.any() else 0.0
            self.eigenvalues = np.linalg.eigvalsh(self._gram(self.X.T))
            if not norms.any():
                raise ValueError("data: all samples are equal")
        self.data_std = float(np.sqrt(np.mean(self.eigenvalues)))

    def _layers(self, activation: Any) -> tuple[Layer, ...]:
        one = isinstance(activation, str) or callable(activation)
        each = [activation] * len(self.widths) if one else activation
        if not isinstance(each, list | tuple):
            raise ValueError(f"activation = {activation!r} is neither a name nor a function")
        if len(each) != len(self.widths):
            raise ValueError(f"activation has {len(each)} elements, widths has {len(self.widths)}")
        layers, size = [], self.data_std
        for width, given in zip(self.widths, each, strict=True):
            name, function = _activation(given)
            sigma = self.weight_std * size
            # With a bias these are those of the whole, nodes have their own.
            found = constants(function, float(np.hypot(sigma, self.bias_std)))
            layers.append(Layer(width, name, function, sigma, found))
            size = found.eta**0.5
        return tuple(layers)

    def __repr__(self) -> str:
        data = "Gaussian data" if self.eigenvalues is None else "given data"
        lines = [f"Network: {self.inputs} inputs, {self.samples} samples, {data}"]
        fan_in = self.inputs
        for k, (width, name, _, sigma, found) in enumerate(self.layers, 1):
            b2, a = self.layers[k - 1].b2, self.layers[k - 1].a
            lines.append(
                f"  layer {k}: width {width}, {name} of scale {sigma:.6g}; η = {found.eta:.6g}, "
                f"ζ = {found.zeta:.6g}, b² = {b2:.6g}, a = {a:.6g}, "
                f"inputs/width = {fan_in / width:.6g}, samples/width = {self.samples / width:.6g}"
            )
            fan_in = width
        if self.bias_std:
            lines.append(f"  bias of standard deviation {self.bias_std:.6g}")
        return "\n".join(lines)

    # Laws

    def spectrum(self, matrix: str = "features") -> Frozen:
        """Limiting law of the eigenvalues of one of the network's matrices.

        Parameters
        ----------
        matrix : str
            "features", (1/m)YYᵀ (width × width) for the features Y (width × m) of the last layer;
            "kernel", the conjugate kernel YᵀY/width (m × m); "tangent_kernel", that of
            f(WY)-networks in the parametrisation in which a layer's weights are standard normal
            and its argument is divided by the root of its fan-in (m × m); "data", XᵀX/inputs.
        """
        spectrum = self._spectra[_one_of("matrix", matrix, SPECTRA)]()
        return frozen(spectrum, f"{matrix} of {self._title}")

    @property
    def _title(self) -> str:
        names = "-".join(dict.fromkeys(layer.name for layer in self.layers))
        return f"{names} network {'-'.join(map(str, (self.inputs, *self.widths)))}"

    @property
    def _spectra(self) -> dict[str, Callable[[], Spectrum]]:
        def tangent() -> Spectrum:
            slopes = [layer.a for layer in self.layers]
            for layer, a in zip(self.layers, slopes, strict=True):
                if not np.isfinite(a):
                    raise ValueError(
                        f"activation = {layer.name} jumps: its tangent kernel has no limit"
                    )
            if self.bias_std:
                raise ValueError(f"bias_std = {self.bias_std}: no tangent kernel with bias here")
            spectrum = tangent_kernel.spectrum(a=tuple(slopes), **self._shape)
            return spectrum * self.layers[-1].constants.eta

        return {
            "features": lambda: self._kernel.companion(self._aspect) * self._aspect**-1,
            "kernel": lambda: self._kernel,
            "tangent_kernel": tangent,
            "data": lambda: self._data * self.data_std**2,
        }

    @property
    def _aspect(self) -> float:
        """Samples over the last width."""
        return self.samples / self.widths[-1]

    @cached_property
    def _weights(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Normalised eigenvalues of given data, and their weights."""
        if self.eigenvalues is None:
            return None
        values, counts = np.unique(
            np.where(
                self.eigenvalues > 1e-13 * self.eigenvalues.max(),
                self.eigenvalues / self.data_std**2,
                0.0,
            ),
            return_counts=True,
        )
        return tuple(values.tolist()), tuple((counts / counts.sum()).tolist())

    @property
    def _shape(self) -> dict[str, Any]:
        """Parameters of the laws of deep networks."""
        values, weights = self._weights or (None, None)
        return {
            "ratios": tuple(self.samples / width for width in self.widths),
            "b2": tuple(layer.b2 for layer in self.layers),
            "base_ratio": self.samples / self.inputs if values is None else None,
            "eigenvalues": values,
            "weights": weights,
        }

    @property
    def _data(self) -> Spectrum:
        if self._weights is None:
            return marchenko_pastur(self.samples / self.inputs)
        return atoms(*self._weights)

    @cached_property
    def _kernel(self) -> Spectrum:
        """Of YᵀY/width."""
        if self.bias_std:
            return self._biased_features.companion(self.widths[0] / self.samples) * self._aspect
        return conjugate_kernel.spectrum(**self._shape) * self.layers[-1].constants.eta

    @property
    def _biased_features(self) -> Spectrum:
        """Of (1/m)YYᵀ."""
        if self.eigenvalues is not None:
            raise ValueError(f"bias_std = {self.bias_std}: no law for given data with bias here")
        (layer,) = self.layers
        nodes = biased_features.nodes(
            layer.activation, sigma_b=self.bias_std, sigma_w=layer.sigma, size=_NODES
        )
        phi, psi = self.inputs / self.samples, self.inputs / layer.width
        return biased_features.spectrum(phi, psi, *(tuple(v.tolist()) for v in nodes.values()))

    def mean_eigenvalue(self) -> float:
        """Largest eigenvalue of (1/m)YYᵀ if the last layer's activation is not centred, roughly.

        Its mean μ adds a matrix of rank one with the eigenvalue width·μ², and the bulk η(1 +
        width/m) to leading order for a large one; the other eigenvalues stay where they are.
        """
        last = self.layers[-1]
        spike = last.width * last.constants.mean**2
        return spike + last.constants.eta * (1 + 1 / self._aspect) if spike else 0.0

    def train_error(self, ridge: Any, convention: str = "features") -> Any:
        """Training error of ridge regression on the features, labels independent of the data.

        E ‖y - Yᵀw‖²/m for labels y of variance one and the w that minimises the loss with the ridge
        parameter: the share of pure noise that the features do not fit.

        Parameters
        ----------
        ridge : array-like
            Not negative.
        convention : str
            One of `nlrmt.networks.RIDGES`.
        """
        gamma = self.ridge(ridge, convention) * self._aspect
        tree = self._kernel.tree
        return observables.train_error(tree, gamma, 1.0)

    def ridge(self, value: Any, convention: str, to: str = "features") -> Any:
        """A ridge parameter of one convention in another; see `nlrmt.networks.RIDGES`."""
        units = {"features": 1.0, "alpha": 1.0 / self.samples, "kernel": 1 / self._aspect}
        value = argument("gamma", value)
        return (
            value
            * units[_one_of("convention", convention, RIDGES)]
            / units[_one_of("to", to, RIDGES)]
        )

    # Simulation

    def simulate(self, seed: Any = None) -> Simulation:
        """The network's matrices with random weights, and random data if none are given.

        `seed` is whatever `numpy.random.default_rng` takes.
        """
        largest = self.samples * max(self.samples, *self.widths, self.inputs)
        if largest > _MOST:
            raise ValueError(
                f"samples = {self.samples}: matrices of {largest:.1e} numbers are not simulated"
            )
        return Simulation(self, seed)

    def compare(self, matrix: str = "features", seed: Any = 0) -> Comparison:
        """Eigenvalues of one simulated matrix beside their law."""
        law = self.spectrum(matrix)
        return compare(self.simulate(seed).eigenvalues(matrix), law)

    @staticmethod
    def _gram(columns: np.ndarray) -> np.ndarray:
        return columns.T @ columns / len(columns)


def _size(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} = {value!r} is outside its domain: a positive integer")
    return int(value)


def _one_of(name: str, value: str, known: Any) -> str:
    if value not in known:
        raise ValueError(f"{name} = {value!r} is not one of {', '.join(known)}")
    return value


def _activation(given: Any) -> tuple[str, Callable[[Any], Any]]:
    """Name and function."""
    if isinstance(given, str):
        name = canonical(given, ACTIVATIONS, ALIASES)
        if name not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation = {given!r} is not one of {known}, or a function")
        return name, ACTIVATIONS[name]
    if not callable(given):
        raise ValueError(f"activation = {given!r} is neither a name nor a function")
    return getattr(given, "__name__", "activation"), given
