"""Runs the command that builds a ref, and says how it failed."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import IO, Optional

from ..running import Guard, await_end, later
from ..terminal import plain
from . import git

LAST_LINES = 15
# A make around this one would make the inner one its own part.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
GRACE_S = 5.0


def call(command: str, folder: Path, log: IO[bytes]) -> int:
    """Runs it in a group of its own, which ends with us, also where we are killed: what it left
    must not write into a folder in which somebody else builds by then."""
    kept = {key: value for key, value in git.environment().items() if key not in OF_MAKE}
    child: Optional[subprocess.Popen[bytes]] = None
    guard = Guard(Path(log.name))
    try:
        with later():
            child = subprocess.Popen(
                ["/bin/sh", "-c", command], cwd=folder, env=kept, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            guard.watch(child.pid)
        return await_end(child, guard)
    except BaseException:
        if child is not None:
            end(child)
        raise
    finally:
        guard.close()


def end(child: subprocess.Popen[bytes]) -> None:
    """Asks its group to end, and then makes it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(GRACE_S)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def failure(name: str, command: str, status: int, log: Path) -> str:
    """What went wrong, with the compiler's last words."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text or "Disk quota exceeded" in text:
        free = "The disk is full: free space, or set XDG_CACHE_HOME to another folder."
        return f"{name} does not build: `{plain(command)}` ended with {status}. {free}"
    lines = [plain(line.rstrip(), 400) for line in text.splitlines() if line.strip()][-LAST_LINES:]
    said = "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"
    how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
    return (
        f"{name} does not build: `{plain(command)}` {how}. All of what it said is in {log}; name "
        f"another command with --build, or another commit. Its last lines:\n{said}"
    )
