"""Judges two stored results against each other; the document that `compare --json` writes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ..core.errors import NameFilter
from ..core.units import Interval
from ..results import verdicts
from ..results.stored import CLOCKS, CPU, REAL, Measured, Stored
from ..results.verdicts import CODES, ratio
from ..stats import paired, sign_test
from ..stats.family import Verdict
from ..stats.samples import median
from ..stats.sign_test import Rules, detectable

Json = dict[str, Any]

VERSION = 1


def document(
    base: Stored, contender: Stored, pattern: NameFilter, rules: Rules = Rules(),
    metric: Optional[str] = None, forced: tuple[str, ...] = (),
) -> Json:  # fmt: skip
    """Everything that is known of the two, in the words of the gate's file."""
    unclear = dict(ambiguous(base, contender))
    names = [
        name
        for name in base.rows
        if name in contender.rows and name not in unclear and pattern.search(name)
    ]
    timeless = [why for name in names if (why := no_ratio(name, base, contender, metric))]
    without = {why["name"] for why in timeless}
    benchmarks = [
        row(name, base, contender, rules, metric) for name in names if name not in without
    ]
    judge(benchmarks, rules)
    known = [{*side.rows, *side.failed, *side.skipped, *unclear} for side in (base, contender)]
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
            *left_out("base", unclear | base.failed, pattern),
            *left_out("contender", contender.failed, pattern),
        ],
        "skipped": [
            *left_out("base", base.skipped, pattern),
            *left_out("contender", contender.skipped, pattern),
            *timeless,
        ],
        "remarks": [*base.remarks, *(r for r in contender.remarks if r not in base.remarks)],
    }
    added = {*made["added"], *base.skipped}
    # A new benchmark that fails breaks nothing that worked before.
    news = {"failed": [each for each in made["failed"] if each["name"] not in added]}
    verdict = verdicts.overall(made | news)
    made["verdict"] = verdict.value
    made["exit"] = int(CODES.get(verdict, 0))
    made["sentence"] = verdicts.sentence(made | news)
    return made


def left_out(arm: str, reasons: Mapping[str, str], pattern: NameFilter) -> Iterator[Json]:
    """Benchmarks of one side that are not compared, as `failed` and `skipped` list them."""
    for name, reason in reasons.items():
        if pattern.search(name):
            yield {"name": name, "arm": arm, "reason": reason}


def ambiguous(base: Stored, contender: Stored) -> Iterator[tuple[str, str]]:
    """Benchmarks of which it is not known what to hold them against, each with the reason."""
    for name in {**base.alike, **contender.alike}:
        one, other = base.alike.get(name), contender.alike.get(name)
        called = (one or other or ("", 0))[0]
        counts = [
            next((count for plain, count in side.alike.values() if plain == called), 1)
            for side in (base, contender)
        ]
        if one != other:
            yield name, (
                f"{called} occurs {counts[0]} × in the base and {counts[1]} × in the contender, so "
                "they cannot be matched. Give them distinct names"
            )


def about(side: Stored) -> Json:
    return {
        "file": str(side.path), "created": side.created, "commit": side.commit,
        "fingerprint": side.fingerprint,
    }  # fmt: skip


def row(name: str, base: Stored, contender: Stored, rules: Rules, metric: Optional[str]) -> Json:
    """One benchmark, not yet judged: by CPU time only where both sides compute all the time."""
    before, after = base.rows[name], contender.rows[name]
    clock = metric or clock_of(name, base, contender)
    made = by_clock(name, (before, after), clock, rules)
    if metric is None and clock == CPU:
        made["by_wall"] = by_clock(name, (before, after), REAL, rules)
    return made


def clock_of(name: str, base: Stored, contender: Stored) -> str:
    """CPU time where both sides compute in one thread all the time."""
    return CPU if base.rows[name].metric == contender.rows[name].metric == CPU else REAL


def by_clock(name: str, sides: tuple[Measured, Measured], clock: str, rules: Rules) -> Json:
    before, after = sides
    other = CLOCKS[1 - CLOCKS.index(clock)]
    beyond = interval_of(before.times(other), after.times(other), rules)
    samples = before.times(clock), after.times(clock)
    one, two = logarithms(*samples)
    bounds = paired.interval(one, two, rules.error)
    bound = math.log1p(rules.noise)
    slower, faster = paired.p_above(one, two, bound), paired.p_below(one, two, -bound)
    return {
        "name": name,
        "verdict": "",
        "ratio": math.exp(paired.estimate(one, two)),
        "low": ratio(bounds.low),
        "high": ratio(bounds.high),
        "confidence": 1 - rules.error,
        "samples": [len(times) for times in samples],
        "metric": clock,
        "other_ratio": of_medians(before.times(other), after.times(other)),
        "other_low": None if beyond is None else ratio(beyond.low),
        "other_high": None if beyond is None else ratio(beyond.high),
        "chance": min(1.0, 2 * min(slower, faster)),
        "detectable": detectable(bounds, rules.noise),
        "base_ns": median(samples[0]),
        "contender_ns": median(samples[1]),
        "reason": None,
    }


def interval_of(
    before: tuple[float, ...], after: tuple[float, ...], rules: Rules
) -> Optional[Interval]:
    """None where a time is nought, which has no ratio."""
    if not before or not after or min(*before, *after) <= 0:
        return None
    return paired.interval(*logarithms(before, after), rules.error)


def logarithms(
    before: tuple[float, ...], after: tuple[float, ...]
) -> tuple[list[float], list[float]]:
    return [math.log(time) for time in before], [math.log(time) for time in after]


def no_ratio(
    name: str, base: Stored, contender: Stored, metric: Optional[str]
) -> Optional[Json]:
    """What is said of the side without a time by the clock that decides."""
    clock = metric or clock_of(name, base, contender)
    for arm, side in (("base", base), ("contender", contender)):
        times = side.rows[name].times(clock)
        if not all(0 < time < math.inf for time in times):
            other = "real" if clock == CLOCKS[0] else "cpu"
            reason = f"cannot compute a ratio: a {clock} is 0 (use --metric {other})"
            return {"name": name, "arm": arm, "reason": reason}
    return None


def of_medians(before: tuple[float, ...], after: tuple[float, ...]) -> Optional[float]:
    if not before or not after or min(median(before), median(after)) <= 0:
        return None
    return median(after) / median(before)


def judge(benchmarks: list[Json], rules: Rules) -> None:
    """All at once, by either clock: of many, some differ by chance."""
    walls = [each.pop("by_wall", None) for each in benchmarks]
    chances = [each["chance"] for each in (*benchmarks, *filter(None, walls))]
    found = sign_test.discoveries(chances, rules.error)
    seen = iter(found[len(benchmarks) :])
    for at, (each, wall) in enumerate(zip(benchmarks, walls)):
        # Wall time overrules where it moved by itself, and otherwise than CPU time did.
        if wall is None or not next(seen):
            continue
        if not found[at] or (wall["ratio"] > 1) != (each["ratio"] > 1):
            each |= wall
            found[at] = True
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
        return f"{one} and {other} samples are too few for an interval; it needs four of each"
    if each["chance"] <= rules.error:
        return "it differs on its own, but among this many benchmarks some differ by chance"
    return None
