"""The judging itself: bounds, what is said of them, and whether the machine is fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import pytest
import self_made
from convoy_cli.core import bench
from convoy_cli.core.bench import Listing
from convoy_cli.core.errors import UsageError
from convoy_cli.fidelity import self_check
from convoy_cli.fidelity.claims import Batch, Claim, Judgement, judged

LISTING = bench.read(Path("convoy-bench"), self_made.listed())


@pytest.mark.parametrize(
    ("value", "low", "high", "strictly", "holds"),
    [
        (5.0, 5.0, 5.4, False, True),
        (5.4, 5.0, 5.4, False, True),
        (5.41, 5.0, 5.4, False, False),
        (4.99, 5.0, 5.4, False, False),
        (1.0, 1.0, None, True, False),
        (1.001, 1.0, None, True, True),
        (2.0, None, 2.0, True, False),
        (0.0, 0.0, 0.0, False, True),
        (0.1, 0.0, 0.0, False, False),
        (7.0, None, None, False, True),
    ],
)
def test_bounds(
    value: float, low: Optional[float], high: Optional[float], strictly: bool, holds: bool
) -> None:
    assert Claim("x", value, low, high, strictly).holds is holds


def test_bounds_in_words() -> None:
    late = Claim("late_p50_ns", 5.1e6, 5e6, 5.4e6)
    assert (late.title, late.measured, late.bounds) == ("late p50", "5.1 ms", "5 ms to 5.4 ms")
    kept = Claim("same_worker_share", 0.4, 0.3)
    assert (kept.title, kept.measured, kept.bounds) == ("same worker", "40 %", "≥ 30 %")
    assert Claim("ratio", 0.4, None, 1.0, True).bounds == "< 1"
    assert Claim("ratio", 0.4, 1.0, None, True).bounds == "> 1"
    switches = Claim("switches_per_second", 180.0, None, 260)
    assert (switches.title, switches.bounds) == ("switches/second", "≤ 260")
    assert Claim("lost", 0.0, 0.0, 0.0).bounds == "0"
    assert Claim("base_p50_ns", 1.0).bounds == ""


def test_one_broken_claim_fails_and_is_named() -> None:
    good, bad, told = Claim("a", 1.0, 0.5), Claim("b", 2.0, None, 1.0), Claim("c_ns", 9e6)
    assert judged("s", "p", [good, told]).verdict == "pass"
    failed = judged("s", "p", [good, bad, told])
    assert (failed.verdict, failed.reason) == ("fail", "b 2, expected ≤ 1")
    assert judged("s", "p", [told]).verdict == "skip"
    entry = failed.as_json()
    assert entry["measured"] == {"a": 1.0, "b": 2.0, "c_ns": 9e6}
    assert set(entry["expected"]) == {"a", "b"}


def test_the_table_sums_up() -> None:
    lines = list(self_check.tell([
        judged("one", "p", [Claim("a", 1.0, 0.5)]),
        judged("two", "q", [Claim("a", 0.1, 0.5)]),
        Judgement("three", "r", "skip", "no such lock in this build"),
    ]))  # fmt: skip
    assert lines[-1] == "1 passed, 1 failed, 1 skipped."
    assert lines[3].startswith("skip ") and lines[3].endswith("  no such lock in this build")
    assert "two, q: a 0.1, expected ≥ 0.5" in lines


def finding(name: str, verdict: str) -> dict[str, Any]:
    return {"name": name, "verdict": verdict, "measured": f"{name} was {verdict}", "advice": ""}


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        ([finding("parallel", "ok"), finding("load", "warn"), finding("governor", "unknown")], ""),
        ([finding("parallel", "unfit")], "parallel was unfit"),
        ([finding("parallel", "ok"), finding("timer", "unfit")], "timer: timer was unfit"),
        ([finding("parallel", "warn")], "running at once were not measured"),  # one core
        ([], "running at once were not measured"),
    ],
)
def test_the_gate(findings: list[dict[str, Any]], reason: str) -> None:
    worst = "unfit" if any(entry["verdict"] == "unfit" for entry in findings) else "warn"
    fitness = self_check.judge(json.dumps({"verdict": worst, "findings": findings}))
    assert fitness.fit == (not reason)
    assert reason in fitness.reason


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"findings": [{}], "verdict": "ok"}', "\x00"])
def test_an_answer_of_doctor_that_is_none_is_no_proof(text: str) -> None:
    fitness = self_check.judge(text)
    assert not fitness.fit and "cannot read the output" in fitness.reason


def test_a_doctor_that_cannot_be_asked_is_no_proof(tmp_path: Path) -> None:
    fitness = self_check.examine(tmp_path / "missing")
    assert not fitness.fit and "did not answer" in fitness.reason


def test_locks_are_written_as_the_program_writes_them() -> None:
    assert LISTING.gil("cpython32", interval="5ms") == "cpython32"
    assert LISTING.gil("cpython32", interval="500us") == "cpython32:interval=500us"
    assert LISTING.gil("unheard_of", interval="1ms") == "unheard_of:interval=1ms"
    assert LISTING.having(["cpython32:forced=off", "unheard_of"]) == ("cpython32:forced=off",)
    assert LISTING.interval_ns("cpython32") == 5e6
    assert LISTING.interval_ns("cpython32:forced=off:interval=500us") == 5e5
    assert LISTING.interval_ns("cpython27:interval=1000") == 0  # bytecodes are no time


def test_a_program_that_lists_nothing_of_the_kind(tmp_path: Path) -> None:
    program = tmp_path / "bench"
    program.write_text("#!/bin/sh\necho '{\"gils\": [{\"name\": \"old\"}], \"workloads\": []}'\n")
    program.chmod(0o755)
    with pytest.raises(UsageError, match="make build"):
        bench.ask(program)
    with pytest.raises(UsageError, match="make build"):
        bench.ask(tmp_path / "missing")


def test_rounds_under_long_intervals_are_foretold() -> None:
    def seconds(gil: str, **more: Any) -> float:
        parameters = {"spinners": ("1",)}
        return Batch("gil_reacquire", (gil,), parameters, **more).seconds(LISTING, 5)

    assert seconds("ruby_legacy") > 5 * 20 * 0.1 > seconds("cpython32")
    assert seconds("cpython32", round_ms=1000) > 5 * 1.0
    alone = Batch("gil_reacquire", ("ruby_legacy",), {"spinners": ("0",)})
    assert alone.seconds(LISTING, 5) < 5


def test_a_batch_is_one_command() -> None:
    asked = {"spinners": ("0", "1")}
    batch = Batch("gil_reacquire", ("none", "cpython32"), asked, workers=(1, 2), peer="other")
    assert sorted(batch.cases(LISTING)) == [
        (gil, seats) for gil in ("cpython32", "none") for seats in (1, 2, 2, 3)
    ]
    words = batch.command(Path("bench"), 5, 3, Path("x.json"))
    line = " ".join(words)
    assert "--gil none,cpython32 --workers 1,2 " in line
    assert "--param gil_reacquire.spinners=0,1" in line and "--peer other" in line
    assert isinstance(LISTING, Listing)
