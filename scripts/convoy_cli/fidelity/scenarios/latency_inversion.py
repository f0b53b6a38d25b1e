"""How long a datagram lies: beside bytecode, and beside long calls, where locks change places."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.bench import Listing
from ...results.rows import Row
from ..claims import ONE_CORE, TWO_CORES, Batch, Claim, Failed, Seen, Skipped, deviation, mean
from . import Subject

NAME = "latency_inversion"
SUMMARY = "how long a datagram waits beside bytecode and beside long calls"
WORKLOADS = ("gil_latency",)
METRIC = "mean time from sending a datagram until a worker holds the lock and has the datagram"
EXPECTED = (
    "bytecode: cpython27 below 2 ms, cpython32 5 to 7 ms; long calls: cpython32 5 to 7 ms, "
    "cpython27 more than 10 ms with a deviation of at least half the mean; on one core the same "
    "order"
)
WHY = (
    "The old lock is offered after a count of bytecodes, and a long call is few bytecodes. This "
    "scenario separates the two locks best."
)

MS = 1e6
OLD, NEW = "cpython27", "cpython32"
BYTECODE = "0ns"
# Offers are 13 calls apart. A waiter on another core wakes up too late for nearly all of them, so
# calls of 1 ms would make it wait for seconds; these last for 40 intervals of bytecode already.
APART_CALL = "20us"
# On one core the waiter takes the first offer.
TOGETHER_CALL = "3ms"
STARVED = "did not finish within its limit"


def subjects(listing: Listing) -> list[Subject]:
    return [
        *Subject.each([OLD, NEW]),
        Subject(f"{OLD} and {NEW}, two cores", (OLD, NEW)),
        Subject(f"{OLD} and {NEW}, one core", (OLD, NEW)),
    ]


def apart(listing: Listing, call: str) -> Batch:
    """Of one call: waits beside long ones last so long that their rounds have to as well."""
    asked = {"call": (call,), "period": ("20ms",)}
    gils = listing.having([OLD, NEW])
    round_ms, operation_ms = (1000, 25) if call == BYTECODE else (6000, 350)
    return Batch("gil_latency", gils, asked, place=TWO_CORES, peer="same", round_ms=round_ms,
                 operation_ms=operation_ms)  # fmt: skip


def together(listing: Listing) -> Batch:
    asked = {"call": (BYTECODE, TOGETHER_CALL), "period": ("20ms",)}
    gils = listing.having([OLD, NEW])
    return Batch("gil_latency", gils, asked, place=ONE_CORE, peer="same", round_ms=1000,
                 operation_ms=50)  # fmt: skip


def batches(listing: Listing) -> list[Batch]:
    return [apart(listing, BYTECODE), apart(listing, APART_CALL), together(listing)]


def row(seen: Seen, batch: Batch, policy: str, call: str) -> Row:
    """A row; a waiter that starves is no failure of the lock, but nor is it proof."""
    try:
        return seen.row(batch, policy, call=call)
    except Failed as failure:
        if policy == OLD and call != BYTECODE and STARVED in str(failure):
            raise Skipped(
                f"beside calls of {call} no round ended within {batch.limit_s} s: the old lock may "
                "starve a waiter, but a lock that hangs would look the same"
            ) from failure
        raise


def claims(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    if len(subject.needs) == 2:
        yield from inversion(listing, subject, seen)
        return
    bytecode, calls = (
        row(seen, apart(listing, call), subject.label, call) for call in (BYTECODE, APART_CALL)
    )
    if subject.label == OLD:
        yield Claim("bytecode_mean_ns", mean(bytecode), None, 2 * MS, strictly=True)
        yield Claim("calls_mean_ns", mean(calls), 10 * MS)
        yield Claim("calls_deviation_over_mean", deviation(calls) / mean(calls), 0.5)
    else:
        yield Claim("bytecode_mean_ns", mean(bytecode), 5 * MS, 7 * MS)
        yield Claim("calls_mean_ns", mean(calls), 5 * MS, 7 * MS)


def inversion(listing: Listing, subject: Subject, seen: Seen) -> Iterator[Claim]:
    on_one = subject.label.endswith("one core")
    call = TOGETHER_CALL if on_one else APART_CALL
    for name, length in (("bytecode", BYTECODE), ("calls", call)):
        batch = together(listing) if on_one else apart(listing, length)
        old, new = (mean(row(seen, batch, policy, length)) for policy in (OLD, NEW))
        low, high = (None, 1.0) if length == BYTECODE else (1.0, None)
        yield Claim(f"{name}_{OLD}_over_{NEW}", old / new, low, high, strictly=True)
