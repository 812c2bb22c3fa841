"""A wrong coefficient in any formula must turn a claim red."""

import ast
import copy
import inspect
import textwrap
from dataclasses import replace

import numpy as np
import pytest
from sympy import Expr, Integer, Number

from derive import reference
from derive.claims import claims_for, identities, operations
from derive.claims.ledger import Status
from derive.elimination import Ring, numerator_and_denominator, polynomial_part
from derive.laws import EVERY_LAW, LAWS
from derive.observables import observables
from derive.observables.observable import OnCurve
from derive.operations import ATOMS, FREE_SUM, LAYERS, OPERATIONS, SAMPLE_COVARIANCE
from derive.variables import G, z

MOST = 24  # mutants of one long formula, spread over its terms


def spread(items: list) -> list:
    """Some of a long list, the first and the last among them."""
    if len(items) <= MOST:
        return items
    return [items[k * (len(items) - 1) // (MOST - 1)] for k in range(MOST)]


def polynomial_mutants(polynomial: Expr) -> list[Expr]:
    """One coefficient raised by one, each in turn."""
    ring = Ring(polynomial.free_symbols)
    monomials = spread(list(ring.polynomial(polynomial).to_dict()))
    return [polynomial + ring.expression(ring.context.from_dict({m: 1})) for m in monomials]


def mutants(expression: Expr) -> list[Expr]:
    """The same for a rational expression: in the numerator, then in the denominator."""
    top, bottom = numerator_and_denominator(expression)
    return [
        *(mutant / bottom for mutant in polynomial_mutants(top)),
        *(top / mutant for mutant in polynomial_mutants(bottom)),
    ]


def number_mutants(expression: Expr) -> list[Expr]:
    """One number raised by one, each in turn; for expressions that are not rational."""
    if isinstance(expression, Number):
        return [expression + 1]
    arguments = expression.args
    return [
        expression.func(*arguments[:k], mutant, *arguments[k + 1 :])
        for k, argument in enumerate(arguments)
        for mutant in number_mutants(argument)
    ]


def replaced(items: tuple, k: int, item) -> tuple:
    return (*items[:k], item, *items[k + 1 :])


def is_caught(law, names) -> bool:
    """Whether one of these claims is found false."""
    found = {claim.id: claim for claim in claims_for(law)}
    return any(found[f"{law.name}/{name}"].run(15).status == Status.FALSE for name in names)


@pytest.fixture(params=LAWS.values(), ids=LAWS)
def law(request):
    return request.param


def with_curve(law, **changes):
    return replace(law, curve=replace(law.curve, **changes))


CURVE = ("potential", "potential-at-infinity", "subordination")


@pytest.mark.parametrize("part", ["z", "cauchy", "rational"])
def test_curve(law, part):
    wrong = mutants(getattr(law.curve, part))
    assert wrong
    assert [m for m in wrong if not is_caught(with_curve(law, **{part: m}), CURVE)] == []


def test_logarithms(law):
    terms = law.curve.logarithms
    wrong = [
        replaced(terms, k, pair)
        for k, (c, argument) in enumerate(terms)
        for pair in (*((m, argument) for m in mutants(c)), *((c, m) for m in mutants(argument)))
    ]
    assert [m for m in wrong if not is_caught(with_curve(law, logarithms=m), CURVE)] == []


def test_subordination(law):
    functions = law.curve.subordination
    wrong = [
        replaced(functions, k, mutant)
        for k, function in enumerate(functions)
        for mutant in mutants(function)
    ]
    assert [m for m in wrong if not is_caught(with_curve(law, subordination=m), CURVE)] == []


def test_atom(law):
    wrong = number_mutants(law.curve.atom)
    assert [m for m in wrong if not is_caught(with_curve(law, atom=m), ["atom"])] == []


def test_ratio(law):
    wrong = mutants(law.ratio)
    assert [m for m in wrong if not is_caught(replace(law, ratio=m), ["subordination"])] == []


def test_routes(law):
    def killers(name):
        return [f"route/{identities.slug(name)}"]

    survivors = [
        (name, mutant)
        for name, route in law.routes.items()
        for mutant in polynomial_mutants(polynomial_part(route(), G, z))
        if not is_caught(replace(law, routes={name: lambda m=mutant: m}), killers(name))
    ]
    assert survivors == []


@pytest.mark.parametrize(
    ("table", "claim"),
    [
        ("CAUCHY_COEFFICIENTS", "cauchy-polynomial"),
        ("CAUCHY_PRIME_COEFFICIENTS", "cauchy-prime-polynomial"),
        ("TRAIN_ERROR_COEFFICIENTS", "train-error-polynomial"),
    ],
)
def test_polynomials(law, table, claim, monkeypatch):
    right = getattr(identities, table)
    survivors = []
    for mutant in polynomial_mutants(right.polynomial(law)):
        monkeypatch.setattr(identities, table, replace(right, polynomial=lambda law, m=mutant: m))
        if not is_caught(law, [claim]):
            survivors.append(mutant)
    assert survivors == []


def test_quartic_has_twenty_two_coefficients():
    quartic = identities.CAUCHY_COEFFICIENTS.polynomial(LAWS["random_features"])
    assert len(polynomial_mutants(quartic)) == 22


def test_edge_polynomial(law, monkeypatch):
    (formula,) = identities.SUPPORT.formulas(law)
    survivors = []
    for mutant in polynomial_mutants(formula.left):
        monkeypatch.setattr("derive.observables.support.edge_polynomial", lambda law, m=mutant: m)
        if not is_caught(law, ["edge-polynomial"]):
            survivors.append(mutant)
    assert survivors == []


def test_moments(law, monkeypatch):
    right = identities.MOMENTS
    terms = right.terms(law, identities.ORDER)
    survivors = []
    for k, moment in enumerate(terms):
        for mutant in mutants(moment):
            wrong = replaced(terms, k, mutant)
            changed = replace(right, terms=lambda law, order, m=wrong: m)
            monkeypatch.setattr(identities, "MOMENTS", changed)
            if not is_caught(law, ["large-z"]):
                survivors.append(mutant)
    assert survivors == []


@pytest.mark.parametrize(
    ("transform", "claim"),
    [
        ("CAUCHY_TRANSFORM", "cauchy-polynomial"),
        ("CAUCHY_TRANSFORM_PRIME", "cauchy-transform-prime"),
        ("TRAIN_ERROR", "train-error"),
    ],
)
def test_values_on_the_curve(law, transform, claim, monkeypatch):
    right = getattr(identities, transform)
    survivors = []
    for mutant in mutants(right.on_curve(law).rational):
        wrong = replace(right, on_curve=lambda law, m=mutant: OnCurve(m))
        monkeypatch.setattr(identities, transform, wrong)
        if not (is_caught(law, [claim]) and is_caught(law, ["closed-forms"])):
            survivors.append(mutant)
    assert survivors == []


@pytest.mark.parametrize(
    ("name", "changes", "claim"),
    [
        ("density", {"on_curve": 2}, "mass"),
        ("cdf", {"offset": Integer(0)}, "cdf-ends"),
        ("cdf", {"at_zero": lambda law: law.curve.atom + 1}, "cdf-ends"),
        ("cauchy_transform", {"on_curve": 2}, "cauchy-integral"),
        ("cauchy_transform_prime", {"on_curve": 2}, "cauchy-prime-integral"),
        ("train_error", {"on_curve": 2}, "train-error-integral"),
        ("log_potential", {"on_curve": 2}, "log-potential-integral"),
    ],
)
def test_evaluated_observables(law, name, changes, claim, monkeypatch):
    """Against quadrature: what is evaluated is twice what it should be, or shifted."""

    def twice(right):
        def on_curve(law):
            value = right.on_curve(law)
            doubled = tuple((2 * c, f) for c, f in value.logarithms)
            return OnCurve(2 * value.rational, doubled)

        return on_curve

    def mutated(observable):
        if observable.name != name:
            return observable
        given = {"on_curve": twice(observable)} if "on_curve" in changes else changes
        return replace(observable, **given)

    monkeypatch.setattr(reference, "observables", lambda law: map(mutated, observables(law)))
    assert is_caught(replace(law), [claim])


class _Raised(ast.NodeTransformer):
    """The k-th number, or sign between two terms, of a function changed."""

    def __init__(self, k):
        self.left = k

    def _is_next(self):
        self.left -= 1
        return self.left == -1

    def visit_Constant(self, node):
        if type(node.value) is int and self._is_next():
            return ast.Constant(node.value + 1)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        swapped = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add}
        if type(node.op) in swapped and self._is_next():
            node.op = swapped[type(node.op)]()
        return node


def function_mutants(law):
    """The law with one number or operator of the function that composes it changed."""
    function = law.spectrum
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for k in range(200):
        mutation = _Raised(k)
        changed = ast.fix_missing_locations(mutation.visit(copy.deepcopy(tree)))
        if mutation.left >= 0:
            return
        namespace = dict(function.__globals__)
        exec(compile(changed, "mutant", "exec"), namespace)
        yield ast.unparse(changed), replace(law, spectrum=namespace[function.__name__])


@pytest.mark.parametrize(
    ("name", "killers"),
    [
        ("conjugate_kernel", ("random-features", "stack-values", "recursion")),
        ("tangent_kernel", ("recursion", "depth-one")),
        ("biased_features", ("one-node", "second-moment")),
    ],
)
def test_functions_that_compose_laws(name, killers):
    mutants = list(function_mutants(EVERY_LAW[name]))
    assert len(mutants) >= 4
    assert [text for text, mutant in mutants if not is_refused(mutant, killers)] == []


def is_refused(law, killers):
    """Whether a law does not compose, or a claim fails."""
    try:
        if law.symbolic() == EVERY_LAW[law.name].symbolic():
            return True  # the gain of a first layer means nothing
    except (ValueError, TypeError, IndexError):
        return True
    found = {claim.id: claim for claim in claims_for(law)}
    return not all(found[f"{law.name}/{killer}"].run(15).passed for killer in killers)


def mutated(operation, **changes):
    """The same operation with other attributes."""
    return type(type(operation).__name__, (type(operation),), changes)()


def operation_mutants(operation):
    """Coefficients, arguments and multiplicities with a wrong sign or twice as large."""
    for k, (c, f) in enumerate(operation.logarithms):
        pairs = [(c, 2 * f), *((c, mutant) for mutant in number_mutants(f) if mutant != 0)]
        if f != -1:  # ln(-1) has no real part, whatever its coefficient
            pairs += [(-c, f), (2 * c, f)]
        yield from ({"logarithms": replaced(operation.logarithms, k, p)} for p in pairs)
    if operation.rational != 0:
        yield {"rational": -operation.rational}
    for name in ("arguments", "multiplicities"):
        items = getattr(operation, name)
        for k, item in enumerate(items):
            yield from ({name: replaced(items, k, m)} for m in (-item, 2 * item))


def status_of(operation, name):
    (claim,) = (c for c in operations.claims_for(operation) if c.id.endswith(f"/{name}"))
    return claim.run(15).status


TERMS = [operation for operation in OPERATIONS if operation is not LAYERS]


@pytest.mark.parametrize("operation", TERMS, ids=lambda operation: operation.name)
def test_terms_of_operations(operation):
    wrong = list(operation_mutants(operation))
    assert wrong or operation is ATOMS

    def is_seen(changes):
        mutant = mutated(operation, **changes)
        return any(status_of(mutant, n) == "false" for n in ("stationary", "potential-at-infinity"))

    assert [changes for changes in wrong if not is_seen(changes)] == []


def test_values_of_operations():
    ((c, f),) = SAMPLE_COVARIANCE.logarithms
    wrong = mutated(SAMPLE_COVARIANCE, logarithms=((c + 1, f),))
    assert status_of(SAMPLE_COVARIANCE, "polynomial") == "verified"
    assert status_of(wrong, "polynomial") in ("false", "unknown")


@pytest.mark.parametrize("operation", TERMS, ids=lambda operation: operation.name)
def test_matrices_of_operations(operation):
    def wrong(self, n, rng, parameters, operands):
        return 1.5 * operation.matrix(n, rng, parameters, operands)

    assert status_of(mutated(operation, matrix=wrong), "matrix") == "false"


def test_a_sum_without_rotation():
    def wrong(self, n, rng, parameters, operands):
        first, second = operands
        return first(n) + np.diag(np.linalg.eigvalsh(second(n)))

    assert status_of(mutated(FREE_SUM, matrix=wrong), "matrix") == "false"
