"""What the terminal can show: colours, and more than ASCII; and the way to both streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

_ASCII = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "±": "+-", "µ": "u", "≤": "<=", "≥": ">=", "…": "...", "→": "->",
     "−": "-", "σ": "sigma", "κ": "kappa", "₂": "2", "·": "*", "✓": "ok"}
)  # fmt: skip


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


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if has_colour(sys.stdout) else text


def data(text: str = "") -> None:
    """A line on stdout."""
    print(fit(text, sys.stdout))


def note(text: str) -> None:
    """A line on stderr: progress, advice, complaints."""
    print(fit(f"convoy: {text}", sys.stderr), file=sys.stderr, flush=True)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns aligned by blanks; the last column is free to be long."""
    everything = [list(header), *(list(line) for line in lines)]
    widths = [max(len(line[i]) for line in everything) for i in range(len(header))]
    widths[-1] = 0
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in everything
    ]
