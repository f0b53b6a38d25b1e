"""The tasks of a result, which are a workload with its parameters, and their rows as tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Optional

from ..core.terminal import table
from ..core.units import (
    Interval,
    bounds,
    duration,
    duration_between,
    rate,
    short,
    size,
    some,
    three_digits,
)
from ..results import variants
from ..results.names import FREE, NARROWING, model_order
from ..results.rows import Result, Row
from ..results.variants import SpeedUps
from ..stats.samples import median, quantiles
from .certainty import Comparison, Family

# -------------------------------------------------------------------------------------------------
# The tasks of a result: a workload with one set of parameters in one place, and its rows.

# -------------------------------------------------------------------------------------------------
# The tasks of a result: a workload with one set of parameters, in one place, and its rows.
#
# Rows of a task differ in model, lock, workers, carriers and engine alone.

# Workloads whose work is mostly outside the interpreter, in regions that drop the lock, unless
# their parameter `native` says otherwise.
NATIVE = ("cpu_sha256", "cpu_compress")
KINDS = {
    "cpu": "CPU-bound",
    "native": "CPU-bound, native",
    "mem": "Memory-bound",
    "io": "I/O-bound",
    "mixed": "Mixed",
    "spawn": "What starting costs",
    "switch": "What switching costs",
    "share": "What sharing costs",
    "sync": "What waiting for each other costs",
    "queue": "What queues cost",
    "pool": "What pools cost",
    "race": "What races do",
    "deadlock": "Deadlocks",
    "fanout": "Many at once",
    "fairness": "Fairness",
    "gil": "Experiments with locks",
}
OVERHEAD = "null"  # what the harness costs; stored beside each row


@dataclass(frozen=True)
class Task:
    workload: str
    label: str  # what tells it from other tasks of the workload, as `native=off`
    rows: tuple[Row, ...]
    baseline: Optional[Row]
    cpus: int

    @property
    def experiment(self) -> bool:
        """Whether it answers a question of its own: no model is chosen by it."""
        return self.rows[0].experiment

    @property
    def ordinary(self) -> bool:
        """Whether it stands for somebody's work."""
        return not self.experiment and self.kind != OVERHEAD

    @property
    def name(self) -> str:
        return f"{self.workload} {self.label}".rstrip()

    @property
    def kind(self) -> str:
        row = self.rows[0]
        native = self.workload in NATIVE and row.parameters.get("native", True)
        return "native" if native else row.family

    @cached_property
    def gils(self) -> list[str]:
        return variants.gils(self.rows)

    def at_most(self, gil: str) -> dict[str, Row]:
        """Every series at the number of workers that says most, in the order of legends.

        For CPU and memory: as many workers as CPUs, or the nearest below. Else the largest number
        that it was run with: who can have more workers gains from it.
        """
        return pick([row for row in self.rows if row.gil == gil], self.limit)

    @property
    def limit(self) -> Optional[int]:
        return self.cpus if self.rows[0].family in ("cpu", "mem") else None


def pick(rows: Iterable[Row], limit: Optional[int]) -> dict[str, Row]:
    chosen: dict[str, Row] = {}
    for row in rows:
        best = chosen.get(row.series)
        if best is None or rank(row, limit) > rank(best, limit):
            chosen[row.series] = row
    return {series: chosen[series] for series in sorted(chosen, key=model_order)}


def rank(row: Row, limit: Optional[int]) -> tuple[int, float]:
    """Larger is preferred: the most workers up to the limit, then the fewest above; then speed."""
    if row.model == "single":
        limit = 1
    count = row.workers if limit is None or row.workers <= limit else -row.workers
    return (count, -row.median_ns)


def title(kind: str) -> str:
    others = {OVERHEAD: "The harness itself"}
    return KINDS.get(kind) or others.get(kind) or kind.capitalize()


