"""The ledger: its verdicts, its rows, and that every law passes."""

import mpmath
import pytest
from sympy import Symbol

from derive.claims import claims, claims_for
from derive.claims.ledger import Claim, Result, Status, compare, confirm, prove
from derive.claims.operations import KNOWN
from derive.claims.samples import points
from derive.laws import EVERY_LAW, LAWS

EQUATIONS = {
    "(11)–(13)": "random_features/eqs-11-13",
    "(14)": "random_features/eq-14",
    "(17)": "activations/leaky-family-eq-17",
    "(18)": "activations/leaky-family-eq-18",
    "(21)": "random_features/eq-21",
    "(22)": "random_features/eq-22",
    "(23)": "random_features/eq-23",
    "(24)": "random_features/eq-24",
}


@pytest.fixture(scope="module")
def ledger():
    return claims()


@pytest.mark.parametrize("name", EVERY_LAW)
def test_every_claim_about_a_law_passes(name):
    law = EVERY_LAW[name]
    results = ((claim.id, claim.run(30)) for claim in claims_for(law))
    assert [(identity, result) for identity, result in results if not result.passed] == []


def test_every_claim_about_operations_passes():
    results = ((claim.id, claim.run(30)) for claim in claims("operations"))
    assert [(identity, result) for identity, result in results if not result.passed] == []


def test_every_operation_has_the_same_claims(ledger):
    of_operations = [claim.id for claim in ledger if claim.subject == "operations"]
    names = ("stationary", "potential-at-infinity", "polynomial", "matrix")
    assert of_operations == [f"operations/{o}/{name}" for o in KNOWN for name in names]


@pytest.mark.parametrize(
    "name", ["train-error-values", "conjugate-symmetry", "edges", "density-is-derivative", "atom"]
)
def test_a_thousand_digits(name):
    claim = next(c for c in claims("random_features") if c.id == f"random_features/{name}")
    result = claim.run(1000)
    assert result.passed, result
    assert result.digits == (50 if name == "atom" else 1000)


def test_rows_are_complete_and_their_ids_unique(ledger):
    ids = [claim.id for claim in ledger]
    assert len(set(ids)) == len(ids)
    for claim in ledger:
        assert claim.id.startswith(claim.subject + "/")
        assert all((claim.statement, claim.source, claim.assumptions)), claim.id


def test_order_is_deterministic(ledger):
    assert [claim.id for claim in claims()] == [claim.id for claim in ledger]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_equations_of_the_paper_have_rows(ledger, equation):
    (claim,) = (claim for claim in ledger if claim.id == EQUATIONS[equation])
    assert equation in claim.source


def test_one_subject():
    assert {claim.subject for claim in claims("marchenko_pastur")} == {"marchenko_pastur"}
    with pytest.raises(ValueError, match="'semicircle' is not one of random_features"):
        claims("semicircle")


@pytest.mark.parametrize("name", LAWS)
def test_samples_lie_in_the_domain_and_reach_its_bounds(name):
    law = LAWS[name]
    bounded = [p for p in law.parameters if p.upper is not None]
    for parameter in bounded:
        values = [(dict(point)[parameter.name], dict(point)) for point in points(law)]
        assert any(value == 0 for value, _ in values)
        assert any(value == point[str(parameter.upper)] for value, point in values)
    assert len(set(points(law))) == len(points(law)) >= 8


def test_proofs():
    x = Symbol("x")
    assert prove([("square", (x + 1) ** 2 - x**2 - 2 * x - 1), ("truth", True)]).samples == 2
    assert prove([("square", (x + 1) ** 2 - x**2)]).status == Status.FALSE
    assert prove([("truth", True), ("falsehood", False)]).detail == "not an identity: falsehood"
    assert prove([]).status == Status.VACUOUS


def test_comparisons_are_relative_and_count_evidence_only():
    assert compare([("equal", 1, 1), ("zero", 0, 0)], 30).samples == 1
    assert compare([("zero", 0, 0)], 30).status == Status.VACUOUS
    assert compare([], 30).status == Status.VACUOUS
    assert compare([("near", mpmath.mpf("1e-40"), 0)], 30).status == Status.FALSE
    assert compare([("small", mpmath.mpf("1e-40"), mpmath.mpf("2e-40"))], 30).status == Status.FALSE
    assert compare([("not a number", mpmath.nan, 1)], 30).status == Status.FALSE


def test_conditions():
    assert confirm([("one", True), ("two", True)]) == Result(Status.VERIFIED, 2)
    assert confirm([("one", True), ("two", False)]) == Result(Status.FALSE, 1, detail="two")
    assert confirm([]).status == Status.VACUOUS


def test_an_exception_is_unknown_and_no_pass():
    def check(dps):
        raise ArithmeticError("undecided")

    result = Claim("subject", "row", "1 = 1", "", "", check).run(50)
    assert result.status == Status.UNKNOWN
    assert not result.passed
    assert "undecided" in result.detail
