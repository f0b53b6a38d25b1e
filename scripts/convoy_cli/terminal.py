"""What the terminal can show: colours, and more than ASCII; and the way to both streams.

Names, file names and last words of programs come from outside. Whatever is written here has lost
what a terminal would obey (escape sequences, letters that turn the direction of writing), and what
a CI server would take for a command: no caller has to think of it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Optional, TextIO

_ASCII = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "±": "+-", "µ": "u", "≤": "<=", "≥": ">=", "…": "...", "→": "->",
     "−": "-", "σ": "sigma", "κ": "kappa", "₂": "2", "·": "*", "✓": "ok"}
)  # fmt: skip

# GitHub takes a line that begins with `::` for a command, and one with `##[` in it anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")


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


def data(*cells: str) -> None:
    """A line on stdout; several cells are separated by tabs."""
    print(fit("\t".join(map(line_of, cells)), sys.stdout))


def heading(text: str) -> None:
    """A line on stdout, in bold where that shows."""
    line = fit(line_of(text), sys.stdout)
    print(f"\033[1m{line}\033[0m" if line and has_colour(sys.stdout) else line)


def page(text: str) -> None:
    """Lines on stdout that are our own: a help, or JSON, which has no other letters than ASCII."""
    print(fit(text, sys.stdout))


def command(text: str) -> None:
    """A line on stdout that is meant for a CI server."""
    print(fit(plain(text), sys.stdout))


def note(text: str) -> None:
    """Progress, advice, complaints on stderr: a line, and what is quoted below it."""
    first, *below = text.split("\n")
    for line in (line_of(f"convoy: {first}"), *map(line_of, below)):
        print(fit(line, sys.stderr), file=sys.stderr, flush=True)


def aside(*cells: str) -> None:
    """The same on stderr, for what is data elsewhere."""
    print(fit("\t".join(map(line_of, cells)), sys.stderr), file=sys.stderr)


def shows_status() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def status(words: str = "") -> None:
    """Replaces what it wrote last on this line of stderr; nothing clears the line."""
    line = fit(line_of(words)[:79], sys.stderr)
    print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns aligned by blanks; the last column is free to be long."""
    everything = [list(header), *([plain(cell) for cell in line] for line in lines)]
    widths = [max(len(line[i]) for line in everything) for i in range(len(header))]
    widths[-1] = 0
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in everything
    ]
