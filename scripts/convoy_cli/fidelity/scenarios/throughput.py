"""How much more several workers get done than one: nothing under a lock, all without."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ..claims import UNBOUND, Batch, Claim, Seen, fastest_rate
from . import Subject

NAME = "throughput"
SUMMARY = "the throughput of two and four workers relative to one"
WORKLOADS = ("gil_countdown", "cpu_sha256")
METRIC = (
    "rate of gil_countdown in its fastest sample with 2 workers (and 4, unless the interval is "
    "long) over that with one; the same of cpu_sha256 with 2"
)
EXPECTED = (
    "a lock that excludes: 0.85 to 1.05, cpython27: 0.3 to 1.05; one that does not: at least 1.8 "
    "at two; cpu_sha256 under cpython32: at least 1.7 at two with native=on, 0.85 to 1.05 with "
    "native=off"
)
WHY = (
    "A lock that admits one worker at a time gives all together the throughput of one; native "
    "code runs without it."
)

NATIVE = "cpython32"
# CPython 2.7.18 itself keeps 0.5 to 0.9 with two threads and 0.4 to 0.7 with four: its waiters are
# woken two million times a second.
OLD, LEAST_OLD, LEAST = "cpython27", 0.3, 0.85
# Of a lock with a longer interval rounds last for seconds, and two workers tell enough.
LONG_INTERVAL_NS = 50_000_000


def subjects(listing: Listing) -> list[Subject]:
    hashing = Subject(f"{NATIVE}, native code", (NATIVE,))
    return [*Subject.each(listing.policies), hashing]


def counting(listing: Listing, slow: bool) -> Batch:
    gils = tuple(
        name for name, policy in listing.policies.items()
        if (policy.interval_ns > LONG_INTERVAL_NS) == slow
    )  # fmt: skip
    workers = (1, 2) if slow else (1, 2, 4)
    return Batch("gil_countdown", gils, workers=workers, place=UNBOUND, round_ms=200)


def hashing(listing: Listing) -> Batch:
    asked = {"native": ("on", "off"), "bytes": ("16KiB",)}
    gils = listing.having([NATIVE])
    return Batch("cpu_sha256", gils, asked, workers=(1, 2), place=UNBOUND, round_ms=200)


def batches(listing: Listing) -> list[Batch]:
    return [counting(listing, False), counting(listing, True), hashing(listing)]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    if subject.label not in listing.policies:
        for native, bounds in (("on", (1.7, None)), ("off", (0.85, 1.05))):
            one, two = (
                fastest_rate(seen.row(hashing(listing), NATIVE, workers, native=native))
                for workers in (1, 2)
            )
            yield Claim(f"two_over_one_native_{native}", two / one, *bounds)
        return
    policy = listing.policies[subject.label]
    batch = counting(listing, policy.interval_ns > LONG_INTERVAL_NS)
    one, *more = (fastest_rate(seen.row(batch, policy.name, workers)) for workers in batch.workers)
    for what, several in zip(("two_over_one", "four_over_one"), more):
        if policy.excludes:
            least = LEAST_OLD if policy.name == OLD else LEAST
            yield Claim(what, several / one, least, 1.05)
        else:
            yield Claim(what, several / one, 1.8 if what == "two_over_one" else None)
