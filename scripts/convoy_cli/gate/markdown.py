"""The verdict as Markdown, for GitHub's step summary and wherever else a page is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..terminal import plain
from ..units import some
from .advice import next_steps
from .family import Verdict
from .told import COLUMNS, cells_of, columns, evidence, remarks, short
from .wording import SIGNIFICANT, counts, ordered, sentence, with_verdict

Json = dict[str, Any]

# GitHub refuses a summary of more than 1 MiB, the whole of it.
MOST_BYTES = 1_000_000
# What everything but the tables may take, with the worst of names.
LEAST_BYTES = 200_000
MOST_UNDECIDED = 20
MOST_NAMED = 20
NAME, REASON, STEP = 240, 400, 2000
# Within words, what would be markup, a link, a formula or an entity.
PROSE = re.compile(
    r"[\\`*\[\]<|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w)|:(?=//)|(?<=[wW])\.|(?<!\w)!(?=\[)"
)
# And at the begin of a line.
BEGIN = re.compile(r"^(\d*)([.)>+=:#-])")
# Entities have no meaning but themselves in HTML, within tables and between dollars.
CODE = re.compile(r"[^\w /,=():.+%;–×±→…-]|(?<![^\W_])_|_(?![^\W_])|:(?=/)|(?<=[wW])\.")
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}


def text(document: Json, most: int = MOST_BYTES) -> str:
    """The page, of at most so many bytes; what does not fit is counted."""
    every = ordered(document["benchmarks"])
    shown = [each for each in every if each["verdict"] in SIGNIFICANT]
    shown += with_verdict(document, Verdict.INCONCLUSIVE)[:MOST_UNDECIDED]
    taken = {id(each) for each in shown}
    others = [each for each in every if id(each) not in taken]
    used = columns([cells_of(each) for each in every])
    lines, tail = list(opening(document)), list(closing(document, shown))
    room = most - size_of([*lines, *tail]) - 1000
    above = rows(shown, used, room)
    below = rows(others, used, room - size_of(above)) if len(above) == len(shown) else []
    if above:
        lines += [*head(used), *above, ""]
    if below:
        title = f"{'The other ' if above else ''}{some(len(below), 'benchmark')}"
        lines += [f"<details><summary>{title}</summary>", "", *head(used), *below, "", "</details>"]
        lines.append("")
    missing = [*shown[len(above) :], *others[len(below) :]]
    if missing:
        told = f"No room here for {counts(missing)}: the file of `--json` has them."
        lines += [told, ""]
    return "\n".join([*lines, *tail]) + "\n"


def opening(document: Json) -> Iterator[str]:
    yield f"## Regression gate: {document['verdict']}"
    yield ""
    yield prose(document["sentence"] or sentence(document), 2 * NAME)
    yield ""
    if document["benchmarks"]:
        total = some(len(document["benchmarks"]), "benchmark")
        yield f"{total}: {counts(document['benchmarks'])}."
        yield ""


def closing(document: Json, shown: list[Json]) -> Iterator[str]:
    """Everything behind the tables, within bounds."""
    for each in [each for each in shown if remarks(each)][:MOST_NAMED]:
        yield f"- {code(each['name'])}: {prose('; '.join(remarks(each)), REASON)}"
    for failure in document["failed"][:MOST_NAMED]:
        reason = prose(failure["reason"], REASON)
        yield f"- failed in the {prose(failure['arm'], NAME)}: {code(failure['name'])}: {reason}"
    if len(document["failed"]) > MOST_NAMED:
        yield f"- and {len(document['failed']) - MOST_NAMED} more failed"
    for left in document.get("skipped", [])[:MOST_NAMED]:
        reason = prose(left["reason"], REASON)
        yield f"- skipped by the {prose(left['arm'], NAME)}: {code(left['name'])}: {reason}"
    for key, why in (("added", "not in the base"), ("removed", "not in the contender")):
        names = document[key]
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            yield f"- {len(names)} {key} ({why}): {', '.join(map(code, names[:MOST_NAMED]))}{more}"
    for arm in ("base", "contender"):
        about = document[arm]
        built = [about["ref"] or "", short(about["commit"] or "")]
        told = "".join(f" {code(part)}" for part in built if part)
        yield f"- {arm}: {code(about['program'])}{told}"
    yield f"- {prose(evidence(document), REASON)}"
    steps = next_steps(document)
    if steps:
        yield ""
        yield "Next:"
        yield ""
    for step in steps:
        why, colon, command = step.partition(": ")
        yield f"- {prose(why, REASON)}{f': {code(command, STEP)}' if colon else ''}"


def head(used: list[int]) -> list[str]:
    return [f"| {' | '.join(COLUMNS[i] for i in used)} |", f"|{' --- |' * len(used)}"]


def rows(benchmarks: list[Json], used: list[int], room: int) -> list[str]:
    """As many lines of the table as there is room for."""
    lines: list[str] = []
    room -= size_of(head(used))
    for each in benchmarks:
        cells = cells_of(each)
        cells[-1] = code(each["name"])
        line = f"| {' | '.join(cells[i] for i in used)} |"
        room -= size_of([line])
        if room < 0:
            break
        lines.append(line)
    return lines


def size_of(lines: list[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def code(text: str, most: int = NAME) -> str:
    """Text as it is, in the letters of code, where nobody is mentioned either."""
    said = plain(text, most)
    if said and said.strip() == said and not set("`|$") & set(said):
        return f"`{said}`"
    return f"<code>{CODE.sub(entity, said)}</code>"


def prose(text: str, most: int) -> str:
    """Text as it is: what would be markup, a link or somebody's name is none."""
    said = PROSE.sub(escape, plain(text, most).strip())
    said = re.sub(r"([@#])(?=[^\W_])", r"\1<!-- -->", said)
    # At the begin of a line `1.` or `-` would begin a list.
    return BEGIN.sub(r"\1\\\2", said)


def escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found[0] not in "<&$" else entity(found)


def entity(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0], f"&#{ord(found[0])};")
