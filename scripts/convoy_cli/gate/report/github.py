"""The verdict for GitHub: Markdown for a summary page, and annotations of a run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...core.terminal import note, plain
from ...core.units import some
from ...results.verdicts import (
    COUNTED,
    SIGNIFICANT,
    counts,
    failures,
    ordered,
    sentence,
    short,
    detail,
    with_verdict,
)
from ...stats.family import Verdict
from .table import COLUMNS, cells_of, columns, evidence, next_steps, remarks

# -------------------------------------------------------------------------------------------------
# The verdict as Markdown, for GitHub's step summary and wherever else a page is wanted.

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
        told = (
            f"Not shown here, for lack of room: {counts(missing)}. The file of `--json` has them."
        )
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


# -------------------------------------------------------------------------------------------------
# The verdict as GitHub's workflow commands, which show at the top of a run, and its summary.

# GitHub shows ten of a kind and step, and drops the others in silence.
MOST_OF_A_KIND = 10
TITLE, MESSAGE = 120, 600
KINDS = {
    Verdict.ENVIRONMENT: "error", Verdict.REGRESSED: "error", Verdict.INCONCLUSIVE: "warning",
}  # fmt: skip


class Annotation(NamedTuple):
    """One line at the top of a run."""

    kind: str  # error, warning or notice
    title: str
    message: str


def lines(document: Json) -> list[str]:
    """Workflow commands for stdout; the first one is the verdict on all."""
    verdict = Verdict(document["verdict"])
    said = Annotation(
        KINDS.get(verdict, "notice"), f"Regression gate: {verdict.value}",
        document["sentence"] or sentence(document),
    )  # fmt: skip
    every = [said, *each(document)]
    chosen: list[Annotation] = []
    for kind in ("error", "warning", "notice"):
        chosen += limited([one for one in every if one.kind == kind])
    return [command(one) for one in chosen]


def each(document: Json) -> list[Annotation]:
    found = [
        Annotation("error" if blamed else "warning", f"Failed: {plain(name, TITLE)}", reason)
        for name, reason, blamed in failures(document)
    ]
    for verdict, kind in KINDS.items():
        title = COUNTED[verdict].capitalize()
        for benchmark in with_verdict(document, verdict):
            name = plain(benchmark["name"], TITLE)
            found.append(Annotation(kind, f"{title}: {name}", f"{detail(benchmark, TITLE)}."))
    if document["removed"]:
        names = ", ".join(plain(name, TITLE) for name in document["removed"])
        count = len(document["removed"])
        found.append(Annotation("warning", f"{count} not in the contender", names))
    return found


def limited(annotations: list[Annotation]) -> list[Annotation]:
    """So many as are shown; the last one then counts the others."""
    if len(annotations) <= MOST_OF_A_KIND:
        return annotations
    kept = annotations[: MOST_OF_A_KIND - 1]
    more = f"{len(annotations) - len(kept)} more are in the log and in the summary of this step."
    return [*kept, Annotation(annotations[0].kind, "Regression gate", more)]


def command(annotation: Annotation) -> str:
    title = escaped(plain(annotation.title, TITLE + 40)).replace(":", "%3A").replace(",", "%2C")
    return f"::{annotation.kind} title={title}::{escaped(plain(annotation.message, MESSAGE))}"


def escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def summarise(document: Json, environment: Mapping[str, str] = os.environ) -> bool:
    """Adds the page to the summary of GitHub's step, if this is one; whether it did."""
    name = environment.get("GITHUB_STEP_SUMMARY")
    if not name:
        return False
    path = Path(name)
    try:
        room = MOST_BYTES - (path.stat().st_size if path.exists() else 0)
        if room < LEAST_BYTES:
            note(f"{path} is full: the summary of this step is left as it is")
            return False
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text(document, room))
    except OSError as error:
        # The verdict stands without its summary.
        note(f"GITHUB_STEP_SUMMARY={path} cannot be written: {error.strerror}")
        return False
    return True
