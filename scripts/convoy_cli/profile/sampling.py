"""Samples the stacks of a second run by `perf record`; says what is missing where it cannot."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .. import running
from ..errors import UsageError
from . import stacks

RECORD = ("record", "-q", "-e", "cpu-clock", "-F", "999", "--call-graph", "fp")
SCRIPT = ("script", "--no-inline", "-F", stacks.FIELDS)
INSTALL = "`scripts/bootstrap profile` installs it (Debian's package linux-perf)"
ALLOW = "allow it with `sudo sysctl kernel.perf_event_paranoid=1`, or call this as root"
_DENIED = re.compile(r"permission|not permitted|paranoid|access to performance", re.IGNORECASE)


class NoStacks(Exception):
    """There are no stacks; the message says why, and what to install or to allow."""


def sample(command: Sequence[str]) -> Counter[stacks.Stack]:
    """The stacks of `command` while it runs. Raises NoStacks where perf cannot."""
    perf = shutil.which("perf")
    if perf is None:
        raise NoStacks(f"perf is not installed; {INSTALL}")
    temporary = tempfile.TemporaryDirectory(prefix="convoy-perf-")
    with temporary as folder, running.guarded(Path(folder)):
        data = str(Path(folder) / "perf.data")
        _record([perf, *RECORD, "-o", data, "--", *command], Path(folder) / "told")
        found = _script([perf, *SCRIPT, "-i", data])
    if not found:
        raise NoStacks("perf took no sample, perhaps because the run was too short: --sample 5s")
    return found


def _record(command: list[str], told: Path) -> None:
    try:
        with told.open("wb") as stream:
            status = running.run(command, INSTALL, stdout=subprocess.DEVNULL, stderr=stream)
    except UsageError as error:
        raise NoStacks(str(error)) from error
    if status != 0:
        text = told.read_text("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        why = lines[0].rstrip(".:") if lines else f"exit code {status}"
        advice = ALLOW if _DENIED.search(text) else f"perf's own word on it: `{command[0]} test`"
        raise NoStacks(f"perf cannot sample here ({why}); {advice}")


def _script(command: list[str]) -> Counter[stacks.Stack]:
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace",
        ) as reader:  # fmt: skip
            assert reader.stdout is not None
            found = stacks.fold(reader.stdout)
    except OSError as error:
        raise NoStacks(f"perf cannot be run: {error.strerror}; {INSTALL}") from error
    if reader.returncode != 0:
        raise NoStacks(f"perf cannot read what it recorded (exit code {reader.returncode})")
    return found
