"""Builds of commits, kept in a cache: one at a time, and never half of one."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn, Optional

from ..errors import UsageError
from ..terminal import note, plain
from . import git
from .command import call, failure

# So many builds of a repository are kept: those used last.
KEPT = 6
# What changes a build besides the commit and the command.
COMPILERS = ("CC", "CXX", "CPPFLAGS", "CFLAGS", "CXXFLAGS", "LDFLAGS")

# Open as long as this process lives: nobody evicts a build that is being measured.
_held: list[IO[str]] = []


class Cache:
    """The builds of one repository. A folder is whole where its mark `done` is."""

    def __init__(self, top: Path, folder: Optional[Path] = None) -> None:
        self.top = top
        where = folder if folder is not None else default_folder()
        name = hashlib.sha256(os.fsencode(git.common_of(top))).hexdigest()[:12]
        self.folder = where.absolute() / name

    def tree(self, commit: str, command: str, name: str) -> Path:
        """The worktree of `commit` with everything that `command` built; it stays while we live."""
        key = key_of(commit, command)
        entry = self.folder / key
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if not (entry / "done").is_file() or not (entry / "tree" / ".git").exists():
                    self._discard(key)
                    self._evict(key)
                    self._build(entry, commit, command, name)
                hold(self.folder / f"{key}.lock")
                os.utime(entry / "done")
        except OSError as error:
            self._complain(error)
        return entry / "tree"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Waits for whoever else builds in this cache; the kernel lets go for one who dies."""
        with open(self.folder / "lock", "w", encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note(f"another gate builds in {self.folder}: waiting until it is done")
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _build(self, entry: Path, commit: str, command: str, name: str) -> None:
        log = entry.with_suffix(".log")
        note(f"building {name} with `{plain(command)}`; what it says goes to {log}")
        entry.mkdir()
        try:
            try:
                git.add_worktree(self.top, entry / "tree", commit)
            except git.SubmoduleFailed as error:
                raise UsageError(
                    f"a submodule of {name} cannot be fetched: {error}. Try `git submodule update "
                    f"--init --recursive` in {self.top}, which needs the same rights and network."
                ) from error
            except git.GitFailed as error:
                raise UsageError(
                    f"{name} cannot be checked out into {entry}: {error}. Free space there, or set "
                    "XDG_CACHE_HOME to another folder."
                ) from error
            with open(log, "wb") as stream:
                status = call(command, entry / "tree", stream)
            if status != 0:
                raise UsageError(failure(name, command, status, log))
            mark(entry / "done")
        except BaseException:  # also when interrupted: half a build must not be found as a whole
            self._discard(entry.name)
            raise

    def _discard(self, key: str) -> None:
        """Its mark goes first, its lock last."""
        entry = self.folder / key
        (entry / "done").unlink(missing_ok=True)
        git.remove_worktree(self.top, entry / "tree")
        shutil.rmtree(entry, ignore_errors=True)

    def _evict(self, coming: str) -> None:
        """Makes room for one more, and forgets worktrees of ours that somebody has deleted."""
        for tree in git.worktrees(self.top):
            if self.folder in tree.parents and not tree.exists():
                git.remove_worktree(self.top, tree)
        entries = [entry for entry in self.folder.iterdir() if entry.is_dir()]
        used = {entry: used_at(entry) for entry in entries if entry.name != coming}
        for entry in sorted(used, key=lambda each: used[each], reverse=True)[KEPT - 1 :]:
            lock = self.folder / f"{entry.name}.lock"
            if is_free(lock):
                self._discard(entry.name)
                entry.with_suffix(".log").unlink(missing_ok=True)
                lock.unlink(missing_ok=True)

    def _complain(self, error: OSError) -> NoReturn:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise UsageError(
            f"{self.folder}, where builds are kept, cannot be written: {why}. Free space there, or "
            "set XDG_CACHE_HOME to another folder."
        ) from error


def default_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    # As its specification says, a relative path there counts as none.
    home = Path(named) if named.startswith("/") else Path.home() / ".cache"
    return home / "convoy" / "gate"


def key_of(commit: str, command: str) -> str:
    """A folder's name. All are equally long, as a program's path shifts where its stack begins."""
    parts = [command, *(f"{name}={os.environ.get(name, '')}" for name in COMPILERS)]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{commit[:16]}-{digest[:12]}"


def mark(path: Path) -> None:
    """Is there, whole and on the disk, or not at all."""
    draft = path.with_name("done.draft")
    with open(draft, "w", encoding="utf-8") as stream:
        stream.write("built\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path)


def used_at(entry: Path) -> float:
    try:
        return (entry / "done").stat().st_mtime
    except OSError:
        return 0.0  # an interrupted build


def hold(path: Path) -> None:
    """Until this process ends."""
    stream = open(path, "a", encoding="utf-8")
    fcntl.flock(stream, fcntl.LOCK_SH)
    _held.append(stream)


def is_free(path: Path) -> bool:
    """Whether nobody measures this build."""
    if not path.exists():
        return True
    with open(path, "a", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
