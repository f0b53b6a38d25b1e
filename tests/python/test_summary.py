"""The answer in words follows from the samples, with what must be said besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
from convoy_cli import results
from convoy_cli.losses import spread
from convoy_cli.summary import summarise
from synthetic import Truth


def text_of(document: dict[str, Any]) -> str:
    return "\n".join(summarise(results.result(Path("x.json"), document)).lines())


def test_the_words_are_the_truth() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2, 4), noise=0.0)
    text = text_of(synthetic.document(truth))
    free = truth.speed_up("cpu_pi", "processes", "none", 2)
    held = truth.speed_up("cpu_pi", "threads", "cpython32", 2)
    answer = f"2 threads are {free:.2f} × single; under cpython32 2 threads are {held:.2f} ×"
    assert f"\nCPU-bound: {answer} (cpu_pi).\n" in text
    notes = f"95 % {free:.2f}–{free:.2f}; under cpython32 {held:.2f} ×"
    assert f"\n  cpu_pi, 2 workers: threads {free:.2f} × ({notes}); processes {free:.2f} ×" in text
    loss = f"{(1 - held / free) * 100:.0f} % of their speed (cpu_pi)."
    assert f"CPU-bound under cpython32: {loss}" in text
    assert f"CPU-bound under cpython32: processes, {free:.2f} × single." in text


def test_kinds_of_work_stand_apart(made: dict[str, Any]) -> None:
    text = text_of(made)
    lines = text.splitlines()
    for title in ("CPU-bound: 4 ", "CPU-bound, native: 4 ", "I/O-bound: 8 ", "What to use"):
        assert len([line for line in lines if line.startswith(title)]) == 1
    native = next(i for i, line in enumerate(lines) if line.startswith("CPU-bound, native"))
    assert lines[native + 1].startswith("  cpu_sha256, 4 workers: ")
    # Waiting wants as many workers as there were, computing as many as there are CPUs.
    assert "io_sleep, 8 workers: " in text and "cpu_pi, 4 workers: " in text
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
    few = convoy["rows"][2]["samples"][:3]
    convoy["rows"][2] |= {"samples": few, "interval_ns": None}
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
    assert "cpu_pi, 4 workers: " in text_of(document)
    failure = {"name": wrong["name"], "reason": "the answer is wrong", "pass": 1, "samples": 8}
    document["convoy"]["failed"] = [failure]
    text = text_of(document)
    first = next(line for line in text.splitlines() if "cpu_pi:" in line)
    assert "4 processes" not in first and "2 processes" in first
    assert f"{wrong['name']} failed in pass 1: the answer is wrong" in text


def test_too_few_samples_are_said_once() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2), passes=3)
    document = synthetic.document(truth)
    document["convoy"]["suite"] = "smoke"
    text = text_of(document)
    said = "3 samples a row are too few for intervals: run the quick suite for figures with "
    assert said in text
    assert text.count("too few") == 1
    assert "95 %" not in text and "did not reach" not in text
    document["convoy"]["suite"] = None
    assert "--passes 6" in text_of(document)


def test_what_is_not_proven_is_marked_where_the_rest_is(document: dict[str, Any]) -> None:
    for row in document["convoy"]["rows"]:
        if row["workload"] == "cpu_pi":
            row |= {"samples": row["samples"][:3], "interval_ns": None}
    assert "× single (not proven: too few samples)." in text_of(document)


def test_a_selection_of_ones_own_is_named_so() -> None:
    document = synthetic.document(Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2)))
    count = len(document["convoy"]["rows"])
    document["convoy"]["suite"] = None
    assert f": a selection of {count} benchmarks, " in text_of(document)


def test_lines_are_short_and_name_few(document: dict[str, Any]) -> None:
    rows = document["convoy"]["rows"]
    failure = {"reason": "died", "pass": 0, "samples": 0}
    for row in rows:
        row |= {"converged": False, "pinned": False, "pinned_reason": "no place was asked for"}
    missing = [{"name": f"mem_x/n:{i}"} | failure for i in range(9)]
    document["convoy"]["failed"] = missing
    lines = text_of(document).splitlines()
    assert max(map(len, lines)) <= 100
    caveats = " ".join(lines[lines.index("Caveats") :])
    assert caveats.count("/model:") == 6  # three not pinned, three not precise
    assert caveats.count("mem_x/") == 3 and "6 more failed" in caveats


@pytest.mark.parametrize(
    "by, said",
    [
        ({"a": 0.44, "b": 0.512}, "44–51 % of their speed (b most)"),
        ({"a": 0.44}, "44 % of their speed (a)"),
        ({"a": 0.001, "b": 0.26}, "up to 26 % of their speed (b most)"),
        ({"a": -0.004, "b": 0.009}, "nothing"),
        ({"a": -0.37, "b": 0.42}, "from 37 % gained (a) to 42 % lost (b)"),
        ({"a": -1.5, "b": 0.42}, "from 2.50 times as fast (a) to 42 % lost (b)"),
        ({"a": -0.37, "b": -0.2}, "20–37 % gained (a most)"),
    ],
)
def test_losses_are_a_range(by: dict[str, float], said: str) -> None:
    assert spread(by) == said


def test_nothing_to_compare_is_said(document: dict[str, Any]) -> None:
    document["convoy"]["rows"] = []
    assert "Nothing to compare" in text_of(document)
