"""Accuracy of the generated modules over the whole domain, its bounds and coincidences included."""

import mpmath
import pytest

from derive.laws import LAWS
from derive.observables import OBSERVABLES
from derive.reference import evaluate
from nlrmt import product_wishart, random_features
from tests.accuracy import survey

BOUND = 1e-10  # what the generated documentation promises
SLOW = {"quantile": 6, "moments": 8}
COUNT = 25


@pytest.mark.parametrize("observable", OBSERVABLES, ids=lambda observable: observable.name)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_errors_are_explained_by_conditioning(law, observable):
    worst, *_ = survey(law, observable, SLOW.get(observable.name, COUNT))
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
