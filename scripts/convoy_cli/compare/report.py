"""Two stored results beside each other, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Optional

from ..core.terminal import plain, table
from ..core.units import some
from ..results.verdicts import (
    SIGNIFICANT,
    counts,
    detectable,
    failed,
    interval_of,
    listed,
    ordered,
    ratio_of,
    short,
    times,
    without,
)
from ..stats.family import Verdict

Json = dict[str, Any]

MOST_UNDECIDED = 10
COLUMNS = ("verdict", "ratio", "interval", "detectable", "samples", "base → contender", "benchmark")
DRIFT = (
    "unpaired: the two were measured {apart}, so a change of the machine in between looks like a "
    "change of the program. Treat this as a hint; `scripts/convoy gate` measures both in turns."
)


def lines(document: Json, everything: bool = False) -> list[str]:
    """All of it; `everything` also shows what is the same, and every name."""
    shown = ordered(document["benchmarks"])
    if not everything:
        undecided = [each for each in shown if each["verdict"] == Verdict.INCONCLUSIVE]
        shown = [each for each in shown if each["verdict"] in SIGNIFICANT]
        shown += undecided[:MOST_UNDECIDED]
    hidden = without(document["benchmarks"], shown)
    told = [f"{document['verdict']}: {document['sentence']}", ""]
    told += [side(document, "base"), side(document, "contender"), ""]
    if shown:
        told += [f"  {line}" for line in table(COLUMNS, map(cells, shown))]
        told += [f"  {plain(each['name'])}: {each['reason']}" for each in shown if each["reason"]]
    if hidden:
        told.append(f"  not shown: {counts(hidden)} (--all shows them)")
    if document["benchmarks"]:
        told.append("")
    told += failed(document["failed"], everything)
    told += failed(document["skipped"], everything, "skipped by")
    told += listed("added", "not in the base", document["added"], everything)
    told += listed("removed", "not in the contender", document["removed"], everything)
    return [*told, *remarks(document)]


def side(document: Json, arm: str) -> str:
    about = document[arm]
    known = [about["commit"] and short(about["commit"]), about["created"]]
    told = ", ".join(plain(str(word)) for word in known if word)
    return f"{arm.ljust(9)}  {plain(about['file'])}{f' ({told})' if told else ''}"


def cells(each: Json) -> list[str]:
    bounded = each["low"] is not None and each["high"] is not None
    return [
        each["verdict"],
        ratio_of(each),
        interval_of(each) if bounded else "–",
        detectable(each),
        " + ".join(map(str, each["samples"])),
        times(each),
        plain(each["name"]),
    ]


def remarks(document: Json) -> Iterator[str]:
    if document["forced"]:
        yield (
            f"forced: they differ in {'; '.join(document['forced'])}. The ratios do not isolate "
            "the program."
        )
    apart = distance(document["base"]["created"], document["contender"]["created"])
    yield DRIFT.format(apart=apart or "at different times")
    yield from document["remarks"]


def distance(one: Optional[str], other: Optional[str]) -> Optional[str]:
    """How long after each other, in words."""
    try:
        moments = [datetime.fromisoformat(text) for text in (one or "", other or "")]
        seconds = abs((moments[1] - moments[0]).total_seconds())
    except (ValueError, TypeError):
        return None
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * length:
            return f"{some(round(seconds / length), unit)} apart"
    return f"{some(round(seconds), 'second')} apart"
