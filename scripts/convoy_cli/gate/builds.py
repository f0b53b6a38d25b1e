"""Programs of git refs: each commit built once in a worktree of its own, and kept in a cache."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, NoReturn, Optional

from ..core import git
from ..core.errors import UsageError
from ..core.files import cache_folder
from ..core.processes import ProcessFailed, shell
from ..core.terminal import note, plain
from ..core.units import some

# -------------------------------------------------------------------------------------------------
# Runs the command that builds a ref, and says how it failed.

LAST_LINES = 15
# A make around this one would make the inner one its own part.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
GRACE_S = 5.0


def call(command: str, folder: Path, log: IO[bytes]) -> int:
    """The status of a command that builds, run in `folder`; what it prints goes to `log`."""
    kept = {key: value for key, value in git.environment().items() if key not in OF_MAKE}
    try:
        return shell(command, folder, log, kept, GRACE_S)
    except ProcessFailed as failure:
        raise UsageError(f"/bin/sh: {failure}. Check {folder}.") from failure


def failure(name: str, command: str, status: int, log: Path) -> str:
    """What went wrong, with the compiler's last words."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text or "Disk quota exceeded" in text:
        free = "The disk is full: free space, or set XDG_CACHE_HOME to another folder."
        return f"{name} does not build: `{plain(command)}` ended with {status}. {free}"
    lines = [plain(line.rstrip(), 400) for line in text.splitlines() if line.strip()][-LAST_LINES:]
    said = "\n".join(f"  {line}" for line in lines) or "  (no output)"
    how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
    return (
        f"{name} does not build: `{plain(command)}` {how}. Its whole output is in {log}; name "
        f"another command with --build, or another commit. Its last lines:\n{said}"
    )


# -------------------------------------------------------------------------------------------------
# Builds of commits, kept in a cache: one at a time, and never half of one.

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
        where = folder if folder is not None else cache_folder("gate")
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
        note(f"building {name} with `{plain(command)}`; output goes to {log}")
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


# -------------------------------------------------------------------------------------------------
# Programs of git refs: each commit built in a worktree of its own, one after the other.

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
            f"git cannot use {top}: {error}. `git fsck` looks for the reason."
        ) from error
    return RefBuild(found(folder, program, command), named, folder)


def check(ref: str, command: str, program: str, repository: Path) -> Path:
    """Raises UsageError for what cannot be built. The uppermost folder of the checkout."""
    if not command.strip():
        raise UsageError("refs need --build CMD, as in --build 'make -j bench'.")
    path = Path(program)
    if not program or path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"--program {program!r}: name it relative to the top folder of the checkout, as in "
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
            f"{some(count, 'file')} changed and not committed: {plain(ref)} is a commit without "
            "them. Use the ref `worktree` for the tree as it is"
        )


def found(folder: Path, program: str, command: str) -> Path:
    path = folder / program
    if path.is_file() and os.access(path, os.X_OK):
        return path
    why = "may not be run" if path.is_file() else "is not there"
    others = ", ".join(str(each.relative_to(folder)) for each in programs(folder))
    made = f"The programs there are {plain(others)}" if others else "There is no other program"
    raise UsageError(
        f"--program {plain(program)} {why} after `{plain(command)}` in {folder}. {made}. Name the "
        "right one, or another --build. Delete that folder to rebuild the commit."
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
