"""The law of a policy, as its file promises it: how late one spinner lets a sleeper back in."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from ...core.bench import Law, Listing
from ..claims import Batch, Claim, Seen, quantile
from . import Subject

NAME = "reacquire"
SUMMARY = "how late a sleeper gets the lock back beside one spinner, by the lock's own rule"
WORKLOADS = ("gil_reacquire",)
METRIC = (
    "p50 of the lateness beside one spinner minus that beside none; if the rule is sharp, also "
    "p10; if the lock counts bytecodes, the mean over four lengths of sleep"
)
EXPECTED = (
    "intervals × I − sleeps × 1 ms, with the margins of the lock's file: cpython32 I to "
    "I + 0.4 ms, cpython27 ≤ 0.3 ms, ruby_legacy 100 ± 1 ms, none about 0"
)
WHY = (
    "Locks that are requested after an interval, offered all the time, or never requested differ "
    "here first."
)

WAIT_NS = 1e6
# A lock that goes after a count, whoever waits, goes in step with sleeps of one length: these come
# too late for it by nearly nothing or by a whole count, as it happens. Four lengths do not.
WAITS = ("1ms", "1125us", "1250us", "1375us")
# Nobody gets in before their interval has passed: not only half of the sleepers, nine in ten too.
SHARP = ("cpython32", "cpython313")
NOBODY_ASKS = "nobody ever asks for the lock: the sleeper would wait for ever"


def subjects(listing: Listing) -> list[Subject]:
    return [
        Subject(name, (name,), "" if policy.lateness else NOBODY_ASKS)
        for name, policy in listing.policies.items()
    ]


def counts(law: Law) -> bool:
    """Whether it makes sleepers late without an interval of time."""
    return law.intervals == 0 and law.least_ns > 0


def batch(listing: Listing, counting: bool) -> Batch:
    gils = tuple(
        name
        for name, policy in listing.policies.items()
        if policy.lateness and counts(policy.lateness) == counting
    )
    asked = {"spinners": ("0", "1"), "wait": WAITS if counting else WAITS[:1]}
    return Batch("gil_reacquire", gils, asked, round_ms=250)


def batches(listing: Listing) -> list[Batch]:
    return [made for counting in (False, True) if (made := batch(listing, counting)).gils]


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    policy = listing.policies[subject.label]
    law = policy.lateness
    assert law is not None
    measured = batch(listing, counts(law))

    def late(spinners: str, share: float) -> float:
        rows = (
            seen.row(measured, policy.name, spinners=spinners, wait=wait)
            for wait in measured.parameters["wait"]
        )
        return statistics.fmean(quantile(row, share) for row in rows)

    base = late("0", 0.5)
    expected = law.intervals * policy.interval_ns - law.sleeps * WAIT_NS
    for name, share in (("p10_ns", 0.1), ("p50_ns", 0.5)):
        if share == 0.5 or policy.name in SHARP:
            value = late("1", share) - base
            yield Claim(name, value, expected + law.least_ns, expected + law.most_ns)
    yield Claim("base_p50_ns", base)
