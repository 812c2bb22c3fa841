"""The explorer's JavaScript, run by Node.js, against the NumPy modules."""

import json
import re
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from derive import explorer
from derive.activations import NAMES, constants
from derive.codegen import numpy_module
from derive.codegen.javascript import render_law
from derive.codegen.javascript.printer import function
from derive.laws import LAWS
from derive.runtime import programs
from derive.runtime.programs import Program
from nlrmt import conjugate_kernel, random_features

CASES = 500
STEP = 2.0**-40  # relative change of an input, for condition numbers
BOUND = 1e-13  # of errors relative to 1 + condition
DRIVER = """
const cases = JSON.parse(require("fs").readFileSync(0));
const results = cases.map(({ parameters, x, gamma }) => {
  const spectrum = new Spectrum(random_features, parameters);
  return {
    support: spectrum.support,
    atom: spectrum.atom,
    density: x.map((at) => String(spectrum.density(at))),
    distribution: x.map((at) => String(spectrum.distribution(at))),
    trainError: gamma.map((at) => String(spectrum.trainError(at))),
  };
});
console.log(JSON.stringify(results));
"""


def command():
    program = shutil.which("node")
    assert program, "these tests run the explorer's JavaScript: install Node.js (the command node)"
    return program


def node(script, tmp_path, given=None):
    """What a script prints, from JSON to JSON."""
    path = tmp_path / "script.js"
    path.write_text(script)
    result = subprocess.run(
        [command(), path], input=json.dumps(given), capture_output=True, text=True
    )
    assert not result.returncode, result.stderr
    return json.loads(result.stdout)


def parameters(rng):
    phi, psi = 10 ** rng.uniform(-3, 3, 2)
    phi, psi = [(phi, psi), (phi, phi), (1.0, psi), (phi, 1.0)][
        rng.choice(4, p=[0.7, 0.1, 0.1, 0.1])
    ]
    eta = 10 ** rng.uniform(-1, 1)
    small = 10 ** rng.uniform(-6, 0)
    share = rng.choice([0, 1, rng.random(), small, 1 - small])
    return {"phi": phi, "psi": psi, "eta": eta, "zeta": share * eta}


def points(rng, intervals):
    """In the support, at its ends, in gaps and outside."""
    lower, upper = intervals[rng.integers(len(intervals))]
    ends = intervals.ravel()
    inside = lower + (upper - lower) * rng.beta(0.5, 0.5, 4)
    near = np.array([1, -1]) * (upper - lower) * 10 ** rng.uniform(-10, -3, 2) + [lower, upper]
    gaps = (ends[1:-1:2] + ends[2::2]) / 2
    return [-ends[-1], *inside, *near, *gaps, ends[0] * rng.random(), 1.5 * ends[-1]]


def condition(function, at, given):
    """Sum over all inputs of the relative change of a function over that of the input."""
    value = function(at, **given)
    changes: list[dict[str, float]] = [{name: given[name] * (1 + STEP)} for name in ("phi", "psi")]
    if given["zeta"] == given["eta"]:
        changes.append({name: given[name] * (1 + STEP) for name in ("eta", "zeta")})
    else:
        changes += [{"eta": given["eta"] * (1 + STEP)}, {"zeta": given["zeta"] * (1 - STEP)}]
    moved = [function(at * (1 + STEP), **given), *(function(at, **given | c) for c in changes)]
    with np.errstate(all="ignore"):
        return np.nansum(np.abs(np.array(moved) / value - 1), axis=0) / STEP


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(10)
    found = []
    for _ in range(CASES):
        given = parameters(rng)
        x = points(rng, random_features.support(**given))
        gamma = 10 ** rng.uniform(-8, 4, 4)
        found.append({"parameters": [*given.values()], "x": [*x], "gamma": [*gamma]})
    results = node(explorer.numerics() + DRIVER, tmp_path_factory.mktemp("node"), found)
    names = ("phi", "psi", "eta", "zeta")
    return [
        (dict(zip(names, case.pop("parameters"), strict=True)), case, result)
        for case, result in zip(found, results, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "function", "point"),
    [
        ("density", random_features.density, "x"),
        ("distribution", random_features.cdf, "x"),
        ("trainError", random_features.train_error, "gamma"),
    ],
)
def test_functions_are_those_of_the_module(cases, name, function, point):
    wrong = []
    for given, case, result in cases:
        at, got = np.array(case[point]), np.array(result[name], float)
        expected = function(at, **given)
        with np.errstate(invalid="ignore"):
            error = np.abs(got - expected) / np.where(expected == 0, 1, np.abs(expected))
        error[got == expected] = 0
        if not (error < BOUND).all():
            error /= 1 + condition(function, at, given)
        wrong += [(given, *row) for row in zip(at, got, expected, error, strict=True)]
    assert len(wrong) >= 4 * CASES
    assert not [row for row in wrong if not row[-1] < BOUND]


