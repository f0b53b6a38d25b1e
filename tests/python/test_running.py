"""A child that was started is ended, whenever the interrupt comes."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from convoy_cli import running
from convoy_cli.fidelity import children
from convoy_cli.gate import process

# epoll_wait and epoll_pwait of x86-64, and epoll_pwait of 64-bit Arm.
SLEEPS = {"232", "281", "22"}
SLEEPER = ["sleep", "20"]


def interrupt_unnoticed(main: threading.Thread) -> None:
    """Once it sleeps, SIGINT in another thread: as if it had come just before the sleep began.

    The kernel does not wake the main thread then, and only that one handles signals.
    """
    state = Path(f"/proc/self/task/{main.native_id}/syscall")
    deadline = time.monotonic() + 15
    while state.read_text().split()[0] not in SLEEPS and time.monotonic() < deadline:
        os.sched_yield()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


@pytest.mark.parametrize(
    "wait",
    [
        lambda _: running.run(SLEEPER, "Type `ls`."),
        lambda _: children.run(SLEEPER, 18),
        lambda folder: process.run(SLEEPER, folder, 18),
    ],
    ids=["running", "children", "gate"],
)
def test_an_interrupt_just_before_the_wait_ends_it(
    wait: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOOK_S", 18.0)
    thread = threading.Thread(target=interrupt_unnoticed, args=[threading.current_thread()])
    began = time.monotonic()
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        wait(tmp_path)
    thread.join()
    assert time.monotonic() - began < 15  # it has not been noticed once the program had ended


def test_an_interrupt_during_the_start_finds_the_child_named() -> None:
    child = None
    with pytest.raises(KeyboardInterrupt):
        with running.later():
            signal.raise_signal(signal.SIGINT)
            child = "named"
    assert child == "named"


def test_an_interrupt_is_not_lost_where_the_start_fails() -> None:
    with pytest.raises(KeyboardInterrupt):
        with running.later():
            signal.raise_signal(signal.SIGINT)
            raise OSError("no such program")


@pytest.mark.parametrize(
    "call",
    [
        lambda words, _: running.run(words, "Type `ls`."),
        lambda words, _: children.run(words, 30),
        lambda words, folder: process.run(words, folder, 30),
    ],
    ids=["running", "children", "gate"],
)
def test_an_interrupt_inside_the_start_ends_the_program(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[list[str], Path], object], tmp_path: Path
) -> None:
    made = []
    start = subprocess.Popen

    def interrupted(*words: object, **how: object) -> "subprocess.Popen[bytes]":
        made.append(start(*words, **how))  # type: ignore[call-overload]
        signal.raise_signal(signal.SIGINT)
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call(["/bin/sh", "-c", "trap 'kill $!; exit 3' INT; sleep 60 & wait"], tmp_path)
    assert made[0].returncode is not None
