"""Laws that are curves: against the stationary point of all unknowns, and supports by mass."""

import numpy as np
import pytest

from derive.runtime.chains import chain, points
from derive.runtime.observables import cdf, density, support
from derive.runtime.solver import stationary
from derive.runtime.transforms import located, transforms
from nlrmt.runtime.spectra import atoms, marchenko_pastur

MANY = np.linspace(0.1, 5, 40).tolist()
SPECTRA = {
    "marchenko_pastur": marchenko_pastur(0.5),
    "atom and gap": atoms([0.0, 1.0, 20.0]).sample_covariance(0.1),
    "three layers": marchenko_pastur(0.8).affine(0.6, 0.4).sample_covariance(1.3),
    "hard edge": atoms([0.3]).sample_covariance(1.0).sample_covariance(1.0),
    "many eigenvalues": atoms(MANY).sample_covariance(0.01).affine(0.5, 1).sample_covariance(7.0),
}


@pytest.mark.parametrize("name", SPECTRA)
def test_curves_lead_to_the_stationary_points(name):
    tree = SPECTRA[name].tree
    assert chain(tree) is not None
    ends = support(tree).ravel()
    x = np.concatenate([ends * (1 + 1e-6), ends * (1 - 1e-6), np.linspace(-1, 1.2, 30) * ends[-1]])
    z = np.concatenate([x + 0j, x + 0.3j, x + 1e-9j])
    with np.errstate(all="ignore"):
        expected = located(tree, z, stationary(tree, z))
    found = transforms(tree, z)
    alone = np.array([transforms(tree, point).cauchy[()] for point in z])
    known = np.isfinite(expected.cauchy)
    assert known.mean() > 0.8
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[known], other[known], rtol=1e-7)
    np.testing.assert_allclose(alone[known], expected.cauchy[known], rtol=1e-7)


def test_what_is_not_proved_is_not_given():
    law = chain(marchenko_pastur(0.25).tree)
    found = points(law, np.array([0.25, 2.25, 1.0]) + 0j)  # two ends and a point
    np.testing.assert_array_equal(np.isnan(found.cauchy), [True, True, False])


@pytest.mark.parametrize(
    "law",
    [
        atoms([17.2]).sample_covariance(83.6).sample_covariance(1.0),
        atoms([90.0]).sample_covariance(42.6).affine(0.7, 0.07).sample_covariance(1.0),
        atoms([0.47, 0.04], [0.8, 0.2])
        .sample_covariance(46.8)
        .affine(0.16, 0.016)
        .sample_covariance(0.0167)
        .affine(127.0, 7.0)
        .sample_covariance(4.45),
    ],
)
def test_supports_have_all_mass(law):
    intervals, masses = support(law.tree), sum(law.tree.atoms.values())
    assert (intervals[:, 1] > 1e-6 * intervals[-1, 1]).all()
    from_zero = abs(intervals[0, 0]) < 1e-15 * intervals[-1, 1]
    inside = sum(cdf(law.tree, b) - cdf(law.tree, a) for a, b in intervals[int(from_zero) :])
    first = cdf(law.tree, intervals[0, 1]) if from_zero else masses
    assert inside + first == pytest.approx(1, abs=1e-12)
    assert (density(law.tree, intervals.mean(axis=1)) > 0).all()
