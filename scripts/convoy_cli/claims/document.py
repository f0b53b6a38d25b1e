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
    if not isinstance(found, dict) or found.get("claims_version") != VERSION or not whole(found):
        raise UsageError(
            f"{path} holds no claims, or another version's. Give one that `scripts/convoy claims "
            "--json X.json` wrote."
        )
    return found


# What readers rely on, by key: its type, or the entries of a list.
NUMBER = (int, float)
FINDING: dict[str, Any] = {
    "what": str, "kind": str, "bound": NUMBER, "value": (*NUMBER, type(None)),
    "interval": (list, type(None)), "samples": int, "verdict": str, "reason": str,
    "figure": (str, type(None)),
}  # fmt: skip
ANSWER: dict[str, Any] = {"source": str, "verdict": str, "reason": str, "findings": [FINDING]}
CLAIM: dict[str, Any] = {
    "name": str, "sentence": str, "topic": str, "remark": str, "answers": [ANSWER],
}  # fmt: skip
FILE: dict[str, Any] = {"created": str, "sources": [str], "claims": [CLAIM]}


def whole(found: Any, shape: Any = None) -> bool:
    """Whether a document has all of that, and every verdict and source is a known one."""
    shape = FILE if shape is None else shape
    if isinstance(shape, list):
        return isinstance(found, list) and all(whole(each, shape[0]) for each in found)
    if not isinstance(shape, dict):
        return isinstance(found, shape) and not (isinstance(found, bool) and shape is not bool)
    if not isinstance(found, dict) or not all(
        key in found and whole(found[key], of) for key, of in shape.items()
    ):
        return False
    if shape is FINDING and found["interval"] is not None:
        return len(found["interval"]) == 2 and whole(found["interval"], [NUMBER])
    if shape is FILE:
        answers = [answer for claim in found["claims"] for answer in claim["answers"]]
        return all(answer["source"] in found["sources"] for answer in answers)
    return "verdict" not in found or found["verdict"] in {each.value for each in Verdict}
