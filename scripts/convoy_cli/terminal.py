"""What the terminal can show, colours and more than ASCII; the one way to stdout and stderr."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Optional, TextIO

from .errors import ExitCode

_ASCII = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "±": "+-", "µ": "u", "≤": "<=", "≥": ">=", "…": "...", "→": "->",
     "−": "-", "σ": "sigma", "κ": "kappa", "₂": "2", "·": "*", "✓": "ok"}
)  # fmt: skip

_failure: Optional[OSError] = None  # the first of stdout; what comes after it is dropped


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


def end(code: int) -> int:
    """The exit code: `code`, unless stdout did not take everything. Nothing is printed after it."""
    flush()
    if _failure is None or code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
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
    if speaks_utf8(stream):
        return text
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def has_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if has_colour(sys.stdout) else text


def data(text: str = "") -> None:
    """A line on stdout. Where that takes no more, the verb goes on: files are still written."""
    if _failure is not None:
        return
    try:
        print(fit(text, sys.stdout))
    except OSError as error:
        _lose(error)


def note(text: str) -> None:
    """A line on stderr: progress, advice, complaints."""
    aside(f"convoy: {text}")


def aside(text: str, ending: str = "\n") -> None:
    """Any text on stderr. Nothing depends on it: what cannot be written is dropped."""
    try:
        print(fit(text, sys.stderr), end=ending, file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns aligned by blanks; the last column is free to be long."""
    everything = [list(header), *(list(line) for line in lines)]
    widths = [max(len(line[i]) for line in everything) for i in range(len(header))]
    widths[-1] = 0
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in everything
    ]
