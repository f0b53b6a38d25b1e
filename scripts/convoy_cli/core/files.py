"""Files whole or not at all: written at once, and read whatever can be read without guessing."""

from __future__ import annotations

import codecs
import errno
import gc
import json
import math
import os
import re
import select
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Optional

from .errors import UsageError
from .guard import later

# -------------------------------------------------------------------------------------------------
# Writes a file whole or not at all: the same rules as those of harness/report/files.cpp.
#
# And reads one: once, from its first byte to its last, so that a pipe will do.

ROOT = Path(__file__).resolve().parents[3]  # of the checkout
FULL = (errno.ENOSPC, errno.EDQUOT)
PATIENCE_S = 10.0  # for somebody who writes to a named pipe; who has begun has all the time


def cache_folder(name: str) -> Path:
    """Where what can be made again is kept, as the XDG Base Directory Specification has it.

    A relative path in XDG_CACHE_HOME counts as none.
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(named) if named.startswith("/") else Path.home() / ".cache"
    return home / "convoy" / name


def read(path: Path) -> bytes:
    """All of a file or a pipe. Raises OSError, or ValueError for a path that is none.

    Blocks on a pipe until its writers have closed it.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with open(handle, "rb") as stream:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise OSError(errno.ENODEV, "it is a device, not a file")
        first = _first(handle) if stat.S_ISFIFO(mode) else b""
        os.set_blocking(handle, True)
        return first + stream.read()


def _first(handle: int) -> bytes:
    """What comes first out of a pipe: nothing where its writers said nothing, or are at it yet."""
    try:
        first = os.read(handle, 1 << 16)
        if not first:  # nobody has it open: either nobody has come yet, or all have left
            waiting = select.poll()
            waiting.register(handle, select.POLLIN)
            if not waiting.poll(PATIENCE_S * 1000):
                raise OSError(errno.ETIMEDOUT, "it is a pipe that nobody writes to")
            first = os.read(handle, 1 << 16)
        return first
    except BlockingIOError:
        return b""


def write(path: Path, content: bytes, option: str) -> None:
    """Replaces `path` at once, once all of it is on the disk; missing folders are made.

    A link stays, and the file that it leads to is replaced. Devices and pipes, such as /dev/null,
    are written to. Raises UsageError, which names `option` (`--json FILE`, `-o DIR`) as the one to
    change; what was there before is there still.
    """
    try:
        if not _is_replaceable(path):
            with open(path, "wb") as stream:
                stream.write(content)
            return
        with later():  # no interrupt between a draft and its removal
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        _refuse(path, option, error)


def check(path: Path, option: str) -> None:
    """Raises the same UsageError if `path` cannot be written: before anything is measured."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if _is_replaceable(path):
            check_folder(Path(os.path.realpath(path)).parent, option)
    except OSError as error:
        _refuse(path, option, error)


def check_folder(folder: Path, option: str) -> None:
    """Makes the folder, and raises UsageError if no file can be made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        _refuse(folder, option, error)


