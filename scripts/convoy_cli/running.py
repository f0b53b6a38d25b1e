"""Runs a program to its end, and hands signals on to it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from typing import Any, Optional

from .errors import UsageError


def run(command: Sequence[str], advice: str, **how: Any) -> int:
    """The status of `command`, once it has ended. An interrupt ends it first, then this call.

    It gets a process group of its own: a Ctrl-C reaches it once, through here, so that it can
    finish what it is at and write what it has. A second one goes on to it too.
    """
    try:
        child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, process_group=0, **how
        )
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}. {advice}") from error
    ended: Optional[BaseException] = None
    while True:
        try:
            status = child.wait()
            break
        except (KeyboardInterrupt, SystemExit) as error:
            ended = error
            child.send_signal(
                signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
            )
    if ended is not None:
        raise ended
    return status if status >= 0 else 128 - status


def ask(command: Sequence[str], advice: str, limit_s: float = 60) -> str:
    """What a short program prints on stdout."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            errors="replace", timeout=limit_s, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or f"it has not ended within {limit_s:g} s"
        raise UsageError(f"{command[0]} cannot be run: {why}. {advice}") from error
    if done.returncode != 0:
        said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise UsageError(f"`{' '.join(command)}` failed: {said}. {advice}")
    return done.stdout
