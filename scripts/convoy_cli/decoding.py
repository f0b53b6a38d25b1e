"""Turns the bytes of a result file into JSON: whatever can be read without guessing is read.

Programs write more than JSON: a byte order mark, UTF-16, C's `nan`, numbers as their locale has
them, paths with bare backslashes, their own prints around it; and people join files with `cat`.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Optional

from . import locale_numbers

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
HUGE = re.compile(r"\d{309}")  # an integer that no float holds
MOST_DIGITS = 308


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
            return Decoded([decoder(text, constant, True).decode(text)], repairs)
        except json.JSONDecodeError as error:
            found = list(documents(text, constant, repairs))
            if not found:
                raise Unreadable(why_not(text, error, repairs)) from error
            repairs = repairs or ["a text in it has line ends or tabs"]
            return Decoded(found, [*dict.fromkeys(repairs)])
    except RecursionError as error:
        raise Unreadable("is nested too deeply to be a result file") from error


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

    return json.JSONDecoder(
        parse_constant=constant, parse_float=finite, strict=strict,
        parse_int=whole if HUGE.search(text) else None,
    )  # fmt: skip


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
        repairs.append("text that is no JSON stands around it")
    if count > 1:
        repairs.append(f"{count} results are joined in it")


def mended(text: str, repairs: list[str]) -> str:
    """The same as JSON, as far as that is a matter of letters."""
    numbers = [(m[1].strip('"'), m[3]) for m in PIECE.finditer(text) if m[3] is not None]
    numbers = [pair for pair in numbers if not NO_NUMBER.fullmatch(pair[1])]
    try:
        convention = locale_numbers.convention(numbers)
    except locale_numbers.Ambiguous as error:
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
            said.setdefault("numbers are written as a locale has them", number)
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
