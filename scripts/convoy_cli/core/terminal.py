"""What the terminal can show: colours, and more than ASCII; and the way to both streams.

Names, file names and last words of programs come from outside. Whatever is written here has lost
what a terminal would obey (escape sequences, letters that turn the direction of writing), and what
a CI server would take for a command: no caller has to think of it.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Optional, TextIO

from .errors import ExitCode

_ASCII = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "±": "+-", "µ": "u", "≤": "<=", "≥": ">=", "…": "...", "→": "->",
     "−": "-", "σ": "sigma", "κ": "kappa", "₂": "2", "·": "*", "✓": "ok"}
)  # fmt: skip

# GitHub takes a line that begins with `::` for a command, and one with `##[` in it anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")
_failure: Optional[OSError] = None  # the first of stdout; what comes after it is dropped


def plain(text: str, most: Optional[int] = None) -> str:
    """`text` in one line of letters that show; of a long one the middle is left out."""
    if not text.isprintable():
        text = "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape").decode()
            for letter in text
        )
    if most is not None and len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return text


def line_of(text: str) -> str:
    """`text` as a line of its own that nobody takes for a command."""
    return _COMMAND.sub(lambda found: (found[1] or "") + f"\\x{ord(found[0][-1]):02x}", plain(text))


def begin() -> None:
    """Opens what is closed of stdin, stdout and stderr, so that no other file gets their numbers.

    Writing to one that was closed still fails. Called before anything is opened or started.
    """
    global _failure
    _failure = None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", errors="replace", closefd=False)
            setattr(sys, name, stream)


# What the end of stdout does not hide.
KEPT = (ExitCode.INTERNAL, ExitCode.INTERRUPTED, ExitCode.TERMINATED)


def end(code: int) -> int:
    """The exit code: `code`, unless stdout did not take everything. Nothing is printed after it."""
    flush()
    if _failure is None or code in KEPT:
        return code
    if isinstance(_failure, BrokenPipeError):  # as `head` does: end like any other program
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    why = "it is closed" if _failure.errno == errno.EBADF else _failure.strerror
    room = "Free some space, or send" if _failure.errno in (errno.ENOSPC, errno.EDQUOT) else "Send"
    note(f"cannot write to stdout: {why}. {room} it to a file with `> FILE`.")
    return ExitCode.USAGE


def flush() -> None:
    """What is on stdout comes before what others write, also where both go to one file."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _lose(error)


def _lose(error: OSError) -> None:
    global _failure
    _failure = _failure or error
    _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    """Keeps Python from trying once more at its end, which would change the exit code."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


def speaks_utf8(stream: TextIO) -> bool:
    """Whether the locale asks for UTF-8."""
    if (stream.encoding or "").lower().replace("-", "") != "utf8":
        return False
    if not sys.flags.utf8_mode:
        return True
    # The locale is C, or is not installed: Python writes UTF-8 all the same, and has set LC_CTYPE
    # itself. What the user asked for by name decides.
    asked = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return asked.lower().replace("-", "").endswith("utf8")


def fit(text: str, stream: TextIO) -> str:
    """`text` in the letters that the locale knows."""
    if speaks_utf8(stream):  # halves of letters, as names may hold them, are none in UTF-8
        return text.encode("utf-8", "backslashreplace").decode()
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def has_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _out(text: str) -> None:
    """A line on stdout. Where that takes no more, the verb goes on: files are still written."""
    if _failure is not None:
        return
    try:
        print(text)
    except OSError as error:
        _lose(error)


def _err(text: str, ending: str = "\n") -> None:
    """On stderr. Nothing depends on it: what cannot be written is dropped."""
    try:
        print(text, end=ending, file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)


def data(*cells: str) -> None:
    """A line on stdout; several cells are separated by tabs."""
    _out(fit("\t".join(map(line_of, cells)), sys.stdout))


def heading(text: str) -> None:
    """A line on stdout, in bold where that shows."""
    line = fit(line_of(text), sys.stdout)
    _out(f"\033[1m{line}\033[0m" if line and has_colour(sys.stdout) else line)


def page(text: str) -> None:
    """Lines on stdout that are our own: a help, or JSON, which has no other letters than ASCII."""
    _out(fit(text, sys.stdout))


def command(text: str) -> None:
    """A line on stdout that is meant for a CI server."""
    _out(fit(plain(text), sys.stdout))


def note(text: str) -> None:
    """Progress, advice, complaints on stderr: a line, and what is quoted below it."""
    first, *below = text.split("\n")
    for line in (line_of(f"convoy: {first}"), *map(line_of, below)):
        _err(fit(line, sys.stderr))


def aside(*cells: str) -> None:
    """The same on stderr, for what is data elsewhere."""
    _err(fit("\t".join(map(line_of, cells)), sys.stderr))


def shows_status() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def status(words: str = "") -> None:
    """Replaces what it wrote last on this line of stderr; nothing clears the line."""
    line = fit(line_of(words)[:79], sys.stderr)
    _err(f"\r\033[K{line}", "")


def progress(quiet: bool) -> Callable[[str], None]:
    """What shows each step on the line of stderr, where there is a terminal and it may speak."""
    return _ignore if quiet or not shows_status() else status


def _ignore(words: str = "") -> None:
    pass


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns aligned by blanks; the last column is free to be long."""
    everything = [list(header), *([plain(cell) for cell in line] for line in lines)]
    widths = [max(len(line[i]) for line in everything) for i in range(len(header))]
    widths[-1] = 0
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in everything
    ]
