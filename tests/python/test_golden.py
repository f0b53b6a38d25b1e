"""The wording of each output, whole, in one file: tests/fixtures/golden/NAME.txt.

After a deliberate change: pytest tests/python/test_golden.py --update-golden, and read the diff.
Other tests hold numbers, names and verdicts; no sentence is quoted there only for its wording.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compare_made
import fidelity_made
import gate_made
import history_made
import profiled
import pytest
import self_judged
import synthetic
from claims_made import A, B, C, D, Numbers, around, claim_of, judged
from compare_made import entry, repetitions, samples
from convoy_cli import cli, verbs
from convoy_cli.answer.summary import summarise
from convoy_cli.claims import document as claims_document, report as claims_report
from convoy_cli.claims.claim import AtMost, Claim, Happens, Never, Times
from convoy_cli.fidelity import report as fidelity_report, scenarios, self_check
from convoy_cli.fidelity.claims import SKIP, Judgement
from convoy_cli.gate.report import table
from convoy_cli.report import content
from convoy_cli.report.page import Chart, Lines, Section, Table, Text
from convoy_cli.results import load, stored
from fidelity_stand import Stand, listed

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden"
OWN = sorted(set(cli.names()) - set(verbs.PASSED_ON))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Any:
    """Compares a text with its file, or writes the file."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden", default=False):
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file.name} is missing: --update-golden writes it"
        assert text == file.read_text("utf-8"), "deliberate? --update-golden"

    return compare


