"""The gate interrupted and resumed: nothing that was finished is lost, nothing is mixed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CONVOY, assert_complaint, clean_environment
from convoy_cli.gate.preparation import restore
from convoy_cli.gate.program import Program
from convoy_cli.gate.session import Conditions, Session
from convoy_cli.results import verdicts
from convoy_cli.stats.family import Family
from convoy_cli.stats.sign_test import Rules
from gate_stand import SEED, again, fake, inside, wobbling  # noqa: F401

ROUNDS = 3
WORDS = ["gate", "--base", "base", "--contender", "contender", "--json", "gate.json",
         "--seed", str(SEED), "--max-rounds", "8"]  # fmt: skip
TIMES = {"BM_a": {"ns": wobbling(100)}, "BM_b": {"ns": wobbling(100)}}


@contextlib.contextmanager
def hanging(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A gate whose contender hangs in the fourth round."""
    os.mkfifo(folder / "hung")
    fake(folder, "base", TIMES)
    does = [""] * (2 + ROUNDS) + ["hang"]  # two of them calibrate
    hangs = {"BM_a": TIMES["BM_a"], "BM_b": {**TIMES["BM_b"], "does": does}}
    fake(folder, "contender", hangs)
    reading = os.open(folder / "hung", os.O_RDONLY | os.O_NONBLOCK)
    (folder / "tmp").mkdir()
    environment = clean_environment() | {"TMPDIR": str(folder / "tmp")}
    process = subprocess.Popen(
        [str(CONVOY), *WORDS], cwd=folder, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert select.select([reading], [], [], 60)[0], process.communicate()
        yield process
    finally:
        os.close(reading)
        process.kill()
        process.communicate()


def interrupted(folder: Path, number: int) -> int:
    """The exit code of such a gate that gets a signal then."""
    with hanging(folder) as process:
        # Both would reach the whole group on a terminal; the program is in one of its own.
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
        return process.returncode


def test_one_that_is_killed_leaves_its_rounds_and_nothing_else(tmp_path: Path) -> None:
    with hanging(tmp_path) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        handles = [os.pidfd_open(int(child)) for child in children]
        assert len(handles) == 2  # the program and the guard
        process.kill()
        for handle in handles:
            assert select.select([handle], [], [], 60)[0], "it still runs"
            os.close(handle)
    assert os.listdir(tmp_path / "tmp") == []
    kept = verdicts.load(tmp_path / "gate.json")
    assert kept["interrupted"] and [each["rounds"] for each in kept["benchmarks"]] == [ROUNDS] * 2


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_measured_is_kept_and_gone_on_with(
    number: int, code: int, tmp_path: Path, inside: Any
) -> None:
    assert interrupted(tmp_path, number) == code
    kept = verdicts.load(tmp_path / "gate.json")
    assert (kept["exit"], kept["interrupted"]) == (code, True)
    assert [each["rounds"] for each in kept["benchmarks"]] == [ROUNDS, ROUNDS]
    assert all(each["reason"].startswith("not decided yet") for each in kept["benchmarks"])
    assert not living(tmp_path)
    again(tmp_path / "contender", TIMES)
    done = inside("gate", "--resume", "gate.json")
    assert done.returncode == 0, done
    found = verdicts.load(tmp_path / "gate.json")
    assert (found["verdict"], found["exit"], found["interrupted"]) == ("SAME", 0, False)
    for before, after in zip(kept["benchmarks"], found["benchmarks"]):
        assert after["rounds"] == 8
        assert after["samples"][:ROUNDS] == before["samples"]
        assert after["setting"] == before["setting"]
    assert found["seed"] == SEED and found["started"] == kept["started"]
    assert found["seconds"] > kept["seconds"]


def living(folder: Path) -> list[bytes]:
    """The processes that were started from this folder and are no corpses."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(folder / "contender") in words:
            found.append(words)
    return found


@pytest.fixture
def finished(tmp_path: Path, inside: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its budget was spent after one round."""
    for name in ("base", "contender"):
        fake(tmp_path, name, TIMES)
    with monkeypatch.context() as patched:
        patched.setattr(Session, "_spent", lambda self, now, round_s, budget_s: round_s > 0)
        assert inside(*WORDS, "--budget", "1h").returncode == 3
    return tmp_path / "gate.json"


def test_a_spent_budget_can_be_gone_on_with(finished: Path, convoy: Any) -> None:
    assert convoy("gate", "--resume", "gate.json", "--json", "more.json").returncode == 0
    assert verdicts.load(finished)["benchmarks"][0]["rounds"] == 1
    assert verdicts.load(finished.parent / "more.json")["benchmarks"][0]["rounds"] == 8


@pytest.mark.parametrize(
    "words, part",
    [(["--noise", "2%"], "--noise 0.01, not 0.02"), (["--max-rounds", "16"], "--max-rounds 8"),
     (["--same", "5%"], "--same"), (["--seed", "1"], "--seed 7"),
     (["--pin", str(min(os.sched_getaffinity(0)))], "--pin None")],
)  # fmt: skip
def test_other_rules_are_refused(words: list[str], part: str, finished: Path, inside: Any) -> None:
    before = finished.read_bytes()
    assert_complaint(inside("gate", "--resume", "gate.json", *words), part)
    assert finished.read_bytes() == before


def test_the_same_rules_are_not(finished: Path, inside: Any) -> None:
    words = ["--noise", "1%", "--max-rounds", "8", "--seed", "7"]
    assert inside("gate", "--resume", "gate.json", *words).returncode == 0


def test_another_program_is_refused(finished: Path, inside: Any) -> None:
    with open(finished.parent / "contender", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    done = inside("gate", "--resume", "gate.json")
    assert_complaint(done, "contender", "sha256")


def test_another_machine_is_refused(finished: Path, inside: Any) -> None:
    document = json.loads(finished.read_text())
    document["machine"]["fingerprint"] = "0" * 16
    finished.write_text(json.dumps(document))
    assert_complaint(inside("gate", "--resume", "gate.json"), "another machine")


def test_what_is_no_gate_is_refused(tmp_path: Path, inside: Any) -> None:
    assert_complaint(inside("gate", "--resume", "none.json"), "none.json")
    (tmp_path / "x.json").write_text("{}")
    assert_complaint(inside("gate", "--resume", "x.json"), "convoy_gate")


def test_verdicts_are_those_of_one_go(finished: Path) -> None:
    """Read back in, decided benchmarks are decided, and the others have the same rounds."""
    document = verdicts.load(finished)
    sample = document["benchmarks"][0]["samples"][0]
    slow = {**sample, "contender": {**sample["contender"], "cpu_ns": 150.0}}
    document["benchmarks"][0]["samples"] = [sample] * 6
    document["benchmarks"][1]["samples"] = [slow] * 18
    rules = Rules(max_rounds=6)
    one = Program(finished.parent / "base", finished.parent, 60)
    names = ["BM_a", "BM_b"]
    session = Session.of(Conditions(one, one, rules, SEED), names)
    restore(session, document)
    whole = Family(names, rules)
    while wanted := whole.wanted():
        samples = {"BM_a": sample, "BM_b": slow}
        whole.add({name: session.seen(name, samples[name]) for name in wanted})
    for name in names:
        assert session.family.trials[name].verdict == whole.trials[name].verdict
        assert session.family.trials[name].rounds == whole.trials[name].rounds
