"""Figures: their committed numbers against theory, and small versions computed anew."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from derive.cli import main
from derive.figures import FIGURES, style
from derive.figures.activations import leaky, quintic
from derive.figures.figure import plain, text
from derive.figures.gallery import page, read
from derive.figures.spectral_evolution import Training, tail_index
from nlrmt import marchenko_pastur, random_features
from nlrmt.runtime.activations import constants

DOCS = Path(__file__).parents[1] / "docs"
LARGEST = {".png": 150_000, ".json": 60_000}  # bytes

SMALL = {
    "pennington_worah_1a": dict(widths=(50, 100, 200), samples=3000),
    "pennington_worah_1b": dict(widths=(50, 100, 200), samples=1000, layer=4),
    "pennington_worah_2a": dict(m=300, points=5),
    "pennington_worah_2b": dict(m=300, points=5),
    "pennington_worah_3": dict(m=400),
    "fan_wang_kernels": dict(samples=150, inputs=120, widths=(300, 250)),
    "piccolo_schroder_bias": dict(m=300),
    "isospectral_layers": dict(samples=150, layers=(1, 2)),
    "spectral_evolution": dict(n=200, d=200, h=150, steps=100, draws=3),
    "real_data": dict(samples=250, width=300),
}


def falls(found, widths):
    """Slope in the logarithms."""
    return np.polyfit(np.log(widths), np.log(found["distance"]), 1)[0]


def layer_1(numbers, sizes, loose):
    zetas = [0, 0.498, 0.733, 0.884, 1]
    np.testing.assert_allclose([c["zeta"] for c in numbers["curves"]], zetas, atol=5e-4)
    for found in numbers["curves"]:
        assert abs(falls(found, numbers["n0"]) + 1) < 0.15 * loose**0.5
        assert found["limit"] < 1e-9


def layer_10(numbers, sizes, loose):
    isospectral, *others = numbers["curves"]
    assert isospectral["limit"] < 1e-9
    assert falls(isospectral, numbers["n0"]) < -0.6
    limits = [found["limit"] for found in others]
    assert limits == sorted(limits) and limits[0] > 0.03
    for found in others:  # they level off where the law of layer 10 says
        last = found["distance"][-1]
        assert 0.99 * found["limit"] < last < found["limit"] + 0.04 * loose
        assert found["distance"][-2] / found["distance"][-1] < 2 ** (0.5 if loose == 1 else 1)


def memorization(numbers, sizes, loose):
    phi, psi = numbers["n0"] / sizes["m"], numbers["n0"] / numbers["n1"]
    for found in numbers["curves"]:
        zeta = 1.0 if found["beta"] is None else 1 / (1 + 10.0 ** found["beta"])
        law = dict(phi=phi, psi=psi, eta=1.0, zeta=zeta)
        exact = random_features.train_error(10 ** np.array(numbers["at"]), **law)
        np.testing.assert_allclose(found["exact"], exact, rtol=1e-5)
        assert np.abs(np.subtract(found["simulated"], exact)).max() < 0.04 * loose
    linear, *_, nonlinear = numbers["curves"]
    assert abs(linear["simulated"][0] - (1 - phi)) < 0.02 * loose
    assert abs(nonlinear["simulated"][0] - max(0, 1 - phi / psi)) < 0.02 * loose


def isospectral_activations(numbers, sizes, loose):
    law = marchenko_pastur.law(ratio=numbers["n1"] / sizes["m"], variance=1.0)
    (drawn,) = numbers["law"]
    np.testing.assert_allclose(drawn["y"], law.pdf(drawn["x"]), atol=1e-3)
    assert len(numbers["activations"]) == 4
    for found in numbers["activations"].values():
        assert abs(found["eta"] - 1) < 1e-9 and abs(found["zeta"]) < 1e-9
        assert found["kolmogorov"] < 0.01 * loose
        slope = np.gradient(found["f"], numbers["x"])
        assert np.median(np.abs(slope - found["derivative"])) < 0.01


def kernels(numbers, sizes, loose):
    for matrix, tolerance in (("kernel", 0.01), ("tangent_kernel", 0.04)):
        assert len(numbers[matrix]) == len(sizes["widths"])
        for found in numbers[matrix]:
            assert found["kolmogorov"] < tolerance * loose


def bias(numbers, sizes, loose):
    for found in numbers["activations"].values():
        assert found["without"]["kolmogorov"] < 0.008 * loose
        assert found["with"]["kolmogorov"] < 0.015 * loose
        if loose == 1:
            assert found["averaged"]["kolmogorov"] > 2 * found["with"]["kolmogorov"]
    ratio = numbers["n1"] / sizes["m"]
    _, marchenko = marchenko_pastur.support(ratio=ratio, variance=1.0)[-1]
    without, biased = (
        numbers["activations"]["abs"][kind]["law"][-1]["x"][-1] for kind in ("without", "with")
    )
    assert abs(without - marchenko) < 0.01 * marchenko < biased - marchenko


def isospectral_layers(numbers, sizes, loose):
    found = numbers["activations"]
    assert max(found["figure_3_4"]["simulated"]) < 0.012 * loose
    for name in ("figure_3_4", "abs"):
        assert found[name]["zeta"] == 0 and max(found[name]["exact"]) < 1e-9
    for name in ("relu", "tanh"):
        exact = np.array(found[name]["exact"])
        assert (np.diff(exact) > 0).all() and exact[0] > 0.05
        assert np.abs(exact - found[name]["simulated"]).max() < 0.012 * loose


def evolution(numbers, sizes, loose):
    ratio = sizes["h"] / sizes["d"]
    assert numbers["moved"] < 0.01 * loose**1.5
    assert numbers["small"]["train_loss"] < 0.7 * numbers["before"]["train_loss"]
    for kind in ("before", "small"):
        assert numbers[kind]["weights"]["kolmogorov"] < 0.006 * loose
        assert numbers[kind]["features_kolmogorov"] < 0.006 * loose
    _, upper = marchenko_pastur.support(ratio=ratio, variance=1.0)[-1]
    for step in numbers["large"]:
        square = step["theta"] ** 2
        expected = (1 + square) * (ratio + square) / square
        assert abs(step["predicted"] - expected) < 1e-5 * expected
        assert abs(np.mean(step["simulated"]) - expected) < 0.03 * loose * expected
        assert upper < min(step["simulated"]) and step["second"] < upper * (1 + 0.03 * loose)
    adam = numbers["adam"]  # only what was seen
    assert adam["tail_index"] < 0.7 * numbers["before"]["tail_index"]
    assert adam["largest"] > 1.5 * upper
    assert adam["test_loss"] > numbers["before"]["test_loss"]


def real_data(numbers, sizes, loose):
    found = numbers["sets"]
    cosines = [part["cosine"] for part in found.values()]
    assert found["residues"]["cosine"] == min(cosines)
    assert found["residues"]["kolmogorov"] < 0.025 * loose
    if loose == 1:
        assert min(found["digits"]["kolmogorov"], found["patches"]["kolmogorov"]) > 0.1


CHECKS = {
    "pennington_worah_1a": layer_1,
    "pennington_worah_1b": layer_10,
    "pennington_worah_2a": memorization,
    "pennington_worah_2b": memorization,
    "pennington_worah_3": isospectral_activations,
    "fan_wang_kernels": kernels,
    "piccolo_schroder_bias": bias,
    "isospectral_layers": isospectral_layers,
    "spectral_evolution": evolution,
    "real_data": real_data,
}


@pytest.mark.parametrize("name", FIGURES)
def test_committed_numbers_say_what_the_papers_say(name):
    found = read(DOCS / "figures" / f"{name}.json")
    CHECKS[name](found["numbers"], found["sizes"], 1)


@pytest.mark.parametrize("name", FIGURES)
def test_small_versions_computed_anew_say_the_same(name):
    found = FIGURES[name].record(**SMALL[name])
    CHECKS[name](found["numbers"], found["sizes"], 4)
    committed = read(DOCS / "figures" / f"{name}.json")["numbers"]
    assert found["numbers"].keys() == committed.keys()
    assert json.loads(text(found)) == found


@pytest.mark.parametrize("name", FIGURES)
def test_files_are_those_of_the_figure(name):
    figure, found = FIGURES[name], read(DOCS / "figures" / f"{name}.json")
    assert figure.described(figure.sizes, found["numbers"]) == found, f"derive figures {name}"
    for ending, most in LARGEST.items():
        assert 0 < (DOCS / "figures" / f"{name}{ending}").stat().st_size <= most


def test_gallery_shows_every_figure():
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == page(DOCS)
    assert page(DOCS).count("## ") == 1 + len(FIGURES)
    names = {path.stem for path in (DOCS / "figures").iterdir()}
    assert names == set(FIGURES)


def test_command_redraws_what_is_there(tmp_path):
    (tmp_path / "figures").mkdir()
    for name in FIGURES:
        shutil.copy(DOCS / "figures" / f"{name}.json", tmp_path / "figures")
    found = CliRunner().invoke(main, ["figures", "--redraw", "--out", str(tmp_path)])
    assert found.exit_code == 0, found.output
    for name in FIGURES:
        written = tmp_path / "figures" / f"{name}.json"
        assert written.read_bytes() == (DOCS / "figures" / f"{name}.json").read_bytes()
        assert written.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "gallery.md").read_bytes() == (DOCS / "gallery.md").read_bytes()


def test_command_says_what_is_missing(monkeypatch):
    run = CliRunner().invoke
    assert (
        "figure = 'nonesuch' is not one of pennington" in run(main, ["figures", "nonesuch"]).output
    )
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    found = run(main, ["figures"])
    assert found.exit_code == 2 and "pip install 'nlrmt[figures]'" in found.output


def contrast(one, other):
    """The web's contrast ratio of two colours."""

    def luminance(colour):
        parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722) + 0.05

    dark, light = sorted(map(luminance, (one, other)))
    return light / dark


