"""The verdict as text for a terminal: the sentence, the table, the evidence, what to type next."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable
from typing import Any

from ...core.terminal import plain, table
from ...core.units import duration, percent, some
from ...results.verdicts import (
    SIGNIFICANT,
    counts,
    detectable,
    failed,
    interval_of,
    listed,
    new_failures,
    ordered,
    ratio_of,
    sentence,
    short,
    times,
    with_verdict,
    without,
)
from ...stats.family import Verdict
from ...stats.sign_test import rounds_to_decide
from ..preparation import MOST_ROUNDS

# -------------------------------------------------------------------------------------------------
# What to type after a verdict.

# They are given anew, or would overwrite what was kept.
REPLACED = ("--filter", "--max-rounds", "--seed", "--resume", "--json", "--junit", "--markdown",
            "--openmetrics", "--chart")  # fmt: skip
MOST_NAMES = 5
MOST_LETTERS = 400


def next_steps(document: Json) -> list[str]:
    """One line each: why, then the command; nothing where nothing is left to do."""
    steps = list(_steps(document, Verdict(document["verdict"])))
    if document["interrupted"]:
        kept = value_of(document["command"], "--json")
        go_on = f"continue: scripts/convoy gate --resume {shlex.quote(kept)}"
        steps.insert(0, go_on if kept not in ("", "-") else "use --json FILE to be able to "
                                                            "continue")
    return steps


def _steps(document: Json, verdict: Verdict) -> Iterable[str]:
    for failure in new_failures(document)[:1]:
        words = [document["contender"]["program"]]
        if failure["name"].isprintable():  # else nobody could type it
            words.append(f"--benchmark_filter={chosen([failure])}")
        yield f"see the failure: {shlex.join(words)}"
    found = with_verdict(document, verdict)
    if verdict is Verdict.REGRESSED and found:
        if "--instructions" in document["command"]:
            yield f"measure again: {again(document, found)}"
        else:
            counting = again(document, found, "--instructions")
            yield f"measure again and count instructions, which load does not change: {counting}"
    elif verdict is Verdict.INCONCLUSIVE and found and not document["interrupted"]:
        rounds = str(rounds_for(found, document["rules"]))
        yield (
            "give undecided benchmarks more rounds: "
            f"{again(document, found, '--max-rounds', rounds)}"
        )
        if "--allow-inconclusive" not in document["command"]:
            yield "or let undecided benchmarks pass: --allow-inconclusive"
    elif verdict is Verdict.ENVIRONMENT:
        yield "find what disturbs the machine: scripts/convoy doctor"
        yield f"and when it is quiet: {again(document, found)}"


def rounds_for(undecided: list[Json], rules: Json) -> int:
    """Twice as many, or whatever the widest of the intervals takes: doubled until it is enough."""
    rounds, needed = 2 * int(rules["max_rounds"]), 0
    for each in undecided:
        if each["low"] and each["high"]:
            half = math.log(each["high"] / each["low"]) / 2
            needed = max(needed, rounds_to_decide(half, each["rounds"], rules["same"]))
    while rounds < needed:
        rounds *= 2
    return min(MOST_ROUNDS, rounds)


def again(document: Json, benchmarks: list[Json], *more: str) -> str:
    """The same gate of these benchmarks alone, if they can be named in a line."""
    words = without_options(document["command"], REPLACED) or ["scripts/convoy", "gate"]
    names = chosen(benchmarks)
    before = value_of(document["command"], "--filter")
    narrow = names if len(benchmarks) <= MOST_NAMES and len(names) <= MOST_LETTERS else before
    if not all(each["name"].isprintable() for each in benchmarks):
        narrow = before
    return shlex.join([*words, *(("--filter", narrow) if narrow else ()), *more])


def chosen(benchmarks: list[Json]) -> str:
    """A regular expression that matches these names alone."""
    names = [re.sub(r"([][.^$*+?(){}|\\])", r"\\\1", each["name"]) for each in benchmarks]
    return f"^{names[0]}$" if len(names) == 1 else f"^({'|'.join(names)})$"


def without_options(command: list[str], options: tuple[str, ...]) -> list[str]:
    """The words of a command without these options and their values."""
    kept, words = [], iter(command)
    for word in words:
        if word in options:
            next(words, None)
        elif word.partition("=")[0] not in options:
            kept.append(word)
    return kept


def value_of(command: list[str], option: str) -> str:
    """What an option was given at last; nothing if it was not."""
    value, words = "", iter(command)
    for word in words:
        if word == option:
            value = next(words, "")
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    return value


# -------------------------------------------------------------------------------------------------
# The verdict as text for a terminal: the sentence, the table, the evidence, what to type next.

Json = dict[str, Any]

MOST_UNDECIDED = 10
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


def program(document: Json, arm: str) -> str:
    about = document[arm]
    known = [about["ref"] and plain(about["ref"]), about["commit"] and short(about["commit"])]
    if about["library_version"]:
        known.append(f"Google Benchmark {plain(about['library_version'])}")
    told = ", ".join(filter(None, known))
    return f"{arm.ljust(9)}  {plain(about['program'])}{f' ({told})' if told else ''}"


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


def remarks(each: Json) -> list[str]:
    """What is to be said of a benchmark besides its numbers."""
    said: list[str | None] = [each["reason"], (each["instructions"] or {}).get("reason")]
    if each["verdict"] == Verdict.ENVIRONMENT:
        itself = each["control"] | {"confidence": each["confidence"]}
        said.append(f"base over base is {ratio_of(itself)} ({interval_of(itself)})")
    return [plain(words) for words in said if words]


def evidence(document: Json) -> str:
    """How much was measured, and how quiet it was."""
    seen = document["evidence"]
    disturbed = seen["contaminated_rounds"]
    said = [some(seen["rounds"], "round")]
    said.append(f"{disturbed} of them contaminated (kept)" if disturbed else "none contaminated")
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
