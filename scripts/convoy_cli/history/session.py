"""Measures the commits of a range that a history lacks, each by the gate beside its parent."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..core import git
from ..core.errors import ExitCode, UsageError
from ..core.files import ROOT
from ..core.processes import forward
from ..core.terminal import note, plain

# -------------------------------------------------------------------------------------------------
# What git knows of the commits of a history: their subjects, and which ones a range has.

MOST_LETTERS = 60


class Step(NamedTuple):
    """A commit, and the one before it that it is held against."""

    parent: str
    commit: str


@lru_cache(maxsize=None)
def about(commit: str) -> str:
    """`2026-11-20, “Sort by radix”`; nothing where the checkout around us does not know it."""
    sha = commit.partition("-")[0]  # without -dirty
    words = ("show", "--no-patch", "--format=%cs%x00%s", f"{sha}^{{commit}}", "--")
    try:
        day, _, subject = git.git(Path.cwd(), *words).partition("\0")
    except (git.GitFailed, UsageError):
        return ""
    subject = plain(subject)
    cut = subject if len(subject) <= MOST_LETTERS else f"{subject[: MOST_LETTERS - 1]}…"
    return f"{day}, “{cut}”"


def steps(top: Path, given: str) -> list[Step]:
    """The commits of a range such as v1.0..main on its first line of parents, oldest first."""
    first, dots, last = given.partition("..")
    if not first or not dots or not last or last.startswith("."):
        raise UsageError(f"--range {given}: write two commits, as in --range v1.0..main.")
    ends = [git.commit_of(top, end) for end in (first, last)]
    listed = git.git(
        top, "rev-list", "--reverse", "--first-parent", "--parents", f"{ends[0]}..{ends[1]}"
    ).splitlines()
    found = []
    for commit, *parents in (line.split() for line in listed):
        if parents:
            found.append(Step(parents[0], commit))
    if not found:
        raise UsageError(
            f"--range {given} has no commit: {last} is not later than {first}. Did you mean "
            f"{last}..{first}?"
        )
    return found


# -------------------------------------------------------------------------------------------------
# Measures the commits of a range that a history lacks, each by the gate beside its parent.

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
            status = forward(command, ADVICE, stdout=sys.stderr)
            why = f"its gate ended with exit code {status}"
            if status in MEASURED and file.exists():
                try:
                    keep(file, step.commit)
                    done.added.append(step.commit)
                    continue
                except UsageError as error:
                    why = str(error)
        note(f"{step.commit[:12]} is skipped: {why}")
        done.left_out.append(step.commit)
    return done
