"""What must be said before anything else: the machine was busy, or is unfit."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ..rows import Result
from ..units import grouped, percent

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
    said = f"Disturbed: {percent(found.share)} of {grouped(found.samples)} samples{by}"
    said += f" ({', '.join(each)})" if each else ""
    if found.foreign_share:
        said += f"; other programs used {percent(found.foreign_share)} of the CPU time"
    if found.steal_share and found.steal_share >= 0.001:
        said += f"; the host took {percent(found.steal_share)}"
    ending = "Figures of disturbed rows are not to be trusted."
    if found.silent:
        ending = "Nothing can be said about who is faster; figures are not to be trusted."
    return f"{said}. {ending}"
