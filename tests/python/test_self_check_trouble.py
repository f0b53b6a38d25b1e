"""Scenarios of which something was not measured, or so little that it tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import self_made
from convoy_cli.core import bench
from convoy_cli.fidelity import claims, self_check
from convoy_cli.fidelity.claims import Judgement
from convoy_cli.fidelity.scenarios import latency_inversion
from convoy_cli.fidelity.self_check import Fitness, Trial
from self_judged import LISTING, SCENARIOS, judged, measured, trial_of


def test_who_disturbs_most_samples_does_not_make_a_lock_slow() -> None:
    trial = trial_of("throughput")
    batch = next(batch for batch in trial.plan if "cpython32" in batch.gils and 4 in batch.workers)
    made = self_made.rows(batch, {})
    for row in made:
        for sample in row["samples"][1:] if row["workers"] > 1 else []:
            sample["real_time_ns"] *= 2
    trial.seen.keep(batch, measured(batch, {}, rows=made))
    found = {verdict.policy: verdict for verdict in trial.verdicts()}
    assert found["cpython32"].verdict == found["none"].verdict == "pass"


def test_a_lock_that_nobody_is_asked_to_give_up_is_not_waited_for() -> None:
    assert judged("reacquire")["mutex"].reason.startswith("nobody ever asks for the lock")
    asked = [gil for batch in SCENARIOS["reacquire"].batches(LISTING) for gil in batch.gils]
    assert "mutex" not in asked and "none" in asked


def test_policies_and_workloads_that_are_not_there_are_skipped() -> None:
    told = self_made.listed()
    told["gils"] = [gil for gil in told["gils"] if gil["name"] not in ("pypy", "cpython27")]
    told["workloads"] = [w for w in told["workloads"] if w["name"] != "cpu_sha256"]
    program = bench.read(Path("convoy-bench"), told)
    trial = Trial(program, SCENARIOS, 5, 1, True)
    trial.fitness = Fitness(True)
    for batch in trial.plan:
        assert not [gil for gil in batch.gils if gil.startswith(("pypy", "cpython27"))]
        trial.seen.keep(batch, measured(batch, {}))
    found = {(verdict.name, verdict.policy): verdict for verdict in trial.verdicts()}
    lacking = found["convoy_echo", "pypy > cpython32"]
    assert (lacking.verdict, lacking.reason) == ("skip", "no such lock in this build: pypy")
    assert found["countdown", "cpython27"].reason == "no such lock in this build"
    assert found["convoy_echo", "cpython32 > ruby_legacy"].verdict == "pass"
    assert found["throughput", "cpython32"].reason == "no such workload in this build: cpu_sha256"
    assert not any(batch.workload == "cpu_sha256" for batch in trial.plan)


def test_rows_that_failed_or_are_missing_or_too_short() -> None:
    trial = trial_of("ablation")
    ((batch, result, _),) = trial.seen.kept
    assert result is not None
    failing = next(row.name for row in result.rows if "gil:cpython32/" in row.name)

    def verdict(**changed: Any) -> Judgement:
        trial.seen.kept = [(batch, measured(batch, {}, **changed), "")]
        return next(verdict for verdict in trial.verdicts() if verdict.policy == "cpython32")

    failed = {"name": failing, "reason": "killed by signal 11", "pass": 2, "samples": 2}
    lost = verdict(failed=[failed])
    assert (lost.verdict, lost.reason) == ("fail", "killed by signal 11")
    missing = verdict(rows=[])
    assert missing.verdict == "fail" and "measured nothing for cpython32" in missing.reason
    short = verdict(rows=self_made.rows(batch, {}, passes=4))
    assert short.verdict == "skip" and short.reason == "only 4 samples were taken"
    trial.seen.kept = []
    reasons = {verdict.reason for verdict in trial.verdicts()}
    assert reasons == {"the run ended before it was measured"}


def test_a_waiter_that_starves_beside_long_calls_is_no_failure_and_no_proof() -> None:
    trial = trial_of("latency_inversion")
    batch = latency_inversion.apart(LISTING, latency_inversion.APART_CALL)
    (row,) = [
        row for row in self_made.rows(batch, {})
        if "gil:cpython27/" in row["name"] and "call:" in row["name"]
    ]  # fmt: skip
    reason = "the round did not finish within its limit; raise --round-limit, or use fewer"
    failed = {"name": row["name"], "reason": reason, "pass": 0, "samples": 0}
    trial.seen.keep(batch, measured(batch, {}, failed=[failed]))
    found = {verdict.policy: verdict for verdict in trial.verdicts()}
    assert found["cpython27"].verdict == "skip" and "starve" in found["cpython27"].reason
    assert found["cpython27 and cpython32, two cores"].verdict == "skip"
    assert found["cpython27 and cpython32, one core"].verdict == "pass"
    assert found["cpython32"].verdict == "pass"


def test_few_slow_waits_are_enough_values_even_if_the_first_were_slower_still() -> None:
    for batch in latency_inversion.batches(LISTING):
        values = batch.round_ms / batch.operation_ms * self_check.LEAST_PASSES
        assert values > 2.5 * claims.LEAST_POOLED


def reacquire(policy: str, change: Callable[[list[Any]], None]) -> Judgement:
    """What is said of a right lock whose rows were changed."""
    trial = trial_of("reacquire")
    batch = next(batch for batch, _, _ in trial.seen.kept if policy in batch.gils)
    made = self_made.rows(batch, {})
    change(made)
    trial.seen.kept = [(batch, measured(batch, {}, rows=made), "")]
    return next(verdict for verdict in trial.verdicts() if verdict.policy == policy)


def test_a_count_that_keeps_step_with_a_sleep_is_no_wrong_lock() -> None:
    def change(rows: list[Any]) -> None:
        beside = {row["name"].partition("workers:1")[2]: row for row in rows}
        beside[""]["latency"] = beside["/spinners:0"]["latency"]

    assert reacquire("pypy", change).verdict == "pass"


def test_a_few_values_are_no_distribution() -> None:
    def change(rows: list[Any]) -> None:
        for row in rows:
            row["latency"] |= {"count": 29, "buckets": [[1, 2, 29]]}

    verdict = reacquire("none", change)
    assert verdict.verdict == "skip" and "29 values, and 30 are needed" in verdict.reason


def test_an_echo_that_never_loses_the_lock_has_no_second_mode() -> None:
    verdict = judged("convoy_echo", {"cpython32": "cpython27"})["cpython32"]
    assert verdict.verdict == "skip" and "too few exchanges lost the lock" in verdict.reason