@pytest.mark.parametrize("verb", OWN)
def test_help(verb: str, golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    golden(f"help-{verb}", cli.parser_of(cli.discover()[verb]).format_help())


def test_summary(golden: Any) -> None:
    truth = synthetic.Truth(cores=2, workloads=("cpu_pi", "io_sleep"), workers=(1, 2, 4))
    found = load.result(Path("x.json"), synthetic.document(truth))
    golden("summary", "\n".join([*summarise(found).lines(), ""]))


def test_gate(golden: Any) -> None:
    made = gate_made.document(
        [
            gate_made.benchmark("slower", "REGRESSED", 1.07, 0.02),
            gate_made.benchmark("faster", "IMPROVED", 0.8, 0.02),
            gate_made.benchmark("open", "INCONCLUSIVE", 1.02, 0.06),
            gate_made.benchmark("same"),
        ]
    )
    golden("gate", "\n".join([*table.lines(made, True), ""]))


# --- Two results beside each other.


def compared(path: Path) -> None:
    """Two files that have everything that a comparison tells of."""
    usual = ("sort/small", "sort/large", "parse", "hash")
    ratios = {"sort/large": 1.07, "parse": 0.8}
    one, two = (
        [row for at, name in enumerate(usual)
         for row in repetitions(name, samples(10 * seed + at, ratios.get(name, 1.0) ** (seed - 1)))]
        for seed in (1, 2)
    )  # fmt: skip
    noisy = [repetitions("pipe", samples(seed, noise=0.2)) for seed in (5, 6)]
    few = [repetitions("short", samples(seed, count=3)) for seed in (7, 8)]
    broken = entry("fails", 0.0, error_occurred=True, error_message="no such file")
    skipped = entry("left/out", 0.0, skipped=True, skip_message="not on this machine")
    one += [*noisy[0], *few[0], *repetitions("fails", samples(1)), *repetitions("gone", samples(2)),
            *repetitions("left/out", samples(3))]  # fmt: skip
    two += [*noisy[1], *few[1], broken, *repetitions("new", samples(4)), skipped]
    machine = {"host_name": "loud", "mhz_per_cpu": 3900, "date": "2025-06-03T10:00:00+00:00"}
    compare_made.write(path / "a.json", compare_made.document(one))
    compare_made.write(path / "b.json", compare_made.document(two, **machine))
    compare_made.write(path / "c.json", compare_made.document(two, num_cpus=64))


def test_compare(golden: Any, inside: Any, tmp_path: Path) -> None:
    compared(tmp_path)
    done = inside("compare", "a.json", "b.json")
    assert (done.returncode, done.stderr) == (1, "")
    golden("compare", done.stdout)


def test_compare_all(golden: Any, inside: Any, tmp_path: Path) -> None:
    compared(tmp_path)
    done = inside("compare", "a.json", "c.json", "--filter", "sort|hash", "--all", "--force")
    assert (done.returncode, done.stderr) == (1, "")
    golden("compare-all", done.stdout)


# --- A history.


def history(path: Path) -> None:
    """A slow-down, one that was undone, more instructions, a parent's verdict, a short series."""
    beside, line, ratio = history_made.beside_reference, history_made.line, history_made.ratio
    commit, noise = history_made.commit, history_made.noise
    undone = [value + 0.1 * (30 <= at < 45) for at, value in enumerate(noise(3, 80))]
    vague = [value + 0.06 * (at >= 55) for at, value in enumerate(noise("vague", 80, 0.04))]
    counted = [
        one | {"instructions": 5e6 * (1.03 if number >= 70 else 1)}
        for number, one in enumerate(beside(noise(4, 80), "BM_Count"))
    ]
    parents = [
        line(at, "BM_Parent", parent=ratio(0.08 if at == 76 else value, commit(at - 1), 0.02,
                                           "REGRESSED" if at == 76 else "SAME"))
        for at, value in enumerate(noise("walk", 80, 0.002))
    ]  # fmt: skip
    lines = [
        *beside(history_made.stepped(72, 80, 1.07)), *beside(undone, "BM_Undone"), *counted,
        *parents, *beside(history_made.stepped(60, 80, 0.9), "BM_Faster"),
        *beside(vague, "BM_Vague"),
        *beside(noise(5, 5), "BM_New", first=75, fingerprint="ci-large", paired=False),
    ]  # fmt: skip
    history_made.write(path / "h.jsonl", lines)


@pytest.mark.parametrize("what, code", [("show", 0), ("check", 1)])
def test_history(what: str, code: int, golden: Any, inside: Any, tmp_path: Path) -> None:
    history(tmp_path)
    done = inside("history", what, "--file", "h.jsonl")
    assert (done.returncode, done.stderr) == (code, "")
    golden(f"history-{what}", done.stdout)


def test_history_without_a_change(golden: Any, inside: Any, tmp_path: Path) -> None:
    history(tmp_path)
    done = inside("history", "check", "--file", "h.jsonl", "--filter", "Faster|New")
    assert (done.returncode, done.stderr) == (0, "")
    golden("history-check-passes", done.stdout)


# --- Locks beside interpreters, and by themselves.


def fidelity(unfit: bool = False) -> str:
    """An interpreter that is imitated well, one that is not, and one of which much is missing."""
    good = fidelity_made.subject("CPython 3.11.2", "cpython32", 5)
    bad = fidelity_made.subject("CPython 2.7.18", "cpython27", 0.2, native=200)
    bad["about"] = {"code": "bytecode"}
    for run in bad["runs"][:3]:
        run["native"] |= {"turns_ns": [400_000, 500_000, 700_000], "ticks_ns": [5.1, 4.9, 6.25]}
        run["parameters"] = {"call_ns": 20_000_000}
    missing = fidelity_made.subject("PyPy 7.3.11", "", 0.5, count=99)
    for run in missing["runs"]:
        run["native"] = None
    reason = "it was killed by SIGSEGV"
    missing["failures"] = [
        {"setting": "race/plain", "side": "real", "reason": reason},
        {"setting": "race/call", "side": "real", "reason": reason},
        {"setting": "throughput", "side": "native", "reason": "it hangs"},
    ]
    missing["lacking"] = ["this convoy-bench has no workload gil_race"]
    document = fidelity_made.document(good, bad, missing)
    document["machine"] = {"cpus": 4, "cpus_allowed": 2}
    document["unfit"] = ["it is busy"] if unfit else []
    return "\n".join([*fidelity_report.tell(fidelity_report.Findings(document)), ""])


def test_fidelity(golden: Any) -> None:
    golden("fidelity", fidelity())


def test_fidelity_unfit(golden: Any) -> None:
    golden("fidelity-unfit", fidelity(unfit=True))


def test_fidelity_list(golden: Any, inside: Any, tmp_path: Path) -> None:
    """What is found, with the lock beside it; then a build that has no such lock."""
    stand = Stand(tmp_path, inside)
    lists = (listed(), listed("cpython32"))
    told = [stand.call("--list", LISTED=each).stdout for each in lists]
    golden("fidelity-list", "\n".join(told).replace(f"{tmp_path}/", ""))


def test_fidelity_self(golden: Any) -> None:
    wrong = {"cpython32": "cpython27"}
    found = [
        verdict
        for name in ("ablation", "race", "reacquire")
        for verdict in self_judged.trial_of(name, wrong).verdicts()
    ]
    found.append(Judgement("three", "ruby_mn", SKIP, "no such lock in this build"))
    golden("fidelity-self", "\n".join([*self_check.tell(found), ""]))


def test_fidelity_scenarios(golden: Any) -> None:
    """What `--list-scenarios` says besides the locks, which are those of a build."""
    lines = [f"{name}: {each.SUMMARY}" for name, each in scenarios.discover().items()]
    golden("fidelity-scenarios", "\n".join([*lines, ""]))


# --- A profile.


@pytest.mark.usefixtures("blank")
def test_profile(golden: Any, inside: Any, tmp_path: Path) -> None:
    states = profiled.states(3)
    states["cost"] |= {"plain_wall_ns": [100, 100, 100], "recorded_wall_ns": [160, 127, 80]}
    states["seats"][2]["states"] |= {"runnable_ns": None, "unattributed_ns": -4 * profiled.MS}
    states["seats"][2] |= {"workers": [2, 4, 6], "worker_count": 9, "lock_ns": {"mutex 1": 1e6}}
    states["locks"].append(profiled.lock(1) | {"lock": 1, "name": "mutex 1", "policy": "mutex"})
    states["notes"] = ["Seat 0 dropped 5 events."]
    profiled.write(tmp_path / "echo", states, profiled.trace(3))
    done = inside("profile", "--from", "echo")
    assert (done.returncode, done.stderr) == (0, "")
    golden("profile", done.stdout)


# --- Textbook claims.


def claim(sentence: str, *evidence: Any, untestable: str = "") -> Claim:
    return claim_of(*evidence, sentence=sentence, untestable=untestable)


def test_claims(golden: Any) -> None:
    """Of every verdict and of every kind of evidence one, as two sources answer them."""
    asked = [
        claim("One is slower", Times("A over B", A, B, 1.5), AtMost("B over A", B, A, 1.1)),
        claim("Nothing is lost", Never("lost updates", C, "lost_per_million")),
        claim("It waits at times", Happens("longest wait", D, "wait_ns")),
        claim("A queue keeps the order", Never("out of order", C, "out_of_order")),
        claim("Nobody knows", Times("B over C", B, C, 1.0)),
        claim("Nobody can ask", untestable="no server"),
    ]
    known = {A: around(3.0), B: around(1.0, seed=4), C: [0.0] * 8, D: [0.0, 2e6, 3e6]}
    other = {A: around(1.0), B: around(1.0, noise=0.3, seed=4), C: [0.0, 5.0], D: [0.0] * 8}
    answers = [
        claims_document.Answer(claims_document.MODEL, judged(Numbers(known, (C,)), *asked)),
        claims_document.Answer("CPython 3", judged(Numbers(other), *asked)),
    ]
    made = claims_document.document(answers, {})
    made["claims"][0]["remark"] = "on machines with two CPUs"
    golden("claims", "\n".join([*claims_report.lines(made), ""]))


# --- The page of a result.


@pytest.mark.usefixtures("blank")
def test_report(golden: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says in words; of the table of all rows, and of the facts, the first."""
    truth = synthetic.Truth(cores=2, workloads=("cpu_pi", "io_sleep"), workers=(1, 2))
    made = synthetic.document(truth)
    made["convoy"]["rows"][0]["disturbed"] = True
    name = "cpu_pi/model:threads/gil:none/place:core.close/workers:9"
    made["convoy"]["failed"] = [{"name": name, "reason": "it hung", "pass": 2, "samples": 1}]
    made["convoy"]["interrupted"] = True
    for file in ("x.json", "y.json"):
        synthetic.write(tmp_path / file, made)
    monkeypatch.chdir(tmp_path)
    result = load.load(Path("x.json"))
    other, this = stored.load(Path("y.json")), stored.load(Path("x.json"))
    sections = content.sections(result, other, this, lambda words: None)
    told = [line for each in sections if each.blocks for line in words_of(each)]
    lines = [*content.opening(result), *told]
    golden("report", "\n".join([*lines, ""]))


def words_of(section: Section) -> Iterator[str]:
    yield from ("", section.title)
    for block in section.blocks:
        if isinstance(block, Text):
            yield f"  {block.words}"
        if isinstance(block, Lines):
            yield from (f"    {line}".rstrip() for line in block.lines)
        if isinstance(block, Chart):
            yield f"  chart {block.name}: {block.title}"
        if isinstance(block, Table):
            shown = block.rows[:4] if len(block.rows) > 12 else block.rows
            yield f"  {block.caption}"
            yield f"    {' | '.join(block.header)}"
            for row in shown:
                yield f"    {' | '.join(cell.text for cell in row)}".rstrip()
