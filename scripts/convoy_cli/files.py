"""Writes a file whole or not at all: the same rules as those of harness/report/files.cpp.

And reads one: once, from its first byte to its last, so that a pipe will do.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from .errors import UsageError
from .running import later

FULL = (errno.ENOSPC, errno.EDQUOT)
PATIENCE_S = 10.0  # for somebody who writes to a named pipe; who has begun has all the time


def read(path: Path) -> bytes:
    """All of a file or a pipe. Raises OSError, or ValueError for a path that is none.

    Blocks on a pipe until its writers have closed it.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with open(handle, "rb") as stream:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise OSError(errno.ENODEV, "it is a device, not a file")
        first = _first(handle) if stat.S_ISFIFO(mode) else b""
        os.set_blocking(handle, True)
        return first + stream.read()


def _first(handle: int) -> bytes:
    """What comes first out of a pipe: nothing where its writers said nothing, or are at it yet."""
    try:
        first = os.read(handle, 1 << 16)
        if not first:  # nobody has it open: either nobody has come yet, or all have left
            waiting = select.poll()
            waiting.register(handle, select.POLLIN)
            if not waiting.poll(PATIENCE_S * 1000):
                raise OSError(errno.ETIMEDOUT, "it is a pipe, and nobody writes to it")
            first = os.read(handle, 1 << 16)
        return first
    except BlockingIOError:
        return b""


def write(path: Path, content: bytes, option: str) -> None:
    """Replaces `path` at once, once all of it is on the disk; missing folders are made.

    A link stays, and the file that it leads to is replaced. Devices and pipes, such as /dev/null,
    are written to. Raises UsageError, which names `option` (`--json FILE`, `-o DIR`) as the one to
    change; what was there before is there still.
    """
    try:
        if not _is_replaceable(path):
            with open(path, "wb") as stream:
                stream.write(content)
            return
        with later():  # no interrupt between a draft and its removal
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        _refuse(path, option, error)


def check(path: Path, option: str) -> None:
    """Raises the same UsageError if `path` cannot be written: before anything is measured."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if _is_replaceable(path):
            check_folder(Path(os.path.realpath(path)).parent, option)
    except OSError as error:
        _refuse(path, option, error)


def check_folder(folder: Path, option: str) -> None:
    """Makes the folder, and raises UsageError if no file can be made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        _refuse(folder, option, error)


def sync_folder(folder: Path) -> None:
    """A new name in it survives a crash only then. Where folders cannot be flushed, it may not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_replaceable(path: Path) -> bool:
    return path.is_file() or not path.exists()


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(stream.fileno(), 0o666 & ~mask)  # mkstemp makes it private
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    sync_folder(path.parent)


def _refuse(path: Path, option: str, error: OSError) -> NoReturn:
    what = "folder" if option.endswith("DIR") else "file"
    advice = "Free some space, or name" if error.errno in FULL else "Name"
    why = error.strerror or error
    raise UsageError(
        f"{path} cannot be written: {why}. {advice} another {what} with {option}."
    ) from error
