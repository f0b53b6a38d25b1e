"""Judges locks by scenarios, on measurements that are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import self_made
import synthetic
from convoy_cli.core import bench
from convoy_cli.fidelity import scenarios
from convoy_cli.fidelity.claims import Batch, Judgement
from convoy_cli.fidelity.self_check import Fitness, Trial
from convoy_cli.results import load

SCENARIOS = scenarios.discover()
LISTING = bench.read(Path("convoy-bench"), self_made.listed())


def measured(batch: Batch, wrong: dict[str, str], **more: Any) -> Any:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"] |= {"rows": self_made.rows(batch, wrong), **more}
    return load.result(Path("made.json"), made)


def trial_of(name: str, wrong: Optional[dict[str, str]] = None) -> Trial:
    """All that the scenario asks for, measured on locks of which some are wrong."""
    trial = Trial(LISTING, {name: SCENARIOS[name]}, 5, 1, True)
    trial.fitness = Fitness(True)
    for batch in trial.plan:
        trial.seen.keep(batch, measured(batch, wrong or {}))
    return trial


def judged(name: str, wrong: Optional[dict[str, str]] = None) -> dict[str, Judgement]:
    return {verdict.policy: verdict for verdict in trial_of(name, wrong).verdicts()}
