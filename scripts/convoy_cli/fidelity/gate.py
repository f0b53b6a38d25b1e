"""Whether this machine is fit to judge a lock by: `doctor` is asked before and after each run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .children import ChildFailed, run

LIMIT_S = 60.0
OK, UNFIT_CODE = 0, 4
# Without two cores that were measured to run at once, no scenario means what it says.
PROOF = "parallel"


@dataclass(frozen=True)
class Fitness:
    fit: bool
    reason: str = ""  # why not


def examine(program: Path) -> Fitness:
    """Asks `doctor`, which takes some three seconds. An answer that cannot be read is no proof."""
    try:
        return judge(run([str(program), "doctor", "--json"], LIMIT_S, allowed=(OK, UNFIT_CODE)))
    except ChildFailed as failure:
        return Fitness(False, f"`convoy-bench doctor --json` did not answer: {failure}")


def judge(text: str) -> Fitness:
    try:
        told = json.loads(text)
        findings = [(entry["name"], entry["verdict"], entry["measured"])
                    for entry in told["findings"]]  # fmt: skip
        bad = [f"{name}: {measured}" for name, verdict, measured in findings if verdict == "unfit"]
        proven = any(name == PROOF and verdict == "ok" for name, verdict, _ in findings)
        if bad or told["verdict"] == "unfit":
            return Fitness(False, "; ".join(bad) or "`doctor` says so")
        if not proven:
            return Fitness(False, "two processes were not measured to run at once")
        return Fitness(True)
    except (ValueError, TypeError, KeyError) as error:
        return Fitness(False, f"what `convoy-bench doctor --json` says cannot be read: {error!r}")
