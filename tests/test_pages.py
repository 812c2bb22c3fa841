import json
import re

import mpmath
import pytest
import sympy as sp

from derive import pages
from derive.claims.ledger import Claim
from derive.curve import y
from derive.laws import EVERY_LAW, LAWS
from derive.observables.observable import Formula
from derive.reference import evaluate
from derive.variables import G, z

LAW = LAWS["random_features"]
MODULE = '''
__all__ = ["density"]


def density(x, *, phi):
    """Density.

    More.
    """


def hidden():
    pass
'''


def claim(subject, name, statement="1 = 1"):
    return Claim(subject, name, statement, "source", "none", lambda dps: None)


@pytest.fixture(scope="module")
def rendered():
    return pages.render(dict.fromkeys(tuple(EVERY_LAW), MODULE), [])


@pytest.fixture
def page(rendered):
    return rendered["laws/random_features.md"]


@pytest.fixture(scope="module")
def values():
    """A random point, by symbol name."""
    names = {s.name for s in LAW.symbols} | {"y", "z", "x", "gamma", "G", "Gprime", "E"}
    return {name: sp.Rational(7 + 3 * k, 11 + k) for k, name in enumerate(sorted(names))}


def at(expression, values):
    return sp.N(expression.subs({s: values[s.name] for s in expression.free_symbols}), 30)


def test_every_formula_that_a_law_is_said_to_have_is_there():
    for law in LAWS.values():
        names = set(pages.formula_names(law))
        assert all(pages.formulas(law, name) for name in names - {"curve", "subordination"})
        assert names <= set(pages.formula_names())
    assert "test_error" in pages.formula_names(LAW)
    assert "test_error" not in pages.formula_names(LAWS["marchenko_pastur"])


def test_moments_to_an_order():
    phi, psi, eta, zeta = LAW.symbols
    found = [f.right for f in pages.formulas(LAW, "moments", order=2)]
    expected = [1, eta, eta**2 * (phi + psi) / psi + zeta**2 / psi]
    assert [sp.simplify(a - b) for a, b in zip(found, expected, strict=True)] == [0, 0, 0]


@pytest.mark.parametrize(("name", "order"), [("nonsense", None), ("curve", 3)])
def test_formulas_that_do_not_exist_are_refused(name, order):
    with pytest.raises(ValueError, match=name):
        pages.formulas(LAW, name, order)


@pytest.mark.parametrize("name", ["curve", "train_error", "log_potential", "atom", "moments"])
def test_tidy_and_python_keep_the_value(name, values):
    equations = pages.formulas(LAW, name)
    written = eval(pages.python(equations), {"log": mpmath.log, **mapped(values)})
    for f, value in zip(equations, written if len(equations) > 1 else [written], strict=True):
        assert abs(at(pages.tidy(f.right), values) - at(f.right, values)) < 1e-25
        assert mpmath.almosteq(complex(at(f.right, values)), complex(value), 1e-12)


def mapped(values):
    return {name: mpmath.mpf(v.p) / v.q for name, v in values.items()}


def test_curve_is_written_factored():
    assert pages.text(pages.formulas(LAW, "curve")).splitlines()[1] == (
        "G(y) = psi*(y - zeta)/(y**2 + y*(eta*phi - zeta) - phi*zeta*(eta - zeta))"
    )


@pytest.mark.parametrize("name", ["cauchy_polynomial", "edge_polynomial"])
def test_polynomial_is_the_same_in_every_format(name, values):
    equations = pages.formulas(LAW, name)
    expected = at(equations[0].left, values)
    names = {s.name: s for s in equations[0].left.free_symbols}
    data = json.loads(json.dumps(pages.data(equations)))[0]
    unknown = names[data["unknown"]]
    powers = sum(sp.sympify(c, names) * unknown**k for k, c in enumerate(data["coefficients"]))
    text = sp.sympify(pages.text(equations).removeprefix("0 = "), names)
    for other in (powers, text, sp.sympify(pages.python(equations), names)):
        assert abs(at(other, values) / expected - 1) < 1e-25
    assert set(data["variables"]) == set(names)


def test_polynomial_starts_with_the_highest_power():
    written = pages.tex(pages.formulas(LAW, "cauchy_polynomial"))
    assert written.startswith(r"0 = G^{4} \, \phi^{2} \, z^{2} \, \zeta")


