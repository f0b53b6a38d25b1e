"""What disturbed a round, as the kernel tells it: flagged and counted, and kept all the same.

A round of a benchmark is contaminated
- if the host of a virtual machine took more than STEAL of the CPU time while the whole round ran,
  of all benchmarks, and two ticks at least;
- or if, of its three runs, one was kept waiting for a CPU for more than DELAY of its wall time, or
  preempted more than PREEMPTED times a second, each above twice the usual: the median of all runs
  of this benchmark up to then. A benchmark with more threads than CPUs always waits and is always
  preempted, which disturbs nobody.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Optional

from ..statistics import median
from .process import Ended

STEAL = 0.02
DELAY = 0.05
PREEMPTED = 50.0  # a second
USUAL = 2.0


class Ticks(NamedTuple):
    """CPU time of all CPUs since they were started, in ticks of /proc/stat."""

    stolen: int
    total: int
    idle: int = 0  # with waits for disks
    own: float = 0.0  # of this process and of those of its children that have ended


def ticks() -> Optional[Ticks]:
    try:
        words = Path("/proc/stat").read_text("ascii").partition("\n")[0].split()[1:9]
    except OSError:
        return None
    counted = [int(word) for word in words]
    if len(counted) != 8:
        return None
    own = sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")
    return Ticks(counted[7], sum(counted), counted[3] + counted[4], own)


def stolen(before: Optional[Ticks], after: Optional[Ticks]) -> Optional[float]:
    """The share that the host took in between; None where too little passed to say."""
    if before is None or after is None or after.total <= before.total:
        return None
    return max(0, after.stolen - before.stolen) / (after.total - before.total)


def foreign(before: Optional[Ticks], after: Optional[Ticks]) -> Optional[float]:
    """The share that other programs of this machine used in between; None as above.

    Ticks count whole ones, so what each CPU may be wrong by is not counted against anybody.
    """
    if before is None or after is None or after.total <= before.total:
        return None
    total = after.total - before.total
    idle, host = after.idle - before.idle, after.stolen - before.stolen
    others = total - idle - host - (after.own - before.own) - 2 * (os.cpu_count() or 1)
    return min(1.0, max(0.0, others / total))


def host_disturbed(before: Optional[Ticks], after: Optional[Ticks]) -> bool:
    share = stolen(before, after)
    if before is None or after is None or share is None:
        return False
    return share > STEAL and after.stolen - before.stolen >= 2


def load1() -> Optional[float]:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


class Usual:
    """What is usual for one benchmark, and which rounds are out of line with it."""

    def __init__(self) -> None:
        self.delays: list[float] = []  # shares of the wall time
        self.rates: list[float] = []  # preemptions a second

    def disturbed(self, runs: list[Ended]) -> bool:
        """Takes the three runs of a round, and says whether one is out of line."""
        delays = [(run.run_delay_ns or 0) / 1e9 / max(run.wall_s, 1e-6) for run in runs]
        rates = [max(0, run.preempted - 1) / max(run.wall_s, 1e-3) for run in runs]
        self.delays += delays
        self.rates += rates
        return max(delays) > DELAY + USUAL * median(self.delays) or (
            max(rates) > PREEMPTED + USUAL * median(self.rates)
        )
