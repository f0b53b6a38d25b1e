"""Claims: what is asked of the program and of Python is there, and verdicts follow the numbers."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import synthetic
from built import BENCH
from claims_made import A, B, C, D, Numbers, around, claim_of, disagreeing, judged
from conftest import assert_complaint
from convoy_cli.charts import drawing
from convoy_cli.claims import chart, claim, document, interpreters, judge, report, session
from convoy_cli.claims.claim import AtMost, Claim, Happens, Never, Times, case
from convoy_cli.claims.judge import Missing, Verdict
from convoy_cli.results import load
from readable import assert_readable

CLAIMS = claim.discover()
PYTHON = "/usr/bin/python3"


# --- What claims ask for.


@pytest.fixture(scope="module")
def listing() -> Any:
    if not BENCH.exists():
        pytest.skip("not built: make build")
    words = [str(BENCH), "list", "--json"]
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


def test_a_claim_has_a_sentence_and_evidence_or_a_reason() -> None:
    assert len(CLAIMS) >= 26
    for name, each in CLAIMS.items():
        assert each.name == name and each.sentence and each.topic, name
        assert bool(each.evidence) != bool(each.untestable), name
    assert len({each.sentence for each in CLAIMS.values()}) == len(CLAIMS)


def test_what_a_claim_needs_is_in_the_program(listing: Any) -> None:
    """Workloads, parameters that are not at their default, figures that they report."""
    workloads = {each["name"]: each for each in listing["workloads"]}
    everywhere = {"lost_per_million", session.MEAN_HOLD}
    for each in CLAIMS.values():
        for evidence in each.evidence:
            for where in evidence.cases:
                known = workloads[where.workload]
                defaults = {p["name"]: p["default"] for p in known["parameters"]}
                for key, value in where.parameters:
                    assert defaults[key] != value, (each.name, key)
                figures = {figure["name"] for figure in known["figures"]} | everywhere
                assert evidence.figure is None or evidence.figure in figures, each.name


def test_every_case_is_a_benchmark_that_the_program_can_run() -> None:
    if not BENCH.exists():
        pytest.skip("not built: make build")
    cases = claim.measured(CLAIMS)
    words = session.selected(BENCH, cases)
    names = [re.sub(r"\\(.)", r"\1", word[1:-1]) for word in words if word.startswith("^")]
    missing = [each for each in cases if not any(session.is_case(name, each) for name in names)]
    assert [where.words for where in missing] == []
    assert len(names) == len(cases)


def test_python_can_be_asked_for_fifteen_claims_and_more() -> None:
    text = interpreters.PROBE.read_text("utf-8")
    known = set(re.findall(r"^@case\ndef (\w+)", text, re.M))
    asked = {case for each in CLAIMS.values() for one in each.evidence for case in one.python}
    assert asked <= known and known <= asked
    assert sum(bool(each.in_python.evidence) for each in CLAIMS.values()) >= 15
    for each in CLAIMS.values():
        for one in each.in_python.evidence:
            assert len(one.python) == len(one.cases), each.name


def test_figures_that_claims_name_are_there() -> None:
    figures = drawing.discover()
    assert {each.figure for each in CLAIMS.values() if each.figure} <= set(figures)


# --- Verdicts.


@pytest.mark.parametrize(
    "ratio, evidence, verdict",
    [
        (2.0, Times("x", A, B, 1.5), Verdict.SUPPORTED),
        (1.2, Times("x", A, B, 1.5), Verdict.REFUTED),
        (0.5, Times("x", A, B, 1.5), Verdict.REFUTED),
        (1.0, AtMost("x", A, B, 1.1), Verdict.SUPPORTED),
        (1.4, AtMost("x", A, B, 1.1), Verdict.REFUTED),
    ],
)
def test_a_ratio_is_held_against_what_is_claimed(
    ratio: float, evidence: Any, verdict: Verdict
) -> None:
    (found,) = judged(Numbers({A: around(ratio, seed=2), B: around(1.0)}), claim_of(evidence))
    assert found.verdict is verdict
    (finding,) = found.findings
    assert finding.value == pytest.approx(ratio, rel=0.05) and finding.samples == 10
    assert finding.interval is not None
    assert finding.interval.low <= ratio * 1.02 and finding.interval.high >= ratio * 0.98


def test_what_lies_on_both_sides_of_the_bound_is_inconclusive() -> None:
    source = Numbers({A: around(1.5, noise=0.3), B: around(1.0, noise=0.3, seed=5)})
    (found,) = judged(source, claim_of(Times("x", A, B, 1.5)))
    assert found.verdict is Verdict.INCONCLUSIVE and "1.5 × in it" in found.reason


def test_a_trend_is_a_ratio_of_ratios() -> None:
    source = Numbers({A: around(60), B: around(10, seed=2), C: around(2, seed=3), D: around(1)})
    (found,) = judged(source, claim_of(Times("x", A, B, 1.5, each=(C, D))))
    assert found.verdict is Verdict.SUPPORTED
    assert found.findings[0].value == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_passes_give_no_verdict(count: int) -> None:
    source = Numbers({A: around(9.0, count), B: around(1.0, count)})
    kinds = [Times("x", A, B)]
    (found,) = judged(source, claim_of(*kinds))
    assert found.verdict is Verdict.INCONCLUSIVE and "are needed" in found.reason


def test_disturbed_samples_give_no_verdict() -> None:
    source = Numbers({A: around(9.0), B: around(1.0)}, disturbed=(A,))
    (found,) = judged(source, claim_of(Times("x", A, B)))
    assert found.verdict is Verdict.INCONCLUSIVE and found.reason.startswith("disturbed")


@pytest.mark.parametrize(
    "values, evidence, verdict",
    [
        ([0.0] * 8, Never("x", A, "lost"), Verdict.SUPPORTED),
        ([0.0] * 7 + [1.0], Never("x", A, "lost"), Verdict.REFUTED),
        ([0.0] * 3, Never("x", A, "lost"), Verdict.INCONCLUSIVE),
        ([1.0] * 8, Never("x", A, "done", 1.0), Verdict.SUPPORTED),
        ([1.0] * 7 + [0.5], Never("x", A, "done", 1.0), Verdict.REFUTED),
        ([0.0] * 7 + [3.0], Happens("x", A, "lost"), Verdict.SUPPORTED),
        ([3.0], Happens("x", A, "lost"), Verdict.SUPPORTED),
        ([0.0] * 8, Happens("x", A, "lost"), Verdict.REFUTED),
        ([0.0] * 2, Happens("x", A, "lost"), Verdict.INCONCLUSIVE),
    ],
)
def test_one_sample_is_a_proof(values: list[float], evidence: Any, verdict: Verdict) -> None:
    (found,) = judged(Numbers({A: values}), claim_of(evidence))
    assert found.verdict is verdict


def test_a_claim_is_as_good_as_the_worst_of_its_evidence() -> None:
    source = Numbers({A: around(3.0), B: around(1.0, seed=4)})
    good, bad = Times("x", A, B, 1.5), Times("y", B, A, 1.5)
    assert judged(source, claim_of(good, bad))[0].verdict is Verdict.REFUTED
    missing = judged(source, claim_of(good, Times("z", C, B)))[0]
    assert missing.verdict is Verdict.UNTESTABLE and "not measured" in missing.reason
    assert judged(source, claim_of(untestable="no server"))[0].reason == "no server"


def test_of_many_claims_without_truth_few_are_decided() -> None:
    """Where the ratio is the bound itself, each verdict is false: in 5 % of families at most."""
    false = 0
    for seed in range(60):
        known, claims = {}, []
        for number in range(20):
            one, other = case("w", n=f"{number}a"), case("w", n=f"{number}b")
            known[one] = around(1.5, 10, 0.05, seed * 100 + number)
            known[other] = around(1.0, 10, 0.05, 10_000 + seed * 100 + number)
            claims.append(claim_of(Times("x", one, other, 1.5)))
        verdicts = [each.verdict for each in judged(Numbers(known), *claims)]
        false += any(each is not Verdict.INCONCLUSIVE for each in verdicts)
    assert false <= 8  # of 60; 5 % are 3, and more than 8 come once in 300 times


# --- From results, files and interpreters.


def test_a_case_needs_as_many_cpus_as_it_says(made: dict[str, Any], tmp_path: Path) -> None:
    result = load.load(synthetic.write(tmp_path / "x.json", made))
    measured = session.Measured(result)
    assert len(measured.numbers(case("cpu_pi", workers=2), None)) == 8
    with pytest.raises(Missing, match="needs 99 CPUs"):
        measured.numbers(case("cpu_pi", workers=2, cpus=99), None)
    with pytest.raises(Missing, match="not measured: cpu_pi"):
        measured.numbers(case("cpu_pi", workers=77), None)
    with pytest.raises(Missing, match="does not report odd"):
        measured.numbers(case("cpu_pi", workers=2), "odd")


@pytest.fixture
def answers() -> list[document.Answer]:
    return disagreeing()


def test_who_disagrees_is_told_first(answers: list[document.Answer], tmp_path: Path) -> None:
    made = document.document(answers, {})
    document.write(tmp_path / "claims.json", made)
    again = document.load(tmp_path / "claims.json")
    assert again == json.loads(json.dumps(made))
    lines = list(report.lines(again))
    assert lines[0] == "Models: 2 supported, 1 not testable here."
    assert lines[1] == "CPython 3: 2 refuted, 1 not testable here."
    assert "disagree" in lines[3]
    assert any("A over B: 3." in line and "at least 1.5 ×" in line for line in lines)
    assert any("lost: 5.00 of a million" in line for line in lines)


def test_the_chart_can_be_read(
    answers: list[document.Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    made = document.document(answers, {})
    assert "supported" in assert_readable(chart, made, monkeypatch)


def test_the_verb_judges_a_file_and_reads_its_own(
    convoy: Any, made: dict[str, Any], tmp_path: Path
) -> None:
    synthetic.write(tmp_path / "x.json", made)
    done = convoy("claims", "x.json", "--no-measure", "-o", "out")
    assert done.returncode == 0, done
    assert "not measured" in done.stdout and "out/claims.json" in done.stdout
    kept = json.loads((tmp_path / "out" / "claims.json").read_text())
    assert {each["name"] for each in kept["claims"]} == set(CLAIMS)
    again = convoy("claims", "--from", "out/claims.json", "-o", "two")
    assert again.returncode == 0 and "not testable here" in again.stdout


def test_what_cannot_be_asked(inside: Any, tmp_path: Path) -> None:
    assert_complaint(inside("claims", "--only", "nonsense"), "no such claim", "memory_order")
    assert_complaint(inside("claims", "--no-measure"), "X.json")
    assert_complaint(inside("claims", "--passes", "0"), "from 1 up")
    assert_complaint(inside("claims", "--interpreter", "no-such-python"), "no such command")
    assert_complaint(inside("claims", "--interpreter", "/bin/sh"), "none of python")
    broken = tmp_path / "python-broken"
    broken.write_text("#!/bin/sh\necho nonsense\n")
    broken.chmod(0o755)
    assert_complaint(inside("claims", "--interpreter", str(broken)), "instead of a line of JSON")
    (tmp_path / "odd.json").write_text("[]")
    assert_complaint(inside("claims", "--from", str(tmp_path / "odd.json")), "holds no claims")


def test_an_interpreter_that_fails_is_a_reason_and_no_end(tmp_path: Path) -> None:
    python = tmp_path / "python3-ends"
    python.write_text(
        "#!/bin/sh\n"
        'case "$2" in about) echo \'{"implementation": "X", "version": "3.9", "gil": true}\';;\n'
        "lock_plain) echo '{\"value\": 4}';; *) echo why >&2; exit 3;; esac\n"
    )
    python.chmod(0o755)
    one = interpreters.ask(str(python))
    interpreters.measure([one], ["lock_plain", "lock_recursive"], range(6), 1, lambda words: None)
    assert dict(one.numbers("lock_plain", None)) == {number: 4.0 for number in range(6)}
    with pytest.raises(Missing, match="exit code 3: why"):
        one.numbers("lock_recursive", None)


@pytest.mark.parametrize("name", ["queue_lost", "alive_pool", "lock_plain", "race_locked"])
def test_the_probe_answers_in_a_real_interpreter(name: str) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no {PYTHON}")
    one = interpreters.ask(PYTHON)
    one.call(name, 0, interpreters.LIMIT_S)
    (value,) = one.numbers(name, None).values()
    assert value == {"queue_lost": 0, "alive_pool": 5, "race_locked": 0}.get(name, value)


# --- What is not decided is measured again.


def disturbed_in(made: dict[str, Any]) -> dict[str, Any]:
    """The same result with all samples disturbed and ten times as slow."""
    found: dict[str, Any] = copy.deepcopy(made)
    for row in found["convoy"]["rows"]:
        row["disturbed"] = True
        for sample in row["samples"]:
            sample["disturbed"] = ["foreign"]
            sample["real_time_ns"] *= 10
    return found


def test_samples_of_a_later_run_stand_in_for_disturbed_ones(made: dict[str, Any]) -> None:
    quiet = load.result(Path("x.json"), made)
    busy = load.result(Path("y.json"), disturbed_in(made))
    where = case("cpu_pi", workers=2)
    alone, both = session.Measured(busy), session.Measured(busy, quiet)
    assert alone.disturbed(where) and not both.disturbed(where)
    assert sorted(both.numbers(where, None).values()) == sorted(
        session.Measured(quiet).numbers(where, None).values()
    )
    assert min(both.numbers(where, None)) >= session.RUN
    twice = session.Measured(busy, busy)
    assert twice.disturbed(where) and len(twice.numbers(where, None)) == 16


def test_only_what_is_not_decided_is_measured_again(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, fast = case("cpu_pi", model="single", workers=1), case("cpu_pi", workers=2)
    claims = {
        "made": claim_of(Times("x", slow, fast, 1.1)), "never": claim_of(Never("y", fast, "odd"))
    }  # fmt: skip
    results = [disturbed_in(made), made]
    asked: list[list[Any]] = []

    def measure(program: Path, cases: Any, effort: session.Effort, folder: Path) -> Any:
        asked.append([cases, effort.seed])
        return load.result(Path("x.json"), results[len(asked) - 1])

    monkeypatch.setattr(session, "measure", measure)
    found = session.decide(
        Path("b"), claims, {"made": claims["made"]}, None, session.Effort(8, 7, True), Path(".")
    )
    assert asked == [[[slow, fast], 7], [[slow, fast], 8]]
    assert found[0].verdict is Verdict.SUPPORTED


def test_more_looks_need_stronger_evidence() -> None:
    source = Numbers({A: around(1.65, 8, 0.1), B: around(1.0, 8, 0.1, seed=5)})
    claims = [claim_of(Times("x", A, B, 1.5))]
    once, thrice = (
        judge.judge(claims, source, lambda evidence: evidence.cases, looks) for looks in (1, 3)
    )
    one, three = once[0].findings[0].interval, thrice[0].findings[0].interval
    assert one is not None and three is not None
    assert three.low <= one.low and three.high >= one.high


def test_an_interpreter_is_asked_again_for_what_is_open(tmp_path: Path) -> None:
    """It answers the same time for both locks, first, and then what the claim says."""
    python = tmp_path / "python3-learns"
    python.write_text(
        "#!/bin/sh\n"
        'case "$2" in about) echo \'{"implementation": "X", "version": "3.9", "gil": true}\';;\n'
        f"lock_plain) echo x >> {tmp_path}/calls; echo '{{\"value\": 1}}';;\n"
        f'*) [ $(wc -l < {tmp_path}/calls) -gt 8 ] && echo \'{{"value": 9}}\' || '
        "echo '{\"value\": 1}';; esac\n"
    )
    python.chmod(0o755)
    (tmp_path / "calls").touch()
    one = interpreters.ask(str(python))
    asked = claim_of(Times("x", A, B, 1.0, python=("lock_recursive", "lock_plain")))
    ((found,),) = interpreters.decide([one], [asked], 6, 1, lambda words: None)
    assert 12 <= len(one.numbers("lock_plain", None)) <= 18
    assert found.findings[0].samples >= 12
