"""Measures the commits of a range that a history lacks, each by the gate beside its parent."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import ExitCode, UsageError
from ..results import ROOT
from ..running import run
from ..terminal import note
from .commits import Step, about

FRONT_DOOR = ROOT / "scripts" / "convoy"
# What a gate ends with that has measured something.
MEASURED = (ExitCode.OK, ExitCode.FAILED_ROWS, ExitCode.INCONCLUSIVE, ExitCode.UNFIT)
ADVICE = "Is this checkout whole?"


class Done(NamedTuple):
    """Commits by what came of them."""

    added: list[str]
    left_out: list[str]


def measure(
    steps: Sequence[Step], gate: Sequence[str], keep: Callable[[Path, str], None]
) -> Done:
    """A gate a commit. `gate`: its options besides the refs; `keep`: takes its file and the commit.

    One that does not build, or where nothing could be compared, is told and left out. What is
    interrupted has kept all commits before.
    """
    done = Done([], [])
    for at, step in enumerate(steps):
        note(f"{at + 1} of {len(steps)}: {step.commit[:12]} ({about(step.commit)})")
        with tempfile.TemporaryDirectory(prefix="convoy-history-") as folder:
            file = Path(folder) / "gate.json"
            command = [
                sys.executable, str(FRONT_DOOR), "gate", "--base-ref", step.parent,
                "--contender-ref", step.commit, "--json", str(file), *gate,
            ]  # fmt: skip
            status = run(command, ADVICE, stdout=sys.stderr)
            why = f"its gate ended with exit code {status}"
            if status in MEASURED and file.exists():
                try:
                    keep(file, step.commit)
                    done.added.append(step.commit)
                    continue
                except UsageError as error:
                    why = str(error)
        note(f"{step.commit[:12]} is left out: {why}")
        done.left_out.append(step.commit)
    return done
