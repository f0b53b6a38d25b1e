"""What the forced switch is for: without it, who lets go takes the lock straight back."""

from __future__ import annotations

from collections.abc import Iterator

from ..batches import Batch, Seen
from ..claims import Claim
from ..linked import Linked
from ..rowstats import same_worker_share
from . import Subject, hold_time

NAME = "ablation"
SUMMARY = "who gets the lock next, with and without the forced switch"
WORKLOADS = ("gil_countdown",)
METRIC = "acquisitions by the worker that held it last, of all, with two workers"
EXPECTED = "forced=on: none; forced=off: more than 30 %"
WHY = "The lock is free between a signal and the waking of the waiter, and the releaser is awake."


def subjects(linked: Linked) -> list[Subject]:
    return Subject.each(hold_time.POLICIES)


def batches(linked: Linked) -> list[Batch]:
    return [hold_time.batch(linked)]


def claims(linked: Linked, subject: Subject, seen: Seen) -> Iterator[Claim]:
    for forced, low, high in (("on", None, 0.001), ("off", 0.3, None)):
        gil = linked.gil(subject.label, forced=forced)
        found = same_worker_share(seen.row(hold_time.batch(linked), gil, 2))
        yield Claim(f"same_worker_forced_{forced}_share", found, low, high)
