"""A signal that waits for a main worker asleep: who is made to release the lock meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import Batch, Claim, Seen, over_samples
from . import Subject

NAME = "signal_storm"
SUMMARY = "what two spinners do while a signal waits for a main worker that sleeps"
WORKLOADS = ("gil_signal",)
METRIC = (
    "releases while a signal is pending, as a share of the checkpoints that take the slow path "
    "because of it"
)
EXPECTED = "cpython27: at least 95 %; cpython32: at most 5 %; both: the signal is handled"
WHY = (
    "Only the main thread may run a handler, and until it does, the old lock is offered at every "
    "bytecode: Ctrl-C cannot end the program."
)

STORMY, CALM = "cpython27", ("cpython32", "cpython313")


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each([STORMY, *CALM])


def batch(listing: Listing) -> Batch:
    gils = listing.having([STORMY, *CALM])
    return Batch("gil_signal", gils, round_ms=300, operation_ms=40)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    row = seen.row(batch(listing), subject.label)
    released = over_samples(
        row, lambda gil, _: gil["storm_releases"] / max(1, gil["storm_checkpoints"])
    )
    low, high = (0.95, None) if subject.label == STORMY else (None, 0.05)
    yield Claim("released_share", released, low, high)
    handled = over_samples(row, lambda gil, _: gil["signals_handled"])
    yield Claim("signals_handled", handled, 1.0)
