"""What git knows of the commits of a history: their subjects, and which ones a range has."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError
from ..gate import git
from ..terminal import plain

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
            f"--range {given} has no commit: {last} is no later than {first}. Perhaps the other "
            f"way round, {last}..{first}?"
        )
    return found
