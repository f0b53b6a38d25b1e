"""Ruby's locks in a conversation: what it gains to wait a moment before handing the lock over."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import TWO_CORES, Batch, Claim, Seen, rate
from . import Subject

NAME = "delayed_hand_off"
SUMMARY = "how much faster exchanges are if a blocking call does not hand the lock over at once"
WORKLOADS = ("gil_convoy_echo",)
METRIC = "rate beside one spinner under ruby_delayed over that under ruby_mn"
EXPECTED = "at least 2"
WHY = "A call that returns before the next tick of the timer still has the lock."

FASTER, SLOWER = "ruby_delayed", "ruby_mn"


def subjects(listing: Listing) -> list[Subject]:
    return [Subject(f"{FASTER} > {SLOWER}", (FASTER, SLOWER))]


def batch(listing: Listing) -> Batch:
    return Batch(
        "gil_convoy_echo", listing.having([FASTER, SLOWER]), {"spinners": ("1",)},
        place=TWO_CORES, peer="other", round_ms=500, operation_ms=100,
    )  # fmt: skip


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    faster, slower = (rate(seen.row(batch(listing), policy)) for policy in (FASTER, SLOWER))
    yield Claim("rate_ratio", faster / slower, 2.0)
