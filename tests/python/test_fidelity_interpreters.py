"""Interpreters that answer and that do not, the policies beside them, and what the probes print."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import fidelity_stand
import pytest
from convoy_cli.core import interpreters as probes, processes
from convoy_cli.core.processes import ProcessFailed, output
from convoy_cli.core.errors import UsageError
from convoy_cli.fidelity import interpreters, native, session
from convoy_cli.fidelity.session import EchoPeer

LIMIT_S = 600  # of each program, on a machine that does something else besides

@pytest.mark.parametrize(
    "implementation, version, gil, policy",
    [
        ("CPython", (2, 7, 18), True, "cpython27"),
        ("CPython", (3, 1, 5), True, "cpython27"),
        ("CPython", (3, 2), True, "cpython32"),
        ("CPython", (3, 12, 1), True, "cpython32"),
        ("CPython", (3, 13, 0), True, "cpython313"),
        ("CPython", (3, 14, 0), False, "cpython_ft"),
        ("PyPy", (7, 3, 11), True, "pypy"),
        ("ruby", (2, 5), True, None),
        ("ruby", (3, 1, 2), True, "ruby_legacy"),
        ("ruby", (3, 3, 0), True, "ruby_mn"),
        ("jruby", (3, 1), False, "none"),
        ("OCaml", (4, 8, 1), True, "ocaml4:yield=old"),
        ("OCaml", (4, 13, 1), True, "ocaml4:yield=new"),
        ("OCaml", (5, 1, 0), True, "ocaml4:yield=new"),
        ("GraalVM", (3, 10), True, None),
    ],
)
def test_each_lock_has_its_policy(
    implementation: str, version: tuple[int, ...], gil: bool, policy: str | None
) -> None:
    assert interpreters.policy_of(implementation, version, gil) == policy


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    monkeypatch.setenv("READY", str(tmp_path / "ready"))
    return fidelity_stand.program(tmp_path / "python-fake", fidelity_stand.INTERPRETER)


def test_an_interpreter_says_what_it_is(fake: Path, tmp_path: Path) -> None:
    found = interpreters.ask(fake, tmp_path, LIMIT_S)
    assert (found.label, found.policy, found.has_interval) == ("CPython 3.11.2", "cpython32", True)


@pytest.mark.parametrize(
    "trouble, reason",
    [
        ("crash", "killed by SIGABRT"),
        ("fail", "exit code 1: MemoryError: no room"),
        ("rubbish", "printed 'Welcome!' instead of a line of JSON"),
        ("list", "not an object"),
        ("wrong", "does not report what it is"),
        ("hang", "timed out after 600 s"),
    ],
)
def test_one_that_does_not_answer_says_why(
    trouble: str, reason: str, fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROUBLE", trouble)
    monkeypatch.setattr(processes, "time", fidelity_stand.Clock(tmp_path / "pids"))
    with pytest.raises(ProcessFailed, match=reason):
        interpreters.ask(fake, tmp_path, LIMIT_S)
    pids = fidelity_stand.pids_in(tmp_path / "pids")
    assert len(pids) == (2 if trouble == "hang" else 0)
    assert all(map(fidelity_stand.is_gone, pids))


def test_ocaml_without_compilers_says_so(tmp_path: Path) -> None:
    ocaml = fidelity_stand.program(tmp_path / "ocaml", "#!/bin/sh\n")
    with pytest.raises(ProcessFailed, match="no ocamlopt in the same folder; there is no ocamlc"):
        interpreters.ask(ocaml, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "no-such-command", "/no/such/python3", "/usr/bin", "/etc/passwd"]
)
def test_programs_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--interpreter"):
        probes.named(text)


def test_one_of_no_known_language_is_refused() -> None:
    with pytest.raises(UsageError, match="none of python, pypy, ruby and ocaml"):
        probes.named("/bin/sh")


def test_a_link_tells_the_language_and_a_program_is_measured_once(
    fake: Path, tmp_path: Path
) -> None:
    (tmp_path / "interpreter").symlink_to(fake)
    (tmp_path / "python-too").symlink_to(fake)
    paths = [tmp_path / "interpreter", tmp_path / "python-too", fake]
    found = session.find(paths, False, tmp_path, LIMIT_S)
    assert [subject.seen["path"] for subject in found.subjects] == [str(paths[0])]


# --- What real interpreters print; nothing of how fast.

LIMIT_NS = LIMIT_S * 10**9
TINY: dict[str, dict[str, int]] = {
    "reacquire": {
        "spinners": 1, "wait_ns": 1000, "spread_ns": 800, "count": 2, "limit_ns": LIMIT_NS,
    },
    "throughput": {"workers": 2, "cycles": 3, "limit_ns": 10**6, "cpus": 2, "cpu0": 5, "cpu1": 7},
    "race": {"workers": 2, "count": 100, "call": 1},
}


@pytest.fixture(params=[sys.executable, "python2", "pypy3", "ruby", "ocaml"])
def interpreter(request: pytest.FixtureRequest, tmp_path: Path) -> interpreters.Interpreter:
    """Each that is on this machine and works; that which runs the tests has to."""
    name = request.param
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name}: make fidelity")
    try:
        return interpreters.ask(Path(path), tmp_path, LIMIT_S)
    except ProcessFailed as failure:
        if name == sys.executable:
            raise
        pytest.skip(f"{name} does not work: {failure}")


def test_real_interpreters_answer_the_probes(
    interpreter: interpreters.Interpreter, tmp_path: Path
) -> None:
    taskset = tmp_path / "bin" / "taskset"
    taskset.parent.mkdir()
    taskset.write_text(f'#!/bin/sh\nkill -0 "$3" && echo "$2" >> {tmp_path}/bound\n')
    taskset.chmod(0o755)
    watched = os.environ | {"PATH": f"{taskset.parent}:{os.environ['PATH']}"}
    for probe, asked in TINY.items():
        words = [*interpreter.command, probe, *(f"{key}={value}" for key, value in asked.items())]
        raw = probes.read_line(output(words, LIMIT_S, environment=watched))
        reading = native.of_real(raw)
        if probe == "reacquire":
            assert reading.spread is not None and 1 <= reading.spread.count <= 2
        elif probe == "throughput":
            assert len(reading.shares.pop(2)) == 3 and not reading.shares
            assert [one["workers"] for one in raw["rounds"]] == [1, 1, 2, 2, 1, 1, 1, 1, 2]
            bound = (tmp_path / "bound").read_text().split()
            assert bound == ["5", "7", "5,7", "5,7", "7", "5", "5", "7", "5,7"]
        else:
            assert reading.lost_per_million is not None and reading.lost_per_million >= 0


def test_threads_that_compute_tell_of_their_turns(
    interpreter: interpreters.Interpreter, tmp_path: Path
) -> None:
    if interpreter.kind != "python":
        pytest.skip("its lock does not count")
    words = [*interpreter.command, "turns", "limit_ns=1000000"]
    raw = probes.read_line(output(words, LIMIT_S))
    assert all(turn > 0 for turn in raw["turn_ns"])


def test_a_spinner_tells_what_a_tick_takes(interpreter: interpreters.Interpreter) -> None:
    if interpreter.kind != "python":
        pytest.skip("its lock does not count")
    words = [*interpreter.command, "ticks", "limit_ns=1000000"]
    raw = probes.read_line(output(words, LIMIT_S))
    assert len(raw["tick_ns"]) == 5 and all(tick >= 0 for tick in raw["tick_ns"])


def test_a_cpu_that_is_not_there_is_named(interpreter: interpreters.Interpreter) -> None:
    if not shutil.which("taskset"):
        pytest.skip("there is no taskset, which probes bind themselves with")
    words = ["throughput", "workers=2", "cycles=1", "limit_ns=1000000", "cpus=1"]
    own = min(os.sched_getaffinity(0))
    raw = probes.read_line(output([*interpreter.command, *words, f"cpu0={own}"], LIMIT_S))
    assert [one["workers"] for one in raw["rounds"]] == [1, 2]
    with pytest.raises(ProcessFailed, match="cannot bind to CPU 99999"):
        output([*interpreter.command, *words, "cpu0=99999"], LIMIT_S)


@pytest.mark.parametrize("delay_ns, stamps", [(0, False), (1000, True)])
def test_a_conversation_with_the_echo_server(delay_ns: int, stamps: bool, tmp_path: Path) -> None:
    found = interpreters.ask(Path(sys.executable), tmp_path, LIMIT_S)
    with EchoPeer(delay_ns, stamps) as peer:
        asked: dict[str, int] = {"spinners": 0, "limit_ns": LIMIT_NS, "port": peer.port}
        asked |= {"call_ns": 0, "count": 3} if stamps else {"bytes": 64, "limit_ns": 10**6}
        probe = "latency" if stamps else "echo"
        words = [*found.command, probe, *(f"{key}={value}" for key, value in asked.items())]
        reading = native.of_real(probes.read_line(output(words, LIMIT_S)))
    assert reading.spread is not None and reading.spread.count >= 1
    peer.thread.join(LIMIT_S)
    assert not peer.thread.is_alive()
