"""What to type after a verdict."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable
from typing import Any

from .document import new_failures
from .family import Verdict
from .futility import rounds_to_decide
from .options import MOST_ROUNDS
from .wording import with_verdict

Json = dict[str, Any]

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
        go_on = f"go on where it was left: scripts/convoy gate --resume {shlex.quote(kept)}"
        steps.insert(0, go_on if kept not in ("", "-") else "with --json FILE it could go on")
    return steps


def _steps(document: Json, verdict: Verdict) -> Iterable[str]:
    for failure in new_failures(document)[:1]:
        words = [document["contender"]["program"]]
        if failure["name"].isprintable():  # else nobody could type it
            words.append(f"--benchmark_filter={chosen([failure])}")
        yield f"see how it fails: {shlex.join(words)}"
    found = with_verdict(document, verdict)
    if verdict is Verdict.REGRESSED and found:
        if "--instructions" in document["command"]:
            yield f"measure once more: {again(document, found)}"
        else:
            counting = again(document, found, "--instructions")
            yield f"measure once more, and count instructions, which no load changes: {counting}"
    elif verdict is Verdict.INCONCLUSIVE and found and not document["interrupted"]:
        rounds = str(rounds_for(found, document["rules"]))
        yield f"give the undecided more rounds: {again(document, found, '--max-rounds', rounds)}"
        if "--allow-inconclusive" not in document["command"]:
            yield "or let the undecided pass: --allow-inconclusive"
    elif verdict is Verdict.ENVIRONMENT:
        yield "see what disturbs: scripts/convoy doctor"
        yield f"and once it is quiet: {again(document, found)}"


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
    words = without(document["command"], REPLACED) or ["scripts/convoy", "gate"]
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


def without(command: list[str], options: tuple[str, ...]) -> list[str]:
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
