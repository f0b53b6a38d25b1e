"""Calls of git: commits by name, worktrees, and the tree as it lies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from .errors import UsageError
from .terminal import plain

# Set by git for its hooks; here they would point to another repository.
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")  # fmt: skip
# No program that a repository's configuration names runs for a worktree of ours, but filters, which
# make the files what they are (as Git LFS does).
SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
            "-c", "advice.addEmbeddedRepo=false")  # fmt: skip
# One tree makes one commit, whenever and by whomever it is asked for.
NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "convoy"), ("EMAIL", "convoy@localhost"), ("DATE", "2000-01-01T00:00:00Z"),
    )
}  # fmt: skip


# What git says before it gives the reason.
COMPLAINT = re.compile(r"(fatal|error): ", re.IGNORECASE)


class GitFailed(Exception):
    """git said no; the message is its reason."""


class SubmoduleFailed(GitFailed):
    """A submodule cannot be fetched."""


class Snapshot(NamedTuple):
    """The tree as it lies, as a commit that no branch knows."""

    commit: str
    head: str
    changed: bool


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in OF_HOOKS}


def git(folder: Path, *words: str, more: Optional[Mapping[str, str]] = None) -> str:
    """What it prints. Raises GitFailed."""
    try:
        done = subprocess.run(
            ["git", *SETTINGS, *trust(folder), *words], cwd=folder,
            env=environment() | dict(more or {}), stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="surrogateescape", check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder. Name a checkout.") from error
        raise UsageError("git is missing. Type `sudo apt-get install git`.") from error
    if done.returncode != 0:
        raise GitFailed(reason(done.stderr) or f"exit code {done.returncode}")
    return done.stdout.strip()


def trust(folder: Path) -> list[str]:
    """The setting that makes git trust the checkout around `folder`, the one that the gate was
    given, although another user owns it, as in a container; and no other repository."""
    for each in (folder.resolve(), *folder.resolve().parents):
        if (each / ".git").exists():
            return ["-c", f"safe.directory={each}"]
    return []


def reason(said: str) -> str:
    """The first complaint of several; advice and what follows from it come behind."""
    lines = [line for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if COMPLAINT.match(line)]
    return plain((complaints or lines[-1:] or [""])[0].strip())


def top_of(folder: Path) -> Path:
    """The uppermost folder of the checkout."""
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel"))
    except GitFailed as error:
        raise UsageError(
            f"{folder} is not in a git checkout ({error}), and refs need one. Change to one, or "
            "name two programs with --base and --contender."
        ) from error


def common_of(top: Path) -> Path:
    """The folder of git that all worktrees of the repository share."""
    return Path(git(top, "rev-parse", "--path-format=absolute", "--git-common-dir"))


def commit_of(top: Path, ref: str) -> str:
    """The commit that `ref` names."""
    try:
        return git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitFailed as error:
        advice = "`git branch -a` and `git tag` list what there is"
        if git(top, "rev-parse", "--is-shallow-repository") == "true":
            advice = "this clone is shallow: `git fetch --unshallow` gets the rest"
        raise UsageError(
            f"{plain(ref)!r} is not a commit of {top}: {advice}. In CI, check out the whole "
            "history (fetch-depth: 0)."
        ) from error


def changes(top: Path) -> int:
    """How many files differ from HEAD, or are not known to git."""
    return len(git(top, "status", "--porcelain", "--untracked-files=normal").splitlines())


def snapshot(top: Path) -> Snapshot:
    """Everything in the tree that git does not ignore. Leaves index and branches as they are."""
    head = commit_of(top, "HEAD")
    with tempfile.TemporaryDirectory(prefix="convoy-gate-") as folder:
        index = Path(folder) / "index"
        known = Path(git(top, "rev-parse", "--path-format=absolute", "--git-path", "index"))
        if known.exists():
            # With its time: whatever is as new as the index is read, as it may have changed since.
            shutil.copy2(known, index)
        aside = {"GIT_INDEX_FILE": str(index)}
        try:
            git(top, "add", "--all", more=aside)
            tree = git(top, "write-tree", more=aside)
            if tree == git(top, "rev-parse", f"{head}^{{tree}}"):
                return Snapshot(head, head, False)
            words = ("commit-tree", tree, "-p", head, "-m", "The tree as it lies")
            return Snapshot(git(top, *words, more=NOBODY), head, True)
        except GitFailed as error:
            raise UsageError(
                f"the tree of {top} cannot be copied: {error}. Commit what is to be measured, and "
                "name the commit."
            ) from error


def add_worktree(top: Path, tree: Path, commit: str) -> None:
    git(top, "worktree", "add", "--quiet", "--force", "--detach", str(tree), commit)
    if (tree / ".gitmodules").exists():
        try:  # --checkout: not what the configuration may name in its place
            git(tree, "submodule", "--quiet", "update", "--init", "--recursive", "--checkout")
        except GitFailed as error:
            raise SubmoduleFailed(str(error)) from error


def remove_worktree(top: Path, tree: Path) -> None:
    """Also one that is broken, or of which only git's note is left."""
    try:
        git(top, "worktree", "remove", "--force", "--force", str(tree))
    except GitFailed:
        pass  # it was not registered, or not whole
    shutil.rmtree(tree, ignore_errors=True)


def worktrees(top: Path) -> list[Path]:
    """All that git has a note of, whether they are there or not."""
    listing = git(top, "worktree", "list", "--porcelain").splitlines()
    return [Path(line.partition(" ")[2]) for line in listing if line.startswith("worktree ")]
