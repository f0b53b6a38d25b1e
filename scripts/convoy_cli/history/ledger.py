"""The file of a history: lines made of one commit, and only ever added, by many at once."""

from __future__ import annotations

import codecs
import errno
import fcntl
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import UsageError
from ..core.files import sync_folder
from ..core.schema import Check, compile_schema, first_breach
from ..core.terminal import plain
from ..core.units import some
from ..results import load, stored
from ..results.stored import Stored

# -------------------------------------------------------------------------------------------------
# The file of a history: lines are only ever added, by as many writers at once as there are.

Json = dict[str, Any]

VERSION = 1
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SCHEMA = "history.schema.json"
MADE_BY = "`scripts/convoy history add gate.json` creates one"


class Ledger(NamedTuple):
    """The lines that can be understood, in order, and what is to be said of the others."""

    lines: list[Json]
    remarks: list[str]


def append(path: Path, lines: Iterable[Json]) -> list[str]:
    """Adds the lines, all or none. Returns what is to be said of what was there before.

    Blocks while another writer is at it. Once it returns, they are on the disk.
    """
    text = "".join(f"{json.dumps(line, allow_nan=False)}\n" for line in lines).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as file:
            remarks = mend(path, file)
            size = os.fstat(file).st_size
            try:
                write_all(file, text)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)  # no half line stays where the disk is full
                raise
            if size == 0:
                sync_folder(path.parent)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. Nothing was added. Name another file "
            "with --file F, or free some space."
        ) from error
    return remarks


def read(path: Path) -> Ledger:
    """Everything in it. A torn last line is put aside first."""
    try:
        with locked(path, os.O_RDONLY, fcntl.LOCK_SH) as file:
            content = read_all(file)
    except FileNotFoundError as error:
        there = f"{path} does not exist: {MADE_BY}, or name another with --file F."
        raise UsageError(there) from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}. Name a history with --file F."
        ) from error
    if content.startswith(UTF_16):
        raise UsageError(
            f"{path} is UTF-16, and a history is UTF-8: "
            f"`iconv -f UTF-16 -t UTF-8 {path} | tee NEW.jsonl` makes one, NEW.jsonl being a new "
            "file."
        )
    remarks: list[str] = []
    if content and not content.endswith(b"\n"):
        remarks = put_aside(path)
        last = content[content.rfind(b"\n") + 1 :]
        if not is_whole(last):
            content = content[: -len(last)]
    lines: list[Json] = []
    remarks += sorted_out(path, content, lines)
    return Ledger(lines, remarks)


def put_aside(path: Path) -> list[str]:
    """Mends the file, if it may be written to."""
    try:
        with locked(path, os.O_RDWR | os.O_APPEND, fcntl.LOCK_EX) as file:
            return mend(path, file)
    except OSError as error:
        return [f"{path} ends in half a line, which is skipped ({error.strerror})"]


def mend(path: Path, file: int) -> list[str]:
    """Moves half a line at the end into another file. Needs the lock of all."""
    size = os.fstat(file).st_size
    if size == 0 or os.pread(file, 1, size - 1) == b"\n":
        return []
    content = read_all(file)
    last = content[content.rfind(b"\n") + 1 :]
    if is_whole(last):  # but for its line end
        write_all(file, b"\n")
        return []
    torn = path.with_name(f"{path.name}.torn")
    beside = os.open(torn, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        write_all(beside, last + b"\n")
        os.fsync(beside)
    finally:
        os.close(beside)
    os.ftruncate(file, size - len(last))
    os.fsync(file)
    return [
        f"the last line of {path} was incomplete, as after a crash or on a full disk: its "
        f"{len(last)} bytes are now in {torn}"
    ]


def is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def sorted_out(path: Path, content: bytes, lines: list[Json]) -> Iterator[str]:
    """Fills `lines`; yields a remark for each kind of line that is none."""
    check = compile_schema(load.schema(SCHEMA))
    others: dict[str, list[int]] = {}
    # Editors put a mark there, which is none of the first line's business.
    text_lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    for number, text in enumerate(text_lines, start=1):
        if not text.strip():
            continue
        reason, line = judged(text, check)
        if line is not None:
            lines.append(line)
        else:
            others.setdefault(reason, []).append(number)
    for reason, numbers in others.items():
        first = f"line {numbers[0]}"
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        yield f"{path}: {first}{more} skipped: {reason}"


def judged(text: bytes, check: Check) -> tuple[str, Optional[Json]]:
    """The line, or why it is none."""
    try:
        line = json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError):
        return "not JSON", None
    if not isinstance(line, dict) or "convoy_history" not in line:
        return "not a line of a history", None
    version = line["convoy_history"]
    if isinstance(version, int) and version > VERSION:
        return f"version {version}, from a newer Convoy; this one reads up to {VERSION}", None
    breach = first_breach(check, line)
    return (f"{breach[0]}: {breach[1]}", None) if breach else ("", line)


