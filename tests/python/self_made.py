"""Locks with known behaviour for the self-check: what convoy-bench would list, and would measure.

As a program it stands in for convoy-bench: `list --json`, `doctor --json` and `run`. $SELF names a
JSON file that says how: {"wrong": {policy: how}, "unfit": [looks], "broken": [workloads], "calls"}.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
import sys
from pathlib import Path
from typing import Any, Optional

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import synthetic  # noqa: E402

MS = 1_000_000
Json = dict[str, Any]
LAWS = {
    "none": (0, 0, -0.2, 0.2), "cpython27": (0, 0, -0.2, 0.3), "cpython32": (1, 0, 0, 0.4),
    "cpython313": (1, 0, 0, 0.4), "cpython_subinterp": (0, 0, -0.2, 0.2), "pypy": (0, 0, 0.1, 2),
    "ruby_legacy": (1, 0, -1, 1), "ruby_mn": (1, 0, 0, 10), "ruby_delayed": (1, 0, 0, 20),
    "mutex": None,
}  # fmt: skip
INTERVALS = {"cpython32": 5, "cpython313": 5, "cpython_subinterp": 5, "ruby_legacy": 100,
             "ruby_mn": 100, "ruby_delayed": 100}  # fmt: skip
FREE = ("none", "cpython_subinterp")
PARAMETERS = {
    "gil_reacquire": {"wait": "1ms", "spinners": "1", "between": "10us"},
    "gil_convoy_echo": {"bytes": "64B", "delay": "0ns", "spinners": "1", "between": "10us"},
    "gil_latency": {"bytes": "64B", "period": "100ms", "spinners": "1", "call": "0ns"},
    "gil_countdown": {"n": "20"},
    "gil_race": {"checkpoints": "back_edge", "lock": "off"},
    "gil_signal": {"wait": "20ms", "spinners": "2", "between": "1us"},
    "cpu_sha256": {"bytes": "16KiB", "native": "on"},
}  # fmt: skip
SETTINGS = {"forced": "on", "groups": "2"}


def listed(**more: Json) -> Json:
    """What `list --json` says; `more` are policies that this file knows nothing of."""
    gils = []
    for name, law in LAWS.items():
        promised = None
        if law is not None:
            promised = {"intervals": law[0], "sleeps": law[1], "least_ns": law[2] * MS,
                        "most_ns": law[3] * MS}  # fmt: skip
        usual = f"{INTERVALS[name]}ms" if name in INTERVALS else "100"
        parameters = {"interval": usual} | (SETTINGS if name in INTERVALS else {})
        gils.append({"name": name, "excludes": name not in FREE, "lateness": promised,
                     "interval_ns": INTERVALS.get(name, 0) * MS,
                     "parameters": defaulted(parameters)})  # fmt: skip
    workloads = [{"name": name, "parameters": defaulted(usual), "family": "gil"}
                 for name, usual in PARAMETERS.items()]  # fmt: skip
    gils += [{"name": name, "parameters": []} | entry for name, entry in more.items()]
    return {"workloads": workloads, "gils": sorted(gils, key=lambda gil: str(gil["name"]))}


def defaulted(usual: dict[str, str]) -> list[Json]:
    return [{"name": name, "default": value} for name, value in usual.items()]


class Case:
    """One benchmark: a lock with its settings, and the parameters of its workload."""

    def __init__(self, workload: str, gil: str, workers: int, chosen: dict[str, str]) -> None:
        self.workload, self.gil, self.workers, self.chosen = workload, gil, workers, chosen
        self.policy, *settings = gil.split(":")
        self.settings = dict(setting.split("=") for setting in settings)
        self.spinners = int(chosen.get("spinners", "0"))
        text = self.settings.get("interval", "")
        number = text.rstrip("mus")
        units = {"us": 1000, "ms": MS}
        usual = INTERVALS.get(self.policy, 0) * MS
        self.interval = float(number) * units[text[len(number):]] if text[-1:] == "s" else usual

    def like(self, how: str) -> Case:
        """The same under another lock, or under this one with other settings."""
        settings = ":".join(f"{key}={value}" for key, value in self.settings.items())
        gil = f"{self.policy}:{how}" if "=" in how else ":".join(filter(None, [how, settings]))
        return Case(self.workload, gil, self.workers, self.chosen)

    @property
    def late(self) -> list[float]:
        """How late sleepers are, in nanoseconds."""
        n, policy, base = self.spinners, self.policy, 0.08 * MS
        if policy == "cpython_subinterp":
            n = n if self.settings.get("groups") == "1" else 0
        if n == 0 or policy in ("none", "cpython27"):
            return [base + (0.05 * MS if n else 0)]
        if policy == "pypy":
            return [base + 0.6 * MS]
        if policy.startswith("ruby") and n == 2:
            return [2 * self.interval]
        return [base + self.interval * {1: 1, 2: 1.7, 4: 4}[n] + 0.1 * MS]

    @property
    def lies(self) -> list[float]:
        """How long datagrams lie."""
        calls = self.chosen["call"] != "0ns"
        if self.policy == "cpython27":
            return [2 * MS, 60 * MS] if calls else [0.2 * MS]
        return [5.2 * MS] if not calls else [5.2 * MS, 6.0 * MS]

    @property
    def exchanges(self) -> list[float]:
        idle = 0.2 * MS
        if self.spinners == 0:
            return [idle]
        paid = {"cpython27": 0.1 * MS, "pypy": MS, "ruby_delayed": 10 * MS}
        return [idle + paid.get(self.policy, self.interval)]

    @property
    def operation_ns(self) -> float:
        if self.workload in ("cpu_sha256", "gil_countdown"):
            free = self.policy in FREE or self.chosen.get("native") == "on"
            battle = 1.02 if self.policy == "cpython27" and self.workers > 1 else 1.0
            return 100_000 * battle / (min(self.workers, 2) if free else 1)
        return sum(self.values or [0]) / len(self.values or [0]) + MS

    @property
    def values(self) -> Optional[list[float]]:
        kinds = {"gil_reacquire": "late", "gil_convoy_echo": "exchanges", "gil_latency": "lies"}
        return getattr(self, kinds[self.workload]) if self.workload in kinds else None

    @property
    def lost(self) -> float:
        """Updates in a million."""
        torn = self.chosen["checkpoints"] == "every_op" or self.policy in FREE
        torn = torn and self.policy != "mutex"
        return 1000.0 if torn and self.chosen["lock"] == "off" else 0.0

    @property
    def counted(self) -> Json:
        """What the lock counts in a second."""
        steals = self.settings.get("forced") == "off"
        stormy = self.policy == "cpython27"
        return {"signals_handled": 20, "storm_checkpoints": 1000,
                "storm_releases": 990 if stormy else 2,
                "switches": 180, "same_worker": 170 if steals else 0, "jain": 0.99, "waits": 180,
                "hold_p50_ns": self.interval * 1.05, "hold_ns": 1e9, "wait_ns": 1e9}  # fmt: skip


def row(case: Case, truth: Case, passes: int = 5) -> Json:
    """A row of a result file, named after `case`, whose numbers are those of `truth`."""
    made = copy.deepcopy(
        synthetic.row(synthetic.Truth(passes=passes), random.Random(1), "cpu_pi", "threads",
                      case.gil, "core.close", case.workers)
    )  # fmt: skip
    usual = PARAMETERS[case.workload]
    named = [f"{key}:{value}" for key, value in case.chosen.items() if usual.get(key) != value]
    made["name"] = "/".join([made["name"].replace("cpu_pi", case.workload, 1), *named])
    made |= {"workload": case.workload, "family": "gil", "parameters": {}}
    for sample in made["samples"]:
        operations = max(1, round(1e9 / truth.operation_ns))
        sample |= {"operations": operations, "wall_ns": operations * truth.operation_ns,
                   "real_time_ns": truth.operation_ns}  # fmt: skip
        if case.workload == "gil_race":
            sample["lost_per_million"] = truth.lost
        if sample["gil"] is not None:
            sample["gil"] |= truth.counted
    made["median_ns"] = truth.operation_ns
    if truth.values is not None:
        buckets = [[value * 0.999, value * 1.001, 60] for value in truth.values]
        made["latency"] = {"kind": "lateness", "count": 60 * len(buckets), "buckets": buckets}
    return made


def rows(batch: Any, wrong: dict[str, str], passes: int = 5) -> list[Json]:
    """Everything that a batch asks for, with the locks named in `wrong` behaving otherwise."""
    made = []
    names, values = list(batch.parameters), list(batch.parameters.values())
    for gil, workers, chosen in itertools.product(
        batch.gils, batch.workers, itertools.product(*values)
    ):
        parameters = PARAMETERS[batch.workload] | dict(zip(names, chosen))
        case = Case(batch.workload, gil, workers, parameters)
        how = wrong.get(gil) or wrong.get(case.policy)
        made.append(row(case, case.like(how) if how else case, passes))
    return made
