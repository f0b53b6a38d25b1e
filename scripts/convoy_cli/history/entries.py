"""Makes the lines of one commit: from what the gate found, or from stored results."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..comparison import judgement, loading, stored
from ..comparison.stored import Stored
from ..errors import UsageError
from ..gate import document as gate_file
from ..gate.rules import Rules
from ..patterns import NameFilter
from ..terminal import plain
from ..units import some
from .ledger import VERSION

Json = dict[str, Any]

PARENT, REFERENCE = "parent", "reference"
COMMIT = re.compile(r"[0-9a-f]{7,64}(-[\w.-]+)?", re.ASCII)
UNKNOWN = "unknown"


class Entries(NamedTuple):
    commit: str
    lines: list[Json]
    remarks: list[str]


class Given(NamedTuple):
    """What somebody knows better than the files."""

    machine: Optional[str] = None  # its name, in place of the fingerprint
    force: bool = False


class Side(NamedTuple):
    """What is known of a commit beside one other build: that of its parent, or the reference."""

    document: Json
    base: str
    commit: Optional[str]
    fingerprint: str
    paired: bool


def of_gates(
    documents: Mapping[str, Json], commit: Optional[str], given: Given = Given()
) -> Entries:
    """From files of the gate, by what their base is: parent or reference."""
    sides = {}
    for role, document in documents.items():
        base = document["base"]
        known = base["commit"] or (base["sha256"] and f"sha256:{base['sha256'][:16]}")
        sides[role] = Side(
            document, known or named(Path(base["program"])), document["contender"]["commit"],
            given.machine or document["machine"]["fingerprint"], True,
        )  # fmt: skip
    return entries(sides, commit, given.force)


def of_results(
    contender: Stored, bases: Mapping[str, Path], commit: Optional[str], given: Given = Given()
) -> Entries:
    """From a stored result and those of its parent or the reference, all of one machine."""
    path, remarks = contender.path, []
    contender.name_machine(given.machine)
    if contender.fingerprint is None:
        remarks.append(
            f"{path} says nothing of its machine, and shares its series with all that say nothing: "
            "name it with --machine NAME"
        )
    sides = {}
    for role, beside in bases.items():
        base = loading.load(beside)
        base.name_machine(given.machine)
        unlike = stored.unlike(base, contender)
        if unlike and not given.force:
            raise UsageError(
                f"{beside} and {path} differ in {'; '.join(unlike)}: a history never mixes those. "
                "Measure both alike; if the machine is one, name it with --machine NAME, or add "
                "--force."
            )
        if unlike:
            remarks.append(f"forced: {beside} and {path} differ in {'; '.join(unlike)}")
        remarks += [each for each in stored.remarks(base, contender) if each not in remarks]
        document = judgement.document(base, contender, NameFilter(""), Rules())
        sides[role] = Side(
            document, base.commit or named(beside), contender.commit,
            contender.fingerprint or UNKNOWN, False,
        )  # fmt: skip
    made = entries(sides, commit, given.force)
    return made._replace(remarks=[*remarks, *made.remarks])


def entries(sides: Mapping[str, Side], given: Optional[str], force: bool = False) -> Entries:
    """A line a benchmark, with what each side says of it."""
    commit = agreed_commit(sides, given)
    fingerprints = {side.fingerprint for side in sides.values()}
    if len(fingerprints) > 1 and not force:
        raise UsageError(
            "the two files are of different machines: add them one after the other, or name the "
            "machine with --machine NAME if it is one."
        )
    first = next(iter(sides.values()))
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    lines: dict[tuple[str, str], Json] = {}
    remarks: list[str] = []
    for role, side in sides.items():
        remarks += left_out(role, side.document)
        for each in side.document["benchmarks"]:
            if each["ratio"] is None:
                continue
            line = lines.setdefault(
                (each["name"], each["metric"]),
                {
                    "convoy_history": VERSION, "added": now, "commit": commit,
                    "benchmark": each["name"], "metric": each["metric"],
                    "fingerprint": first.fingerprint, "paired": side.paired,
                    PARENT: None, REFERENCE: None, "instructions": None,
                },
            )  # fmt: skip
            line[role] = ratio(each, side)
            counted = (each.get("instructions") or {}).get("contender")
            line["instructions"] = line["instructions"] or counted or None
    if not lines:
        raise UsageError("nothing was measured there, so there is nothing to add.")
    return Entries(commit, list(lines.values()), remarks)


def named(path: Path) -> str:
    """A build that nobody knows the commit of."""
    return f"file:{path.name}".encode("ascii", "backslashreplace").decode()


def agreed_commit(sides: Mapping[str, Side], given: Optional[str]) -> str:
    """The one commit that all of it is about."""
    said = {given} if given else {side.commit for side in sides.values() if side.commit}
    if not said:
        raise UsageError("the file does not say which commit it is of: add --commit SHA.")
    if len(said) > 1:
        raise UsageError(
            f"the files are of different commits ({' and '.join(sorted(said))}): add them one "
            "after the other."
        )
    commit = said.pop()
    if not COMMIT.fullmatch(commit):
        raise UsageError(
            f"{plain(commit)!r} is no commit: add --commit SHA, as `git rev-parse HEAD` prints it."
        )
    return commit


def ratio(each: Json, side: Side) -> Json:
    samples = each["rounds"] if side.paired else each["samples"][1]
    return {
        "base": side.base,
        "log_ratio": math.log(each["ratio"]),
        "low": math.log(each["low"]) if each["low"] else None,
        "high": math.log(each["high"]) if each["high"] else None,
        "confidence": each["confidence"],
        "samples": samples,
        "verdict": each["verdict"],
    }


def left_out(role: str, document: Json) -> list[str]:
    """What of the file is not in the lines."""
    unmeasured = [each["name"] for each in document["benchmarks"] if each["ratio"] is None]
    failures = [*dict.fromkeys(each["name"] for each in document["failed"])]
    said = []
    for names, why in (
        (unmeasured, "not measured"),
        (failures, "failed"),
        (document["added"], f"not in the {role}"),
        (document["removed"], f"only in the {role}"),
    ):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            listed = ", ".join(plain(name, 80) for name in names[:3])
            said.append(f"{some(len(names), 'benchmark')} left out, {why}: {listed}{more}")
    if document["interrupted"]:
        said.append("it was interrupted: what was measured until then is added")
    return said