def test_colours_are_seen_on_white_and_on_dark():
    for ground in ("#ffffff", "#0d1117"):
        assert contrast(style.GREY, ground) > 4.1
        assert min(contrast(colour, ground) for colour in style.COLOURS) > 2.2
        assert min(contrast(colour, ground) for colour in style.COLOURS[:4]) > 2.9


def test_activations_have_the_constants_they_are_made_for():
    rng = np.random.default_rng(3)
    for zeta in (0.0, 0.3, 1.0):
        found = constants(quintic(zeta, rng))
        np.testing.assert_allclose(found[:3], (0, 1, zeta), atol=1e-12)
    for alpha, zeta in (("1", 0), ("0", np.pi / (2 * np.pi - 2)), ("-1", 1)):
        np.testing.assert_allclose(constants(leaky(alpha))[:3], (0, 1, zeta), atol=1e-12)


def test_gradient_is_that_of_the_training_loss():
    training = Training(30, 20, 10, 1)
    W, direction = training.start + 0.1, np.random.default_rng(0).standard_normal((10, 20))
    ahead, behind = (training.losses(W + s * 1e-5 * direction)[0] for s in (1, -1))
    slope = np.sum(training.gradient(W) * direction)
    assert abs((ahead - behind) / 2e-5 - slope) < 1e-7
    assert training.losses(training.descent(0.5, 3))[0] < training.losses(training.start)[0]


def test_tail_index_of_a_power_law():
    quantiles = (1 - (np.arange(2000) + 0.5) / 2000) ** (-1 / 3)
    assert abs(tail_index(quantiles) - 3) < 0.15


def test_numbers_have_six_digits_and_no_array():
    found = plain({"a": np.array([1 / 3, 2]), "b": np.int64(4), "c": (None, "β", True)})
    assert found == {"a": [0.333333, 2.0], "b": 4, "c": [None, "β", True]}
    assert text(found).count("\n") == 5
