"""Variants of a workload: rows that differ in a parameter, place or peer, by what differs.

A figure asks `of` for the rows that it is about, has room for what `choose` returns, and says with
`not_shown` what it leaves out.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .names import NARROWING
from .rows import Result, Row
from .speedups import SpeedUps, family_rank
from .units import duration, size, some

NAMED = 3  # what is not shown is named up to here, and counted beyond
LINE = 26  # letters of a label in a narrow column
Axis = tuple[str, str]  # "parameter" or "", and the name


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
        return [self.workload, *(line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)]


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


def variants(result: Result, workload: str, apart: Sequence[str] = ()) -> list[Variant]:
    """All variants of a workload, ordered by the values of what differs."""
    rows = [row for row in result.rows if row.workload == workload]
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
    found: dict[Axis, Any] = {
        ("parameter", name): value for name, value in row.parameters.items() if name not in apart
    }
    found |= {("", "place"): row.place, ("", "peer"): row.peer}
    return found | {("", axis): row.setting(axis) for axis in NARROWING}


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

    Each workload has the one with most rows in any case.
    """
    turns: dict[int, list[int]] = {}
    for workload in dict.fromkeys(variant.workload for variant in found):
        own = [i for i, variant in enumerate(found) if variant.workload == workload]
        own.sort(key=lambda i: -len(found[i].rows))
        for turn, i in enumerate(own[:each]):
            turns.setdefault(turn, []).append(i)
    first = turns.pop(0, [])
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
    return f"Not shown: {'; '.join(words)}." if words else ""


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
