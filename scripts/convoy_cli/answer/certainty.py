"""How sure an answer is: which comparisons may be claimed, and what numbers do not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ..core.units import Interval, bounds, grouped, percent, some, three_digits
from ..results.rows import Result, Row
from ..stats import paired
from ..stats.paired import Paired
from ..stats.samples import WIDE
from ..stats.sign_test import discoveries

# -------------------------------------------------------------------------------------------------
# All comparisons of an answer, and which of them may be claimed.

RATE = 0.05  # of the claims, the share that may be false
FEW = 0.001  # a share that `percent` would round to one that is not there
TIE = 0.05  # less is no difference worth a recommendation


class Comparison:
    """One row's speed over another's, or the geometric mean of several; judged by its family."""

    def __init__(self, pairs: Paired, fallback: float, disturbed: bool) -> None:
        self.pairs = pairs
        self.disturbed = disturbed
        self.discovered = False
        self.confidence = 1 - RATE
        self._fallback = fallback

    @property
    def value(self) -> float:
        """Of rows without a common pass the ratio of their medians, of which nothing is known."""
        return self.pairs.value if self.pairs.ratios else self._fallback

    @property
    def interval(self) -> Optional[Interval]:
        return self.pairs.interval(self.confidence)

    @property
    def claimed(self) -> bool:
        """Whether there is a difference; `value` says in which direction."""
        bounds = self.interval
        apart = bounds is not None and not bounds.low <= 1 <= bounds.high
        return self.discovered and apart and not self.disturbed

    @property
    def wide(self) -> bool:
        bounds = self.interval
        return bounds is None or bounds.high > bounds.low * WIDE

    @property
    def better(self) -> bool:
        """Whether the one is shown to be faster, by enough to be recommended."""
        return self.claimed and self.value > 1 / (1 - TIE)


class Family:
    """Comparisons that are judged together: of many, some differ by chance.

    Claimed are those that Benjamini and Hochberg discover at 5 % (Controlling the False Discovery
    Rate, 1995). Intervals are as wide as Benjamini and Yekutieli want those of what was selected
    (False Discovery Rate-Adjusted Multiple Confidence Intervals, 2005): of R among m at 1 - R q/m.
    """

    def __init__(self, silent: bool = False) -> None:
        self.silent = silent  # the run was so disturbed that nothing may be claimed
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], Comparison] = {}

    def compare(self, one: Sequence[Row], other: Sequence[Row]) -> Comparison:
        """How many times as fast the rows `one` were: each beside its counterpart in `other`."""
        key = tuple(row.name for row in one), tuple(row.name for row in other)
        if key not in self._known:
            pairs = [paired.by_pass(a.by_pass, b.by_pass) for a, b in zip(one, other)]
            fallback = 1.0
            for a, b in zip(one, other):
                fallback *= (b.median_ns / a.median_ns) ** (1 / len(one)) if a.median_ns > 0 else 1
            disturbed = self.silent or any(row.disturbed for row in (*one, *other))
            self._known[key] = Comparison(paired.mean(pairs), fallback, disturbed)
        return self._known[key]

    def settle(self) -> None:
        """Judges what was compared so far; call it once, before anything is told."""
        # A comparison is in here once, whichever side was asked for first.
        asked: dict[frozenset[tuple[str, ...]], list[Comparison]] = {}
        for key, each in self._known.items():
            if each.pairs.enough and not each.disturbed and key[0] != key[1]:
                asked.setdefault(frozenset(key), []).append(each)
        tested = list(asked.values())
        found = discoveries([same[0].pairs.chance for same in tested], RATE)
        if not any(found):
            return
        confidence = 1 - RATE * sum(found) / len(tested)
        for same, discovered in zip(tested, found):
            for each in same:
                each.discovered = discovered
                each.confidence = confidence


# -------------------------------------------------------------------------------------------------
# How one row's time stands to another's, in words that claim no more than the samples show.


def standing(family: Family, row: Row, other: Row, name: str) -> str:
    """`, 12.0 × as long as a thread (11.7–12.3)`; `name` is the other's.

    An order only where the interval of the ratio has one. Ask before comparisons are judged, too.
    """
    # Both are asked for at once, lest one be judged without the other.
    slower, faster = family.compare([other], [row]), family.compare([row], [other])
    if slower.disturbed:
        return ""
    if not slower.pairs.enough:
        return ", too few samples to compare"
    if not slower.claimed:
        return f", not told apart from {name} ({bounds(slower.interval)} ×)"
    compared, what = (slower, "long") if slower.value > 1 else (faster, "fast")
    return f", {three_digits(compared.value)} × as {what} as {name} ({bounds(compared.interval)})"


# -------------------------------------------------------------------------------------------------
# Where two answers, as `document` has them, contradict each other.

Json = Mapping[str, Any]


def contradictions(quiet: Json, other: Json) -> list[str]:
    """What `other` claims and `quiet` refutes; a claim that either leaves open contradicts none."""
    return [*winners(quiet, other), *changes(quiet, other)]


def winners(quiet: Json, other: Json) -> Iterator[str]:
    """Other winners; of several that are not told apart, one in common is enough."""
    for known, claim in counterparts(quiet, other, "use"):
        if known["resolved"] and claim["resolved"]:
            if not set(known["winner"]) & set(claim["winner"]):
                yield f"{claim['sentence']} But: {known['sentence']}"


def changes(quiet: Json, other: Json) -> Iterator[str]:
    """A loss that is a gain elsewhere, or one where elsewhere there is shown to be none."""
    for known, claim in counterparts(quiet, other, "lock_costs"):
        if claim["change"] is None or not (known["resolved"] and claim["resolved"]):
            continue
        opposite = known["change"] is not None and known["change"] != claim["change"]
        if opposite or (known["change"] is None and apart(known["interval"], claim["interval"])):
            yield f"{claim['sentence']} But: {known['sentence']}"


def apart(one: Optional[list[float]], other: Optional[list[float]]) -> bool:
    return one is not None and other is not None and (one[1] < other[0] or other[1] < one[0])


def counterparts(quiet: Json, other: Json, part: str) -> Iterator[tuple[Json, Json]]:
    known = {key(each): each for each in quiet[part]}
    for claim in other[part]:
        if key(claim) in known:
            yield known[key(claim)], claim


def key(claim: Json) -> tuple[Any, ...]:
    """What a claim is about: the same workloads, and the same series where it is about one."""
    return claim["kind"], claim["lock"], tuple(claim["workloads"]), claim.get("series")


# -------------------------------------------------------------------------------------------------
# What a result's numbers do not say by themselves: unpinned, unconverged, interrupted, failed.

MOST = 3


def caveats(result: Result) -> list[str]:
    """What the numbers above do not say by themselves."""
    rows = result.rows
    said: list[Optional[str]] = []
    if result.interrupted:
        said.append("The run was interrupted: this is what it measured until then.")
    said.append(unpinned([row for row in rows if not row.pinned]))
    short = [row for row in rows if row.interval_ns is None]
    if short and len(short) == len(rows):
        said.append(too_few(rows, result.convoy["suite"]))
    elif short:
        count = of_rows(len(short), len(rows))
        said.append(f"{count} have too few samples for an interval (six): {names(short)}.")
    # Of disturbed rows the first line speaks.
    steady = [row for row in rows if not row.disturbed]
    loose = [row for row in steady if not row.converged and row.interval_ns is not None]
    if loose:
        wanted = percent(result.convoy["plan"]["precision"])
        said.append(
            f"{of_rows(len(loose), len(rows))} did not reach ± {wanted}: {names(loose)}. Raise "
            "--budget, or check their intervals."
        )
    virtual = [row for row in rows if row.raw["virtual_topology"]]
    if virtual:
        count = of_rows(len(virtual), len(rows))
        said.append(f"{count} ran with the topology of another machine.")
    shared = [row for row in rows if row.raw["controller_shares_pu"]]
    if shared and len(shared) == len(rows):
        said.append("The controller had no CPU of its own.")
    said.append(limited([row for row in rows if row.peer_limits]))
    for failure in result.failed[:MOST]:
        said.append(f"{failure.name} failed in pass {failure.at_pass}: {failure.reason}")
    if len(result.failed) > MOST:
        said.append(f"{len(result.failed) - MOST} more failed; `convoy.failed` has them.")
    return [sentence for sentence in said if sentence]


def too_few(rows: Sequence[Row], suite: Optional[str]) -> str:
    """No row has an interval."""
    counts = sorted({len(row.samples) for row in rows})
    each = some(counts[0], "sample") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} samples"
    verb = "is" if counts == [1] else "are"
    advice = "run the quick suite to get intervals"
    if suite != "smoke":
        advice = "an interval needs six; run it with --passes 8 or a longer --budget"
    return f"{each} per row {verb} too few for intervals: {advice}."


def unpinned(rows: Sequence[Row]) -> Optional[str]:
    if not rows:
        return None
    reasons = sorted({row.raw["pinned_reason"] or "no reason given" for row in rows})
    return f"{some(len(rows), 'row')} not pinned ({'; '.join(reasons[:3])}): {names(rows)}."


def limited(rows: Sequence[Row]) -> Optional[str]:
    """Rows whose load generator had no time left, so that quicker workers would not show."""
    if not rows:
        return None
    share = max(row.peer_cpu_share or 0.0 for row in rows)
    return (
        f"In {some(len(rows), 'row')} the load generator is the limit, not the workers: its "
        f"process used up to {percent(share)} of a CPU: {names(rows)}."
    )


def of_rows(count: int, all_of: int) -> str:
    return f"{count} of {some(all_of, 'row')}"


def names(rows: Sequence[Row], most: int = MOST) -> str:
    listed = ", ".join(row.name for row in rows[:most])
    return listed if len(rows) <= most else f"{listed} and {len(rows) - most} more"


# -------------------------------------------------------------------------------------------------
# What must be said before anything else: the machine was busy, or is unfit.

# Of the samples, and of the rows that have no others: fewer need no word at the top. The host of a
# virtual machine disturbs one sample in ten now and then, and they are taken again.
NOTED, NOTED_ROWS = 0.2, 0.05
SILENT = 0.5  # from here on nothing is claimed
REASONS = {
    "run_delay": "run delay",
    "foreign_work": "foreign work",
    "yardstick": "slow yardstick",
    "steal": "steal",
}


class Disturbance(NamedTuple):
    samples: int
    disturbed: int
    by: dict[str, int]
    foreign_share: Optional[float]
    steal_share: Optional[float]

    @property
    def share(self) -> float:
        return self.disturbed / self.samples if self.samples else 0.0

    @property
    def how_many(self) -> str:
        """`12 % of the samples`; no share that reads as none where there are some."""
        if not self.disturbed:
            return "no sample"
        if self.share < FEW:
            return "fewer than 0.1 % of the samples"
        return f"{percent(self.share)} of the samples"

    @property
    def silent(self) -> bool:
        return self.share >= SILENT


def disturbance(result: Result) -> Disturbance:
    """As the file has it, else counted from its samples."""
    told = result.disturbance
    if told is not None:
        return Disturbance(
            told["samples"], told["disturbed"], dict(told["by"]),
            told["foreign_share"], told["steal_share"],
        )  # fmt: skip
    samples = [sample for row in result.rows for sample in row.samples]
    reasons = [sample.get("disturbed") or () for sample in samples]
    by: dict[str, int] = {}
    for reason in [reason for each in reasons for reason in each]:
        by[reason] = by.get(reason, 0) + 1
    return Disturbance(len(samples), sum(map(bool, reasons)), by, None, None)


def alarms(result: Result) -> list[str]:
    """The first lines of a summary; none where the machine was quiet and fit."""
    said = []
    found = disturbance(result)
    rows = sum(row.disturbed for row in result.rows)
    # Where a number of samples was asked for, none is taken again, and its rows say so themselves.
    retaken = result.convoy["plan"].get("sequential", True)
    if found.share > NOTED or (retaken and rows > NOTED_ROWS * len(result.rows)):
        said.append(busy(found, quota_of(result)))
    said += [
        f"Unfit machine ({each['name']}): {each['measured']}; {each['advice']}".rstrip("; ") + "."
        for each in result.findings
        if each["verdict"] == "unfit"
    ]
    return said


def quota_of(result: Result) -> Optional[float]:
    """The CPUs that a control group grants, where they are fewer than the machine's."""
    cpus = result.fact("cgroup_quota_cpus")
    count = result.document["context"]["num_cpus"]
    return float(cpus) if isinstance(cpus, (int, float)) and cpus < count else None


