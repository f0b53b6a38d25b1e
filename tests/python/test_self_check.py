"""scripts/convoy fidelity --self as a program, with a convoy-bench of known locks."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import self_made
from conftest import CONVOY, LIMIT_S, ROOT, assert_complaint, clean_environment
from convoy_cli.core.machine import machine
from convoy_cli.fidelity import scenarios

BENCH = ROOT / "tests" / "fixtures" / "bench-of-known-locks"
SHORT = ("--scenario", "ablation", "--scenario", "reacquire")


class Stand:
    """The front door with the stand-in behind it; `how` says what that one does."""

    def __init__(self, folder: Path, convoy: Any) -> None:
        self.folder, self.convoy = folder, convoy
        self.environment = {"CONVOY_BENCH": str(BENCH), "STAND": str(folder)}
        self.how()

    def how(self, **how: Any) -> None:
        (self.folder / "stand.json").write_text(json.dumps(how))

    def call(self, *words: str) -> Any:
        return self.convoy("fidelity", "--self", *words, **self.environment)

    def calls(self, verb: str) -> list[list[str]]:
        known = json.loads((self.folder / "calls.json").read_text())
        return [call for call in known if call[0] == verb]

    def document(self, name: str = "x.json") -> Any:
        return json.loads((self.folder / name).read_text())


@pytest.fixture
def stand(tmp_path: Path, inside: Any) -> Stand:
    return Stand(tmp_path, inside)


@pytest.fixture
def program(tmp_path: Path, convoy: Any) -> Stand:
    """The same with a process of its own."""
    return Stand(tmp_path, convoy)


def test_everything_is_judged_told_and_kept(program: Stand) -> None:
    done = program.call("--json", "x.json", "--seed", "7")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert lines[0].split() == [*"verdict scenario lock what measured expected".split()]
    assert "FAIL" not in done.stdout and sum(line.endswith(" skipped.") for line in lines) == 1
    made = program.document()
    about = {"seed": 7, "passes": 5, "interrupted": False, "unfit": False, "machine": machine()}
    assert {key: value for key, value in made.items() if key != "scenarios"} == about
    assert {entry["name"] for entry in made["scenarios"]} == set(scenarios.discover())
    for entry in made["scenarios"]:
        assert set(entry) == {"name", "policy", "verdict", "reason", "measured", "expected"}
        assert entry["verdict"] in ("pass", "skip") and (entry["verdict"] == "skip") == bool(
            entry["reason"]
        )
        assert set(entry["expected"]) <= set(entry["measured"])
    (entry,) = [e for e in made["scenarios"] if (e["name"], e["policy"]) == ("reacquire", "none")]
    assert entry["measured"]["p50_ns"] == pytest.approx(50_000)
    assert entry["expected"]["p50_ns"] == {"from": -200000.0, "to": 200000.0, "strictly": False}
    assert "min. Leave the machine alone." in done.stderr
    for run in program.calls("run"):
        words = " ".join(run)
        assert "--no-overhead" in run and "--passes 5 --seed 7" in words and "-q" not in run[1:2]
    assert not list(program.folder.glob("*.track.json"))


def test_a_part_of_the_machine_is_told(stand: Stand, one_cpu: int) -> None:
    last = stand.call("--scenario", "race").stdout.splitlines()[-1]
    assert last.startswith(f"Measured on 1 of the machine's {one_cpu} CPUs, all that are allowed")


def test_a_wrong_lock_ends_with_1_and_is_named(program: Stand) -> None:
    program.how(wrong={"cpython32": "cpython27"})
    done = program.call(*SHORT, "-q", "--json", "x.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "FAIL     reacquire  cpython32 " in done.stdout
    assert "\nreacquire, cpython32: p10 50 µs, expected 5 ms to 5.4 ms; p50" in done.stdout
    (bad,) = [entry for entry in program.document()["scenarios"] if entry["verdict"] == "fail"]
    assert (bad["name"], bad["policy"]) == ("reacquire", "cpython32")
    assert bad["reason"].startswith("p10 50 µs")


def test_an_unfit_machine_judges_nothing(stand: Stand) -> None:
    stand.how(wrong={"cpython32": "cpython27"}, unfit=[1, 2])
    done = stand.call("--json", "x.json")
    assert done.returncode == 4
    assert "unfit, so nothing is judged: parallel: 0.91 of their time" in done.stderr
    kept = stand.document()
    assert kept["unfit"] is True
    for entry in kept["scenarios"]:
        assert entry["verdict"] == "skip" and entry["measured"] == entry["expected"] == {}
        assert entry["reason"] == "the machine is unfit: parallel: 0.91 of their time"
    with pytest.raises(IndexError):
        stand.calls("run")[0]


def test_one_bad_look_at_the_machine_is_repeated(stand: Stand) -> None:
    stand.how(unfit=[1])
    assert stand.call("--scenario", "ablation").returncode == 0
    assert len(stand.calls("doctor")) == 3  # a second one before, and one after


def test_what_was_disturbed_is_measured_once_more(stand: Stand) -> None:
    stand.how(unfit=[2])
    done = stand.call("--scenario", "ablation", "--json", "x.json")
    assert done.returncode == 0 and "repeating disturbed runs: 1 run" in done.stderr
    assert len(stand.calls("run")) == 2
    assert {entry["verdict"] for entry in stand.document()["scenarios"]} == {"pass"}


def test_what_stays_disturbed_is_skipped(stand: Stand) -> None:
    stand.how(unfit=list(range(2, 20)), wrong={"cpython32": "forced=off"})
    done = stand.call("--scenario", "ablation", "--json", "x.json")
    assert done.returncode == 4
    for entry in stand.document()["scenarios"]:
        assert entry["verdict"] == "skip"
        assert entry["reason"].startswith("the machine was unfit during the run: parallel")


def test_a_run_that_fails_fails_its_scenario_alone(stand: Stand) -> None:
    stand.how(broken=["gil_countdown"])
    done = stand.call(*SHORT, "--json", "x.json")
    assert done.returncode == 1
    verdicts = {(e["name"], e["verdict"]) for e in stand.document()["scenarios"]}
    assert ("reacquire", "pass") in verdicts and ("ablation", "fail") in verdicts
    assert "it ended with exit code 2: convoy-bench: out of order" in done.stdout


def test_a_new_policy_is_judged_with_no_other_edit(stand: Stand) -> None:
    law = {"intervals": 0, "sleeps": 0, "least_ns": 0, "most_ns": 1e6}
    stand.how(gils={"newcomer": {"excludes": True, "interval_ns": 0, "lateness": law}})
    done = stand.call(*SHORT, "--json", "x.json")
    assert done.returncode == 0
    assert "pass     reacquire  newcomer " in done.stdout


def test_the_document_alone_on_stdout(stand: Stand) -> None:
    done = stand.call("--scenario", "ablation", "--json", "-", "-q")
    assert len(json.loads(done.stdout)["scenarios"]) == 2
    assert "2 passed, 0 failed, 0 skipped." in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_what_there_is(stand: Stand, number: int, code: int) -> None:
    stand.how(hang="gil_reacquire")
    hanging = stand.folder / "hanging"
    os.mkfifo(hanging)
    waited = os.open(hanging, os.O_RDONLY | os.O_NONBLOCK)
    words = [str(CONVOY), "fidelity", "--self", *SHORT, "--json", "x.json"]
    with subprocess.Popen(
        words, cwd=stand.folder, env=clean_environment() | stand.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert select.select([waited], [], [], LIMIT_S)[0], "it never hung"
            process.send_signal(number)
            out, error = process.communicate(timeout=LIMIT_S)
        finally:
            os.close(waited)
            process.kill()
    assert process.returncode == code, (out, error)
    assert b"Traceback" not in error
    assert (kept := stand.document())["interrupted"] is True
    verdicts = {entry["name"]: entry["verdict"] for entry in kept["scenarios"]}
    assert (verdicts["ablation"], verdicts["reacquire"]) == ("pass", "skip") and b"ablation" in out


def test_scenarios_are_listed(stand: Stand) -> None:
    done = stand.call("--list-scenarios")
    assert done.returncode == 0
    for name, scenario in scenarios.discover().items():
        assert any(line.split()[0] == name and scenario.SUMMARY in line
                   for line in done.stdout.splitlines())  # fmt: skip


@pytest.mark.parametrize("words", [("--self",), ()])
def test_a_list_of_scenarios_names_the_locks_and_measures_nothing(
    stand: Stand, words: tuple[str, ...]
) -> None:
    options = ("--list-scenarios", "--scenario", "throughput")
    done = stand.convoy("fidelity", *words, *options, **stand.environment)
    _, line = done.stdout.splitlines()
    listed = [gil["name"] for gil in self_made.listed()["gils"]]
    assert sorted(line.split("  ")[-1].strip().split(", ")) == sorted(listed)
    assert stand.calls("run") == []


def test_options_of_the_scenarios_need_self(stand: Stand) -> None:
    for words in (("--scenario", "ablation"), ("--passes", "5"), ("-q",)):
        done = stand.convoy("fidelity", *words, **stand.environment)
        assert_complaint(done, f"{words[0]} needs --self")
    assert not (stand.folder / "calls.json").exists()


def test_the_page_on_scenarios_says_what_the_modules_say() -> None:
    page = (ROOT / "docs" / "reference" / "fidelity-scenarios.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \| `(.*)` \| (.*) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    known = [
        (name, "`, `".join(scenario.WORKLOADS), scenario.METRIC, scenario.EXPECTED, scenario.WHY)
        for name, scenario in scenarios.discover().items()
    ]
    assert told == known


def test_wrong_usage(stand: Stand) -> None:
    misspelt = stand.call("--scenario", "recquire")
    assert_complaint(misspelt, "'recquire' is not a scenario", "ablation")
    assert_complaint(stand.call("--passes", "4"), "--passes 4", "from 5 to 100")
    assert_complaint(stand.call("--passes", "many"), "--passes many")
    (stand.folder / "full").mkdir()
    assert_complaint(stand.call("--json", "full"), "full cannot be written", "--json FILE")
    assert_complaint(stand.call("--json", "/proc/none/x.json"), "cannot be written")
    assert not (stand.folder / "calls.json").exists()
