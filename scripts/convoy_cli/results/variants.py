"""Rows as series: speed-ups over one worker, and variants of a workload by what differs."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ..core.terminal import plain
from ..core.units import duration, size, some
from ..stats.samples import Ratio, quotient, speed_up
from .rows import Axis, Result, Row

# -------------------------------------------------------------------------------------------------
# How many times faster a row is than one worker of `single` without a gil.
#
# That is the ratio of their operations per second, over all workers.

FAMILIES = ("cpu", "mem", "io", "mixed")


def family_rank(family: str) -> int:
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


class SpeedUps:
    """Rows of a result beside their baselines."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._exact: dict[tuple[object, ...], Row] = {}
        self._near: dict[tuple[object, ...], Row] = {}
        for row in sorted(result.rows, key=lambda row: row.name):
            if row.model == "single" and row.gil == "none" and row.workers == 1:
                self._exact.setdefault((row.workload, row.variant), row)
                self._near.setdefault((row.workload, row.variant[2]), row)

    def baseline(self, row: Row) -> Optional[Row]:
        """`single` with one worker and no gil: the same work, in the same place if possible."""
        exact = self._exact.get((row.workload, row.variant))
        return exact or self._near.get((row.workload, row.variant[2]))

    def of(self, row: Row) -> Optional[Ratio]:
        """The speed-up; None without a baseline."""
        baseline = self.baseline(row)
        if baseline is None or row.median_ns <= 0:
            return None
        if baseline is row:
            return Ratio(1.0, None)
        return speed_up(baseline.times_ns, row.times_ns)

    def workloads(self) -> list[str]:
        """Workloads with a baseline: cpu, mem, io, mixed, then the others."""
        found = {
            (family_rank(row.family), row.workload)
            for row in self.result.rows
            if self.baseline(row) is not None and row.family != "null"
        }
        return [workload for _, workload in sorted(found)]

    def main_rows(self, workload: str) -> list[Row]:
        """The rows of a workload that differ in model, gil and workers alone.

        Of several places, peers and parameters, those with the most rows.
        """
        rows = self.result.by_workload.get(workload, ())
        counts = Counter(row.variant for row in rows)
        if not counts:
            return []
        best = max(sorted(counts, key=repr), key=lambda variant: counts[variant])
        return [row for row in rows if row.variant == best]


def by_gil(rows: Iterable[Row], gil: str) -> list[Row]:
    return [row for row in rows if row.gil == gil]


def gils(rows: Iterable[Row]) -> list[str]:
    """`none` first."""
    return sorted({row.gil for row in rows}, key=lambda gil: (gil != "none", gil))


# -------------------------------------------------------------------------------------------------
# Speed-ups with the intervals that the file has for both rows, as figures draw them.


def relative(baseline: Row, row: Row) -> Ratio:
    """How many times faster `row` is than `baseline`, and between which bounds.

    The bounds are quotients of the bounds of both medians, which covers more than 95 %.
    """
    value = baseline.median_ns / row.median_ns
    return quotient(value, None if baseline is row else baseline.interval_ns, row.interval_ns)


# -------------------------------------------------------------------------------------------------
# Variants of a workload: rows that differ in a parameter, place or peer, by what differs.
#
# A figure asks `of` for the rows that it is about, has room for what `choose` returns, and says
# with `not_shown` what it leaves out.

NOT_SHOWN = "Not shown"
NAMED = 3  # what is not shown is named up to here, and counted beyond
LINE = 26  # letters of a label in a narrow column
LONGEST = 48  # letters of a workload's name there
MOST_WORKLOADS = 24  # with a panel each, in a figure that has room for fewer


class Variant(NamedTuple):
    """Rows of a workload that differ in model, carriers, gil and workers alone."""

    workload: str
    label: str  # `native=off, place numa.spread`: what others have otherwise; "" if it is alone
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        return f"{self.workload}, {self.label}" if self.label else self.workload

    @property
    def lines(self) -> list[str]:
        """The name in lines for a narrow column: the workload stands in the first one."""
        # A setting is not broken where it fits in a line.
        glued = self.label.replace(", ", ",\n").replace(" ", "\N{NO-BREAK SPACE}")
        lines = textwrap.wrap(glued, LINE)
        workload = plain(self.workload, LONGEST)
        return [workload, *(line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)]


def of(
    result: Result, wanted: Callable[[Row], bool] = lambda row: True, apart: Sequence[str] = ()
) -> list[Variant]:
    """The variants with rows that are wanted: cpu, mem, io, mixed, then the others.

    Parameters named in `apart` tell no variants apart: the figure has another use for them.
    """
    workloads = {(family_rank(row.family), row.workload) for row in result.rows if wanted(row)}
    return [
        Variant(workload, label, kept)
        for _, workload in sorted(workloads)
        for _, label, rows in variants(result, workload, apart)
        if (kept := tuple(row for row in rows if wanted(row)))
    ]


def ordinary(row: Row) -> bool:
    """Whether it stands for somebody's work, for which a model is chosen."""
    return not row.experiment and row.family != "null"


