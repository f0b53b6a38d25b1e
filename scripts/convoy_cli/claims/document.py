"""The file of `claims --json`: every verdict with what it rests on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core import files
from ..core.errors import UsageError
from ..core.units import Interval
from ..results.load import read_json
from .claim import AtMost, Happens, Never, Times
from .judge import Finding, Judged, Verdict

VERSION = 1
Json = dict[str, Any]
MODEL = "Convoy's models"


class Answer(NamedTuple):
    """All claims as one source answers them: the program, or an interpreter."""

    label: str
    judged: Sequence[Judged]


def document(answers: Sequence[Answer], about: Mapping[str, Any]) -> Json:
    return {
        "claims_version": VERSION,
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command_line": sys.argv,
        **about,
        "sources": [answer.label for answer in answers],
        "claims": [
            {
                "name": first.claim.name,
                "sentence": first.claim.sentence,
                "topic": first.claim.topic,
                "figure": first.claim.figure,
                "remark": first.claim.remark,
                "answers": [entry(answer.label, answer.judged[at]) for answer in answers
                            if answer.judged[at].findings or answer.judged[at].claim.untestable],
            }
            for at, first in enumerate(answers[0].judged)
        ],
    }  # fmt: skip


def entry(label: str, judged: Judged) -> Json:
    return {
        "source": label,
        "verdict": judged.verdict.value,
        "reason": judged.reason,
        "findings": [finding_of(finding) for finding in judged.findings],
    }


def finding_of(finding: Finding) -> Json:
    evidence = finding.evidence
    return {
        "what": evidence.what,
        "kind": KINDS[type(evidence)],
        "bound": evidence.bound,
        "value": finding.value,
        "interval": None if finding.interval is None else list(finding.interval),
        "samples": finding.samples,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "figure": evidence.figure,
    }


KINDS: dict[type, str] = {
    Times: "ratio at least", AtMost: "ratio at most", Never: "always", Happens: "sometimes above",
}  # fmt: skip


def disagreements(made: Json) -> Iterator[tuple[str, list[Json]]]:
    """Claims that one source supports and another refutes."""
    for claim in made["claims"]:
        verdicts = {answer["verdict"] for answer in claim["answers"]}
        if {Verdict.SUPPORTED.value, Verdict.REFUTED.value} <= verdicts:
            yield claim["sentence"], claim["answers"]


def interval_of(finding: Mapping[str, Any]) -> Optional[Interval]:
    return None if finding["interval"] is None else Interval(*finding["interval"])


def text_of(made: Json) -> str:
    return json.dumps(made, indent=1, allow_nan=False)


def write(path: Path, made: Json) -> None:
    """All of it or nothing."""
    files.write(path, f"{text_of(made)}\n".encode(), "--json FILE")


def load(path: Path) -> Json:
    """A file that `claims --json` wrote before."""
    found = read_json(path)
    if not isinstance(found, dict) or found.get("claims_version") != VERSION:
        raise UsageError(
            f"{path} holds no claims, or another version's. Give one that `scripts/convoy claims "
            "--json X.json` wrote."
        )
    return found
