"""Where the result goes: folders and names that refuse, devices, links, and full disks."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import pytest
from confined import QUICK, as_stranger, needs_root, unshared
from runs import BRIEF, Run, assert_complaint, bench, load, measured


@pytest.mark.parametrize("words", [("--json", "x.json"), ("--json=deep/x.json",)])
@needs_root
def test_a_folder_that_may_not_be_written(words: tuple[str, ...], strangers: Path) -> None:
    out = strangers / "out"
    os.chown(out, 0, 0)
    out.chmod(0o555)
    assert_complaint(as_stranger(strangers, *QUICK, *words), "cannot write", "--json FILE")
    assert list(out.iterdir()) == []


def test_names_that_cannot_be_written(folder: Path) -> None:
    (folder / "file").write_text("kept")
    for name in (".", "file/x.json", "x" * 300 + ".json"):
        assert_complaint(bench(*QUICK, "--json", name, cwd=folder), "cannot write", "file")
    assert [entry.name for entry in folder.iterdir()] == ["file"]
    assert (folder / "file").read_text() == "kept"


def rescued(run: Run) -> dict[str, Any]:
    """The result that was kept elsewhere, which is removed."""
    assert run.code == 2, (run.code, run.stderr)
    assert "the result is kept in " in run.stderr
    elsewhere = Path(run.stderr.split("the result is kept in ")[1].split(" instead")[0])
    try:
        return dict(load(elsewhere.read_text("utf-8"))["convoy"])
    finally:
        elsewhere.unlink()
        elsewhere.with_suffix(".track.json").unlink()


def test_a_device_is_written_to_and_never_replaced(folder: Path) -> None:
    before = os.stat("/dev/full")
    run = bench(*QUICK, "--json", "/dev/full", cwd=folder)
    assert measured(rescued(run)) == {"cpu_pi"}
    assert "No space left" in run.stderr
    assert "free some space" in run.stderr
    assert os.stat("/dev/full").st_rdev == before.st_rdev
    assert bench(*QUICK, "--json", "/dev/null", cwd=folder).code == 0
    assert os.stat("/dev/null").st_rdev == os.makedev(1, 3)


def test_a_link_is_followed(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "y.json").write_text("")
    (folder / "x.json").symlink_to("real/y.json")
    assert bench(*QUICK, "--json", "x.json", cwd=folder).code == 0
    assert (folder / "x.json").is_symlink()
    assert load((folder / "real" / "y.json").read_text("utf-8"))["convoy"]["rows"]


def test_a_file_may_not_grow(strangers: Path) -> None:
    # No limit binds what goes to a pipe, so the result comes out there at last.
    run = as_stranger(strangers, *QUICK, "--json", "x.json", limits={resource.RLIMIT_FSIZE: 2048})
    assert run.code == 2, (run.code, run.stderr)
    assert "File too large" in run.stderr
    assert "goes to stdout" in run.stderr
    assert load(run.stdout)["convoy"]["rows"]
    assert list((strangers / "out").iterdir()) == []


def test_a_full_disk(folder: Path) -> None:
    full = 'mount -t tmpfs -o size=4k none .; cd "$PWD"'
    script = '"$@" && exit; code=$?; ls -A; exit $code'
    words = ("run", "--filter", "^cpu_pi/", "--gil", "none", "--workers", "2", *BRIEF)
    run = unshared("--mount", full, script, folder, *words, "--json", "x.json")
    assert measured(rescued(run)) == {"cpu_pi"}
    assert "No space left on device" in run.stderr
    assert run.stdout == "", "a part of a file is left"