def test_support_and_atom_are_those_of_the_module(cases):
    for given, _, result in cases:
        expected = random_features.support(**given)
        assert np.shape(result["support"]) == expected.shape, given
        assert result["atom"] == random_features.atom(**given)
        error = np.abs(result["support"] - expected) / np.where(expected == 0, 1, expected)
        if not (error < BOUND).all():
            error /= 1 + condition(lambda _, **at: random_features.support(**at), 1.0, given)
        assert (error < BOUND).all(), given


NETWORKS = 20
OF_KERNELS = """
const cases = JSON.parse(require("fs").readFileSync(0));
const results = cases.map(({ ratios, b2, base_ratio, shares, gamma }) => {
  const steps = conjugate_kernel[ratios.length](ratios, b2, base_ratio);
  const kernel = new Composition(steps);
  const x = kernel.support.flatMap(([a, b]) => shares.map((share) => a + (b - a) * share));
  return {
    x,
    support: kernel.support,
    atom: kernel.atom,
    density: x.map((at) => String(kernel.density(at))),
    trainError: gamma.map((at) => String(kernel.trainError(at))),
  };
});
console.log(JSON.stringify(results));
"""


def condition_of_kernel(function, at, given):
    value = function(at, **given)
    ratios = given["ratios"]
    changes = [{"base_ratio": given["base_ratio"] * (1 + STEP)}, {"b2": given["b2"] * (1 - STEP)}]
    for k, ratio in enumerate(ratios):
        changes.append({"ratios": [*ratios[:k], ratio * (1 + STEP), *ratios[k + 1 :]]})
    moved = [function(at * (1 + STEP), **given), *(function(at, **given | c) for c in changes)]
    return np.nansum(np.abs(np.array(moved) / value - 1), axis=0) / STEP


def test_kernels_of_deep_networks_are_those_of_the_module(tmp_path):
    rng = np.random.default_rng(4)
    cases = []
    for _ in range(NETWORKS):
        ratios = 10 ** rng.uniform(-1, 1, rng.integers(1, explorer.LAYERS + 1))
        given = {"ratios": [*ratios], "b2": rng.random(), "base_ratio": 10 ** rng.uniform(-1, 1)}
        points = {"shares": [*rng.beta(0.5, 0.5, 3)], "gamma": [*10 ** rng.uniform(-8, 4, 3)]}
        cases.append(given | points)
    # Two parts of the support that barely touch.
    close = {"ratios": [2.5, 2.5], "b2": 0.93, "base_ratio": 5000 / 784}
    cases.append(close | {"shares": [1e-4, 0.01, 0.02, 0.027, 0.03, 0.9], "gamma": [1e-3]})
    results = node(explorer.numerics() + OF_KERNELS, tmp_path, cases)
    for case, result in zip(cases, results, strict=True):
        given = {name: case[name] for name in ("ratios", "b2", "base_ratio")}
        assert result["support"] == pytest.approx(conjugate_kernel.support(**given), rel=BOUND)
        assert result["atom"] == pytest.approx(conjugate_kernel.atom(**given), abs=1e-15)
        for name, module, point in (
            ("density", conjugate_kernel.density, result["x"]),
            ("trainError", conjugate_kernel.train_error, case["gamma"]),
        ):
            at, got = np.array(point), np.array(result[name], float)
            expected = module(at, **given)
            error = np.abs(got / expected - 1)
            if not (error < BOUND).all():
                error /= 1 + condition_of_kernel(module, at, given)
            assert (error < 1e-12).all(), (name, given, at, got, expected)


def test_a_network_of_one_layer_is_random_features_by_either_route(tmp_path):
    script = """
    const results = [[784, 2000, 5000], [3000, 1000, 400], [100, 700, 300]].map((sizes) => {
      const [inputs, features, samples] = sizes;
      const [eta, zeta] = [0.4, 0.3];
      const parameters = [inputs / samples, inputs / features, eta, zeta];
      const routes = [
        new Network(1, { inputs, features, samples, eta, zeta }),
        new Spectrum(random_features, parameters),
      ];
      const [a, b] = routes[0].support[0];
      return routes.map((route) => [
        ...route.support.flat(),
        route.atom,
        route.density(0.7 * a + 0.3 * b),
        route.trainError(0.01),
      ]);
    });
    console.log(JSON.stringify(results));
    """
    for first, second in node(explorer.numerics() + script, tmp_path):
        assert first == pytest.approx(second, rel=1e-11)


