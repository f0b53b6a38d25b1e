"""The verdict as text for a terminal: the sentence, the table, the evidence, what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..terminal import plain, table
from ..units import duration, percent, some
from .advice import next_steps
from .family import Verdict
from .wording import (
    SIGNIFICANT, counts, detectable, interval_of, ordered, ratio_of, sentence, with_verdict,
)  # fmt: skip

Json = dict[str, Any]

MOST_UNDECIDED = 10
MOST_NAMED = 5
COLUMNS = ("verdict", "ratio", "interval", "detectable", "rounds", "base → contender",
           "instructions", "benchmark")  # fmt: skip


def lines(document: Json, everything: bool = False) -> list[str]:
    """All of it; `everything` also shows what is the same, and every name."""
    shown = ordered(document["benchmarks"])
    if not everything:
        shown = [each for each in shown if each["verdict"] in SIGNIFICANT]
        shown += with_verdict(document, Verdict.INCONCLUSIVE)[:MOST_UNDECIDED]
    hidden = without(document["benchmarks"], shown)
    told = [f"{document['verdict']}: {document['sentence'] or sentence(document)}", ""]
    told += [program(document, "base"), program(document, "contender"), ""]
    if shown:
        told += [f"  {line}" for line in benchmarks(shown)]
        told += [f"  {plain(each['name'])}: {said}" for each in shown for said in remarks(each)]
    if hidden:
        told.append(f"  not shown: {counts(hidden)} (--all shows them)")
    if document["benchmarks"]:
        told.append("")
    told += [*failed(document["failed"], everything)]
    told += failed(document.get("skipped", []), everything, "skipped by")
    told += listed("added", "not in the base", document["added"], everything)
    told += listed("removed", "not in the contender", document["removed"], everything)
    told.append(evidence(document))
    return [*told, *(f"next: {step}" for step in next_steps(document))]


def without(benchmarks: list[Json], shown: list[Json]) -> list[Json]:
    taken = {id(each) for each in shown}
    return [each for each in benchmarks if id(each) not in taken]


def program(document: Json, arm: str) -> str:
    about = document[arm]
    known = [about["ref"] and plain(about["ref"]), about["commit"] and short(about["commit"])]
    if about["library_version"]:
        known.append(f"Google Benchmark {plain(about['library_version'])}")
    told = ", ".join(filter(None, known))
    return f"{arm.ljust(9)}  {plain(about['program'])}{f' ({told})' if told else ''}"


def short(commit: str) -> str:
    """A commit as git shortens it, with what hangs on behind."""
    digits, dash, more = commit.partition("-")
    return f"{digits[:12]}{dash}{more}"


def benchmarks(shown: list[Json]) -> list[str]:
    """The table; columns that no line has anything for are left out."""
    cells = [cells_of(each) for each in shown]
    used = columns(cells)
    return table([COLUMNS[i] for i in used], [[line[i] for i in used] for line in cells])


def columns(cells: list[list[str]]) -> list[int]:
    """Those of the table that any line has something for."""
    last = len(COLUMNS) - 1
    return [i for i in range(len(COLUMNS)) if i == last or any(line[i] for line in cells)]


def cells_of(each: Json) -> list[str]:
    bounded = each["low"] is not None and each["high"] is not None
    counted = each["instructions"]
    return [
        each["verdict"],
        ratio_of(each),
        interval_of(each) if bounded else "–",
        detectable(each),
        str(each["rounds"]),
        times(each),
        "" if not counted or counted["ratio"] is None else f"{counted['ratio']:.4f} ×",
        plain(each["name"]),
    ]


def times(each: Json) -> str:
    """`716 µs → 709 µs`: the base's median, and what the ratio makes of it.

    The contender's own median need not lie that way: the ratio is of runs side by side, and which
    of them were slow for another reason is chance.
    """
    if each["base_ns"] is None or each["ratio"] is None:
        return ""
    return f"{duration(each['base_ns'])} → {duration(each['base_ns'] * each['ratio'])}"


def remarks(each: Json) -> list[str]:
    """What is to be said of a benchmark besides its numbers."""
    said: list[str | None] = [each["reason"], (each["instructions"] or {}).get("reason")]
    if each["verdict"] == Verdict.ENVIRONMENT:
        itself = each["control"] | {"confidence": each["confidence"]}
        said.append(f"base over base is {ratio_of(itself)} ({interval_of(itself)})")
    return [plain(words) for words in said if words]


def failed(failures: list[Json], everything: bool, how: str = "failed in") -> Iterator[str]:
    """A line a reason, with everything that failed for it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        groups.setdefault((failure["arm"], failure["reason"]), []).append(failure["name"])
    for (arm, reason), names in groups.items():
        yield f"{how} the {plain(arm)}: {named(names, everything)}: {plain(reason)}"


def listed(what: str, why: str, names: list[str], everything: bool) -> list[str]:
    if not names:
        return []
    return [f"{len(names)} {what} ({why}): {named(names, everything)}"]


def named(names: list[str], everything: bool) -> str:
    most = len(names) if everything else MOST_NAMED
    more = f" and {len(names) - most} more (--all names them)" if len(names) > most else ""
    return ", ".join(plain(name) for name in names[:most]) + more


def evidence(document: Json) -> str:
    """How much was measured, and how quiet it was."""
    seen = document["evidence"]
    disturbed = seen["contaminated_rounds"]
    said = [some(seen["rounds"], "round")]
    said.append(f"{disturbed} of them contaminated, and kept" if disturbed else "none contaminated")
    if seen.get("foreign_share") is not None:
        said.append(f"other programs used {percent(seen['foreign_share'])} of the CPU time")
    if seen.get("quota_cpus") is not None:
        said.append(f"a quota of {seen['quota_cpus']:.2f} CPUs")
    if seen["steal_share"] is not None:
        said.append(f"{percent(seen['steal_share'])} stolen")
    if document["pinned"]:
        said.append(f"bound to CPU {', '.join(map(str, document['pinned']))}")
    said += [duration(document["seconds"] * 1e9), f"seed {document['seed']}"]
    return f"evidence: {', '.join(said)}"
