"""A file is written whole or not at all, and nothing but files is ever replaced."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from convoy_cli.core import files
from convoy_cli.core.errors import UsageError


@pytest.fixture(params=[0o022, 0o077], ids=["shared", "private"])
def umask(request: Any) -> Any:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "new" / "x.json"
    for content in (b"one", b"two"):
        files.write(path, content, "--json F")
        assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["x.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_and_leads_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to("there/x.json")
    for content in (b"one", b"two"):  # at first it leads nowhere
        files.write(link, content, "--json F")
        assert link.is_symlink() and (tmp_path / "there" / "x.json").read_bytes() == content
    assert os.listdir(tmp_path / "there") == ["x.json"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    files.check(path, "--json F")
    files.write(path, b"content", "--json F")
    reader.join()
    assert got == [b"content"] and stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a device of its own")
@pytest.mark.parametrize("number, full", [(3, False), (7, True)])
def test_a_device_stays_one(number: int, full: bool, tmp_path: Path) -> None:
    path = tmp_path / "device"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, number))
        path.open("wb").close()
    except OSError:
        pytest.skip("no device may be used here")
    files.check(path, "--json F")
    if full:
        with pytest.raises(UsageError, match="No space left.*Free some space"):
            files.write(path, b"content", "--json F")
    else:
        files.write(path, b"content", "--json F")
    assert path.is_char_device()


def test_an_interrupt_comes_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "x.json", b"whole", "--json F")
    assert os.listdir(tmp_path) == ["x.json"]
    assert (tmp_path / "x.json").read_bytes() == b"whole"


def test_what_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "x.json").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", failing)
    said = r"x\.json cannot be written: No space left on device\. Free some space, or name another "
    with pytest.raises(UsageError, match=said + "file with --json F"):
        files.write(tmp_path / "x.json", b"new", "--json F")
    with pytest.raises(UsageError, match="name another folder with -o DIR"):
        files.write(tmp_path / "x.json", b"new", "-o DIR")
    assert os.listdir(tmp_path) == ["x.json"]
    assert (tmp_path / "x.json").read_bytes() == b"old"


@pytest.mark.parametrize("place", ["folder", "file/x.json", "/proc/none/x.json"])
def test_a_place_that_is_none_is_refused_before_anything_is_measured(
    place: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written.*with --json F"):
        files.check(tmp_path / place, "--json F")
    with pytest.raises(UsageError, match="cannot be written.*with --json F"):
        files.write(tmp_path / place, b"", "--json F")


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("old")
    files.check(tmp_path / "x.json", "--json F")
    files.check(tmp_path / "y.json", "--json F")
    assert os.listdir(tmp_path) == ["x.json"]