def tasks(result: Result) -> list[Task]:
    """By kind, then workload; of one workload, the task with the most rows first."""
    ups = SpeedUps(result)
    cpus = result.document["context"]["num_cpus"]
    found: dict[str, dict[tuple[Any, ...], list[Row]]] = {}
    for row in result.rows:
        found.setdefault(row.workload, {}).setdefault(row.variant, []).append(row)
    made = []
    for workload in sorted(found):
        labels = differences([rows[0] for rows in found[workload].values()])
        for label, rows in zip(labels, found[workload].values()):
            # A lock changes no work: one row's baseline is that of all of them.
            baseline = None if rows[0].experiment else ups.baseline(rows[0])
            made.append(Task(workload, label, tuple(rows), baseline, cpus))
    return sorted(made, key=lambda task: (*order(task.kind), task.workload, -len(task.rows)))


def order(kind: str) -> tuple[int, str]:
    known = list(KINDS)
    return (known.index(kind) if kind in known else len(known), kind)


def differences(rows: list[Row]) -> list[str]:
    """What tells each of these rows, one a task, from the others: `native=off`, `peer=other`."""
    settings = [
        {
            "place": row.place,
            "peer": row.peer or "",
            **{axis: row.setting(axis) or "" for axis in NARROWING},
            **{plain(key): shown(key, value) for key, value in row.parameters.items()},
        }
        for row in rows
    ]
    keys = [key for each in settings for key in each]
    differing = [
        key for key in dict.fromkeys(keys) if len({each.get(key) for each in settings}) > 1
    ]
    return [
        " ".join(f"{key}={each[key]}" for key in differing if each.get(key)) for each in settings
    ]


def plain(key: str) -> str:
    """The parameter's name as it is given: `wait_ns` is `wait`."""
    return key.removesuffix("_ns")


