"""A lock for each group: spinners of another interpreter disturb nobody."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import Batch, Claim, Seen, quantile
from . import Subject

NAME = "subinterpreters"
SUMMARY = (
    "how late a sleeper gets its lock back beside a spinner of another interpreter, and of its own"
)
WORKLOADS = ("gil_reacquire",)
METRIC = (
    "p50 of the lateness beside one spinner minus that beside none, with two groups and with one"
)
EXPECTED = "two groups: within 0.2 ms of 0; one group: I to I + 0.4 ms"
WHY = "Interpreters with locks of their own do not wait for each other; threads of one do."

MS = 1e6
POLICY = "cpython_subinterp"


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each([POLICY])


def batch(listing: Listing) -> Batch:
    gils = [listing.gil(POLICY, groups=groups) for groups in ("1", "2")]
    spinners = {"spinners": ("0", "1")}
    return Batch("gil_reacquire", listing.having(gils), spinners, round_ms=250)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    interval = listing.policies[POLICY].interval_ns
    for groups, low, high in (("2", -0.2 * MS, 0.2 * MS), ("1", interval, interval + 0.4 * MS)):
        gil = listing.gil(POLICY, groups=groups)
        base, beside = (
            quantile(seen.row(batch(listing), gil, spinners=n), 0.5) for n in ("0", "1")
        )
        yield Claim(f"p50_with_{groups}_groups_ns", beside - base, low, high)
