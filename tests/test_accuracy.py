"""Accuracy of the generated modules over the whole domain, its bounds and coincidences included."""

import mpmath
import numpy as np
import pytest

from derive.accuracy import Case, draw, measure, survey
from derive.laws import LAWS
from derive.observables import OBSERVABLES
from derive.reference import evaluate
from nlrmt import marchenko_pastur, product_wishart, random_features

BOUND = 1e-10 / 2**-52  # what the generated documentation promises
COUNT = 25


PARAMETERS = {"ratio": 0.5, "variance": 1.0}


def measured(observable, *points):
    (kind,) = (o for o in OBSERVABLES if o.name == observable)
    return measure(Case(LAWS["marchenko_pastur"], kind, points, PARAMETERS))


@pytest.mark.parametrize(
    ("wrong", "units"),
    [
        (lambda right: right * (1 + 2.0**-42), pytest.approx(2**10 / 2.53, rel=0.01)),
        (lambda right: right * (1 + 2.0**-52), pytest.approx(1, abs=1)),  # κ not asked for
        (lambda right: np.nan, np.inf),
        (lambda right: [right, right], np.inf),
        (lambda right: 1 // 0, np.inf),
        (lambda right: np.float64(1) / 0, np.inf),
    ],
    ids=["wrong", "rounded", "nan", "length", "exception", "warning"],
)
def test_errors_are_seen(wrong, units, monkeypatch):
    right = marchenko_pastur.cdf(1.0, **PARAMETERS)
    monkeypatch.setattr(marchenko_pastur, "cdf", lambda x, **parameters: wrong(right))
    assert measured("cdf", 1.0).units == units


def test_condition_number_of_an_edge(monkeypatch):
    """The lower edge variance·(1 - √ratio)² moves by √ratio/(1 - √ratio) with the ratio."""
    right = marchenko_pastur.support(**PARAMETERS)
    monkeypatch.setattr(marchenko_pastur, "support", lambda **_: right * [1 + 2.0**-30, 1])
    found = measured("support")
    assert found.condition == pytest.approx(1 + 0.5**0.5 / (1 - 0.5**0.5))
    assert found.units == pytest.approx(2**22 / (1 + found.condition))


def test_a_survey_is_sorted_and_drawn_again_by_its_seed():
    (density, *_) = OBSERVABLES
    found = survey(LAWS["random_features"], density, 8, seed=3)
    assert found == survey(LAWS["random_features"], density, 8, seed=3)
    assert found != survey(LAWS["random_features"], density, 8, seed=4)
    assert [m.units for m in found] == sorted((m.units for m in found), reverse=True)
    assert all(m.case.computed().size == 1 for m in found)


def test_corners_of_the_domain_are_drawn():
    law = LAWS["random_features"]
    atom, support = (next(o for o in OBSERVABLES if o.name == name) for name in ("atom", "support"))
    rng = np.random.default_rng(0)
    drawn = [draw(law, atom, rng).parameters for _ in range(300)]
    assert all(0 <= p["zeta"] <= p["eta"] for p in drawn)
    corners = {
        "psi = 1": lambda phi, psi, eta, zeta: psi == 1,
        "phi = 1": lambda phi, psi, eta, zeta: phi == 1,
        "phi = psi": lambda phi, psi, eta, zeta: phi == psi,
        "phi close to psi": lambda phi, psi, eta, zeta: 0 < abs(phi / psi - 1) < 1e-8,
        "zeta = 0": lambda phi, psi, eta, zeta: zeta == 0,
        "zeta = eta": lambda phi, psi, eta, zeta: zeta == eta,
        "zeta close to 0": lambda phi, psi, eta, zeta: 0 < zeta < 1e-8 * eta,
        "zeta close to eta": lambda phi, psi, eta, zeta: 0 < eta - zeta < 1e-8 * eta,
        "two intervals": lambda **p: Case(law, support, (), p).computed().size == 4,
    }
    for name, holds in corners.items():
        assert any(holds(**parameters) for parameters in drawn), name


@pytest.mark.parametrize("observable", OBSERVABLES, ids=lambda observable: observable.name)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_errors_are_explained_by_conditioning(law, observable):
    worst, *_ = survey(law, observable, COUNT)
    assert worst.units <= BOUND, f"{worst.note} at {worst.case}"


def test_ridge_at_the_end_of_the_doubles():
    """E ~ γ² where there are more features than samples: exact until it underflows to zero."""
    parameters = {"phi": 0.75, "psi": 0.5, "eta": 1.0, "zeta": 0.5}
    reference = evaluate("random_features", "train_error", 1e-150, dps=20, **parameters)
    assert random_features.train_error(1e-150, **parameters) == pytest.approx(reference, rel=1e-14)
    assert random_features.train_error(1e-300, **parameters) == 0


@pytest.mark.parametrize("phi", [1e-3, 0.01756540669900444, 0.5, 2.0, 300.0])
@pytest.mark.parametrize("tiny", [-5.7e-15, 1.1e-13, 1e-12, 1e-9, -1e-4])
def test_support_of_a_nearly_square_product(phi, tiny):
    """Two zeros of z(y) nearly meet, and an edge lies between them."""
    parameters = {"phi": phi, "psi": 1 + tiny, "eta": 1.0}
    ((low, high),) = evaluate("product_wishart", "support", dps=20, **parameters)
    expected = pytest.approx([float(low), float(high)], rel=1e-14 / abs(tiny))
    assert product_wishart.support(**parameters)[0] == expected
    assert random_features.support(**parameters, zeta=1.0)[0] == expected


@pytest.mark.parametrize(
    ("phi", "psi", "eta", "zeta"),
    [
        (1.2e-4, 2590.0, 2e-2, 1.2e-4),  # a narrow spectrum: special points close together
        (1.7e-4, 2430.0, 78.0, 0.14),
        (1e-5, 12e3, 0.06, 2.5e-4),
        (6e-6, 4e5, 1.7, 0.18),
        (2.2922442433440763e-4, 2.2922442433440769e-4, 8.02191388038274e-3, 8.021913880380484e-3),
        (2e-4, 1 - 2.0**-29, 2.0**-7, 2.0**-7 - 2.0**-59),
    ],
)
def test_support_and_median_where_special_points_cluster(phi, psi, eta, zeta):
    parameters = {"phi": phi, "psi": psi, "eta": eta, "zeta": zeta}
    expected = evaluate("random_features", "support", dps=20, **parameters)
    found = random_features.support(**parameters)
    assert len(found) == len(expected)
    assert found.ravel() == pytest.approx([float(e) for pair in expected for e in pair], rel=1e-10)
    median = float(evaluate("random_features", "quantile", 0.5, dps=20, **parameters))
    assert random_features.quantile(0.5, **parameters) == pytest.approx(median, rel=1e-10)


@pytest.mark.parametrize("distance", [1e-2, 1e-6, 1e-10, 1e-14])
def test_square_root_at_an_edge_in_the_distance(distance):
    """The density beside an edge loses only what the distance to the edge has lost already."""
    parameters = {"phi": 0.5, "psi": 0.75, "eta": 1.0, "zeta": 0.5}
    edge = float(evaluate("random_features", "support", dps=20, **parameters)[0][1])
    x = edge * (1 - distance)
    reference = evaluate("random_features", "density", mpmath.mpf(x), dps=20, **parameters)
    found = random_features.density(x, **parameters)
    assert found == pytest.approx(float(reference), rel=1e-15 / distance)


@pytest.mark.parametrize(
    ("z", "phi", "psi", "eta", "zeta"),
    [
        # left of the support: the sign of Im y is rounding alone
        (2.214235761394446e-4 + 2.7e-202j, 0.5896, 1.0000010874415597, 0.030932, 0.027934),
        # a zero of z(y) cancels a pole
        (-5.264262913519656e-4 + 1.6e-13j, 1.1702562, 0.47979997, 0.066731276, 0.066731276),
        # a narrow spectrum
        (4409.661112544384 + 1e-3j, 813.2315362, 2.9124977801e-3, 0.015774108, 0.0),
    ],
)
def test_branch_of_complex_points_close_to_the_axis(z, phi, psi, eta, zeta):
    parameters = {"phi": phi, "psi": psi, "eta": eta, "zeta": zeta}
    expected = complex(evaluate("random_features", "cauchy_transform", z, dps=20, **parameters))
    assert random_features.cauchy_transform(z, **parameters) == pytest.approx(expected, rel=1e-12)
    (found,) = random_features.cauchy_transform([z], **parameters)
    assert found == pytest.approx(expected, rel=1e-12)


def test_tiny_points_beside_a_hard_edge():
    parameters = {"phi": 1.3, "psi": 1.3, "eta": 0.0046, "zeta": 0.0}
    x = np.array([1e-300, 1e-165, 1e-60, 1e-6])
    for name in ("density", "cdf"):
        expected = [float(evaluate("random_features", name, at, dps=20, **parameters)) for at in x]
        found = getattr(random_features, name)(x, **parameters)
        np.testing.assert_allclose(found, expected, rtol=1e-13)
    levels = np.array([1e-70, 0.048, 0.5])
    found = random_features.cdf(random_features.quantile(levels, **parameters), **parameters)
    np.testing.assert_allclose(found, levels, rtol=1e-13)
