"""What `make wheel` runs where nothing but the wheel was installed: NumPy alone came with it."""

import subprocess
import sys
from importlib.metadata import distributions
from inspect import signature
from pathlib import Path

import numpy as np

import nlrmt

LAYERS = {"ratios": (0.5, 2.0), "b2": 0.25, "base_ratio": 0.5}
PARAMETERS = {
    "biased_features": {"phi": 0.5, "psi": 0.25, "eta": (1.0, 2.0), "zeta": (0.5, 1.0)},
    "conjugate_kernel": LAYERS,
    "marchenko_pastur": {"ratio": 0.5, "variance": 1.0},
    "product_wishart": {"phi": 0.5, "psi": 0.25, "eta": 1.0},
    "random_features": {"phi": 0.5, "psi": 0.25, "eta": 1.0, "zeta": 0.5},
    "tangent_kernel": LAYERS | {"a": 0.5},
}
LABELS = {"signal": 1.0, "noise": 0.5}
POINTS = {"x": 1.0, "z": 1 + 1j, "gamma": 0.1, "q": 0.5, "order": 3}
BIAS = {"activation": np.tanh, "sigma_b": 0.5}

assert {distribution.name for distribution in distributions()} == {"nlrmt", "numpy"}
assert PARAMETERS.keys() | {"Network", "compare", "fit"} == set(nlrmt.__all__)
for law, parameters in PARAMETERS.items():
    module = getattr(nlrmt, law)
    assert np.isfinite(module.law(**parameters).pdf(1.0))
    known = POINTS | LABELS | BIAS | parameters
    for name in {*module.__all__} - {"law"}:
        function = getattr(module, name)
        taken = known.keys() & signature(function).parameters
        found = function(**{key: known[key] for key in taken})
        arrays = found.values() if isinstance(found, dict) else [found]
        assert all(np.isfinite(array).all() for array in arrays), f"{law}.{name}: {found}"

net = nlrmt.Network(inputs=30, widths=(40, 50), samples=60, activation="relu")
assert nlrmt.compare(net.simulate(0).eigenvalues(), net.spectrum()).kolmogorov < 0.1

command = Path(sys.executable).with_name("derive")
refused = subprocess.run([command], capture_output=True, text=True)
assert refused.returncode == 1
assert refused.stderr == (
    "error: derive needs click, flint, jinja2, mpmath, rich, ruff, sympy: "
    "pip install 'nlrmt[derive]'\n"
)
