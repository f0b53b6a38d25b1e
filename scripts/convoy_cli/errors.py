"""How a verb fails: exit codes, and errors whose message says what, why and what to type next."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of Convoy ends with; the same numbers as harness/base/check.hpp."""

    OK = 0
    FAILED_ROWS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    UNFIT = 4
    NOT_PINNED = 5
    SKIPPED = 77
    INTERRUPTED = 130
    TERMINATED = 143


class UsageError(Exception):
    """The user asked for something impossible. One message: what, why, and what to type next."""


class MissingData(Exception):
    """A figure has nothing to show; the message says which rows it would have needed."""
