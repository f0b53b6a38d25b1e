"""A child that was started is ended, whenever the interrupt comes."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from convoy_cli.core import guard, processes
from gate_killed import leaves_nothing

SLEEPER, LIMIT_S = ["sleep", "600"], 540.0


def sleeps(thread: threading.Thread) -> bool:
    """Whether it is in a system call on an epoll, on whatever processor: its number differs."""
    words = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
    try:
        return "eventpoll" in os.readlink(f"/proc/self/fd/{int(words[1], 16)}")
    except (IndexError, OSError):  # it runs, or its first argument is no open file
        return False


def interrupt_unnoticed(main: threading.Thread, over: threading.Event) -> None:
    """Once it sleeps, SIGINT in another thread: as if it had come just before the sleep began.

    The kernel does not wake the main thread then, and only that one handles signals.
    """
    while not sleeps(main):
        if over.wait(0.001):
            return
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


@pytest.mark.parametrize(
    "wait",
    [
        lambda _: processes.forward(SLEEPER, "Type `ls`."),
        lambda _: processes.output(SLEEPER, LIMIT_S),
        lambda folder: processes.run(SLEEPER, folder, LIMIT_S),
    ],
    ids=["running", "children", "gate"],
)
def test_an_interrupt_just_before_the_wait_ends_it(
    wait: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        Path("/proc/thread-self/syscall").read_text()
    except OSError as error:
        pytest.skip(f"nobody says here in which system call a thread is: {error}")
    monkeypatch.setattr(processes, "LOOK_S", LIMIT_S)
    over = threading.Event()
    thread = threading.Thread(target=interrupt_unnoticed, args=[threading.current_thread(), over])
    began = time.monotonic()
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait(tmp_path)
    finally:
        over.set()
        thread.join()
    assert time.monotonic() - began < LIMIT_S - 60  # nor noticed once the program had ended


def test_an_interrupt_during_the_start_finds_the_child_named() -> None:
    child = None
    with pytest.raises(KeyboardInterrupt):
        with guard.later():
            signal.raise_signal(signal.SIGINT)
            child = "named"
    assert child == "named"


def test_an_interrupt_is_not_lost_where_the_start_fails() -> None:
    with pytest.raises(KeyboardInterrupt):
        with guard.later():
            signal.raise_signal(signal.SIGINT)
            raise OSError("no such program")


@pytest.mark.parametrize(
    "call",
    [
        lambda words, _: processes.forward(words, "Type `ls`."),
        lambda words, _: processes.output(words, LIMIT_S),
        lambda words, folder: processes.run(words, folder, LIMIT_S),
    ],
    ids=["running", "children", "gate"],
)
@pytest.mark.parametrize("at_guard", [False, True])
def test_an_interrupt_inside_the_start_ends_the_program(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[list[str], Path], object], tmp_path: Path,
    at_guard: bool,
) -> None:  # fmt: skip
    made = []
    start = subprocess.Popen

    def interrupted(*words: object, **how: object) -> "subprocess.Popen[bytes]":
        made.append(start(*words, **how))  # type: ignore[call-overload]
        if at_guard or words[0][0] == "/bin/sh":  # type: ignore[index]
            signal.raise_signal(signal.SIGINT)
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call(["/bin/sh", "-c", "trap 'kill $!; exit 3' INT; sleep 60 & wait"], tmp_path)
    assert made and all(each.returncode is not None for each in made)


KILLED = {
    "running": """
from convoy_cli.core import processes
processes.forward(["sleep", "99999"], "Type `ls`.")
""",
    "children": """
from pathlib import Path
from convoy_cli.core import guard, processes
with guard.guarded(Path(sys.argv[2])):
    processes.output(["sleep", "99999"], 99999)
""",
}


@pytest.mark.parametrize("code", KILLED.values(), ids=KILLED)
def test_a_program_ends_with_whoever_is_killed_as_soon_as_it_begins(
    code: str, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert leaves_nothing("sleep", code, [folder])
