"""A session as the gate's document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..core import files, machine
from ..core.errors import ExitCode
from ..core.machine import fingerprinted
from ..core.units import Interval
from ..results import verdicts
from ..results.stored import CPU, REAL
from ..results.verdicts import CODES, ratio
from ..stats import sign_test
from ..stats.family import Trial, Verdict
from ..stats.samples import median
from ..stats.sign_test import Rules
from .program import Program
from .session import Session

Json = dict[str, Any]

@dataclass
class Record:
    """What a gate is told to be, besides its session; makes the document of both."""

    session: Session
    started: str
    command: list[str]
    added: list[str]
    removed: list[str]
    pinned: Optional[list[int]]
    refs: dict[str, tuple[Optional[str], Optional[str]]]  # arm: (ref, commit)
    allow_inconclusive: bool = False
    instructions: dict[str, Json] = field(default_factory=dict)
    quota_cpus: Optional[float] = field(default_factory=lambda: machine.below(machine.quota()))
    _intervals: dict[str, Optional[Interval]] = field(default_factory=dict)

    def document(self, interrupted: Optional[ExitCode] = None) -> Json:
        session = self.session
        benchmarks = [self.benchmark(trial) for trial in session.family.trials.values()]
        undecided = any(trial.verdict is None for trial in session.family.trials.values())
        made: Json = {
            "convoy_gate": verdicts.VERSION,
            "verdict": Verdict.SAME.value,
            "exit": 0,
            # What is kept meanwhile says so, too: whoever is killed keeps no more than that.
            "interrupted": interrupted is not None or undecided,
            "sentence": "",
            "seed": session.conditions.seed,
            "seconds": round(session.lasted_s, 3),
            "started": self.started,
            "command": self.command,
            "rules": rules_of(session.conditions.rules),
            "base": self.program("base", session.conditions.base),
            "contender": self.program("contender", session.conditions.contender),
            "machine": fingerprinted(),
            "pinned": self.pinned,
            "evidence": {
                "load1": session.load1,
                "foreign_share": mean(session.foreign),
                "quota_cpus": self.quota_cpus,
                "steal_share": mean(session.stolen),
                "contaminated_rounds": sum(each["contaminated_rounds"] for each in benchmarks),
                "rounds": sum(each["rounds"] for each in benchmarks),
            },
            "benchmarks": benchmarks,
            "added": self.added,
            "removed": self.removed,
            "failed": [failure._asdict() for failure in session.failed],
            "skipped": [failure._asdict() for failure in session.skipped],
        }
        verdict = verdicts.overall(made)
        made["verdict"] = verdict.value
        made["exit"] = int(interrupted or self.code(verdict))
        made["sentence"] = verdicts.sentence(made)
        return made

    def code(self, verdict: Verdict) -> ExitCode:
        nothing = not self.session.family.trials  # which nobody means by that
        if verdict is Verdict.INCONCLUSIVE and self.allow_inconclusive and not nothing:
            return ExitCode.OK
        return CODES.get(verdict, ExitCode.OK)

    def program(self, arm: str, program: Program) -> Json:
        ref, commit = self.refs.get(arm, (None, None))
        return {
            "program": str(program.path), "sha256": program.sha256, "ref": ref, "commit": commit,
            "library_version": program.library_version,
            "cwd": None if program.cwd is None else str(program.cwd),
        }  # fmt: skip

    def benchmark(self, trial: Trial) -> Json:
        session, name = self.session, trial.name
        samples, plan = session.samples[name], session.plans.get(name)
        settled = plan.metric if plan is not None else REAL
        metric = REAL if trial.by_other else settled
        clock, other = ("cpu_ns", "real_ns") if metric == CPU else ("real_ns", "cpu_ns")
        bounds, beyond = trial.interval, trial.other_interval
        verdict = trial.verdict or Verdict.INCONCLUSIVE
        beside = self.bootstrap(trial)
        disturbed = sum(sample["contaminated"] for sample in samples)
        told = verdict in (Verdict.INCONCLUSIVE, Verdict.SAME)
        made: Json = {
            "name": name,
            "verdict": verdict.value,
            "ratio": math.exp(trial.estimate) if samples else None,
            "low": ratio(bounds.low),
            "high": ratio(bounds.high),
            "confidence": 1 - trial.error if trial.error else None,
            "rounds": trial.rounds,
            "searched_rounds": trial.searched,
            "confirmed": trial.confirmed,
            "bootstrap": None if beside is None else [ratio(beside.low), ratio(beside.high)],
            "metric": metric,
            "settled_metric": settled,
            "other_ratio": verdicts.contender_ratio(samples, other) if samples else None,
            "other_low": None if beyond is None else ratio(beyond.low),
            "other_high": None if beyond is None else ratio(beyond.high),
            "control": {
                "ratio": math.exp(trial.control_estimate) if samples else None,
                "low": ratio(trial.control_interval.low),
                "high": ratio(trial.control_interval.high),
            },
            "detectable": (
                sign_test.detectable(bounds, session.conditions.rules.noise) if told else None
            ),
            "base_ns": of_arm(samples, "base", clock),
            "contender_ns": of_arm(samples, "contender", clock),
            "iterations": [whole(of_arm(samples, arm, "iterations")) for arm in
                           ("base", "contender")],
            "contaminated_rounds": disturbed,
            "reason": None,
            "instructions": self.instructions.get(name),
            "setting": plan.setting if plan is not None else None,
            "samples": samples,
        }  # fmt: skip
        said = verdicts.other_clock(made, session.conditions.rules.noise)
        made["reason"] = self.reason(trial, disturbed, said)
        return made

    def bootstrap(self, trial: Trial) -> Optional[Interval]:
        """Once, when it is decided: until then it would be for nothing."""
        if trial.verdict is not None and trial.name not in self._intervals:
            seed = self.session.conditions.seed
            self._intervals[trial.name] = sign_test.bootstrap_interval(trial.differences, seed)
        return self._intervals.get(trial.name)

    def reason(self, trial: Trial, disturbed: int, other: Optional[str]) -> Optional[str]:
        """`other`: what the other clock says, where that is more than noise."""
        said = []
        if trial.verdict is None:
            said.append("not decided yet")
        elif trial.verdict is Verdict.INCONCLUSIVE:
            if trial.flag is not None and not self.session.budget_spent:
                said.append("fresh rounds did not confirm the difference")
            elif self.session.budget_spent:
                said.append("the budget ran out before it was decided")
            else:
                most = self.session.conditions.rules.max_rounds
                hardly = f", and {most} are unlikely to" if trial.rounds < most else ""
                neither = "rounds show neither a difference nor equality"
                said.append(f"{trial.rounds} {neither}{hardly}")
        if trial.verdict in (Verdict.SAME, Verdict.INCONCLUSIVE) and other is not None:
            said.append(other)
        if trial.overruled is not None and not trial.by_other:
            said.append("fresh rounds did not confirm the difference in wall time")
        if disturbed * 2 > trial.rounds:
            said.append(f"{disturbed} of {trial.rounds} rounds were disturbed")
        return "; ".join(said) or None


def rules_of(rules: Rules) -> Json:
    return {
        "noise": rules.noise, "same": rules.same, "error": rules.error,
        "max_rounds": rules.max_rounds, "looks": list(rules.looks), "search": rules.search,
        "confirming": rules.confirming,
    }  # fmt: skip


def mean(values: list[float]) -> Optional[float]:
    return sum(values) / len(values) if values else None


def of_arm(samples: Iterable[Json], arm: str, key: str) -> Optional[float]:
    values = [sample[arm][key] for sample in samples]
    return median(values) if values else None


def whole(value: Optional[float]) -> Optional[int]:
    return None if value is None else round(value)


def write(path: Path, document: Json) -> None:
    """All of it or nothing; what was there before stays until then."""
    files.write(path, f"{json.dumps(document, allow_nan=False)}\n".encode(), "--json F")
