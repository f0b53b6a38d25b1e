"""A line on a terminal: rounds done, benchmarks decided and left, time left. Nothing elsewhere."""

from __future__ import annotations

import os
import sys
from typing import Optional

from ..terminal import aside, note


class Progress:
    """Used by the session between two runs; it writes to stderr and reads nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.shown = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, words: str) -> None:
        if self.shown:
            aside(f"\r\033[K{words[:79]}", "")

    def clear(self) -> None:
        if self.shown:
            aside("\r\033[K", "")

    def note(self, words: str) -> None:
        self.clear()
        if not self.quiet:
            note(words)


def left(seconds: float) -> str:
    """45 s, 3 min: no more digits than anybody can foretell."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def at_most(done: float, rounds: int, lasted_s: float, budget_s: Optional[float]) -> str:
    """How much longer it takes if nobody is decided before the last round; nothing at first."""
    bounds_s = [(rounds - done) * lasted_s / done] if done >= 1 else []
    bounds_s += [] if budget_s is None else [budget_s - lasted_s]
    return f", at most {left(max(0.0, min(bounds_s)))} left" if bounds_s else ""