def shown(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return duration(value).replace(" ", "") if key.endswith("_ns") else str(value)


# -------------------------------------------------------------------------------------------------
# What qualifies a row's figures: no binding, a quota of CPU time, somebody else's topology.


class Marks:
    def __init__(self, result: Result) -> None:
        unfit = {each["name"] for each in result.findings if each["verdict"] == "unfit"}
        cpus = result.fact("cgroup_quota_cpus")
        self._under_quota = "quota" in unfit
        self._cpus = float(cpus) if isinstance(cpus, (int, float)) else 0.0
        self._busy = bool({"others", "load"} & unfit)

    def of(self, row: Row) -> list[str]:
        """In a few words each; that a row was disturbed is told before its figures instead."""
        said = [] if row.pinned else ["not pinned"]
        if self._under_quota and row.raw["seats"] > self._cpus:
            said.append("under a CPU quota")
        if row.raw["virtual_topology"]:
            said.append("not this machine's topology")
        return [*said, "busy machine"] if self._busy else said

    def after(self, rows: Iterable[Row]) -> str:
        """` (not pinned, under a CPU quota)`, for a sentence on all of these."""
        found = dict.fromkeys(mark for row in rows for mark in self.of(row))
        return f" ({', '.join(found)})" if found else ""


# -------------------------------------------------------------------------------------------------
# A task's rows as a table: who, how many times single, operations a second, percentiles.

COLUMNS = 100
MOST_FIGURES = 3


class Table(NamedTuple):
    """Lines that are shown as they are."""

    lines: list[str]


def wrapped(sentence: str, indent: str = "") -> list[str]:
    """Lines of at most COLUMNS; a number stays with its unit."""
    kept = re.sub(r" (?=[×%])", "\0", sentence)
    kept = re.sub(r" (?=[\d.]+\0×)", "\0", kept)
    kept = re.sub(r"(?<=\d) (?=\d{3}\b)", "\0", kept)
    kept = re.sub(r"(?<!\S)(\d+) (?=[a-z])", "\\1\0", kept)
    following = indent + "  " if indent else ""
    lines = textwrap.wrap(
        kept, COLUMNS, initial_indent=indent, subsequent_indent=following,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\0", " ") for line in lines]


class Line(NamedTuple):
    row: Row
    comparison: Optional[Comparison]  # with the baseline; None without one


class Tables:
    """Which rows of each task are shown: the series at the most workers, or all rows."""

    def __init__(self, family: Family, marks: Marks, everything: bool) -> None:
        self._family = family
        self._marks = marks
        self.everything = everything
        self.shown: set[str] = set()  # names of rows

    def lines(self, task: Task) -> dict[str, list[Line]]:
        """By lock; whoever asks, the comparisons are judged with all others."""
        found: dict[str, list[Line]] = {}
        for gil in task.gils:
            rows = list(task.at_most(gil).values())
            if self.everything:
                every = [row for row in task.rows if row.gil == gil]
                place = {series: i for i, series in enumerate(task.at_most(gil))}
                rows = sorted(every, key=lambda row: (row.workers, place[row.series]))
            found[gil] = [Line(row, self._beside(task, row)) for row in rows]
            self.shown |= {row.name for row in rows}
        return found

    def _beside(self, task: Task, row: Row) -> Optional[Comparison]:
        if task.baseline is None:
            return None
        return self._family.compare([row], [task.baseline])

    def table(self, task: Task) -> Table:
        found = self.lines(task)
        every = [line for lines in found.values() for line in lines]
        usual = self._usual_workers(every)
        common = self._common_marks(every)
        late = any(line.row.latency and line.row.latency.kind == "lateness" for line in every)
        reported = figures_of(task)
        titles = ["each" if task.experiment else "× single", "operations/s", *reported]
        titles += ["p50 late", "p99 late", ""] if late else ["p50", "p99", ""]
        cells: list[Sequence[str]] = []
        brief = all(len(lines) == 1 for lines in found.values()) and len(found) > 1
        for gil, lines in found.items():
            lock = "no lock" if gil == FREE else f"under {gil}"
            if brief:
                name, *rest = self._cells(task, lines[0], usual, common)
                cells.append([f"{name.removeprefix('  ')}, {lock}", *rest])
                continue
            if len(found) > 1 or gil != FREE:
                cells.append([f"  {lock}", *[""] * len(titles)])
            cells += [self._cells(task, line, usual, common) for line in lines]
        return Table(fitted(head(task, usual, common), titles, cells))

    def _cells(
        self, task: Task, line: Line, usual: Optional[int], common: list[str]
    ) -> list[str]:
        row = line.row
        p50, p99 = percentiles(row)
        marks = [mark for mark in self._marks.of(row) if mark not in common]
        before = "disturbed: " if row.disturbed else ""
        series = row.series if row.workers == usual or row.model == "single" else crew(row)
        speed = [ratio(line), rate(1e9 / row.median_ns, rate_interval(row))]
        if task.experiment:
            reported = [reading(row, name) for name in figures_of(task)]
            speed = [duration_between(row.median_ns, row.interval_ns), "", *reported]
        return [f"    {before}{series}", *speed, p50, p99, ", ".join(marks)]

    def _usual_workers(self, lines: Sequence[Line]) -> Optional[int]:
        counts = {line.row.workers for line in lines if line.row.model != "single"}
        if self.everything and len(counts) > 1:
            return None
        return max(counts) if counts else None

    def _common_marks(self, lines: Sequence[Line]) -> list[str]:
        found = [self._marks.of(line.row) for line in lines]
        return [mark for mark in found[0] if all(mark in each for each in found)]

    def sentences(self, task: Task) -> Table:
        """`cpu_json, 2 workers: threads 1.97 × (1.95–1.99), ...`, and a line for each lock."""
        found = self.lines(task)
        every = [line for lines in found.values() for line in lines]
        usual, common = self._usual_workers(every), self._common_marks(every)
        out: list[str] = []
        for gil, lines in found.items():
            told = [self._phrase(line, usual, common) for line in lines if self._worth(task, line)]
            if told:
                lock = ("" if gil == FREE else f"under {gil}: ") + ", ".join(told)
                begin = f"{head(task, usual, common)}: " if not out else ""
                out += wrapped(f"{begin}{lock}.", "    " if out else "  ")
        return Table(out)

    def _worth(self, task: Task, line: Line) -> bool:
        """All but the baseline, which is 1.00 ×."""
        return line.row is not task.baseline

    def _phrase(self, line: Line, usual: Optional[int], common: list[str]) -> str:
        row, compared = line
        name = row.series if row.workers == usual or row.model == "single" else crew(row)
        marks = [mark for mark in self._marks.of(row) if mark not in common]
        before = "disturbed: " if row.disturbed or (compared and compared.disturbed) else ""
        if compared is None:
            each = duration(row.median_ns) if row.experiment else rate(1e9 / row.median_ns)
            figure, inside = each, []
        else:
            figure = f"{three_digits(compared.value)} ×"
            inside = [bounds(compared.interval)] if compared.interval else []
        noted = [*inside, *marks]
        return f"{name} {before}{figure}" + (f" ({', '.join(noted)})" if noted else "")


def head(task: Task, usual: Optional[int], common: Sequence[str]) -> str:
    workers = f", {some(usual, 'worker')}" if usual else ""
    return f"{task.name}{workers}" + (f" ({', '.join(common)})" if common else "")


def figures_of(task: Task) -> list[str]:
    """What an experiment reports itself, as far as there is room for it."""
    if not task.experiment:
        return []
    return list(dict.fromkeys(name for row in task.rows for name in row.figures))[:MOST_FIGURES]


def reading(row: Row, name: str) -> str:
    """The median, in the unit that ends the name; of what is a longest, the longest of all."""
    values = row.figures.get(name)
    if not values:
        return ""
    value = max(values) if "_max_" in name or name.startswith("longest_") else median(values)
    if name.endswith("_ns"):
        return duration(value)
    return size(value) if name.endswith("_bytes") else short(value)


def crew(row: Row) -> str:
    """`threads, 8 workers`"""
    return f"{row.series}, {some(row.workers, 'worker')}"


def ratio(line: Line) -> str:
    compared = line.comparison
    if compared is None:
        return ""
    text = three_digits(compared.value)
    inside = bounds(compared.interval)
    return f"{text} ({inside})" if inside and set(compared.pairs.ratios) != {1.0} else text


def rate_interval(row: Row) -> Optional[Interval]:
    found = row.interval_ns
    if found is None or found.low <= 0:
        return None
    return Interval(1e9 / found.high, 1e9 / found.low)


def percentiles(row: Row) -> tuple[str, str]:
    if row.latency is None or not row.latency.buckets:
        return "", ""
    p50, p99 = quantiles(row.latency.buckets, [0.5, 0.99])
    return duration(p50), duration(p99)


def fitted(heading: str, titles: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns without the empty ones, below the heading; titles are in the first line of it
    that has no figures. A name that leaves the figures no room has a line of its own.
    """
    used = [i for i in range(len(titles)) if any(line[i + 1] for line in cells)]
    lines = [[line[0], *(line[i + 1] for i in used)] for line in cells]
    shown = [titles[i] for i in used]
    first = [heading, *shown]
    if not any(lines[0][1:]):
        lines[0] = [lines[0][0], *shown]
        first = [heading, *[""] * len(shown)]
    room = COLUMNS - 2 - sum(
        2 + max(len(line[i]) for line in (first, *lines)) for i in range(1, len(first))
    )
    out: list[list[str]] = []
    for line in (first, *lines):
        if len(line[0]) > room and any(line[1:]):
            out += [[line[0], *[""] * len(shown)], ["", *line[1:]]]
        else:
            out.append(line)
    # What stands alone widens no column.
    alone = {i: line[0] for i, line in enumerate(out) if not any(line[1:])}
    columns = [["", *line[1:]] if i in alone else line for i, line in enumerate(out)]
    aligned = table(columns[0], columns[1:])
    return [f"  {alone.get(i, text)}" for i, text in enumerate(aligned)]
