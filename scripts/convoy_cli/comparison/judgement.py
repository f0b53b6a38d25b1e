"""Judges two stored results against each other; the document that `compare --json` writes."""

from __future__ import annotations

import math
from typing import Any, Optional

from ..gate import document as gate_file
from ..gate import rules as tests
from ..gate import wording
from ..gate.bootstrap import detectable
from ..gate.family import Verdict
from ..gate.record import CODES, ratio
from ..gate.rules import Rules
from ..patterns import NameFilter
from ..statistics import Interval, median
from . import unpaired
from .stored import Stored

Json = dict[str, Any]

VERSION = 1
CLOCKS = ("cpu_time", "real_time")


def document(
    base: Stored, contender: Stored, pattern: NameFilter, rules: Rules = Rules(),
    metric: Optional[str] = None, forced: tuple[str, ...] = (),
) -> Json:  # fmt: skip
    """Everything that is known of the two, in the words of the gate's file."""
    names = [name for name in base.rows if name in contender.rows and pattern.search(name)]
    benchmarks = [row(name, base, contender, rules, metric) for name in names]
    judge(benchmarks, rules)
    known = {*base.rows, *base.failed}, {*contender.rows, *contender.failed}
    made: Json = {
        "convoy_compare": VERSION,
        "verdict": "",
        "exit": 0,
        "sentence": "",
        "unpaired": True,
        "interrupted": False,
        "forced": list(forced),
        "rules": {"noise": rules.noise, "same": rules.same, "error": rules.error},
        "base": about(base),
        "contender": about(contender),
        "benchmarks": benchmarks,
        "added": sorted(name for name in known[1] - known[0] if pattern.search(name)),
        "removed": sorted(name for name in known[0] - known[1] if pattern.search(name)),
        "failed": [
            {"name": name, "arm": arm, "reason": reason}
            for arm, side in (("base", base), ("contender", contender))
            for name, reason in side.failed.items()
            if pattern.search(name)
        ],
        "remarks": [*base.remarks, *(r for r in contender.remarks if r not in base.remarks)],
    }
    added = set(made["added"])
    # A new benchmark that fails breaks nothing that worked before.
    news = {"failed": [each for each in made["failed"] if each["name"] not in added]}
    verdict = gate_file.overall(made | news)
    made["verdict"] = verdict.value
    made["exit"] = int(CODES.get(verdict, 0))
    made["sentence"] = wording.sentence(made | news)
    return made


def about(side: Stored) -> Json:
    return {
        "file": str(side.path), "created": side.created, "commit": side.commit,
        "fingerprint": side.fingerprint,
    }  # fmt: skip


def row(name: str, base: Stored, contender: Stored, rules: Rules, metric: Optional[str]) -> Json:
    """One benchmark, not yet judged."""
    before, after = base.rows[name], contender.rows[name]
    clock = metric or before.metric
    other = CLOCKS[1 - CLOCKS.index(clock)]
    samples = before.times(clock), after.times(clock)
    one, two = ([math.log(time) for time in times] for times in samples)
    bounds = unpaired.interval(one, two, rules.error)
    bound = math.log1p(rules.noise)
    slower, faster = unpaired.p_above(one, two, bound), unpaired.p_below(one, two, -bound)
    return {
        "name": name,
        "verdict": "",
        "ratio": math.exp(unpaired.estimate(one, two)),
        "low": ratio(bounds.low),
        "high": ratio(bounds.high),
        "confidence": 1 - rules.error,
        "samples": [len(times) for times in samples],
        "metric": clock,
        "other_ratio": of_medians(before.times(other), after.times(other)),
        "chance": min(1.0, 2 * min(slower, faster)),
        "detectable": detectable(bounds, rules.noise),
        "base_ns": median(samples[0]),
        "contender_ns": median(samples[1]),
        "reason": None,
    }


def of_medians(before: tuple[float, ...], after: tuple[float, ...]) -> Optional[float]:
    if not before or not after or min(median(before), median(after)) <= 0:
        return None
    return median(after) / median(before)


def judge(benchmarks: list[Json], rules: Rules) -> None:
    """All at once: of many, some differ by chance."""
    found = tests.discoveries([each["chance"] for each in benchmarks], rules.error)
    bound = math.log1p(rules.same)
    for each, discovered in zip(benchmarks, found):
        within = Interval(
            math.log(each["low"]) if each["low"] else -math.inf,
            math.log(each["high"]) if each["high"] else math.inf,
        )
        if discovered:
            verdict = Verdict.REGRESSED if each["ratio"] > 1 else Verdict.IMPROVED
        elif -bound <= within.low and within.high <= bound:
            verdict = Verdict.SAME
        else:
            verdict = Verdict.INCONCLUSIVE
            each["reason"] = why_not(each, rules)
        each["verdict"] = verdict.value
        if verdict not in (Verdict.SAME, Verdict.INCONCLUSIVE):
            each["detectable"] = None


def why_not(each: Json, rules: Rules) -> Optional[str]:
    """Why nothing is proven, where the interval does not say it."""
    if each["low"] is None:
        one, other = each["samples"]
        return f"{one} and {other} samples are too few for an interval; four of each are the least"
    if each["chance"] <= rules.error:
        return "it differs by itself, but among so many benchmarks some do by chance"
    return None