def no_number(name: str) -> None:
    raise ValueError(name)


@contextmanager
def locked(path: Path, flags: int, kind: int) -> Iterator[int]:
    """The file, locked against other processes of this kind; a crash lets go of it."""
    # A pipe would keep whoever opens it waiting; lines are added to files alone.
    file = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    try:
        mode = os.fstat(file).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no file")
        fcntl.flock(file, kind)
        yield file
    finally:
        os.close(file)


def write_all(file: int, text: bytes) -> None:
    """One write, but where the system takes less at once."""
    while text:
        text = text[os.write(file, text) :]


def read_all(file: int) -> bytes:
    parts: list[bytes] = []
    while part := os.pread(file, 1 << 20, sum(map(len, parts))):
        parts.append(part)
    return b"".join(parts)


# -------------------------------------------------------------------------------------------------
# Makes the lines of one commit: from what the gate found, or from stored results.

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
    contender: Stored, bases: Mapping[str, Path], commit: Optional[str], given: Given,
    judge: Callable[[Stored, Stored], Json],
) -> Entries:  # fmt: skip
    """From a stored result and those of its parent or the reference, all of one machine.

    `judge` makes the document of a base and a contender.
    """
    path, remarks = contender.path, []
    contender.name_machine(given.machine)
    if contender.fingerprint is None:
        remarks.append(
            f"{path} does not describe its machine, and shares a series with all such files: name "
            "the machine with --machine NAME"
        )
    sides = {}
    for role, beside in bases.items():
        base = stored.load(beside)
        base.name_machine(given.machine)
        unlike = stored.unlike(base, contender)
        if unlike and not given.force:
            raise UsageError(
                f"{beside} and {path} differ in {'; '.join(unlike)}: a history never mixes those. "
                "Measure both alike; if it is one machine, name it with --machine NAME, or add "
                "--force."
            )
        if unlike:
            remarks.append(f"forced: {beside} and {path} differ in {'; '.join(unlike)}")
        remarks += [each for each in stored.remarks(base, contender) if each not in remarks]
        document = judge(base, contender)
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
            "the two files are of different machines: add them one after the other or, if it is "
            "one machine, name it with --machine NAME."
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
        raise UsageError("it has no measurements, so there is nothing to add.")
    return Entries(commit, list(lines.values()), remarks)


def named(path: Path) -> str:
    """A build that nobody knows the commit of."""
    return f"file:{path.name}".encode("ascii", "backslashreplace").decode()


def agreed_commit(sides: Mapping[str, Side], given: Optional[str]) -> str:
    """The one commit that all of it is about."""
    said = {given} if given else {side.commit for side in sides.values() if side.commit}
    if not said:
        raise UsageError("the file does not name its commit: add --commit SHA.")
    if len(said) > 1:
        raise UsageError(
            f"the files are of different commits ({' and '.join(sorted(said))}): add them one "
            "after the other."
        )
    commit = said.pop()
    if not COMMIT.fullmatch(commit):
        raise UsageError(
            f"{plain(commit)!r} is not a commit: add --commit SHA, as `git rev-parse HEAD` prints "
            "it."
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
            said.append(f"{some(len(names), 'benchmark')} skipped, {why}: {listed}{more}")
    if document["interrupted"]:
        said.append("it was interrupted: adding what it measured until then")
    return said
