"""What the forced switch is for: without it, who lets go takes the lock straight back."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import Batch, Claim, Seen, same_worker_share
from . import Subject

NAME = "ablation"
SUMMARY = "who gets the lock next, with and without the forced switch"
WORKLOADS = ("gil_countdown",)
METRIC = "share of acquisitions by the last holder, with two workers on two cores"
EXPECTED = "forced=on: at most 1 % (the first of a round may be one); forced=off: at least 30 %"
WHY = "Between the signal and the waiter's wake-up the lock is free, and the releaser is awake."

POLICIES = ("cpython32", "cpython313")


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each(POLICIES)


def batch(listing: Listing) -> Batch:
    gils = [listing.gil(policy, forced=forced) for policy in POLICIES for forced in ("on", "off")]
    return Batch("gil_countdown", listing.having(gils), workers=(2,), round_ms=600)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    for forced, low, high in (("on", None, 0.01), ("off", 0.3, None)):
        gil = listing.gil(subject.label, forced=forced)
        found = same_worker_share(seen.row(batch(listing), gil))
        yield Claim(f"same_worker_forced_{forced}_share", found, low, high)
