"""Scenarios and policies are picked up by themselves, and what scenarios share is measured once."""

from __future__ import annotations

from pathlib import Path

import pytest
import self_made
from convoy_cli.core import bench
from convoy_cli.fidelity import scenarios
from convoy_cli.fidelity.self_check import Trial

SCENARIOS = scenarios.discover()
LISTING = bench.read(Path("convoy-bench"), self_made.listed())


def test_every_policy_that_is_listed_is_judged_with_no_other_edit() -> None:
    law = {"intervals": 0, "sleeps": 0, "least_ns": 0, "most_ns": 1e6}
    newcomer = {"excludes": True, "interval_ns": 0, "lateness": law}
    program = bench.read(Path("convoy-bench"), self_made.listed(newcomer=newcomer))
    generic = [name for name in SCENARIOS
               if "newcomer" in {s.label for s in SCENARIOS[name].subjects(program)}]  # fmt: skip
    assert {"reacquire", "throughput"} <= set(generic)
    for name in generic:
        batches = SCENARIOS[name].batches(program)
        assert any("newcomer" in batch.gils for batch in batches), name


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_module_says_what_it_is_for(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.__name__.endswith(f".{name}")
    for text in (scenario.SUMMARY, scenario.METRIC, scenario.EXPECTED, scenario.WHY):
        assert len(text) >= 10 and not text.endswith(".") or text == scenario.WHY
    assert set(batch.workload for batch in scenario.batches(LISTING)) <= set(scenario.WORKLOADS)


def test_what_several_scenarios_need_is_measured_once() -> None:
    trial = Trial(LISTING, SCENARIOS, 5, 1, True)
    assert all(batch not in trial.plan[:number] for number, batch in enumerate(trial.plan))
    needed = [batch for scenario in SCENARIOS.values() for batch in scenario.batches(LISTING)]
    assert all(batch in trial.plan for batch in needed)
