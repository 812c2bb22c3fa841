"""The second oracle: it agrees with the reference, and either shows the other's mistakes."""

from dataclasses import replace

import pytest
from sympy import Rational

from derive import reference
from derive.claims import claims_for, independent
from derive.claims.ledger import Status
from derive.elimination import polynomial_part
from derive.laws import LAWS
from derive.laws.random_features import zeta
from derive.observables import observables
from derive.observables.observable import OnCurve
from derive.variables import G, z
from tests.test_mutation import polynomial_mutants

GENERAL = ("cauchy", "cauchy-prime", "train-error", "polynomials", "cdf")
ROWS = [
    *(f"{name}/independent-{row}" for name in LAWS for row in GENERAL),
    *(f"random_features/independent-{row}" for row in ("zeta-zero", "zeta-eta", "eq-24")),
]


def run(law, identity, dps):
    found = {claim.id: claim for claim in claims_for(law)}
    return found[identity].run(dps)


@pytest.mark.parametrize("identity", ROWS)
def test_fifty_digits(identity):
    result = run(LAWS[identity.split("/")[0]], identity, 50)
    assert result.passed, result


@pytest.mark.parametrize("identity", [row for row in ROWS if not row.endswith(("cdf", "eq-24"))])
def test_three_hundred_digits(identity):
    result = run(LAWS[identity.split("/")[0]], identity, 300)
    assert result.passed, result
    assert result.digits == 300


def is_caught(law, identity):
    """Whether values differ, or no root can be followed."""
    result = run(law, identity, 15)
    return result.status == Status.FALSE or result.detail.startswith("ArithmeticError")


def published_mutants(law):
    """The law with one coefficient of its published polynomial raised by one, at any ζ."""
    name, route = next(iter(law.routes.items()))
    right = polynomial_part(route(), G, z)
    wrong = [m for m in polynomial_mutants(right) if zeta not in (m - right).free_symbols]
    return [replace(law, routes={name: lambda m=m: m}) for m in wrong]


@pytest.mark.parametrize("identity", [row for row in ROWS if not row.endswith("eq-24")])
def test_published_coefficients(identity):
    mutants = published_mutants(LAWS[identity.split("/")[0]])
    assert [m for m in mutants[:3] if not is_caught(m, identity)] == []


def test_published_coefficients_that_count_near_zero():
    """High powers of z do not change the limit γ → 0."""
    mutants = published_mutants(LAWS["random_features"])
    assert any(is_caught(m, "random_features/independent-eq-24") for m in mutants[-2:])


@pytest.mark.parametrize(
    "polynomial", ["cauchy_polynomial", "cauchy_prime_polynomial", "train_error_polynomial"]
)
def test_derived_coefficients(polynomial, monkeypatch):
    law = LAWS["random_features"]
    mutants = polynomial_mutants(getattr(independent, polynomial)(law))
    for mutant in (mutants[0], mutants[len(mutants) // 2]):
        monkeypatch.setattr(independent, polynomial, lambda law, m=mutant: m)
        assert run(law, "random_features/independent-polynomials", 15).status == Status.FALSE


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("cauchy_transform", "cauchy"),
        ("density", "cauchy"),
        ("cauchy_transform_prime", "cauchy-prime"),
        ("train_error", "train-error"),
        ("cdf", "cdf"),
    ],
)
def test_mistakes_of_the_reference(name, row, monkeypatch):
    """Values too large by a part in 10^12."""

    def mutated(observable):
        if observable.name != name:
            return observable

        def on_curve(law):
            right = observable.on_curve(law)
            factor = 1 + Rational(1, 10**12)
            logarithms = tuple((factor * c, f) for c, f in right.logarithms)
            return OnCurve(factor * right.rational, logarithms)

        return replace(observable, on_curve=on_curve)

    monkeypatch.setattr(reference, "observables", lambda law: map(mutated, observables(law)))
    identity = f"random_features/independent-{row}"
    assert run(replace(LAWS["random_features"]), identity, 15).status == Status.FALSE
