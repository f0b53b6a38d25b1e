"""What starting costs, in a sentence: a thread, a process, a coroutine and a fiber."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .. import names, style
from ..rows import Result, Row
from ..units import duration_between, size
from .comparisons import Family
from .marks import Marks
from .standing import standing
from .tasks import FREE

WORKLOAD, WAY, PARENT = "spawn", "how", "parent_rss_bytes"
# Each way to start one, in the order of the sentence; the first is what others stand beside.
WAYS = {
    "thread": "a thread",
    "small_thread": "a thread with a small stack",
    "fork": "a process (fork)",
    "vfork": "a process by vfork",
    "clone3": "a process by clone3",
    "posix_spawn": "a program of its own (posix_spawn)",
    "posix_spawn_true": "/bin/true",
    "coroutine": "a coroutine",
    "fiber": "a fiber",
}
FIRST = next(iter(WAYS))


class Starts(NamedTuple):
    """One way each, by one worker of one model, without a lock and beside the same memory."""

    rows: dict[str, Row]  # by way
    failed: tuple[str, ...]  # ways of which nothing is known
    parent_bytes: float
    family: Family
    marks: Marks

    @property
    def sentence(self) -> str:
        said = [self.told(way) for way in WAYS if way in self.rows]
        said += [f"{WAYS[way]} failed" for way in self.failed]
        where = f"beside {size(self.parent_bytes)}: " if self.parent_bytes else ""
        where = f"disturbed: {where}" if self.disturbed else where
        text = f"{where}{'; '.join(said)}{self.marks.after(self.rows.values())}."
        return text[0].upper() + text[1:]

    def told(self, way: str) -> str:
        """`a process (fork) 134 µs (131–137), 12.0 × as long as a thread (11.7–12.3)`"""
        row = self.rows[way]
        before = "disturbed: " if row.disturbed and not self.disturbed else ""
        verb = "takes " if way == self.leading else ""
        time = duration_between(row.median_ns, row.interval_ns)
        return f"{WAYS[way]} {verb}{before}{time}{self.beside(way)}"

    @property
    def disturbed(self) -> bool:
        """Whether all of them were, which is said once."""
        return all(row.disturbed for row in self.rows.values())

    def compare(self) -> None:
        """Call it before comparisons are judged."""
        for way in self.rows:
            self.beside(way)

    @property
    def leading(self) -> str:
        return next(way for way in WAYS if way in self.rows)

    def beside(self, way: str) -> str:
        """How it stands to a thread; an order only where the interval of the ratio has one."""
        if way == FIRST or FIRST not in self.rows:
            return ""
        return standing(self.family, self.rows[way], self.rows[FIRST], WAYS[FIRST])


def starts(result: Result, family: Family, marks: Marks) -> Iterator[Starts]:
    """A sentence for each amount of memory that the parent had, the least first."""
    found: dict[float, list[Row]] = {}
    for row in result.rows:
        wanted = row.workload == WORKLOAD and row.parameters.get(WAY) in WAYS
        if wanted and row.gil == FREE and row.workers == 1:
            found.setdefault(float(row.parameters.get(PARENT, 0)), []).append(row)
    for parent, rows in sorted(found.items()):
        chosen = most_ways(rows)
        failed = [] if parent else failed_beside(result, next(iter(chosen.values())))
        lost = tuple(way for way in WAYS if way in failed and way not in chosen)
        yield Starts(chosen, lost, parent, family, marks)


def failed_beside(result: Result, row: Row) -> list[str]:
    """The ways that failed where this row did not."""
    own = names.parse(row.name).with_setting(WAY, FIRST)
    failed = [each.name for each in result.failed if each.name.startswith(f"{WORKLOAD}/")]
    found = [names.parse(name) for name in failed]
    # The first way is the parameter's default, which names leave out.
    return [
        name.get(WAY) or FIRST for name in found if name.with_setting(WAY, FIRST) == own
    ]


def most_ways(rows: Sequence[Row]) -> dict[str, Row]:
    """The rows of one model, in one place: where the most ways were tried."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        ways = groups.setdefault((row.series, row.place), {})
        ways.setdefault(row.parameters[WAY], row)
    best = min(groups, key=lambda key: (-len(groups[key]), style.order(key[0]), key[1]))
    return groups[best]
