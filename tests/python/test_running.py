"""A child that was started is ended, whenever the interrupt comes."""

import signal
import subprocess

import pytest
from convoy_cli import running


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


def test_an_interrupt_inside_the_start_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    children = []
    start = subprocess.Popen

    def interrupted(*words: object, **how: object) -> "subprocess.Popen[bytes]":
        children.append(start(*words, **how))  # type: ignore[call-overload]
        signal.raise_signal(signal.SIGINT)
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        running.run(["/bin/sh", "-c", "trap 'exit 3' INT; sleep 60 & wait"], "Type `make build`.")
    assert children[0].returncode is not None
