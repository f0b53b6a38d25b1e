"""The convoy effect: how much one spinner slows UDP exchanges."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ...results.rows import Row
from ...stats.samples import quantiles
from ..claims import TWO_CORES, Batch, Claim, Seen, Skipped, rate, values
from . import Subject

NAME = "convoy_echo"
SUMMARY = "how much one spinner slows UDP exchanges"
WORKLOADS = ("gil_convoy_echo",)
METRIC = (
    "rate beside one spinner over the rate beside none; the time of exchanges that lost the lock "
    "once; the rate over 1 ÷ (t0 + q × I), where q is how often an exchange lost the lock"
)
EXPECTED = (
    "cpython27 > pypy > cpython32 > ruby_legacy; cpython32: such exchanges last I ± 0.5 ms, and "
    "the rate is 0.8 to 1.2 of the formula"
)
WHY = "Each exchange that loses the lock waits a whole interval: this is the convoy effect."

MS = 1e6
ORDER = ("cpython27", "pypy", "cpython32", "ruby_legacy")
FORMULA = ("cpython32", "cpython313")
LEAST_LOST = 20


def subjects(listing: Listing) -> list[Subject]:
    pairs = zip(ORDER, ORDER[1:])
    ordered = [Subject(f"{faster} > {slower}", (faster, slower)) for faster, slower in pairs]
    return [*Subject.each(FORMULA), *ordered]


def batch(listing: Listing) -> Batch:
    gils = listing.having(dict.fromkeys([*ORDER, *FORMULA]))
    spinners = {"spinners": ("0", "1")}
    return Batch("gil_convoy_echo", gils, spinners, place=TWO_CORES, peer="other", round_ms=400)


def batches(listing: Listing) -> list[Batch]:
    return [batch(listing)]


def left(listing: Listing, policy: str, seen: Seen) -> float:
    """The share of its rate that the conversation keeps."""
    idle, beside = (seen.row(batch(listing), policy, spinners=n) for n in ("0", "1"))
    return rate(beside) / rate(idle)


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    shares = [left(listing, policy, seen) for policy in subject.needs]
    for policy, found in zip(subject.needs, shares):
        yield Claim(f"{policy}_rate_left_share", found)
    if len(shares) == 2:
        yield Claim("rate_ratio", shares[0] / shares[1], 1.0, strictly=True)
        return
    interval = listing.policies[subject.label].interval_ns
    idle, beside = (seen.row(batch(listing), subject.label, spinners=n) for n in ("0", "1"))
    yield Claim("mode_ns", mode(beside, interval), interval - 0.5 * MS, interval + 0.5 * MS)
    lost = losses(beside, interval)
    foretold = 1e9 / (idle.median_ns + lost * interval)
    yield Claim("lost_an_exchange", lost)
    yield Claim("rate_over_formula", rate(beside) / foretold, 0.8, 1.2)


def mode(row: Row, interval: float) -> float:
    """The median of the exchanges that lost the lock once."""
    once = [
        (value, value, count)
        for value, count in values(row)
        if 0.5 * interval <= value <= 1.5 * interval
    ]
    if sum(count for _, _, count in once) < LEAST_LOST:
        raise Skipped("too few exchanges lost the lock: their waits are shorter than a wake-up")
    return quantiles(once, [0.5])[0]


def losses(row: Row, interval: float) -> float:
    """How often an exchange lost the lock, on average: each time it took an interval longer."""
    held = list(values(row))
    lost = sum(count * int(value / interval + 0.2) for value, count in held)
    return lost / sum(count for _, count in held)