def scaled(ups: SpeedUps) -> Callable[[Row], bool]:
    """Whether a row's speed-up is asked for: also those of experiments that were run like work."""
    models: dict[str, set[str]] = {}
    for row in ups.result.rows:
        models.setdefault(row.workload, set()).add(row.model)
    compared = {workload for workload in ups.workloads() if len(models[workload]) > 1}
    return lambda row: ordinary(row) or row.workload in compared


def beside_single(result: Result, ups: SpeedUps) -> list[Variant]:
    """Those of rows whose speed-up is asked for, but for the one that they are compared with."""
    asked = scaled(ups)
    return of(result, lambda row: row.model != "single" and asked(row))


def variants(result: Result, workload: str, apart: Sequence[str] = ()) -> list[Variant]:
    """All variants of a workload, ordered by the values of what differs."""
    rows = result.by_workload.get(workload, ())
    settings = [settings_of(row, apart) for row in rows]
    axes = list(dict.fromkeys(axis for each in settings for axis in each))
    differing = [axis for axis in axes if len({repr(each.get(axis)) for each in settings}) > 1]
    found: dict[str, list[Row]] = {}
    ranks: dict[str, list[tuple[int, float, str]]] = {}
    for row, each in zip(rows, settings):
        label = ", ".join(said(axis, each.get(axis)) for axis in differing)
        found.setdefault(label, []).append(row)
        ranks[label] = [rank(each.get(axis)) for axis in differing]
    ordered = sorted(found, key=lambda label: ranks[label])
    return [Variant(workload, label, tuple(found[label])) for label in ordered]


def settings_of(row: Row, apart: Sequence[str]) -> dict[Axis, Any]:
    if not apart:
        return row.axes
    return {axis: value for axis, value in row.axes.items() if axis not in
            [("parameter", name) for name in apart]}


def said(axis: Axis, value: Any) -> str:
    """`native=off`, `wait=5 ms`, `size=64 KiB`, `place numa.spread`, `peer other`, `smt usual`."""
    kind, name = axis
    if value is None:
        return f"{name} usual"
    if kind != "parameter":
        return f"{name} {value}"
    if isinstance(value, bool):
        return f"{name}={'on' if value else 'off'}"
    if isinstance(value, str):
        return f"{name}={value}"
    if name.endswith("_ns"):
        return f"{name.removesuffix('_ns')}={duration(value)}"
    if name.endswith("_bytes"):
        return f"{name.removesuffix('_bytes')}={size(value)}"
    return f"{name}={value:g}" if abs(value) < 1e6 else f"{name}={value}"


def rank(value: Any) -> tuple[int, float, str]:
    """Nothing first, then numbers, then words."""
    if value is None:
        return (0, 0.0, "")
    return (2, 0.0, value) if isinstance(value, str) else (1, float(value), "")


def choose(found: Sequence[Variant], each: int, most: int) -> list[Variant]:
    """Those that are shown where there is room for so many of a workload, and of all.

    Each workload has the one with most rows in any case, up to MOST_WORKLOADS or what there is
    room for. More of them than that are those with the most rows.
    """
    turns: dict[int, list[int]] = {}
    for workload in dict.fromkeys(variant.workload for variant in found):
        own = [i for i, variant in enumerate(found) if variant.workload == workload]
        own.sort(key=lambda i: -len(found[i].rows))
        for turn, i in enumerate(own[:each]):
            turns.setdefault(turn, []).append(i)
    first = sorted(turns.pop(0, []), key=lambda i: -len(found[i].rows))
    first = first[: max(most, MOST_WORKLOADS)]
    others = [i for turn in sorted(turns) for i in turns[turn]]
    kept = {*first, *others[: max(0, most - len(first))]}
    return [variant for i, variant in enumerate(found) if i in kept]


def not_shown(about: Iterable[Variant], drawn: Iterable[Row]) -> str:
    """Which of the rows that a figure is about are not drawn: counted and named, or ""."""
    there = {id(row) for row in drawn}
    groups: Counter[str] = Counter()
    for variant in about:
        groups += missing(variant, there)
    named = groups.most_common(NAMED)
    words = [f"{some(count, 'row')} of {name}" for name, count in named]
    more = sum(groups.values()) - sum(count for _, count in named)
    if more:
        words.append(f"and {some(more, 'more row')}")
    return f"{NOT_SHOWN}: {'; '.join(words)}." if words else ""


def missing(variant: Variant, there: set[int]) -> Counter[str]:
    """How many rows of a variant are not there: all, those under some gils, and of some series."""
    drawn = [row for row in variant.rows if id(row) in there]
    left = [row for row in variant.rows if id(row) not in there]
    name = f"{variant.workload} with {variant.label}" if variant.label else variant.workload
    if not drawn:
        return Counter({name: len(left)})
    gils = {row.gil for row in drawn}
    others = [row for row in left if row.gil not in gils]
    rest = [row for row in left if row.gil in gils]
    found: Counter[str] = Counter()
    for rows, names in (
        (others, sorted({f"gil {row.gil}" for row in others})),
        (rest, sorted({bracketed(row.series) for row in rest})),
    ):
        if rows:
            found[f"{name} under {listed(names)}"] = len(rows)
    return found


def bracketed(series: str) -> str:
    """`coroutines (2 carriers)`, which can stand in a list."""
    model, _, extra = series.partition(", ")
    return f"{model} ({extra})" if extra else model


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and 3 more`."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"
