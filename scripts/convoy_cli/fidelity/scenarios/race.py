"""Updates that two workers lose: where a checkpoint may fall between a load and its store."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import Batch, Claim, Seen, lost_per_million
from . import Subject

NAME = "race"
SUMMARY = "updates that two workers lose, by the place of their checkpoints"
WORKLOADS = ("gil_race",)
METRIC = (
    "lost updates per million: load, add, store, with a checkpoint in between (every_op) or only "
    "at the end of the loop (back_edge)"
)
EXPECTED = (
    "a lock that excludes: none with checkpoints=back_edge; cpython32 at a 10 µs interval: some "
    "with every_op, none with back_edge or with a mutex of the workers' own; no lock: some"
)
WHY = "Code between two checkpoints is atomic; that is all a lock promises."

SHORT = "10us"
RACED = "cpython32"
# Rules do not change with it, and a round holds the more switches.
MOST_INTERVAL, MOST_INTERVAL_NS = "10ms", 10_000_000


def subjects(listing: Listing) -> list[Subject]:
    excluding = [name for name, policy in listing.policies.items() if policy.excludes]
    with_own_mutex = Subject(f"{RACED}, {SHORT}", (RACED,))
    return [*Subject.each(excluding), with_own_mutex, *Subject.each(["none"])]


def hurried(listing: Listing, policy: str) -> str:
    """The lock with an interval that is not long."""
    if listing.policies[policy].interval_ns <= MOST_INTERVAL_NS:
        return policy
    return listing.gil(policy, interval=MOST_INTERVAL)


def whole(listing: Listing) -> Batch:
    excluding = [name for name, policy in listing.policies.items() if policy.excludes]
    gils = tuple(hurried(listing, name) for name in excluding)
    return Batch("gil_race", gils, {"checkpoints": ("back_edge",)}, workers=(2,), round_ms=100)


def torn(listing: Listing) -> Batch:
    gils = listing.having([listing.gil(RACED, interval=SHORT), "none"])
    asked = {"checkpoints": ("every_op", "back_edge"), "lock": ("off", "on")}
    return Batch("gil_race", gils, asked, workers=(2,), round_ms=100)


def batches(listing: Listing) -> list[Batch]:
    return [whole(listing), torn(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    def lost(gil: str, checkpoints: str, lock: str) -> float:
        row = seen.row(torn(listing), gil, checkpoints=checkpoints, lock=lock)
        return lost_per_million(row)

    if subject.label == "none":
        yield Claim("lost_every_op", lost("none", "every_op", "off"), 0.0, strictly=True)
        yield Claim("lost_with_mutex", lost("none", "every_op", "on"), 0.0, 0.0)
    elif subject.label in listing.policies:
        row = seen.row(whole(listing), hurried(listing, subject.label))
        yield Claim("lost_back_edge", lost_per_million(row), 0.0, 0.0)
    else:
        gil = listing.gil(RACED, interval=SHORT)
        yield Claim("lost_every_op", lost(gil, "every_op", "off"), 0.0, strictly=True)
        yield Claim("lost_back_edge", lost(gil, "back_edge", "off"), 0.0, 0.0)
        yield Claim("lost_with_mutex", lost(gil, "every_op", "on"), 0.0, 0.0)
