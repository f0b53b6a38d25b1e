"""How the lateness of a sleeper follows the switch interval."""

from __future__ import annotations

from collections.abc import Iterator

from ..batches import Batch, Seen
from ..claims import Claim
from ..compare import line
from ..linked import Linked
from ..rowstats import quantile
from . import Subject

NAME = "interval_law"
SUMMARY = "how the lateness of a sleeper follows the switch interval"
WORKLOADS = ("gil_reacquire",)
METRIC = "p50 of the lateness beside one spinner, as a straight line over the interval I"
EXPECTED = (
    "cpython32: slope 0.95 to 1.05, and less than 0.4 ms at I = 0; cpython27, over 50 to 1000 "
    "bytecodes: less than 0.4 ms between the least and the most"
)
WHY = "A rule that counts time shifts with it, exactly. A rule that counts bytecodes does not."

MS = 1e6
INTERVALS = {"500us": 0.5 * MS, "1ms": MS, "5ms": 5 * MS, "20ms": 20 * MS, "50ms": 50 * MS}
TICKS = ("50", "100", "1000")
TIMED, COUNTED = "cpython32", "cpython27"


def subjects(linked: Linked) -> list[Subject]:
    return Subject.each([TIMED, COUNTED])


def batch(linked: Linked) -> Batch:
    gils = [linked.gil(TIMED, interval=text) for text in INTERVALS]
    gils += [linked.gil(COUNTED, interval=text) for text in TICKS]
    return Batch("gil_reacquire", linked.having(gils), round_ms=250)


def batches(linked: Linked) -> list[Batch]:
    return [batch(linked)]


def claims(linked: Linked, subject: Subject, seen: Seen) -> Iterator[Claim]:
    policy = subject.label

    def p50(interval: str) -> float:
        return quantile(seen.row(batch(linked), linked.gil(policy, interval=interval)), 0.5)

    if policy == COUNTED:
        found = [p50(ticks) for ticks in TICKS]
        yield Claim("p50_most_less_least_ns", max(found) - min(found), None, 0.4 * MS, True)
        return
    fitted = line([(interval, p50(text)) for text, interval in INTERVALS.items()])
    assert fitted is not None
    slope, intercept = fitted
    yield Claim("slope", slope, 0.95, 1.05)
    yield Claim("intercept_ns", intercept, None, 0.4 * MS, strictly=True)
