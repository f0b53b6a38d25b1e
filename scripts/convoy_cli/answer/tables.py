"""A task's rows as a table: who, how many times single, operations a second, percentiles."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple, Optional

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
from ..results.rows import Row
from ..stats.samples import median, quantiles
from .certainty import Comparison, Family
from .tasks import FREE, Marks, Task

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
            told = [self._told(line, usual, common) for line in lines if self._worth(task, line)]
            if told:
                lock = ("" if gil == FREE else f"under {gil}: ") + ", ".join(told)
                begin = f"{head(task, usual, common)}: " if not out else ""
                out += wrapped(f"{begin}{lock}.", "    " if out else "  ")
        return Table(out)

    def _worth(self, task: Task, line: Line) -> bool:
        """All but the baseline, which is 1.00 ×."""
        return line.row is not task.baseline

    def _told(self, line: Line, usual: Optional[int], common: list[str]) -> str:
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
