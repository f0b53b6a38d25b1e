"""Programs that crash, hang, print without end, or leave children behind."""

from __future__ import annotations

from pathlib import Path

import fidelity_stand
import pytest
from convoy_cli.core import processes
from convoy_cli.core.processes import ProcessFailed, output


def shell(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


def test_what_is_printed_is_returned() -> None:
    assert output(shell("echo out; echo error >&2"), 600) == "out\n"
    assert output(shell("echo out; exit 4"), 600, allowed=(0, 4)) == "out\n"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("echo why >&2; exit 3", "exit code 3: why"),
        ("echo first; echo last; exit 1", "exit code 1: last"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("printf '\\033[1mred\\000\\n' >&2; exit 9", "exit code 9: [1mred"),
        ("exit 5", "it ended with exit code 5"),
    ],
)
def test_how_it_ended_is_told_in_its_own_words(text: str, reason: str) -> None:
    with pytest.raises(ProcessFailed) as caught:
        output(shell(text), 600)
    assert str(caught.value).endswith(reason)


@pytest.mark.parametrize("name", ["/no/such/program", "."])
def test_what_cannot_be_started_is_told(name: str) -> None:
    with pytest.raises(ProcessFailed, match="cannot be started"):
        output([name], 600)


@pytest.mark.parametrize("gently", [False, True])
def test_who_hangs_is_ended_with_its_children(
    gently: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    monkeypatch.setattr(processes, "time", fidelity_stand.Clock(pids))
    with pytest.raises(ProcessFailed, match="timed out after 600 s"):
        output(shell(f"sleep 1000 & echo $$ $! > {pids}; echo ready; wait"), 600, gently=gently)
    both = fidelity_stand.pids_in(pids)
    assert len(both) == 2 and all(map(fidelity_stand.is_gone, both))


def test_a_child_that_is_left_behind_is_neither_waited_for_nor_left(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    assert output(shell(f"sleep 1000 & echo $! > {pid}; echo done"), 600) == "done\n"
    assert fidelity_stand.is_gone(int(pid.read_text()))


def test_output_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MOST_BYTES", 1 << 20)
    with pytest.raises(ProcessFailed, match="printed more than 1 MiB"):
        output(shell("yes"), 600)


def test_nobody_waits_for_the_terminal() -> None:
    assert output(shell("cat; echo end"), 600) == "end\n"
