"""Sentences on hand-overs, starting, many tasks, lost updates, and a sweep of intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from ..core.bench import ONE_INTERVAL, Law
from ..core.terminal import table
from ..core.units import (
    bounds,
    duration,
    duration_between,
    grouped,
    percent,
    short,
    size,
    some,
    three_digits,
)
from ..results import names, sweeps
from ..results.names import FREE, lock_words, model_order
from ..results.rows import Result, Row
from ..results.sweeps import COUNTDOWN, ECHO, LATENESS, ByInterval, Ladder, Sweep
from ..stats.samples import Line, median, median_interval
from .certainty import Family, standing
from .tasks import Marks, Task

# -------------------------------------------------------------------------------------------------
# Sentences on hand-overs, on starting, on many tasks at once, and on updates that are lost.

# -------------------------------------------------------------------------------------------------
# What handing work over costs, in sentences: an item through a queue, a task to a pool.

QUEUE, POOL, POOL_WAY, SIZE = "queue_fifo", "pool_submit", "how", "task_ns"
# Those whose queue has a sentence, in its order; the first is what others stand beside.
MODELS = ("threads", "processes", "coroutines")
# What a model's pool stands beside: the way, and what is started for each task.
SPAWNED = {
    "threads": ("spawn_thread", "a thread per task"),
    "processes": ("spawn_process", "a process per task"),
    "coroutines": ("spawn_coroutine", "a coroutine per task"),
}


class Handover(NamedTuple):
    """Rows that one sentence tells: each by what it is called there, the first one beside none."""

    rows: Mapping[str, Row]
    before: str  # `A pool of threads runs an empty task in`
    first: str  # what the others stand beside
    family: Family
    marks: Marks

    @property
    def sentence(self) -> str:
        alike = all(row.disturbed for row in self.rows.values())
        said = []
        for name, row in self.rows.items():
            mark = "disturbed: " if row.disturbed and not alike else ""
            time = duration_between(row.median_ns, row.interval_ns)
            said.append(f"{name} {mark}{time}{self.beside(row)}".strip())
        text = f"{self.before} {'; '.join(said)}{self.marks.after(self.rows.values())}."
        return f"Disturbed: {text[0].lower()}{text[1:]}" if alike else text

    def beside(self, row: Row) -> str:
        other = next(iter(self.rows.values()))
        return "" if row is other else standing(self.family, row, other, self.first)

    def compare(self) -> None:
        """Call it before comparisons are judged."""
        for row in self.rows.values():
            self.beside(row)


def handovers(result: Result, family: Family, marks: Marks) -> Iterator[Handover]:
    """A sentence on queues, one for each model's pool; of rows without a lock alone."""
    free = [row for row in result.rows if row.gil == FREE and (row.carriers or 1) == 1]
    queued = alike([row for row in free if row.workload == QUEUE and row.model in MODELS])
    items = {row.model: row for row in sorted(queued, key=lambda row: model_order(row.model))}
    if items:
        yield Handover(items, "An item through a queue takes", next(iter(items)), family, marks)
    for model, (way, started) in SPAWNED.items():
        rows = [row for row in free if row.workload == POOL and row.model == model]
        tasks = {row.parameters.get(POOL_WAY): row for row in alike(rows, apart=(POOL_WAY,))}
        if "pool" not in tasks:
            continue
        size = float(tasks["pool"].parameters.get(SIZE, 0))
        what = f"a task of {duration(size)}" if size else "an empty task"
        told = {"": tasks["pool"]} | ({started: tasks[way]} if way in tasks else {})
        before = f"A pool of {model} runs {what} in"
        yield Handover(told, before, "the pool", family, marks)