def test_a_quantity_that_is_zero_is_no_polynomial():
    assert pages.text([Formula("atom", "Atom", sp.Symbol("atom"), sp.Integer(0))]) == "atom = 0"


def test_symbols_are_typeset():
    ratio = LAWS["marchenko_pastur"].symbols[0]
    equation = Formula("f", "f", sp.Function("G'")(y), ratio * G * z)
    assert pages.tex([equation]) == r"G'(y) = G \, \mathrm{ratio} \, z"


def test_page_states_parameters_and_definition(page):
    assert r"| $`\phi`$ | `phi` |" in page
    assert r"$`0 \le \zeta \le \eta`$" in page
    assert r"\rho(x) = -\frac{1}{\pi} \mathop{\mathrm{Im}} G(x + i0)" in page


def test_page_prints_the_quartic_by_coefficients(page):
    assert "`cauchy_polynomial`: degree 4 in\n$`G`$, 22 terms." in page
    assert r"| 4 | $`\phi^{2} \, z^{2} \, \zeta \, \left(\eta - \zeta\right)`$ |" in page


def test_page_describes_what_is_too_long_and_how_to_print_it(page):
    assert "degree 4 in\n$`G'`$, 1249 terms, printed by" in page
    assert "`derive show random_features cauchy_prime_polynomial`" in page
    assert len(page) < 20_000


def test_page_lists_the_public_functions_of_the_module(page):
    assert "| `density(x, *, phi)` | Density. |" in page
    assert "hidden" not in page


def test_page_has_only_latex_that_github_shows(page):
    assert "operatorname" not in page
    blocks = re.findall(r"```math\n(.*?)\n```", page, flags=re.DOTALL)
    inline = re.findall(r"\$`(.*?)`\$", page)
    assert len(blocks) > 10
    for formula in blocks + inline:
        assert formula.count("{") - formula.count(r"\{") == formula.count("}") - formula.count(
            r"\}"
        )
        assert formula.count(r"\left") == formula.count(r"\right")
        assert not re.search(r"(?<![\\a-z{])(phi|psi|eta|zeta|gamma|Gprime)\b", formula)


def test_ledger_page_groups_claims_and_shows_statements_as_they_are():
    page = pages.ledger_page([claim("b", "one"), claim("a", "two", "|x*y*z| < 1"), claim("b", "3")])
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## b", "## a"]
    assert "| `a/two` | \\|x\\*y\\*z\\| \\< 1 | none | source |" in page


def test_every_law_is_in_the_index(rendered):
    names = tuple(EVERY_LAW)
    others = {"ledger.md", "tangent-kernel-example.md"}
    api = {f"api/laws/{name}.rst" for name in names}
    assert set(rendered) == others | api | {f"laws/{name}.md" for name in (*names, "README")}
    assert all(f"]({name}.md)" in rendered["laws/README.md"] for name in names)


@pytest.mark.parametrize("name", [n for n, law in EVERY_LAW.items() if law.has_sequences])
def test_page_of_a_law_with_sequences_states_its_composition(rendered, name):
    page = rendered[f"laws/{name}.md"]
    assert "```python\ndef spectrum(" in page
    assert r"\ln{\left(w_{1} \right)}" in page or r"\ln{\left(\frac{1}{w_{1}} \right)}" in page
    assert all(f"| `{p.name}` |" in page for p in EVERY_LAW[name].parameters)
    assert "| `density(x, *, phi)` | Density. |" in page
    assert "operatorname" not in page


def test_worked_example_ends_where_the_reference_does(rendered):
    page = rendered["tangent-kernel-example.md"]
    given = {"ratios": ("1/2", "3/4"), "b2": "1/3", "a": "1/2", "eigenvalues": (1, 3)}
    value = evaluate("tangent_kernel", "cauchy_transform", "2+1/10j", dps=20, **given)
    last = [line for line in page.splitlines() if line.startswith("| t\\_2")][-1]
    parts = (mpmath.nstr(-part, 15) for part in (value.real, value.imag))
    assert last.endswith(f"| {' | '.join(parts)} |")
    assert page.count("| the same |") == 3
