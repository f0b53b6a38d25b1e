"""The answer in words follows from the samples, with what must be said besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import synthetic
from convoy_cli import results
from convoy_cli.summary import summarise
from synthetic import Truth


def text_of(document: dict[str, Any]) -> str:
    return "\n".join(summarise(results.result(Path("x.json"), document)).lines())


def test_the_words_are_the_truth() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2, 4), noise=0.0)
    text = text_of(synthetic.document(truth))
    free = truth.speed_up("cpu_pi", "processes", "none", 2)
    held = truth.speed_up("cpu_pi", "threads", "cpython32", 2)
    assert f"2 processes {free:.2f} ×" in text
    assert f"(95 % {free:.2f}–{free:.2f})" in text
    assert f"under cpython32 2 threads {held:.2f} ×" in text
    assert f"cpython32: {(1 - held / free) * 100:.0f} % on cpu_pi." in text
    assert f"CPU-bound under cpython32: processes, {free:.2f} × single." in text


def test_kinds_of_work_stand_apart(made: dict[str, Any]) -> None:
    text = text_of(made)
    lines = text.splitlines()
    for title in ("CPU-bound", "CPU-bound in native regions", "I/O-bound", "What to use"):
        assert title in lines
    native = lines[lines.index("CPU-bound in native regions") + 1]
    assert native.startswith("  cpu_sha256: 4 ")
    # Waiting wants as many workers as there were, computing as many as there are CPUs.
    assert "io_sleep: 8 " in text and "cpu_pi: 4 " in text
    assert "Caveats" not in lines


def test_work_that_gains_nothing_stays_single() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), models=("single", "coroutines"), gils=("none",))
    assert "CPU-bound: stay single; no model gains 5.0 %." in text_of(synthetic.document(truth))


def test_what_a_reader_must_know_is_said(document: dict[str, Any]) -> None:
    convoy = document["convoy"]
    convoy["interrupted"] = True
    convoy["failed"] = [{"name": "io_x/model:threads", "reason": "died", "pass": 2, "samples": 2}]
    convoy["rows"][0] |= {"pinned": False, "pinned_reason": "the kernel refused"}
    convoy["rows"][1]["converged"] = False
    convoy["rows"][2]["samples"] = convoy["rows"][2]["samples"][:3]
    text = text_of(document)
    assert "interrupted" in text
    assert f"1 row not pinned (the kernel refused): {convoy['rows'][0]['name']}." in text
    assert f"1 of {len(convoy['rows'])} rows did not reach ± 2.0 %" in text
    assert "too few samples" in text
    assert "io_x/model:threads failed in pass 2: died" in text


def test_a_row_that_failed_counts_for_nothing(document: dict[str, Any]) -> None:
    rows = document["convoy"]["rows"]
    wrong = next(r for r in rows if r["workload"] == "cpu_pi" and r["model"] == "processes"
                 and r["workers"] == 4 and r["gil"] == "none")  # fmt: skip
    assert "4 processes" in text_of(document)
    failure = {"name": wrong["name"], "reason": "the answer is wrong", "pass": 1, "samples": 8}
    document["convoy"]["failed"] = [failure]
    text = text_of(document)
    first = next(line for line in text.splitlines() if "cpu_pi:" in line)
    assert "4 processes" not in first and "2 processes" in first
    assert f"{wrong['name']} failed in pass 1: the answer is wrong" in text


def test_too_few_samples_prove_nothing() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2), passes=3)
    text = text_of(synthetic.document(truth))
    assert "× single (not proven: too few samples)." in text
    assert "95 %" not in text


def test_nothing_to_compare_is_said(document: dict[str, Any]) -> None:
    document["convoy"]["rows"] = []
    assert "Nothing to compare" in text_of(document)