def busy(found: Disturbance, quota: Optional[float] = None) -> str:
    by_reason = {reason: count for reason, count in found.by.items() if count}
    reasons = sorted(by_reason, key=lambda reason: (-by_reason[reason], reason))
    each = [f"{REASONS.get(r, r)} {percent(by_reason[r] / found.samples)}" for r in reasons]
    whom = "other programs" if {"run_delay", "foreign_work"} & set(reasons[:1]) else ""
    whom = "the machine's host" if reasons[:1] == ["steal"] else whom
    # Who is throttled waits for a CPU that nobody else has.
    if quota is not None and reasons[:1] == ["run_delay"] and "foreign_work" not in by_reason:
        whom = f"a quota of {quota:.2f} CPUs"
    by = f", by {whom}" if whom else ""
    many = "fewer than 0.1 %" if 0 < found.share < FEW else percent(found.share)
    said = f"Disturbed: {many} of {grouped(found.samples)} samples{by}"
    said += f" ({', '.join(each)})" if each else ""
    if found.foreign_share:
        said += f"; other programs used {percent(found.foreign_share)} of the CPU time"
    if found.steal_share and found.steal_share >= 0.001:
        said += f"; the host took {percent(found.steal_share)}"
    ending = "Do not trust figures of disturbed rows."
    if found.silent:
        ending = "The summary cannot say which model is faster; do not trust the figures."
    return f"{said}. {ending}"
