"""Accuracy of the generated modules over the whole domain, its bounds and coincidences included."""

import re

import mpmath
import numpy as np
import pytest
from sympy import symbols

import nlrmt
from derive import Law, Parameter, numpy_module
from derive.accuracy import Case, Figure, kinds, measure, summary, survey, total
from derive.accuracy.cases import draw_parameters
from derive.calculus import marchenko_pastur as sample_covariance
from derive.laws import EVERY_LAW, LAWS
from derive.observables import OBSERVABLES
from derive.reference import evaluate
from nlrmt import marchenko_pastur, product_wishart, random_features

BOUND = 1e-10 / 2**-52  # what the generated documentation promises
COUNT = 60
ENDS = re.compile("scaled|tiny|far|low|atom")


PARAMETERS = {"ratio": 0.5, "variance": 1.0}


def measured(observable, *points):
    (kind,) = (o for o in OBSERVABLES if o.name == observable)
    return measure(Case(LAWS["marchenko_pastur"], marchenko_pastur, kind, points, PARAMETERS))


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


def drawn(name, *observables, count=8, seed=3):
    law = EVERY_LAW[name]
    wanted = [kind for kind in kinds(law) if kind.name in observables] or kinds(law)
    found = survey(law, getattr(nlrmt, name), wanted, count, seed)
    return [measurement.case for measurement in found]


def test_cases_are_drawn_again_by_their_seed_whatever_else_is_measured():
    cases = list(map(str, drawn("marchenko_pastur")))
    assert cases == list(map(str, drawn("marchenko_pastur")))
    assert cases != list(map(str, drawn("marchenko_pastur", seed=4)))
    alone = list(map(str, drawn("marchenko_pastur", "quantile", "cauchy_transform")))
    assert alone == [case for case in cases if "quantile" in case or "transform(" in case]


def test_a_survey_falls_into_blocks():
    law = LAWS["marchenko_pastur"]
    wanted = [kind for kind in kinds(law) if kind.name == "cdf"]
    whole = list(survey(law, marchenko_pastur, wanted, 7))
    parts = [list(survey(law, marchenko_pastur, wanted, 7, 0, k, 2)) for k in range(2)]
    assert sorted(map(repr, whole)) == sorted(map(repr, parts[0] + parts[1]))


@pytest.mark.parametrize("name", EVERY_LAW)
def test_every_kind_of_parameter_is_drawn_within_its_domain(name):
    law = EVERY_LAW[name]
    rng = np.random.default_rng(1)
    found = [draw_parameters(law, rng) for _ in range(60)]
    for parameters, _ in found:
        law.read(parameters)
    names = set().union(*(parameters for parameters, _ in found))
    assert names == {parameter.name for parameter in law.parameters}
    families = {family for _, family in found}
    assert {"plain", "close", "wide"} <= families


def test_laws_are_scaled_by_what_only_scales_them():
    law = LAWS["random_features"]
    rng = np.random.default_rng(1)
    found = [
        p for p, family in (draw_parameters(law, rng) for _ in range(200)) if "scaled" in family
    ]
    assert min(p["eta"] for p in found) < 1e-200 and max(p["eta"] for p in found) > 1e200
    assert all(1e-7 < p["phi"] < 1e7 for p in found)


def test_a_gap_is_about_to_close():
    law = LAWS["random_features"]
    rng = np.random.default_rng(1)
    found = [p for p, family in (draw_parameters(law, rng) for _ in range(400)) if family == "gap"]
    widths = []
    for parameters in found:
        intervals = evaluate(law, "support", dps=30, **parameters)
        if len(intervals) > 1:
            widths.append((intervals[1][0] - intervals[0][1]) / intervals[1][0])
    assert 0 < min(widths) < 1e-6


def test_any_law_can_be_surveyed():
    ratio = symbols("ratio", positive=True)
    law = Law("twice", (Parameter(ratio),), sample_covariance(ratio).sample_covariance(2))
    found = summary(survey(law, numpy_module(law), kinds(law), 16))
    assert set(found) == {kind.name for kind in kinds(law)}
    assert found["cdf"].cases + found["cdf"].unknown >= 16
    assert found["density"].call.startswith("twice.density(")


def test_figures_add_up():
    one, two = Figure(3, 1.5, 0, 1, "a", "f(1)"), Figure(4, 40.0, 2, 0, "b", "f(2)")
    assert one + two == two + one == Figure(7, 40.0, 2, 1, "b", "f(2)")
    assert total([{"f": one}, {"f": two, "g": one}]) == {"f": one + two, "g": one}


def test_corners_of_the_domain_are_drawn():
    law = LAWS["random_features"]
    rng = np.random.default_rng(0)
    drawn = [draw_parameters(law, rng)[0] for _ in range(600)]
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
        "two intervals": lambda **p: len(evaluate(law, "support", dps=20, **p)) == 2,
    }
    for name, holds in corners.items():
        assert any(holds(**parameters) for parameters in drawn), name


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_errors_are_explained_by_conditioning(law):
    """But where doubles end, and in a few cases that the record counts and names."""
    found = list(survey(law, getattr(nlrmt, law.name), kinds(law), COUNT))
    ordinary = [m for m in found if not ENDS.search(m.case.family)]
    beyond = [f"{m.note} at {m.case}" for m in ordinary if not m.units <= BOUND]
    assert len(beyond) <= len(ordinary) / 100, "\n".join(beyond)


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