def sync_folder(folder: Path) -> None:
    """A new name in it survives a crash only then. Where folders cannot be flushed, it may not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_replaceable(path: Path) -> bool:
    return path.is_file() or not path.exists()


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(stream.fileno(), 0o666 & ~mask)  # mkstemp makes it private
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    sync_folder(path.parent)


def _refuse(path: Path, option: str, error: OSError) -> NoReturn:
    what = "folder" if option.endswith("DIR") else "file"
    advice = "Free some space, or name" if error.errno in FULL else "Name"
    why = error.strerror or error
    raise UsageError(
        f"{path} cannot be written: {why}. {advice} another {what} with {option}."
    ) from error


# -------------------------------------------------------------------------------------------------
# Numbers as a locale writes them: `180,831`, `1.234,5`, `1 234`; read where no doubt is left.
#
# A C++ stream writes all numbers of a file in one way. So one number that can only be meant in one
# way says what the comma is in all of them.

# What Google Benchmark writes as an integer: a separator in it separates thousands.
INTEGERS = frozenset((
    "iterations", "repetitions", "repetition_index", "threads", "family_index",
    "per_family_instance_index", "num_cpus", "mhz_per_cpu", "size", "level", "num_sharing",
    "json_schema_version", "max_bytes_used", "total_allocated_bytes", "net_heap_growth",
))  # fmt: skip
PARTS = re.compile(r"([-+]?)(.*?)((?:[eE][-+]?\d+)?)", re.DOTALL)
JSON_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Groups of three; in India of two, but for the last.
GROUPS = re.compile(r"\d{1,3}(?:(\D)\d{3})(?:\1\d{3})*|\d{1,2}(?:(\D)\d{2})(?:\2\d{2})*\2\d{3}")


class Ambiguous(Exception):
    """What is in doubt, as it goes on behind the name of the file."""


class Convention(NamedTuple):
    """What the comma is: the decimal point, or between thousands; None: there is none."""

    decimal: Optional[bool]

    def plain(self, number: str) -> str:
        """The number as JSON has it; as it is where it makes no sense."""
        sign, body, exponent = split(number)
        if JSON_NUMBER.fullmatch(body) and not self.decimal:
            return number.removeprefix("+")
        point = "," if self.decimal else "."
        whole, mark, fraction = body.rpartition(point)
        if not mark:
            whole, fraction = body, ""
        if not whole.isdigit():
            if not GROUPS.fullmatch(whole):
                return number
            whole = re.sub(r"\D", "", whole)
        if mark and not fraction.isdigit():
            return number
        digits = whole.lstrip("0") or "0"
        return f"{sign.removeprefix('+')}{digits}{'.' + fraction if mark else ''}{exponent}"


def convention_of(numbers: Iterable[tuple[str, str]]) -> Convention:
    """What names and numbers, as text, agree in. Raises Ambiguous where they do not."""
    seen: dict[bool, str] = {}
    doubtful: Optional[tuple[str, str]] = None
    dotted: Optional[str] = None
    for name, number in numbers:
        _, body, exponent = split(number)
        if JSON_NUMBER.fullmatch(body):
            if "." in body and (exponent or not GROUPS.fullmatch(body)):
                dotted = dotted or number
            continue
        decimal = is_decimal(name, body, exponent)
        if decimal is not None:
            seen.setdefault(decimal, number)
        elif "," in body:
            doubtful = doubtful or (name, number)
    if dotted is not None:  # its point can be nothing else
        seen.setdefault(False, dotted)
    if len(seen) > 1:
        raise Ambiguous(f"writes numbers in two ways, {seen[True]} and {seen[False]}")
    if not seen and doubtful is not None:
        name, number = doubtful
        one, other = number.replace(",", ""), number.replace(",", ".")
        raise Ambiguous(f"is ambiguous: its {name} is {number}, which may be {one} or {other}")
    return Convention(next(iter(seen), None))


def split(number: str) -> tuple[str, str, str]:
    found = PARTS.fullmatch(number)
    assert found is not None
    return found[1], found[2], found[3]


def is_decimal(name: str, body: str, exponent: str) -> Optional[bool]:
    """Whether the comma must be the decimal point in this file; None: it does not say."""
    commas, points = body.count(","), body.count(".")
    if commas and points:
        return body.rindex(",") > body.rindex(".")
    if points > 1:
        return True
    if commas > 1:
        return False
    if commas == 1:
        before, _, after = body.partition(",")
        if exponent or len(after) != 3 or len(before) > 3 or before.startswith("0"):
            return True
        if name in INTEGERS:
            return False
    return None


# -------------------------------------------------------------------------------------------------
# Turns the bytes of a result file into JSON: whatever can be read without guessing is read.
#
# Programs write more than JSON: a byte order mark, UTF-16, C's `nan`, numbers as their locale has
# them, paths with bare backslashes, their own prints around it; and people join files with `cat`.

Constant = Callable[[str], Any]

BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)  # fmt: skip
# How a result begins, whatever stands before it.
BEGINNING = re.compile(r'\{\s*"(?:context|benchmarks|convoy\w*)"\s*:')
# C's and Microsoft's words for what is no number.
NO_NUMBER = re.compile(
    r"([-+]?)(?:(nan|1\.#(?:QNAN|SNAN|IND)\d*)|(?:inf(?:inity)?|1\.#INF\d*))(?:\(\w*\))?",
    re.IGNORECASE,
)
STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
NUMBER = r"[-+]?\d(?:[\d.,'’\u00a0\u202f ]*\d)?(?:[eE][-+]?\d+)?"
# A string, and the number behind it if it is the name of one.
PIECE = re.compile(
    rf"({STRING})(?:(\s*:\s*)({NUMBER}|{NO_NUMBER.pattern})(?=\s*[,}}\]]))?",
    re.DOTALL | re.IGNORECASE,
)
BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
ANY_ESCAPE = re.compile(r'\\(?!")')
# What may be a float that is too large; in a text, such as a checksum, other letters follow.
# Two expressions, because one that begins with a certain letter is found four times as fast.
FAR = tuple(re.compile(letter + r"\+?\d{3,}(?:[\s,\]}]|\Z)") for letter in "eE")
LARGE = 4 << 20  # bytes of a file whose objects are so many that collecting garbage costs seconds
MOST_DIGITS = 308  # an integer of more is one that no float holds


class Unreadable(Exception):
    """What is wrong with it, as it goes on behind the name of the file."""


class Decoded(NamedTuple):
    """The JSON of a file."""

    documents: list[Any]  # one, but where results were joined
    repairs: list[str]  # what is not JSON and was read all the same


def decode(content: bytes, constant: Constant) -> Decoded:
    """`constant` makes a value of NaN, Infinity and what is too large, or raises ValueError."""
    text, repairs = text_of(content)
    if not text.strip():
        raise Unreadable("is empty")
    try:
        try:
            with uncollected(len(content) >= LARGE):
                return Decoded([decoder(text, constant, True).decode(text)], repairs)
        except json.JSONDecodeError as error:
            found = list(documents(text, constant, repairs))
            if not found:
                raise Unreadable(why_not(text, error, repairs)) from error
            repairs = repairs or ["a text in it has line ends or tabs"]
            return Decoded(found, [*dict.fromkeys(repairs)])
    except RecursionError as error:
        raise Unreadable("is nested too deeply to be a result file") from error


@contextmanager
def uncollected(wanted: bool = True) -> Iterator[None]:
    """No garbage is collected in the block: for a verb that makes millions of objects and ends.

    Each collection would look at all of them again, and copy memory that a forked process shares.
    What was made in the block is not looked at afterwards either.
    """
    if not wanted or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def text_of(content: bytes) -> tuple[str, list[str]]:
    """The text, and what was strange about its bytes."""
    for mark, codec, name in BOMS:
        if content.startswith(mark):
            try:
                text = content[len(mark) :].decode(codec)
            except UnicodeDecodeError as error:
                at = error.start + len(mark)
                raise Unreadable(f"begins as {name}, but byte {at} is not {name}") from error
            return text, [f"it begins with a byte order mark, as {name}"]
    if b"\0" in content[:2]:
        raise Unreadable("is not JSON: it looks like UTF-16 without its mark")
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return content.decode("utf-8", "convoy.bytes"), [f"byte {error.start} is not UTF-8"]


def shown_bytes(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no letters, as they are written in a string of JSON."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"\\\\x{byte:02x}" for byte in wrong), error.end


codecs.register_error("convoy.bytes", shown_bytes)


def decoder(text: str, constant: Constant, strict: bool) -> json.JSONDecoder:
    def finite(digits: str) -> Any:
        value = float(digits)
        return value if math.isfinite(value) else constant(digits)

    def whole(digits: str) -> Any:
        if len(digits) > MOST_DIGITS:
            return constant(f"{digits[:10]}… ({len(digits)} digits)")
        return int(digits)

    huge = may_have_run(text, MOST_DIGITS + 1)
    return json.JSONDecoder(
        parse_constant=constant, strict=strict,
        parse_float=finite if huge or any(far.search(text) for far in FAR) else None,
        parse_int=whole if huge else None,
    )  # fmt: skip


def may_have_run(text: str, length: int) -> bool:
    """Whether so many digits may follow each other; a file of 100 MB is looked at in no time.

    Such a run holds a place that is a multiple of the length, and nearly half of it on one side.
    """
    half = length // 2
    return any(
        text[at].isdigit()
        and (text[at : at + half].isdigit() or text[max(0, at - half) : at].isdigit())
        for at in range(0, len(text), length)
    )


def documents(text: str, constant: Constant, repairs: list[str]) -> Iterator[Any]:
    """Every result in it, from where one begins; nothing if none does."""
    starts = [each.start() for each in BEGINNING.finditer(text)]
    if not starts:
        starts = [len(text) - len(text.lstrip())]
        if text[starts[0]] not in "{[":
            return  # no result, and no JSON with some prints before it
    around = text[: starts[0]].strip()
    # Each by itself: what a program prints between two may have a quotation mark too many.
    ends = [*starts[1:], len(text)]
    text = "".join(mended(text[start:end], repairs) for start, end in zip(starts, ends))
    reader = decoder(text, constant, False)
    at: Optional[int] = 0
    count = 0
    while at is not None:
        try:
            document, end = reader.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if count and BEGINNING.match(text, at):
                raise Unreadable(
                    f"holds {count + 1} results one after another, and the last one "
                    f"{fault(text, error)[0]}"
                ) from error
            return
        following = BEGINNING.search(text, end)
        at = following.start() if following else None
        around += text[end:at].strip()
        count += 1
        yield document
    if around:
        repairs.append("there is text around the JSON")
    if count > 1:
        repairs.append(f"{count} results are joined in it")


def mended(text: str, repairs: list[str]) -> str:
    """The same as JSON, as far as that is a matter of letters."""
    numbers = [(m[1].strip('"'), m[3]) for m in PIECE.finditer(text) if m[3] is not None]
    numbers = [pair for pair in numbers if not NO_NUMBER.fullmatch(pair[1])]
    try:
        convention = convention_of(numbers)
    except Ambiguous as error:
        raise Unreadable(str(error)) from error
    said: dict[str, str] = {}

    def mend(piece: re.Match[str]) -> str:
        string, colon, number = piece[1], piece[2], piece[3]
        if BAD_ESCAPE.search(string):
            said.setdefault("backslashes are not escaped", shortened(string))
            wrong = BAD_ESCAPE if "\\\\" in string else ANY_ESCAPE
            string = wrong.sub(r"\\\\", string)
        if number is None:
            return string
        if none := NO_NUMBER.fullmatch(number):
            said.setdefault("numbers are missing", number)
            sign = "-" if none[1] == "-" else ""
            return f"{string}{colon}{'NaN' if none[2] else f'{sign}Infinity'}"
        value = convention.plain(number)
        if value != number:
            said.setdefault("numbers are in a locale's format", number)
        return f"{string}{colon}{value}"

    text = PIECE.sub(mend, text)
    repairs += [f"{what}: {example}" for what, example in said.items()]
    return text


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def fault(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """What is wrong, and where."""
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
    what = "ends too early, as if cut off" if cut else f"is not JSON ({error.msg})"
    return what, f"at line {error.lineno}, column {error.colno}"


def why_not(text: str, error: json.JSONDecodeError, repairs: list[str]) -> str:
    for repair in repairs:
        if repair.endswith("is not UTF-8"):
            return f"is not JSON: {repair}"
    return ", ".join(fault(text, error))
