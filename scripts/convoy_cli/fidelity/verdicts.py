"""How the verdicts on Convoy's own locks are told: a table for people, a file for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import files
from ..terminal import table
from .claims import FAIL, PASS, SKIP, Verdict

HEADER = ("verdict", "scenario", "policy", "what", "measured", "expected")


def tell(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The table, what failed in detail, and a line that sums up."""
    yield from table(HEADER, [line for verdict in verdicts for line in lines(verdict)])
    failed = [verdict for verdict in verdicts if verdict.verdict == FAIL]
    if failed:
        yield ""
    for verdict in failed:
        yield f"{verdict.name}, {verdict.policy}: {verdict.reason}"
    yield ""
    counts = [sum(verdict.verdict == kind for verdict in verdicts) for kind in (PASS, FAIL, SKIP)]
    yield f"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped."


def lines(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """A line a claim; what it is about stands in the first alone."""
    word = verdict.verdict.upper() if verdict.verdict == FAIL else verdict.verdict
    about = (word, verdict.name, verdict.policy)
    claims = [claim for claim in verdict.claims if claim.bounds]
    if verdict.verdict == SKIP or not claims:
        yield *about, "", "", verdict.reason
        return
    for claim in claims:
        yield *about, claim.title, claim.measured, claim.bounds
        about = ("", "", "")


def document(verdicts: Sequence[Verdict], **about: Any) -> dict[str, Any]:
    return {**about, "scenarios": [verdict.as_json() for verdict in verdicts]}


def text_of(made: dict[str, Any]) -> str:
    return json.dumps(made, allow_nan=False, indent=1, ensure_ascii=False)


def write(path: Path, made: dict[str, Any]) -> None:
    """All of it or nothing."""
    files.write(path, f"{text_of(made)}\n".encode(), "--json FILE")
