"""How a verb fails: exit codes, errors that say what to type next, and patterns that users give."""

from __future__ import annotations

import re
import signal
import time
import warnings
from collections.abc import Callable
from enum import IntEnum
from types import FrameType
from typing import NoReturn, Optional, TypeVar

# -------------------------------------------------------------------------------------------------
# How a verb fails: exit codes, and errors whose message says what, why and what to type next.


class ExitCode(IntEnum):
    """What a process of Convoy ends with; the same numbers as harness/base/check.hpp."""

    OK = 0
    FAILED_ROWS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    UNFIT = 4
    NOT_PINNED = 5
    INTERNAL = 70
    SKIPPED = 77
    INTERRUPTED = 130
    TERMINATED = 143


class UsageError(Exception):
    """The user asked for something impossible. One message: what, why, and what to type next."""


class MissingData(Exception):
    """A figure has nothing to show; the message says which rows it would have needed."""


# -------------------------------------------------------------------------------------------------
# Regular expressions that users give, matched within a bounded time.

LIMIT_S = 0.5  # of computing, for all names together
MOST_LETTERS = 2000
T = TypeVar("T")


class _TooLong(Exception):
    """The expression has had its time."""


class NameFilter:
    """An expression of `--filter`, searched for anywhere in a name.

    Python's expressions go back and try again, some of them for ages: `(x+x+)+y`. So all searches
    of one filter share half a second of CPU time, and an expression that needs more is an error.
    Used by the main thread, the only one that may handle signals.
    """

    def __init__(self, expression: str, option: str = "--filter") -> None:
        self.pattern, self._option, self._left_s = expression, option, LIMIT_S
        if len(expression) > MOST_LETTERS:
            raise UsageError(
                f"{option}: more than {MOST_LETTERS} characters. Write a shorter expression."
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what a later Python may read otherwise
                self._compiled = self._limited(lambda: re.compile(expression))
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(
                f"{option} {expression!r} is not a regular expression: {error}. Write `\\` before "
                "special characters."
            ) from error

    def search(self, name: str) -> bool:
        return self._limited(lambda: self._compiled.search(name)) is not None

    def _limited(self, attempt: Callable[[], T]) -> T:
        """Python looks for signals while it matches, and one comes when the time is over."""
        try:
            if self._left_s <= 0:
                raise _TooLong
            before, began_s = signal.signal(signal.SIGVTALRM, _give_up), time.process_time()
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, self._left_s)
                return attempt()
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                signal.signal(signal.SIGVTALRM, before)
                # By this clock: what is left of the timer counts whole ticks alone.
                self._left_s -= time.process_time() - began_s
        except _TooLong:
            raise UsageError(
                f"{self._option} {self.pattern!r} takes too long to match. Write it without "
                "repeats within repeats, as in '^BM_Map.*/8$'."
            ) from None


def _give_up(number: int, frame: Optional[FrameType]) -> NoReturn:
    raise _TooLong