def alike(rows: Sequence[Row], apart: Sequence[str] = ()) -> list[Row]:
    """Those that differ in model, and in the parameters `apart`, alone: where most were tried.

    Of several as many, those of the shortest tasks, of the fewest workers, and of what holds most.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        others = tuple(
            sorted((name, value) for name, value in row.parameters.items() if name not in apart)
        )
        key = row.workers, row.place, row.setting("engine") or "", others
        groups.setdefault(key, []).append(row)
    if not groups:
        return []

    def rank(found: list[Row]) -> tuple[float, ...]:
        first = found[0]
        held = float(first.parameters.get("capacity", 0))
        return (float(first.parameters.get(SIZE, 0)), -len(found), first.workers, -held)

    return min(groups.values(), key=rank)


# -------------------------------------------------------------------------------------------------
# What starting costs, in a sentence: a thread, a process, a coroutine and a fiber.

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
FIRST_WAY = next(iter(WAYS))


class Starts(NamedTuple):
    """One way each, by one worker of one model, without a lock and beside the same memory."""

    rows: dict[str, Row]  # by way
    failed: tuple[str, ...]  # ways of which nothing is known
    parent_bytes: float
    family: Family
    marks: Marks

    @property
    def sentence(self) -> str:
        said = [self.phrase(way) for way in WAYS if way in self.rows]
        said += [f"{WAYS[way]} failed" for way in self.failed]
        where = f"beside {size(self.parent_bytes)}: " if self.parent_bytes else ""
        where = f"disturbed: {where}" if self.disturbed else where
        text = f"{where}{'; '.join(said)}{self.marks.after(self.rows.values())}."
        return text[0].upper() + text[1:]

    def phrase(self, way: str) -> str:
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
        if way == FIRST_WAY or FIRST_WAY not in self.rows:
            return ""
        return standing(self.family, self.rows[way], self.rows[FIRST_WAY], WAYS[FIRST_WAY])


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
    own = names.parse(row.name).with_setting(WAY, FIRST_WAY)
    failed = [each.name for each in result.failed if each.name.startswith(f"{WORKLOAD}/")]
    found = [names.parse(name) for name in failed]
    # The first way is the parameter's default, which names leave out.
    return [
        name.get(WAY) or FIRST_WAY for name in found if name.with_setting(WAY, FIRST_WAY) == own
    ]


def most_ways(rows: Sequence[Row]) -> dict[str, Row]:
    """The rows of one model, in one place: where the most ways were tried."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        ways = groups.setdefault((row.series, row.place), {})
        ways.setdefault(row.parameters[WAY], row)
    best = min(groups, key=lambda key: (-len(groups[key]), model_order(key[0]), key[1]))
    return groups[best]


# -------------------------------------------------------------------------------------------------
# Many tasks at once, in sentences: where coroutines begin to win, and where each model ends.

# What the others stand beside, and those that have a sentence.
FIRST_MODEL, OTHERS = "coroutines", ("fibers", "threads", "processes")


class Crowd(NamedTuple):
    """Rows that one sentence tells."""

    rows: dict[str, Row]
    sentence: str

    def compare(self) -> None:
        """Its ratios are of CPU time, which no other comparison is of."""


def many_at_once(result: Result, marks: Marks) -> Iterator[Crowd]:
    found = {ladder.series: ladder for ladder in sweeps.of(result)}
    first = found.get(FIRST_MODEL)
    if first is None or not first.rows:
        return
    for other in OTHERS:
        if other in found and (beside := begins_to_win(first, found[other])):
            yield Crowd(rows_of([found[other], first]), beside)
    far = [ladder for ladder in found.values() if ladder.rows or ladder.stop]
    yield Crowd(rows_of(far), f"{'; '.join(reached(ladder) for ladder in far)}"
                f"{marks.after(row for ladder in far for row in ladder.rows)}.")  # fmt: skip


def rows_of(ladders: Sequence[Ladder]) -> dict[str, Row]:
    return {row.name: row for ladder in ladders for row in ladder.rows}


def begins_to_win(first: Ladder, other: Ladder) -> str:
    """The fewest tasks from which on the one takes less CPU time, as far as intervals say so."""
    both = [count for count in first.counts if count in other.counts]
    told = [(count, sweeps.cpu_ratio(other.at(count), first.at(count))) for count in both]
    wins = [ratio is not None and ratio.interval is not None and ratio.interval.low > 1
            for _, ratio in told]  # fmt: skip
    if not told or not wins[-1]:
        return ""
    start = max((i + 1 for i, won in enumerate(wins) if not won), default=0)
    count, ratio = told[-1]
    assert ratio is not None
    times = f"{three_digits(ratio.value)} × as much CPU time ({bounds(ratio.interval)})"
    own = sweeps.cpu(first.at(count))
    takes = f", which take {duration_between(own.value, own.interval)}" if own else ""
    since = f" Coroutines take less from {some_tasks(both[start])} on"
    since += "." if start else ", the fewest tried."
    return (
        f"{other.series[0].upper()}{other.series[1:]} take {times} for a sleep of one of "
        f"{some_tasks(count)} as coroutines{takes}.{since}"
    )


def some_tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{grouped(count)} tasks"


def reached(ladder: Ladder) -> str:
    """`threads went to 1 000 (49 KiB each) and did not get to 100 000: kernel.pid_max is 32768`"""
    said = ladder.series
    if ladder.rows:
        last = ladder.rows[-1]
        weight = sweeps.weight(last)
        each = f" ({size(weight.value)} each)" if weight else ""
        said += f" went to {grouped(last.workers)}{each}"
    if ladder.stop is not None:
        joined = " and" if ladder.rows else ""
        said += f"{joined} did not get to {grouped(ladder.stop.workers)} ({ladder.stop.cause})"
    return said


# -------------------------------------------------------------------------------------------------
# Updates that are lost where workers share a number without care.


def lost_updates(tasks: Sequence[Task], marks: Marks) -> Iterator[str]:
    """`gil_race, 4 workers, under cpython32: threads lose 0 of a million updates; ...`"""
    for task in tasks:
        for gil in task.gils:
            rows = [row for row in task.at_most(gil).values() if row.lost_per_million]
            if rows:
                counts = {row.workers for row in rows}
                workers = f", {some(counts.pop(), 'worker')}" if len(counts) == 1 else ""
                said = "; ".join(phrase_of(row, not workers, i == 0) for i, row in enumerate(rows))
                yield f"{task.name}{workers}, {lock_words(gil)}: {said}{marks.after(rows)}."


