import importlib
import io
import json
import os
import signal
import subprocess
import sys
import time

import mpmath
import pytest
from click.testing import CliRunner

import nlrmt.marchenko_pastur
from derive import claims, codegen, generate, pages
from derive.claims.ledger import Claim, Result, Status
from derive.cli import main
from derive.laws import LAWS
from derive.reference import evaluate

POINT = ("--phi", "1/2", "--psi", "3/4", "--eta", "1", "--zeta", "1/2")
PARAMETERS = {"phi": "1/2", "psi": "3/4", "eta": "1", "zeta": "1/2"}
SQUARE = ("--ratio", "1", "--variance", "1")
PROVED = Result(Status.PROVED, 3)
VERIFIED = Result(Status.VERIFIED, 7, 40)
FAILED = Result(Status.FALSE, 2, detail="1 against [2]")


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def derive(*arguments, **options):
    command = [sys.executable, "-c", "from derive.cli import main; main()", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **pipes, **options)


def claim(subject, name, result):
    return Claim(subject, name, "a = b", "paper (1)", "a > 0", lambda dps: result)


@pytest.fixture
def ledger(monkeypatch):
    """Sets what `claims()` returns."""

    def install(*given):
        def chosen(subject=None):
            return tuple(c for c in given if subject in (None, c.subject))

        monkeypatch.setattr(claims, "claims", chosen)

    return install


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout that should hold one generated file."""
    monkeypatch.setattr(generate, "checkout", lambda: tmp_path)
    monkeypatch.setattr(generate, "files", lambda: {"docs/ledger.md": "new\n"})
    return tmp_path


def test_help_is_immediate_and_names_the_commands():
    program = "import sys; from derive import cli; print({'sympy', 'rich'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "set()\n"
    commands = [
        "accuracy",
        "activation",
        "all",
        "compare",
        "eval",
        "export",
        "figures",
        "generate",
        "list",
        "show",
        "spectrum",
        "train-error",
        "verify",
    ]
    assert sorted(main.commands) == commands
    assert all(f"\n  {name} " in run().output for name in commands)


@pytest.mark.parametrize("name", main.commands)
def test_every_command_explains_itself_with_an_example(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Examples:\n    derive {name}" in result.output


def test_list_names_everything():
    output = run("list").output
    for name in ("random_features", "0 <= zeta <= eta", "quartic_coefficients", "curve", "relu"):
        assert name in output


def test_show_writes_a_formula():
    result = run("show", "marchenko_pastur", "cauchy_transform")
    assert result.output == "G(y) = 1/(y + variance*(ratio - 1))\n"


def test_show_writes_a_curve_as_python():
    text = run("show", "marchenko_pastur", "curve", "--format", "python").output
    z, G = eval(text, {"y": 3.0, "ratio": 2.0, "variance": 1.5})
    assert (z, G) == (3.0 * (3.0 + 1.5) / (3.0 - 1.5), 1 / (3.0 + 1.5))


def test_show_writes_latex_and_json():
    arguments = ("show", "marchenko_pastur", "moments", "--order", "1", "--format")
    assert run(*arguments, "latex").output == "m_{0} = 1\nm_{1} = \\mathrm{variance}\n"
    found = json.loads(run(*arguments, "json").output)
    assert (found["law"], found["formula"]) == ("marchenko_pastur", "moments")
    assert [e["right"] for e in found["equations"]] == ["1", "variance"]


@pytest.mark.parametrize(
    ("law", "second"),
    [
        ("conjugate_kernel", "b2**2*base_ratio + ratios_1 + 1"),
        ("tangent_kernel", "a**2 + 2*a + 4*b2**2*base_ratio + ratios_1 + 1"),
    ],
)
def test_show_writes_formulas_of_layered_laws(law, second):
    assert run("show", law, "moments", "--order", "2").output.endswith(f"m_2 = {second}\n")
    assert "log(w_3)" in run("show", law, "potential", "--length", "2").output.replace("1/w", "w")
    assert "**4" in run("show", law, "cauchy_polynomial").output


def test_accuracy_measures_layered_laws():
    for law in ("conjugate_kernel", "biased_features"):
        result = run("accuracy", law, "--observable", "moments", "--cases", "3")
        assert result.exit_code == 0
        call = result.output.splitlines()[-1]
        assert len(eval(call, {law: importlib.import_module(f"nlrmt.{law}")})) >= 1


@pytest.mark.parametrize(
    ("observable", "point"),
    [
        ("density", ("1/2",)),
        ("cauchy_transform", ("-1",)),
        ("cauchy_transform", ("-1/2-1/3j",)),
        ("train_error", ("0.1",)),
        ("atom", ()),
    ],
)
def test_eval_prints_every_digit(observable, point):
    result = run("eval", "random_features", observable, *point, *POINT, "--dps", "40")
    with mpmath.workdps(60):
        expected = evaluate("random_features", observable, *point, dps=45, **PARAMETERS)
        error = mpmath.mpmathify(result.stdout.strip()) - expected
        assert abs(error) <= 1e-39 * abs(expected)


def test_eval_takes_options_anywhere_and_with_an_equals_sign():
    arguments = ("--ratio=1", "1", "--variance", "1", "--dps", "20")
    result = run("eval", "marchenko_pastur", "density", *arguments)
    assert result.output == "0.27566444771089602476\n"


def test_eval_prints_lists_and_intervals_by_lines():
    moments = run("eval", "marchenko_pastur", "moments", "3", *SQUARE)
    assert moments.output.split() == ["1.0", "1.0", "2.0", "5.0"]
    support = run("eval", "marchenko_pastur", "support", *SQUARE)
    assert support.output == "0.0 4.0\n"


def test_activation_is_exact_where_it_can_be():
    output = run("activation", "relu", "--dps", "10").output
    assert "\nzeta = 1/4 = 0.25" in output
    assert "\neta = 1/2 - 1/(2*pi) = 0.340845056" in output


def test_activation_takes_an_expression_with_a_leading_minus():
    output = run("activation", "-2*x", "--sigma-w", "1/2", "--sigma-x", "3").output
    assert "\nzeta = 9\n" in output


def test_verify_tells_how_each_claim_was_checked(ledger):
    ledger(claim("a", "one", PROVED), claim("b", "two", VERIFIED))
    result = run("verify")
    assert result.exit_code == 0
    assert "exact, 3 identities" in result.output
    assert "40 digits, 7 samples" in result.output
    assert "b/two" not in run("verify", "a").output


@pytest.mark.parametrize("status", [Status.FALSE, Status.UNKNOWN, Status.VACUOUS])
def test_verify_fails_unless_every_claim_passes(ledger, status):
    ledger(claim("a", "one", PROVED), claim("a", "two", Result(status, 0, detail="1 against [2]")))
    result = run("verify")
    assert result.exit_code == 1
    assert "1 against [2]" in result.output


def test_verify_writes_json(ledger):
    ledger(claim("a", "one", FAILED))
    result = run("verify", "a", "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.output)
    assert row["id"] == "a/one"
    assert (row["status"], row["samples"], row["detail"]) == ("false", 2, "1 against [2]")


def test_verify_prints_rows_as_they_are_decided(monkeypatch):
    """Nothing is held back until the last result."""
    printed = []

    def results():
        yield claim("a", "one", PROVED), PROVED
        printed.append(out.getvalue().decode())
        yield claim("a", "two", VERIFIED), VERIFIED

    out = io.BytesIO()
    monkeypatch.setattr(claims, "check", lambda law, dps: results())
    monkeypatch.setattr(
        claims, "claims", lambda law=None: (claim("a", "one", PROVED), claim("a", "two", VERIFIED))
    )
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
    with pytest.raises(SystemExit):
        main(["verify"])
    assert "a/one" in printed[0]


def test_verify_names_the_limits_of_digits(ledger):
    coarse = Result(Status.VERIFIED, 7, 15)
    ledger(claim("a", "one", VERIFIED), claim("a", "two", coarse), claim("a", "three", PROVED))
    output = run("verify", "--dps", "41").output
    assert "2 verified, 1 proved\n2 claims verified to fewer than 41 digits" in output
    assert output.endswith("\n  15: a/two\n  40: a/one\n")
    assert "fewer" not in run("verify", "--dps", "15").output


def test_accuracy_prints_the_worst_call_as_python():
    arguments = ("accuracy", "marchenko_pastur", "--observable", "density", "--cases", "5")
    result = run(*arguments)
    assert result.exit_code == 0
    assert run(*arguments).output == result.output
    assert run(*arguments, "--seed", "1").output != result.output
    assert "cdf" not in result.output
    call = result.output.splitlines()[-1]
    assert eval(call, {"marchenko_pastur": nlrmt.marchenko_pastur}) >= 0


def test_generate_checks_then_mends(checkout):
    stale = run("generate", "--check")
    assert stale.exit_code == 1
    assert stale.stdout == "missing: docs/ledger.md\n"
    assert "derive generate" in stale.stderr
    assert not (checkout / "docs").exists()
    assert run("generate").output == "docs/ledger.md\n"
    fresh = run("generate", "--check")
    assert (fresh.exit_code, fresh.output) == (0, "")


def test_generate_elsewhere_leaves_the_checkout_and_other_files_alone(checkout):
    other = checkout / "other"
    (other / "generated").mkdir(parents=True)
    (other / "generated" / "mine.py").write_text("")
    assert run("generate", "--out", str(other)).exit_code == 0
    assert (other / "docs/ledger.md").read_text() == "new\n"
    assert (other / "generated/mine.py").exists()
    assert not (checkout / "docs").exists()


def test_all_writes_and_sums_up(checkout, ledger, monkeypatch):
    monkeypatch.setattr("derive.laws.LAWS", {"marchenko_pastur": LAWS["marchenko_pastur"]})
    ledger(claim("a", "one", PROVED), claim("a", "two", VERIFIED))
    result = run("all")
    assert result.exit_code == 0
    assert "1 claim, exactly" in result.output
    assert "1 file, 1 changed" in result.output
    assert (checkout / "docs/ledger.md").read_text() == "new\n"


def test_all_writes_nothing_if_a_claim_fails(checkout, ledger, monkeypatch):
    monkeypatch.setattr("derive.laws.LAWS", {"marchenko_pastur": LAWS["marchenko_pastur"]})
    ledger(claim("a", "one", PROVED), claim("a", "two", FAILED))
    result = run("all")
    assert result.exit_code == 1
    assert "a/two" in result.stdout
    assert "a/one" not in result.stdout
    assert list(checkout.iterdir()) == []


def test_export_writes_the_module(tmp_path, monkeypatch):
    monkeypatch.setattr(codegen, "render_file", lambda law: f"# {law.name}\n")
    path = tmp_path / "mine.py"
    path.write_text("old")
    assert run("export", "marchenko_pastur", str(path)).exit_code == 0
    assert path.read_text() == "# marchenko_pastur\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense",), "No such command"),
        (("show", "nonsense", "curve"), "random_features"),
        (("show", "random_features", "nonsense"), "cauchy_polynomial"),
        (("show", "random_features"), "FORMULA"),
        (("show", "random_features", "curve", "--format", "x"), "latex"),
        (("show", "random_features", "curve", "--order", "2"), "order"),
        (("show", "conjugate_kernel", "curve"), "potential, cauchy_polynomial, moments"),
        (("show", "conjugate_kernel", "cauchy_polynomial", "--length", "3"), "length 1"),
        (("show", "random_features", "curve", "--length", "3"), "length"),
        (("eval", "random_features", "density", "1"), "phi, psi, eta, zeta"),
        (("eval", "random_features", "density", "1", *POINT[:-1], "2"), "0 <= zeta <= eta"),
        (("eval", "random_features", "density", "1", *POINT[:-1]), "--zeta"),
        (("eval", "random_features", "density", "1", *POINT, "--phi", "1"), "--phi"),
        (("eval", "random_features", "density", "1", "2", *POINT), "1 point"),
        (("eval", "random_features", "density", "1", *POINT, "--law", "x"), "--law"),
        (("eval", "random_features", "nonsense", "1", *POINT), "density"),
        (("eval", "random_features", "density", "one", *POINT), "one"),
        (("eval", "random_features", "density", "1", *POINT, "--dps", "0"), "--dps"),
        (("activation", "import os"), "refused"),
        (("export", "random_features", "/"), "directory"),
        (("export", "random_features", "/nonsense/x.py"), "/nonsense"),
        (("verify", "nonsense"), "random_features"),
        (("accuracy", "nonsense"), "random_features"),
        (("accuracy", "random_features", "--observable", "nonsense"), "density"),
        (("accuracy", "random_features", "--cases", "0"), "--cases"),
    ],
)
def test_errors_are_one_line_with_status_two(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize("arguments", [("list",), ("show", "marchenko_pastur", "curve")])
def test_a_reader_that_stops_early_sees_no_error(arguments):
    process = derive(*arguments)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


def test_interruption_is_one_line(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pages, "formulas", interrupt)
    result = run("show", "marchenko_pastur", "curve")
    assert result.exit_code == 2
    assert result.stderr.strip() == "error: interrupted"


@pytest.mark.parametrize(
    "arguments", [("verify", "--dps", "3000"), ("accuracy", "random_features", "--cases", "9999")]
)
@pytest.mark.parametrize("send", [os.kill, os.killpg])  # a terminal sends it to the group
def test_an_interrupt_ends_all_processes_soon(arguments, send):
    with derive(*arguments, start_new_session=True) as process:
        time.sleep(4)
        send(process.pid, signal.SIGINT)
        start = time.perf_counter()
        _, errors = process.communicate()  # until all who write there have ended
        assert time.perf_counter() - start < 1
    assert errors.strip() == "error: interrupted"
    assert process.returncode == 2
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_process_exits_with_the_status():
    with derive("show", "nonsense", "curve") as process:
        assert process.communicate()[0] == ""
    assert process.returncode == 2
