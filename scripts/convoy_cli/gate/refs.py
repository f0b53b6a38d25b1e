"""Programs of git refs: each commit built in a worktree of its own, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ..errors import UsageError
from ..terminal import note, plain
from ..units import some
from . import git
from .builds import Cache

# Refs that mean the tree as it lies, with what is not committed.
TREE = (".", "worktree")
MOST_NAMED = 5


class RefBuild(NamedTuple):
    """What a ref was built into. `commit` ends in -dirty where the tree had changes."""

    program: Path
    commit: str
    checkout: Path


def built(
    ref: str, command: str, program: str, repository: Path, cache: Optional[Path] = None
) -> RefBuild:
    """The program of `ref`, built by `command` unless it is in the cache from before."""
    top = check(ref, command, program, repository)
    try:
        if ref in TREE:
            tree = git.snapshot(top)
            commit, named = tree.commit, tree.head + ("-dirty" if tree.changed else "")
        else:
            commit = named = git.commit_of(top, ref)
            remark_on_changes(top, ref, commit)
        folder = Cache(top, cache).tree(commit, command, f"{plain(ref)} ({commit[:12]})")
    except git.GitFailed as error:
        raise UsageError(
            f"git does not get along with {top}: {error}. `git fsck` looks for the reason."
        ) from error
    return RefBuild(found(folder, program, command), named, folder)


def check(ref: str, command: str, program: str, repository: Path) -> Path:
    """Raises UsageError for what cannot be built. The uppermost folder of the checkout."""
    if not command.strip():
        raise UsageError("refs need --build CMD, as in --build 'make -j bench', to be built with.")
    path = Path(program)
    if not program or path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"--program {program!r}: name it from the uppermost folder of the checkout, as in "
            "--program build/bench, since every ref has a folder of its own."
        )
    top = git.top_of(repository)
    if ref not in TREE:
        git.commit_of(top, ref)
    return top


def remark_on_changes(top: Path, ref: str, commit: str) -> None:
    """Who measures HEAD while the tree is dirty may think that the changes are in it."""
    if commit != git.commit_of(top, "HEAD"):
        return
    count = git.changes(top)
    if count:
        note(
            f"{some(count, 'file')} changed and not committed: {plain(ref)} is a commit, and they "
            "are not in it. The ref `worktree` is the tree as it lies"
        )


def found(folder: Path, program: str, command: str) -> Path:
    path = folder / program
    if path.is_file() and os.access(path, os.X_OK):
        return path
    why = "may not be run" if path.is_file() else "is not there"
    others = ", ".join(str(each.relative_to(folder)) for each in programs(folder))
    made = f"Of programs there are {plain(others)}" if others else "No other program is there"
    raise UsageError(
        f"--program {plain(program)} {why} after `{plain(command)}` in {folder}. {made}. Name the "
        "right one, or another --build. Where that folder is deleted, the commit is built anew."
    )


def programs(folder: Path) -> list[Path]:
    """A few files of the folder that the linker may have made."""
    return sorted(_programs(folder), key=lambda each: (len(each.parts), each))[:MOST_NAMED]


def _programs(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".git", "CMakeFiles")]
        for path in (Path(where) / name for name in names):
            if ".so" not in path.suffixes and path.is_file() and os.access(path, os.X_OK):
                with path.open("rb") as stream:
                    if stream.read(4) == b"\x7fELF":
                        yield path
