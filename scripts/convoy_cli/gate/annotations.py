"""The verdict as GitHub's workflow commands, which show at the top of a run, and its summary."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..terminal import note, plain
from . import markdown
from .family import Verdict
from .wording import COUNTED, failures, sentence, told, with_verdict

Json = dict[str, Any]

# GitHub shows ten of a kind and step, and drops the others in silence.
MOST_OF_A_KIND = 10
NAME, MESSAGE = 120, 600
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
        Annotation("error" if blamed else "warning", f"Failed: {plain(name, NAME)}", reason)
        for name, reason, blamed in failures(document)
    ]
    for verdict, kind in KINDS.items():
        title = COUNTED[verdict].capitalize()
        for benchmark in with_verdict(document, verdict):
            name = plain(benchmark["name"], NAME)
            found.append(Annotation(kind, f"{title}: {name}", f"{told(benchmark, NAME)}."))
    if document["removed"]:
        names = ", ".join(plain(name, NAME) for name in document["removed"])
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
    title = escaped(plain(annotation.title, NAME + 40)).replace(":", "%3A").replace(",", "%2C")
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
        room = markdown.MOST_BYTES - (path.stat().st_size if path.exists() else 0)
        if room < markdown.LEAST_BYTES:
            note(f"{path} is full: the summary of this step is left as it is")
            return False
        with path.open("a", encoding="utf-8") as stream:
            stream.write(markdown.text(document, room))
    except OSError as error:
        # The verdict stands without its summary.
        note(f"GITHUB_STEP_SUMMARY={path} cannot be written: {error.strerror}")
        return False
    return True
