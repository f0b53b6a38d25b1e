"""How the lateness of a sleeper follows the switch interval."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ...stats.samples import line
from ..claims import Batch, Claim, Seen, quantile
from . import Subject

NAME = "interval_law"
SUMMARY = "how the lateness of a sleeper follows the switch interval"
WORKLOADS = ("gil_reacquire",)
METRIC = "p50 of the lateness beside one spinner, fitted by a line over the interval I"
EXPECTED = (
    "cpython32: slope 0.95 to 1.05, and less than 0.4 ms at I = 0; cpython27, over 25 to 100 "
    "bytecodes: less than 0.4 ms between the least and the most"
)
WHY = "A rule that counts time follows the interval exactly. A rule that counts bytecodes does not."

MS = 1e6
INTERVALS = {"500us": 0.5 * MS, "1ms": MS, "5ms": 5 * MS, "20ms": 20 * MS, "50ms": 50 * MS}
# A waiter looks once a wake-up, which takes 37 us and more to another CPU of a virtual machine. It
# finds the lock free for as long as the holder posts (s, a system call of 1 to 2 us) of every
# s + T, T being the count times a tick: after ln 2 x (s + T) / s looks in the median. Up to 100
# ticks T is 0.5 us at 5 ns and 1.5 us at 15: one look or two. At 1000 it is 5 to 15 us: looks by
# the ten, more if they keep step with the offers. So lateness does not depend on the count only
# while offers come about as often as posting takes. CPython 2.7.18 was late by 0.07 to 0.16 ms at
# 25 to 100 and by 10 ms at 1000, the policy by 0.1 to 2.7 ms there: a bound on that would judge the
# machine.
TICKS = ("25", "50", "100")
TIMED, COUNTED = "cpython32", "cpython27"


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each([TIMED, COUNTED])


def batch(listing: Listing) -> Batch:
    gils = [listing.gil(TIMED, interval=text) for text in INTERVALS]
    gils += [listing.gil(COUNTED, interval=text) for text in TICKS]
    return Batch("gil_reacquire", listing.having(gils), round_ms=250)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    policy = subject.label

    def p50(interval: str) -> float:
        return quantile(seen.row(batch(listing), listing.gil(policy, interval=interval)), 0.5)

    if policy == COUNTED:
        found = [p50(ticks) for ticks in TICKS]
        yield Claim("p50_most_less_least_ns", max(found) - min(found), None, 0.4 * MS, True)
        return
    fitted = line([(interval, p50(text)) for text, interval in INTERVALS.items()])
    assert fitted is not None
    slope, intercept = fitted
    yield Claim("slope", slope, 0.95, 1.05)
    yield Claim("intercept_ns", intercept, None, 0.4 * MS, strictly=True)