def phrase_of(row: Row, with_workers: bool, first: bool) -> str:
    values = row.lost_per_million
    workers = f", {some(row.workers, 'worker')}" if with_workers else ""
    interval = median_interval(values)
    inside = ""
    if interval is not None and round(interval.low) < round(interval.high):
        inside = f" (95 % {grouped(round(interval.low))}–{grouped(round(interval.high))})"
    unit = " of a million updates" if first else ""
    before = "disturbed: " if row.disturbed else ""
    return f"{before}{row.series}{workers} lose {grouped(round(median(values)))}{unit}{inside}"


# -------------------------------------------------------------------------------------------------
# A sweep of the switch interval as a table, and the law of its lateness in words.

HEADER = (
    "lock", "interval", "late p10", "late p50", "late p90", "throughput", "switches", "messages",
    "of no lock",
)  # fmt: skip
TOLERANCE = 0.05  # of the slope


def table_of(found: dict[str, Sweep]) -> list[str]:
    free = {workload: one.free for workload, one in found.items()}
    lines = [cells("none", None, free, free)] if any(free.values()) else []
    for name in sweeps.locks_of(found.values()):
        rows = {workload: one.locks.get(name, {}) for workload, one in found.items()}
        for interval in sorted({at for by in rows.values() for at in by}):
            here = {workload: by.get(interval) for workload, by in rows.items()}
            lines.append(cells(name, interval, here, free))
    return table(HEADER, lines)


def cells(
    name: str,
    interval: Optional[float],
    rows: dict[str, Optional[Row]],
    free: dict[str, Optional[Row]],
) -> list[str]:
    late = sweeps.lateness(rows[LATENESS])
    countdown, echo = rows[COUNTDOWN], rows[ECHO]
    switches = None if countdown is None else sweeps.switches(countdown)
    return [
        name,
        "" if interval is None else duration(interval),
        *(("", "", "") if late is None else (duration(value) for value in late)),
        share(countdown, free[COUNTDOWN]),
        "" if switches is None else f"{short(switches)}/s",
        "" if echo is None else f"{short(sweeps.rate(echo)[0])}/s",
        share(echo, free[ECHO]),
    ]


def share(row: Optional[Row], free: Optional[Row]) -> str:
    ratio = None if row is None else sweeps.relative(row, free)
    if ratio is None:
        return ""
    return percent(ratio.value) if ratio.value >= 0.01 else f"{three_digits(ratio.value * 100)} %"


def words(found: dict[str, Sweep], laws: Mapping[str, Optional[Law]]) -> Iterator[str]:
    """For each lock the line through its lateness, and whether its law holds."""
    lines = sweeps.fits(found[LATENESS])
    for name, rows in found[LATENESS].locks.items():
        line = lines.get(name)
        if line is None:
            yield (
                f"{name}: a line needs three intervals; give more, as in --intervals 1ms,5ms,20ms."
            )
            continue
        law = laws.get(name.partition(":")[0], ONE_INTERVAL)
        yield (
            f"{name}: the median lateness is {three_digits(line.slope)} × the interval "
            f"{'−' if line.intercept < 0 else '+'} {duration(abs(line.intercept))} (least squares "
            f"through {some(len(rows), 'interval')}). {verdict(line, law, rows)}"
        )


def verdict(line: Line, law: Optional[Law], rows: ByInterval) -> str:
    """Whether the line is what the policy promises; its rule is the same at every interval."""
    if law is None:
        return "This lock promises nothing about lateness."
    parameters = next(iter(rows.values())).parameters
    if parameters.get("spinners", 1) != 1:
        return "Its law holds for one spinner, so it is not judged here."
    slept = law.sleeps * float(parameters.get("wait_ns", 0))
    expected, most = law.intervals, law.most_ns - slept
    rule = f"slope {expected:.2f} ± {TOLERANCE}, and less than {duration(most)} at interval 0"
    slope = abs(line.slope - expected) <= TOLERANCE
    if slope and line.intercept < most:
        return f"The law holds: {rule}."
    what = "the slope is off"
    if slope:
        what = "the part that does not depend on the interval is too long"
    return f"The law does not hold ({rule}): {what}.{busy(rows) if expected else ''}"


def busy(rows: ByInterval) -> str:
    """Where some sleepers wait for an interval and some not at all, the spinner was not there."""
    mixed = 0
    for interval, row in rows.items():
        late = sweeps.lateness(row)
        mixed += late is not None and late.p10_ns < interval / 2 and late.p90_ns > interval / 2
    if not mixed:
        return ""
    count = some(mixed, "interval")
    return f" At {count} some sleepers found the lock free: other programs used the CPUs."
