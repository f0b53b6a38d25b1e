"""Makes a map: measures for as long as it may, and knows what it knows then."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..core import bench
from ..core.bench import Listing
from ..core.errors import UsageError
from ..results.names import FREE
from . import exploring, mapping, measuring
from .kept import Kept
from .mapping import Map
from .measuring import WORKLOAD, Effort, Key
from .work import Shape, Work, shapes

PASSES = 1  # of each point: its neighbours say how far to trust it
ENOUGH = 12  # points of a shape, from which on a map is not made again
MOST_ROUNDS = 1000


class Lock(NamedTuple):
    gil: str
    excludes: bool


@dataclass(frozen=True)
class Bench:
    """The program, and what it promises."""

    listing: Listing
    cpus: int
    folder: Path  # of results that nobody keeps
    quiet: bool
    seed: int

    @property
    def program(self) -> Path:
        return self.listing.program

    @property
    def defaults(self) -> Mapping[str, str]:
        return self.listing.workloads[WORKLOAD]

    def lock(self, gil: str) -> Lock:
        policy = self.listing.policies.get(gil.partition(":")[0])
        if policy is None:
            known = ", ".join(self.listing.policies)
            raise UsageError(f"--gil {gil}: there is no such lock. Type one of {known}.")
        return Lock(gil, policy.excludes)

    def shapes(self, gil: str) -> list[Shape]:
        return shapes(gil, self.lock(gil).excludes, self.cpus)

    def map(self, gil: str, kept: Kept) -> Map:
        wanted = self.shapes(gil)
        return mapping.build(
            gil, self.lock(gil).excludes, self.cpus, wanted, kept.of(wanted),
            kept.bytes_each,
        )  # fmt: skip

    def measure(self, works: Sequence[Work], wanted: Sequence[Shape], passes: int) -> Kept:
        """All shapes of each work; what it took is in `spent_s`."""
        began = time.monotonic()
        keys = list(dict.fromkeys(key for work in works for key in keys_of(work, wanted)))
        effort = Effort(passes, self.seed, self.quiet, self.cpus)
        found = measuring.measure(self.program, self.defaults, keys, effort, self.folder)
        return Kept({}, "", time.monotonic() - began, found)

    def bytes_each(self) -> dict[str, float]:
        if measuring.LADDER not in self.listing.workloads:
            return {}
        effort = Effort(1, self.seed, self.quiet, self.cpus)
        return measuring.bytes_each(self.program, effort, self.folder)


def check(listing: Listing) -> None:
    if WORKLOAD not in listing.workloads:
        raise UsageError(
            f"{listing.program} has no workload `{WORKLOAD}`, of which a map is made. Type `make "
            "build`, or `unset CONVOY_BENCH`."
        )


def locks_of(gil: str) -> list[str]:
    """With the lock that is asked for goes its absence, which says what it costs."""
    return [gil] if gil == FREE else [gil, FREE]


def lacking(bench_: Bench, kept: Kept, locks: Sequence[str]) -> list[str]:
    """The locks of which too little was measured for a map."""
    found = []
    for gil in locks:
        counts = [sum(p.shape == shape for p in kept.points) for shape in bench_.shapes(gil)
                  if shape.model != "single"]  # fmt: skip
        if min(counts, default=0) < ENOUGH:
            found.append(gil)
    return found


def explore(
    bench_: Bench, kept: Kept, locks: Sequence[str], budget_s: float,
    save: Callable[[Kept], None], say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:  # fmt: skip
    """Measures until the time is up; what is measured is saved as it comes.

    The points that every map begins with are measured first: enough of them in any case.
    """
    began, reckoned_s, spent_s = clock(), 0.0, 0.0
    wanted = [shape for gil in locks for shape in bench_.shapes(gil)]
    if not kept.bytes_each:
        kept.bytes_each = bench_.bytes_each()
    start = [work for work in exploring.first(1) if lacks(kept, work, wanted)]
    batches = [start[at : at + exploring.BATCH] for at in range(0, len(start), exploring.BATCH)]
    for number in range(MOST_ROUNDS):
        left_s = budget_s - (clock() - began)
        if batches and (left_s > 0 or lacking(bench_, kept, locks)):
            works = batches.pop(0)
        elif batches:
            return
        else:
            maps = [bench_.map(gil, kept) for gil in locks]
            slower = spent_s / reckoned_s if reckoned_s else 1.0  # than we reckon with
            works = affordable(
                exploring.next_works(maps, bench_.seed + number), wanted, left_s / slower,
                bench_.cpus,
            )  # fmt: skip
        if not works:
            return
        left = max(0, round(left_s))
        say(f"crossover map: {left} s left, {len(kept.points)} points: {works[0].words}")
        more = bench_.measure(works, wanted, PASSES)
        spent_s += more.spent_s
        reckoned_s += sum(exploring.cost_s(work, wanted, PASSES, bench_.cpus) for work in works)
        kept.add(more.found, more.spent_s)
        save(kept)


def affordable(
    works: Sequence[Work], wanted: Sequence[Shape], left_s: float, cpus: int
) -> list[Work]:
    """The first of them that can be measured in that time."""
    found = []
    for work in works:
        left_s -= exploring.cost_s(work, wanted, PASSES, cpus)
        if left_s < 0:
            break
        found.append(work)
    return found


def keys_of(work: Work, wanted: Sequence[Shape]) -> list[Key]:
    """What is measured of a work in these shapes, as far as it can be."""
    able = [shape for shape in wanted if shape.possible(work.concurrency)]
    return [(shape.share(work), shape) for shape in able]


def lacks(kept: Kept, work: Work, wanted: Sequence[Shape]) -> bool:
    known = {(each.work, each.shape) for each in kept.found}
    return any(key not in known for key in keys_of(work, wanted))


def ask(program: Path, cpus: int, folder: Path, quiet: bool, seed: int) -> Bench:
    listing = bench.ask(program)
    check(listing)
    return Bench(listing, cpus, folder, quiet, seed)
