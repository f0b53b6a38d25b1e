"""How much is measured beside a real interpreter, and beside one when there is little time."""

from __future__ import annotations

from dataclasses import dataclass

MS = 1_000_000
SECOND = 1000 * MS
MOST_LATENESS = 500


@dataclass(frozen=True)
class Effort:
    """How much is measured in one repeat, on either side."""

    repeats: int
    lateness: int  # samples a setting, at least
    lateness_ns: int  # more samples, for about as long as this beside two spinners
    pings: int
    swept: int  # samples an interval
    echo_ns: int
    cycles: int  # of computing with 1, 2 and 4 threads
    computing_ns: int  # a round, at least
    updates: int  # a thread
    limit_ns: int  # of any one setting


FULL = Effort(5, 105, 5 * SECOND, 60, 30, 3 * SECOND, 10, SECOND // 5, 300_000, 60 * SECOND)
QUICK = Effort(2, 30, 0, 20, 10, SECOND, 4, SECOND // 5, 100_000, 4 * SECOND)
