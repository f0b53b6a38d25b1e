"""Tasks that copies of a process share: each is done once, whatever becomes of the copies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from convoy_cli.core.tasks import SharedTasks


def squares(count: int) -> list[Callable[[], int]]:
    return [partial(pow, number, 2) for number in range(count)]


@pytest.mark.parametrize("copies", [0, 1, 3])
def test_results_come_in_the_order_of_the_tasks(copies: int) -> None:
    with SharedTasks(squares(20), copies) as shared:
        assert shared.results() == [number**2 for number in range(20)]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_each_task_is_done_once(tmp_path: Path) -> None:
    def noted(number: int) -> int:
        with (tmp_path / str(number)).open("a") as file:
            file.write("x")
        return number

    with SharedTasks([partial(noted, number) for number in range(30)], 2) as shared:
        assert shared.results() == list(range(30))
    assert {file.read_text() for file in tmp_path.iterdir()} == {"x"}


def test_what_a_copy_leaves_undone_is_done_here() -> None:
    here = os.getpid()

    def deadly(number: int) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with SharedTasks([partial(deadly, number) for number in range(8)], 2) as shared:
        assert shared.results() == list(range(8))


def test_an_error_is_raised_here_and_no_copy_is_left() -> None:
    def wrong() -> int:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"), SharedTasks([wrong] * 3, 2) as shared:
        shared.results()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_who_asks_for_no_result_leaves_no_copy() -> None:
    def endless() -> int:
        while True:
            signal.pause()

    with SharedTasks([endless] * 3, 2):
        pass
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
