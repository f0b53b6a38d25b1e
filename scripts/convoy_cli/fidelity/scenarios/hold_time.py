"""How long a holder keeps the lock, and how evenly it is shared."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import Batch, Claim, Seen, over_samples, switches_per_second
from . import Subject

NAME = "hold_time"
SUMMARY = "how long workers that compute hold the lock, and how evenly it is shared"
WORKLOADS = ("gil_countdown",)
METRIC = "median hold, switches a second, and Jain's index of the hold times with 2 and 4 workers"
EXPECTED = "median hold 0.7 I to 1.7 I, 120 to 260 switches/s, Jain's index at least 0.97"
WHY = "The interval starts when the waiter starts to wait, and the forced switch makes turns fair."

POLICIES = ("cpython32", "cpython313")


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each(POLICIES)


def batch(listing: Listing) -> Batch:
    return Batch("gil_countdown", listing.having(POLICIES), workers=(2, 4), round_ms=1000)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    interval = listing.policies[subject.label].interval_ns
    for workers in batch(listing).workers:
        row = seen.row(batch(listing), subject.label, workers)
        hold = over_samples(row, lambda gil, _: gil["hold_p50_ns"])
        yield Claim(f"hold_p50_of_{workers}_ns", hold, 0.7 * interval, 1.7 * interval)
        yield Claim(f"switches_of_{workers}_per_second", switches_per_second(row), 120, 260)
        yield Claim(f"jain_of_{workers}", over_samples(row, lambda gil, _: gil["jain"]), 0.97)