@pytest.mark.parametrize("name", sorted(LAWS))
def test_programs_say_the_same_in_both_languages(name, tmp_path):
    points = numpy_module(LAWS[name])._LAW.points
    rng = np.random.default_rng(3)
    given = list(0.5 + rng.random(len(LAWS[name].parameters)) / 2)
    special = points.special_points.at_numbers(*given)
    constants = [*special, *given]
    at = {"x": 0.8, "p": 0.7, "q": 0.3, "gamma": 0.2, "d": 0.4}
    script = render_law(LAWS[name]) + (
        "const copysign = (size, sign) => (sign < 0 ? -1 : 1) * Math.abs(size);"
        "const { given, constants, at } = JSON.parse(require('fs').readFileSync(0));"
        f"const law = {name}, found = {{ special_points: law.special_points(...given) }};"
        "for (const [key, method] of Object.entries(law)) {"
        "  if (typeof method !== 'function') continue;"
        "  const names = method.toString().match(/\\((.*?)\\)/)[1].split(', ');"
        "  if (names.at(-1) !== 'c') continue;"
        "  found[key] = [method(...names.slice(0, -1).map((name) => at[name]), constants)].flat();"
        "}"
        "console.log(JSON.stringify(found))"
    )
    found = node(script, tmp_path, {"given": given, "constants": constants, "at": at})
    assert len(found) == 11
    arguments = {"ridge_step": ("gamma", "d"), "train_error": ("d",), "axis_start": ("x",)}
    arguments |= dict.fromkeys(("axis_step", "density"), ("x", "p", "q"))
    arguments |= dict.fromkeys(("z_over_x", "critical_point"), ("x", "p"))
    for key, values in found.items():
        inputs = [at[argument] for argument in arguments.get(key, ("p", "q"))]
        inputs = given if key == "special_points" else [*inputs, *constants]
        expected = getattr(points, key).at_numbers(*inputs)
        assert values == pytest.approx(np.ravel(expected), rel=1e-12, abs=1e-13), key


def test_numbers_of_either_sign_and_functions_are_printed(tmp_path):
    def formula(x, constants):
        (c,) = constants
        small = programs.copysign(programs.minimum(x, c, 2.0), -1.0)
        return small - -3.0, -(x**2), programs.cbrt(abs(c)), 0.25, programs.log1p(x)

    program = Program(formula, 1, 1)
    script = (
        "const copysign = (size, sign) => (sign < 0 ? -1 : 1) * Math.abs(size);"
        f"const formulas = {{ {function('value', program, ('x',), 'c')} }};"
        "console.log(JSON.stringify(formulas.value(0.5, [-8])))"
    )
    expected = program.at_numbers(0.5, -8.0)
    assert node(script, tmp_path) == pytest.approx(expected, rel=1e-15)


def test_complex_programs_are_refused():
    complex_step = numpy_module(LAWS["random_features"])._LAW.points.complex_start
    with pytest.raises(KeyError):
        function("step", complex_step, ("xi",), "c")


def test_the_page_needs_nothing_but_itself():
    page = explorer.render()
    assert explorer.numerics() in page
    for text in ("http:", "https:", "import(", "fetch(", "XMLHttpRequest", "<script src"):
        assert text not in page
    ids = re.findall(r' id="([^"]+)"', page.split("<script>")[0])
    assert len(ids) == len(set(ids))
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    assert (
        labelled == {"activation", "inputs", "features", "samples", "layers", "gamma"} <= set(ids)
    )


def test_constants_of_activations_are_right_to_the_last_digit():
    rows = re.findall(r'"eta": (.*), "zeta": (.*)}', explorer.render())
    assert len(rows) == len(NAMES)
    for name, row in zip(NAMES, rows, strict=True):
        found = constants(name).rounded()
        assert [*map(float, row)] == [float(found.eta), float(found.zeta)]


def test_scripts_parse():
    scripts = [path for path in files(explorer).iterdir() if path.name.endswith(".js")]
    assert len(scripts) == 4
    for path in scripts:
        subprocess.run([command(), "--check", str(path)], check=True)
