"""Workers that throw, hang, die or answer wrongly cost their row and nothing else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from runs import (
    BRIEF, MODELS, SHORT_LOCK, Run, bench, bench_what_hangs, failures, group_of, measured, parent,
    result_of, wait_for,
)  # fmt: skip

every_model = pytest.mark.parametrize("model", MODELS)
PAIR = ("--workers", "2", *BRIEF, "--json", "x.json")


def only(*workloads: str) -> tuple[str, str]:
    return "--filter", f"^({'|'.join(workloads)})/"


def check(run: Run, path: Path, failed: dict[str, str], good: set[str]) -> None:
    """Exit 1; each bad row has its reason, in the file and on stderr; good rows are all there."""
    assert run.code == 1, (run.code, run.stderr)
    convoy = result_of(path / "x.json")
    told = failures(convoy)
    assert {name.split("/")[0] for name in told} == set(failed)
    for name, reason in told.items():
        assert failed[name.split("/")[0]] in reason
        assert f"{name} failed: {reason}" in run.stderr
    assert good <= measured(convoy)
    assert not measured(convoy) & set(failed)
    assert f"{len(told)} of " in run.stderr
    assert convoy["interrupted"] is False


@pytest.mark.parametrize("gil", ["none", SHORT_LOCK])
@every_model
def test_workers_that_throw(model: str, gil: str, folder: Path) -> None:
    words = only("bad_throw", "bad_fixture", "cpu_pi")
    run = bench("run", *words, "--model", model, "--gil", gil, *PAIR, cwd=folder)
    reasons = {"bad_throw": "thrown for a test", "bad_fixture": "no fixture, for a test"}
    check(run, folder, reasons, {"cpu_pi"})


@pytest.mark.parametrize("how", ["compute", "wait"])
@every_model
def test_workers_that_never_return(model: str, how: str, folder: Path) -> None:
    words = (*only("bad_hang", "cpu_pi"), "--param", f"bad_hang.how={how}", "--gil", SHORT_LOCK)
    run = bench_what_hangs(
        lambda limit: bench(
            "run", *words, "--model", model, *PAIR, "--round-limit", limit, cwd=folder
        ),
        folder / "x.json",
    )
    check(run, folder, {"bad_hang": "raise --round-limit"}, {"cpu_pi"})


@pytest.mark.parametrize("how, reason", [("exit", "exited with status 0"),
                                         ("crash", "killed by signal 11")])  # fmt: skip
@every_model
def test_workers_that_end_their_process(model: str, how: str, reason: str, folder: Path) -> None:
    words = (*only("bad_end", "cpu_pi"), "--param", f"bad_end.how={how}", "--gil", "none")
    run = bench("run", *words, "--model", model, *PAIR, cwd=folder)
    check(run, folder, {"bad_end": reason}, {"cpu_pi"})


@every_model
def test_a_worker_that_is_killed(model: str, folder: Path) -> None:
    words = (*only("bad_hang", "cpu_pi"), "--gil", "none", "--model", model)
    run = Run("run", *words, *PAIR, "--round-limit", "10min", cwd=folder)
    os.kill(run.await_workers("bad_hang")[0], signal.SIGKILL)
    check(run.finish(), folder, {"bad_hang": "killed by signal 9"}, {"cpu_pi"})


def test_a_host_that_is_killed_takes_its_workers_along(folder: Path) -> None:
    words = (*only("bad_hang", "cpu_pi"), "--gil", "none", "--model", "processes")
    run = Run("run", *words, *PAIR, "--round-limit", "10min", cwd=folder)
    (host,) = {parent(pid) for pid in run.await_workers("bad_hang")}
    assert host in run.children()
    os.kill(host, signal.SIGKILL)
    check(run.finish(), folder, {"bad_hang": "killed by signal 9"}, {"cpu_pi"})


@every_model
def test_a_wrong_answer(model: str, folder: Path) -> None:
    words = (*only("bad_answer", "cpu_pi"), "--gil", "none", "--model", model)
    run = bench("run", *words, *PAIR, cwd=folder)
    check(run, folder, {"bad_answer": "wrong answer"}, {"cpu_pi"})


def await_peer(run: Run) -> int:
    """A host leads a group of its own; the peer, which is forked before, stays in its parent's."""
    def peers() -> list[int]:
        assert run.process.poll() is None, f"the run ended early: {run.process.communicate()}"
        children = run.children()
        hosts = [pid for pid in children if group_of(pid) == pid]
        return [pid for pid in children if group_of(pid) == run.process.pid] if hosts else []

    # That of the reference, which answers without a delay, is gone in some milliseconds.
    since: dict[int, float] = {}

    def lasting() -> list[int]:
        return [pid for pid in peers() if time.monotonic() - since.setdefault(pid, time.monotonic())
                > 1.0]  # fmt: skip

    wait_for(lambda: len(lasting()) == 1, "a peer and a host")
    return peers()[0]


def test_a_peer_that_is_killed(folder: Path) -> None:
    words = (*only("io_tcp_echo"), "--param", "io_tcp_echo.delay=10s", "--model", "threads")
    run = Run("run", *words, "--gil", "none", *PAIR, "--round-limit", "10min", cwd=folder)
    os.kill(await_peer(run), signal.SIGKILL)
    run.finish()
    assert run.code == 1, run.stderr
    convoy = result_of(folder / "x.json")
    assert [name.split("/")[0] for name in failures(convoy)] == ["io_tcp_echo"]
    assert measured(convoy) == set()


def test_a_check_that_fails_in_a_peer_costs_its_row(folder: Path) -> None:
    words = (*only("io_tcp_echo", "cpu_pi"), "--param", "io_tcp_echo.delay=10s", "--gil", "none")
    run = Run("run", *words, "--model", "threads", *PAIR, "--round-limit", "10min", cwd=folder)
    os.kill(await_peer(run), signal.SIGUSR1)
    run.finish(internal_errors=True)
    check(run, folder, {"io_tcp_echo": "the peer ended with status 70: internal check failed: "
                                       "broken for a test"}, {"cpu_pi"})  # fmt: skip
    assert run.stderr.count("this is a fault of Convoy: please report it") == 1
    assert "dmesg" not in run.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
@every_model
def test_a_controller_that_dies_takes_everything_along(
    model: str, number: int, folder: Path
) -> None:
    words = (*only("bad_hang"), "--gil", "none", "--model", model)
    run = Run("run", *words, *PAIR, "--round-limit", "10min", cwd=folder)
    run.await_workers("bad_hang")
    os.kill(run.process.pid, number)
    assert run.finish().code == -number
    assert not [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


def test_a_plain_program_tells_of_failures_too(folder: Path) -> None:
    words = ("--workers", "2", "--gil", "none", "--model", "threads")
    run = bench("--benchmark_filter=^bad_(throw|end)/", *words, cwd=folder)
    assert run.code == 1
    assert "thrown for a test" in run.stdout
    assert "exited with status 0" in run.stdout
