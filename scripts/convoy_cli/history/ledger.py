"""The file of a history: lines are only ever added, by as many writers at once as there are."""

from __future__ import annotations

import codecs
import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional

from .. import results
from ..errors import UsageError
from ..files import sync_folder
from ..schema import Check, compile_schema, first_breach

Json = dict[str, Any]

VERSION = 1
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SCHEMA = "history.schema.json"
MADE_BY = "`scripts/convoy history add gate.json` makes one"


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
            "with --file F, or make room."
        ) from error
    return remarks


def read(path: Path) -> Ledger:
    """Everything in it. A torn last line is put aside first."""
    try:
        with locked(path, os.O_RDONLY, fcntl.LOCK_SH) as file:
            content = read_all(file)
    except FileNotFoundError as error:
        there = f"{path} is not there: {MADE_BY}, or name another with --file F."
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
        return [f"{path} ends in half a line, which is left out ({error.strerror})"]


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
        f"the last line of {path} was torn, as by a crash or a full disk: its {len(last)} bytes "
        f"are now in {torn}"
    ]


def is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def sorted_out(path: Path, content: bytes, lines: list[Json]) -> Iterator[str]:
    """Fills `lines`; yields a remark for each kind of line that is none."""
    check = compile_schema(results.schema(SCHEMA))
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
        yield f"{path}: {first}{more} left out: {reason}"


def judged(text: bytes, check: Check) -> tuple[str, Optional[Json]]:
    """The line, or why it is none."""
    try:
        line = json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError):
        return "not JSON", None
    if not isinstance(line, dict) or "convoy_history" not in line:
        return "no line of a history", None
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
