"""Each scenario: locks as they should be pass, and locks that behave otherwise are found out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest
import self_made
import synthetic
from convoy_cli import results
from convoy_cli.fidelity import linked, rowstats, scenarios, self_check
from convoy_cli.fidelity.batches import Batch
from convoy_cli.fidelity.claims import Verdict
from convoy_cli.fidelity.gate import Fitness
from convoy_cli.fidelity.scenarios import latency_inversion
from convoy_cli.fidelity.trial import Trial

SCENARIOS = scenarios.discover()
LINKED = linked.read(Path("convoy-bench"), self_made.listed())


def measured(batch: Batch, wrong: dict[str, str], **more: Any) -> Any:
    made = synthetic.document(synthetic.Truth())
    made["convoy"] |= {"rows": self_made.rows(batch, wrong), **more}
    return results.result(Path("made.json"), made)


def trial_of(name: str, wrong: Optional[dict[str, str]] = None) -> Trial:
    """All that the scenario asks for, measured on locks of which some are wrong."""
    trial = Trial(LINKED, {name: SCENARIOS[name]}, 5, 1, True)
    trial.fitness = Fitness(True)
    for batch in trial.plan:
        trial.seen.keep(batch, measured(batch, wrong or {}))
    return trial


def judged(name: str, wrong: Optional[dict[str, str]] = None) -> dict[str, Verdict]:
    return {verdict.policy: verdict for verdict in trial_of(name, wrong).verdicts()}


@pytest.mark.parametrize("name", SCENARIOS)
def test_right_locks_pass(name: str) -> None:
    found = judged(name)
    assert found
    for verdict in found.values():
        assert verdict.verdict == ("skip" if verdict.policy == "mutex" and name == "reacquire"
                                   else "pass"), verdict  # fmt: skip


WRONG = [
    # scenario, lock, like which other, who fails, what the reason names
    ("reacquire", "cpython32", "cpython27", "cpython32", "p50 "),
    ("reacquire", "cpython27", "cpython32", "cpython27", "p50 5.1 ms, expected -200 µs"),
    ("reacquire", "none", "cpython32", "none", "p50"),
    ("reacquire", "ruby_legacy", "cpython32", "ruby_legacy", "p50"),
    ("reacquire_scaling", "cpython32", "pypy", "cpython32", "ratio 2 to 1 1, expected"),
    ("reacquire_scaling", "cpython27", "cpython32", "cpython27", "mean beside 4"),
    ("reacquire_scaling", "ruby_legacy", "cpython32", "ruby_legacy", "near 200 ms"),
    ("interval_law", "cpython32:interval=50ms", "pypy", "cpython32", "slope"),
    ("interval_law", "cpython27:interval=1000", "pypy", "cpython27", "most less least"),
    ("convoy_echo", "pypy", "ruby_legacy", "pypy > cpython32", "rate ratio"),
    ("convoy_echo", "cpython32", "ruby_legacy", "cpython32 > ruby_legacy", "rate ratio"),
    ("latency_inversion", "cpython27", "cpython32", "cpython27", "calls mean"),
    ("latency_inversion", "cpython32", "cpython27", "cpython32", "calls mean"),
    ("latency_inversion", "cpython27", "cpython32", "cpython27 and cpython32, one core", "over"),
    ("latency_inversion", "cpython32", "cpython27", "cpython27 and cpython32, two cores", "over"),
    ("throughput", "cpython32", "none", "cpython32", "two over one 2, expected"),
    ("throughput", "none", "cpython32", "none", "two over one 1, expected ≥ 1.8"),
    ("throughput", "cpython32", "none", "cpython32, native code", "native off"),
    ("countdown", "cpython27", "cpython32", "cpython27", "> 1"),
    ("countdown", "cpython32", "none", "cpython32", "ratio on two cores 0.5"),
    ("hold_time", "cpython32", "ruby_legacy", "cpython32", "hold p50 of 2 105 ms"),
    ("ablation", "cpython32", "forced=off", "cpython32", "same worker forced on"),
    ("ablation", "cpython32:forced=off", "forced=on", "cpython32", "same worker forced off"),
    ("race", "cpython27", "none", "cpython27", "lost back edge 1000, expected 0"),
    ("race", "none", "mutex", "none", "lost every op"),
    ("race", "cpython32:interval=10us", "none", "cpython32, 10us", "lost back edge"),
    ("signal_storm", "cpython27", "cpython32", "cpython27", "released 0.2 %, expected ≥ 95 %"),
    ("signal_storm", "cpython313", "cpython27", "cpython313", "released 99 %, expected ≤ 5.0 %"),
    ("subinterpreters", "cpython_subinterp", "groups=1", "cpython_subinterp", "with 2 groups"),
    ("subinterpreters", "cpython_subinterp:groups=1", "none", "cpython_subinterp", "with 1"),
    ("delayed_hand_off", "ruby_delayed", "ruby_mn", "ruby_delayed > ruby_mn", "expected"),
]


@pytest.mark.parametrize(("name", "lock", "like", "who", "why"), WRONG)
def test_a_wrong_lock_fails(name: str, lock: str, like: str, who: str, why: str) -> None:
    found = judged(name, {lock: like})
    assert found[who].verdict == "fail", found[who]
    assert why in found[who].reason
    # Who behaves as before is judged as before.
    others = set(found) - {who} - {label for label in found if lock.partition(":")[0] in label}
    assert all(found[other].verdict != "fail" for other in others)


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
    assert judged("reacquire")["mutex"].reason.startswith("nobody is ever asked to let go")
    (batch,) = SCENARIOS["reacquire"].batches(LINKED)
    assert "mutex" not in batch.gils and "none" in batch.gils


def test_policies_and_workloads_that_are_not_there_are_skipped() -> None:
    told = self_made.listed()
    told["gils"] = [gil for gil in told["gils"] if gil["name"] not in ("pypy", "cpython27")]
    told["workloads"] = [w for w in told["workloads"] if w["name"] != "cpu_sha256"]
    program = linked.read(Path("convoy-bench"), told)
    trial = Trial(program, SCENARIOS, 5, 1, True)
    trial.fitness = Fitness(True)
    for batch in trial.plan:
        assert not [gil for gil in batch.gils if gil.startswith(("pypy", "cpython27"))]
        trial.seen.keep(batch, measured(batch, {}))
    found = {(verdict.name, verdict.policy): verdict for verdict in trial.verdicts()}
    lacking = found["convoy_echo", "pypy > cpython32"]
    assert (lacking.verdict, lacking.reason) == ("skip", "no such policy in this build: pypy")
    assert found["countdown", "cpython27"].reason == "no such policy in this build"
    assert found["convoy_echo", "cpython32 > ruby_legacy"].verdict == "pass"
    assert found["throughput", "cpython32"].reason == "no such workload in this build: cpu_sha256"
    assert not any(batch.workload == "cpu_sha256" for batch in trial.plan)


def test_rows_that_failed_or_are_missing_or_too_short() -> None:
    trial = trial_of("ablation")
    ((batch, result, _),) = trial.seen.kept
    assert result is not None
    failing = next(row.name for row in result.rows if "gil:cpython32/" in row.name)

    def verdict(**changed: Any) -> Verdict:
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
    assert reasons == {"it was not measured before the end"}


def test_a_waiter_that_starves_beside_long_calls_is_no_failure_and_no_proof() -> None:
    trial = trial_of("latency_inversion")
    batch = latency_inversion.apart(LINKED, latency_inversion.APART_CALL)
    (row,) = [
        row for row in self_made.rows(batch, {})
        if "gil:cpython27/" in row["name"] and "call:" in row["name"]
    ]  # fmt: skip
    reason = "the round did not finish within its limit; raise --round-limit, or use fewer"
    failed = {"name": row["name"], "reason": reason, "pass": 0, "samples": 0}
    trial.seen.keep(batch, measured(batch, {}, failed=[failed]))
    found = {verdict.policy: verdict for verdict in trial.verdicts()}
    assert found["cpython27"].verdict == "skip" and "starves" in found["cpython27"].reason
    assert found["cpython27 and cpython32, two cores"].verdict == "skip"
    assert found["cpython27 and cpython32, one core"].verdict == "pass"
    assert found["cpython32"].verdict == "pass"


def test_few_slow_waits_are_enough_values_even_if_the_first_were_slower_still() -> None:
    for batch in latency_inversion.batches(LINKED):
        values = batch.round_ms / batch.operation_ms * self_check.LEAST_PASSES
        assert values > 2.5 * rowstats.LEAST_POOLED


def test_a_few_values_are_no_distribution() -> None:
    trial = trial_of("reacquire")
    ((batch, _, _),) = trial.seen.kept
    made = self_made.rows(batch, {})
    for row in made:
        row["latency"] |= {"count": 29, "buckets": [[1, 2, 29]]}
    trial.seen.kept = [(batch, measured(batch, {}, rows=made), "")]
    verdict = next(verdict for verdict in trial.verdicts() if verdict.policy == "none")
    assert verdict.verdict == "skip" and "29 values, and 30 are needed" in verdict.reason


def test_an_echo_that_never_loses_the_lock_has_no_second_mode() -> None:
    verdict = judged("convoy_echo", {"cpython32": "cpython27"})["cpython32"]
    assert verdict.verdict == "skip" and "hardly an exchange lost the lock" in verdict.reason
