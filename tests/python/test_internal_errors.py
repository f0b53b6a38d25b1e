"""Faults of Convoy's own end with 70, after one line; those of the user or the machine with 2."""

from __future__ import annotations

import io
import os
from typing import Any
from unittest import mock

import pytest
from convoy_cli import cli
from convoy_cli.core import terminal
from convoy_cli.core.errors import ExitCode, UsageError

REPORT = "this is a fault of Convoy: please report it with the command and this line."


def failing(error: Exception) -> Any:
    return mock.patch.object(cli, "dispatch", side_effect=error)


@pytest.mark.parametrize("error, said", [
    (KeyError("rows"), "unexpected error: KeyError: 'rows' at "),
    (RecursionError("too\ndeep"), "unexpected error: RecursionError: too deep at "),
    (ModuleNotFoundError("No module named 'x'", name="x"), "No module named 'x': a file of Convoy"),
])  # fmt: skip
def test_they_have_a_code_of_their_own(error: Exception, said: str, inside: Any) -> None:
    with failing(error):
        done = inside("check", "x.json")
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith(f"convoy: {said}")
    assert " ".join(done.stderr.split()).endswith(f"{REPORT} `-v` shows where it arose.")


def test_they_say_where_they_arose(inside: Any) -> None:
    with mock.patch.object(cli, "load", side_effect=lambda name: [][1]):
        done = inside("check", "x.json")
    assert "at tests/python/test_internal_errors.py:" in " ".join(done.stderr.split())


def test_verbose_shows_the_way_there(inside: Any) -> None:
    with failing(KeyError("rows")):
        done = inside("check", "-v", "x.json")
    assert done.returncode == 70
    assert "Traceback (most recent call last)" in done.stderr
    assert REPORT in " ".join(done.stderr.split())


@pytest.mark.parametrize("error", [
    UsageError("wrong"), OSError(28, "No space left on device", "x.json"), MemoryError(),
    ModuleNotFoundError("No module named 'rich'", name="rich"),
], ids=lambda error: type(error).__name__)  # fmt: skip
def test_errors_of_the_user_and_the_machine_do_not(error: Exception, inside: Any) -> None:
    with failing(error):
        done = inside("check", "x.json")
    assert done.returncode == 2
    assert "fault of Convoy" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("code, kept", [(ExitCode.INTERNAL, True), (ExitCode.FAILED_ROWS, False)])
def test_a_full_disk_does_not_hide_them(code: ExitCode, kept: bool) -> None:
    gone = io.TextIOWrapper(open(os.devnull, "wb"), write_through=True)
    full = mock.patch.object(terminal, "_failure", OSError(28, "full"))
    with full, mock.patch("sys.stdout", gone):
        assert terminal.end(code) == (code if kept else ExitCode.USAGE)
