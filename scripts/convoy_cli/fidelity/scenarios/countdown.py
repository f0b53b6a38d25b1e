"""Two workers against one that does the work of both: what switching costs."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import ONE_CORE, TWO_CORES, Batch, Claim, Seen, switches_per_second
from . import Subject

NAME = "countdown"
SUMMARY = "the time two workers take for the work of one"
WORKLOADS = ("gil_countdown",)
METRIC = "time of two workers × n over that of one worker × 2n; switches a second"
EXPECTED = (
    "cpython32: 0.95 to 1.10 at 120 to 260 switches/s; cpython27: more than 1 on two cores, at "
    "most 1.2 on one"
)
WHY = "On two cores the old lock's waiter tries in vain every 100 bytecodes."

# On one core CPython 2.7.18 itself takes 0.93 to 1.10 of the time, on two it takes 1.2 to 1.9.
NEW, OLD = ("cpython32", "cpython313"), "cpython27"


def subjects(listing: Listing) -> list[Subject]:
    return Subject.each([*NEW, OLD])


def batch(listing: Listing, place: tuple[str, ...]) -> Batch:
    gils = listing.having([*NEW, OLD] if place == TWO_CORES else [OLD])
    return Batch("gil_countdown", gils, workers=(1, 2), place=place, round_ms=500)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing, TWO_CORES), batch(listing, ONE_CORE)]


def ratio(listing: Listing, policy: str, place: tuple[str, ...], seen: Seen) -> float:
    """Times an operation, so the work is the same."""
    one, two = (seen.row(batch(listing, place), policy, workers) for workers in (1, 2))
    return two.median_ns / one.median_ns


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    policy = subject.label
    on_two = ratio(listing, policy, TWO_CORES, seen)
    if policy == OLD:
        yield Claim("ratio_on_two_cores", on_two, 1.0, strictly=True)
        yield Claim("ratio_on_one_core", ratio(listing, policy, ONE_CORE, seen), None, 1.2)
        return
    yield Claim("ratio_on_two_cores", on_two, 0.95, 1.10)
    row = seen.row(batch(listing, TWO_CORES), policy, 2)
    yield Claim("switches_per_second", switches_per_second(row), 120, 260)
