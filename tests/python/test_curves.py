"""What is claimed of a series at several numbers of workers, and what is not."""

from __future__ import annotations

import re
from typing import Any

import charted
import pytest
import synthetic
import varied
from convoy_cli.answer.summary import summarise
from convoy_cli.results import curves, variants
from convoy_cli.results.curves import Line
from convoy_cli.results.variants import SpeedUps

MANY = (1, 2, 4, 8, 16)


def lines_of(made: dict[str, Any], gil: str = "none") -> dict[str, Line]:
    ups = SpeedUps(charted.result(made))
    (variant,) = variants.of(ups.result)
    return curves.lines(ups, variants.by_gil(variant.rows, gil))


def of(workload: str, cores: int = 16, passes: int = 8, **more: Any) -> dict[str, Any]:
    return synthetic.document(
        synthetic.Truth(cores=cores, workloads=(workload,), workers=MANY, passes=passes, **more)
    )


def scaling_of(made: dict[str, Any]) -> str:
    return " ".join(dict(summarise(charted.result(made)).sections).get("How it scales", ()))


def test_the_truth_of_a_law_is_said_with_its_interval() -> None:
    line = lines_of(of("cpu_pi"))["processes"]
    found = line.resolved
    assert found is not None and found.contention is not None and found.coherency is not None
    for estimate, truth in ((found.contention, 0.015), (found.coherency, 0.0002)):
        assert estimate.interval is not None
        assert estimate.interval.low <= truth <= estimate.interval.high
    words = curves.said(line)
    assert words.startswith("processes lose by contention (σ 0.01") and "32 workers on 32" in words
    assert "beyond what was measured" in words


def test_threads_that_take_turns_are_bound_by_the_lock() -> None:
    found = lines_of(of("cpu_pi"), "cpython32")
    assert found["threads"].lock is not None
    assert found["threads"].lock.gain == pytest.approx(0.97, abs=0.01)
    assert "bound by the lock" in curves.said(found["threads"])
    assert found["processes"].lock is None  # each has a lock of its own
    assert found["coroutines"].lock is None  # one seat contends with nobody


def test_an_operation_that_holds_the_lock_in_part_caps_the_speed_up() -> None:
    made = of("mixed", noise=0.001)
    for row in varied.rows_of(made):
        if row["gil"] != "none" and row["model"] == "threads":
            factor = max(1.0, row["workers"] / 4)  # four times as fast, and no more
            varied.scale(row, factor)
            for sample in row["samples"]:
                sample["gil"]["hold_ns"] = sample["wall_ns"] * 0.245 * min(row["workers"], 4)
    lock = lines_of(made, "cpython32")["threads"].lock
    assert lock is not None and lock.cap == pytest.approx(1 / 0.245)
    assert "allows 4.08 × at most" in curves.bound_words(lock)


def test_who_gains_more_than_the_lock_allows_is_not_bound_by_it() -> None:
    """Numbers that contradict each other are nothing to claim."""
    assert lines_of(of("io_sleep"), "cpython32")["threads"].lock is None


@pytest.mark.parametrize("passes", [1, 5])
def test_few_passes_claim_nothing(passes: int) -> None:
    assert scaling_of(of("cpu_pi", passes=passes)) == ""


def test_disturbed_rows_claim_nothing() -> None:
    made = of("cpu_pi")
    varied.disturb([row for row in varied.rows_of(made) if row["workers"] == 16])
    assert scaling_of(made) == ""


def test_the_summary_tells_of_the_fastest_without_a_lock_and_of_whom_a_lock_binds() -> None:
    said = scaling_of(of("cpu_pi"))
    assert re.match(r"cpu_pi: (threads|processes) lose by contention", said)
    assert "cpu_pi under cpython32: threads are bound by the lock" in said
    assert "coroutines" not in said


def test_many_tasks_are_counted_beyond_eight() -> None:
    values = tuple({"n": n} for n in range(12))
    said = scaling_of(of("cpu_pi", parameters=values, models=("single", "threads")))
    assert said.count("beyond what was measured") <= 8 and "More curves have a law" in said


def test_seats_that_share_cpus_have_no_part_in_the_law() -> None:
    line = lines_of(of("cpu_pi", cores=8))["threads"]
    assert [row.workers for row in line.fitted_rows] == [1, 2, 4, 8]
    waiting = lines_of(of("io_sleep", cores=2))["threads"]
    assert waiting.fitted_rows == waiting.rows


def test_a_pass_that_a_sample_was_taken_again_in_still_makes_a_curve() -> None:
    made = of("cpu_pi")
    for row in varied.rows_of(made):
        if row["model"] == "threads" and row["workers"] == 4:
            row["samples"][3]["pass"] = 11
    line = lines_of(made)["threads"]
    assert len(line.passes) == 8
    assert all(sorted(curve) == list(MANY) for curve in line.passes)
