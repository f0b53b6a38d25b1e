"""scripts/convoy gate from end to end: each exit code, what is kept, what is told.

Where `front` calls it, it is a process, and so is every run of a program; where `gate` does, it is
called in this one, and a program is a process where it may crash or hang.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from convoy_cli.core import processes
from convoy_cli.gate.session import Session
from convoy_cli.results import verdicts as gate_file
from gate_stand import SEED, drifting, fake, inside, pair, wobbling  # noqa: F401

WILD = {"BM_a": {"ns": [60.0, 140.0, 80.0, 120.0, 100.0] * 40}}
NAMES = ["BM_a", "BM_b<int>/8"]


def gate_of(door: Any, folder: Path) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Calls the gate on programs made by `fake`, and reads its file."""

    def call(*words: object, **environment: str) -> tuple[Any, dict[str, Any]]:
        done = door("gate", "--base", "base", "--contender", "contender", "--json", "gate.json",
                    "--seed", SEED, *words, **environment)  # fmt: skip
        file = folder / "gate.json"
        return done, gate_file.load(file) if file.exists() else {}

    return call


@pytest.fixture
def front(convoy: Any, tmp_path: Path) -> Any:
    return gate_of(convoy, tmp_path)


@pytest.fixture
def gate(inside: Any, tmp_path: Path) -> Any:
    return gate_of(inside, tmp_path)


def sound(document: dict[str, Any]) -> bool:
    return not [breach for claim in gate_file.claims(document) for breach in claim.breaches]


def test_the_same_passes(front: Any, tmp_path: Path) -> None:
    pair(tmp_path, NAMES, NAMES)
    done, found = front("--max-rounds", 8)
    assert done.returncode == 0, done
    assert (found["verdict"], found["exit"], found["interrupted"]) == ("SAME", 0, False)
    assert [each["rounds"] for each in found["benchmarks"]] == [8, 8]
    assert sound(found)
    assert done.stdout.startswith("SAME: All 2 benchmarks are the same within ± 2 %.")
    assert "same file" in done.stderr
    for each in found["benchmarks"]:
        low, high = each["bootstrap"]
        assert each["low"] <= low <= each["ratio"] <= high <= each["high"]
        assert each["metric"] == "cpu_time"
        assert {sample["base"]["iterations"] for sample in each["samples"]} == {1000}


def test_a_slower_one_fails(gate: Any, tmp_path: Path) -> None:
    slow = {"BM_a": {"ns": wobbling(100)}, "BM_b": {"ns": wobbling(110)}}
    pair(tmp_path, ["BM_a", "BM_b"], slow, modern=True)
    done, found = gate("--max-rounds", 16)
    assert done.returncode == 1, done
    assert found["verdict"] == "REGRESSED" and sound(found)
    slower = found["benchmarks"][1]
    assert (slower["verdict"], slower["confirmed"]) == ("REGRESSED", True)
    assert slower["ratio"] == pytest.approx(1.1, rel=0.01)
    assert found["benchmarks"][0]["verdict"] == "SAME"
    assert re.fullmatch(r"--benchmark_min_time=\d+x", slower["setting"])
    counts = {s[arm]["iterations"] for s in slower["samples"] for arm in ("base", "contender")}
    assert slower["setting"].endswith(f"={counts.pop()}x") and not counts
    assert found["base"]["library_version"] == "v1.9.0"
    assert "BM_b is 1.1000 × slower" in done.stdout


def test_a_faster_one_passes(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], {"BM_a": {"ns": wobbling(80)}})
    done, found = gate("--max-rounds", 8)
    assert done.returncode == 0, done
    assert found["verdict"] == "IMPROVED"


def test_too_few_rounds_are_inconclusive(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], WILD)
    done, found = gate("--max-rounds", 8)
    assert done.returncode == 3, done
    assert found["verdict"] == "INCONCLUSIVE" and sound(found)
    assert found["benchmarks"][0]["detectable"] > 1.02
    done, found = gate("--max-rounds", 8, "--allow-inconclusive")
    assert (done.returncode, found["exit"]) == (0, 0)


def test_what_more_rounds_would_hardly_decide_is_given_up(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], WILD)
    done, found = gate()
    assert done.returncode == 3, done
    assert found["verdict"] == "INCONCLUSIVE" and sound(found)
    given_up = found["benchmarks"][0]
    assert given_up["rounds"] == 32
    assert given_up["reason"] == (
        "32 rounds show neither a difference nor equality, and 128 are unlikely to"
    )


def test_a_base_unlike_itself_proves_nothing(gate: Any, tmp_path: Path) -> None:
    drift = {"BM_a": {"ns": drifting("BM_a", 100.0, 105.0)}}
    pair(tmp_path, drift, {"BM_a": {"ns": 100.0}})
    done, found = gate("--max-rounds", 8)
    assert done.returncode == 4, done
    assert found["verdict"] == "ENVIRONMENT" and sound(found)
    assert found["benchmarks"][0]["control"]["ratio"] == pytest.approx(1.05)


def test_a_contender_that_fails_is_a_regression(front: Any, tmp_path: Path) -> None:
    pair(tmp_path, NAMES, {"BM_a": {"ns": 100}, NAMES[1]: {"does": "crash"}})
    done, found = front("--max-rounds", 6)
    assert done.returncode == 1, done
    assert [each["name"] for each in found["benchmarks"]] == ["BM_a"]
    assert [(each["name"], each["arm"]) for each in found["failed"]] == [(NAMES[1], "contender")]
    assert "SIGSEGV: something terrible" in found["failed"][0]["reason"]


def test_a_name_that_no_argument_can_hold_fails_alone(front: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a", "BM\0b", "BM_\x1b[2J"], ["BM_a", "BM\0b", "BM_\x1b[2J"])
    done, document = front("--max-rounds", "16", "--allow-inconclusive")
    assert done.returncode == 0
    assert {each["name"] for each in document["benchmarks"]} == {"BM_a", "BM_\x1b[2J"}
    [failure] = document["failed"]
    assert failure["name"] == "BM\0b" and failure["arm"] == "base"
    assert "cannot be started with such a name: embedded null byte" in failure["reason"]
    assert "BM\\x00b" in done.stdout and "\x1b" not in done.stdout + done.stderr


def test_where_the_base_fails_too_nobody_is_blamed(gate: Any, tmp_path: Path) -> None:
    broken = {"BM_a": {"ns": 100}, "BM_b": {"does": "error"}}
    later = {"BM_a": {"ns": 100}, "BM_b": {"does": ["", "", "", "crash"]}}
    for base in (broken, later):
        pair(tmp_path, base, broken)
        for calls in tmp_path.glob("*.calls"):
            calls.unlink()
        done, found = gate("--max-rounds", 6)
        assert done.returncode == 0, done
        assert "base" in {each["arm"] for each in found["failed"]}


def test_one_failure_may_be_chance(gate: Any, tmp_path: Path) -> None:
    flaky = {"BM_a": {"ns": 100, "does": ["", "", "crash", ""]}}
    pair(tmp_path, flaky, flaky)
    done, found = gate("--max-rounds", 6)
    assert (done.returncode, found["failed"]) == (0, [])
    assert found["benchmarks"][0]["rounds"] == 6


def test_a_hung_contender_is_ended(
    gate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as it was called, nine minutes are over, and nothing else takes any time."""
    pair(tmp_path, ["BM_a"], {"BM_a": {"does": "hang"}})
    calls = tmp_path / "contender.BM_a.calls"

    def monotonic() -> float:
        return 540.0 * calls.stat().st_size if calls.exists() else 0.0

    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=monotonic))
    monkeypatch.setattr(processes, "LOOK_S", 0.01)
    done, found = gate("--max-rounds", 6, "--run-limit", "8min")
    assert done.returncode == 1, done
    assert "timed out after 480 s" in found["failed"][0]["reason"]


def test_added_and_removed_are_listed(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a", "BM_old"], ["BM_new", "BM_a"])
    done, found = gate("--max-rounds", 6)
    assert done.returncode == 0, done
    assert (found["added"], found["removed"]) == (["BM_new"], ["BM_old"])
    assert "1 added" in done.stdout and "1 removed" in done.stdout


def test_the_budget_ends_it(gate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair(tmp_path, ["BM_a"], WILD)
    monkeypatch.setattr(Session, "_spent", lambda self, now, round_s, budget_s: round_s > 0)
    done, found = gate("--budget", "1h")
    assert done.returncode == 3, done
    assert found["benchmarks"][0]["rounds"] == 1
    assert "budget ran out" in found["benchmarks"][0]["reason"]
    assert found["benchmarks"][0]["low"] is None


@pytest.mark.parametrize("hangs", [0, 2])
def test_the_budget_ends_what_still_calibrates_too(
    hangs: int, front: Any, tmp_path: Path
) -> None:
    """A benchmark that takes longer than the budget, whichever process of it."""
    os.mkfifo(tmp_path / "hung")
    reading = os.open(tmp_path / "hung", os.O_RDONLY | os.O_NONBLOCK)
    slow = {"BM_a": {"ns": 100, "does": [""] * hangs + ["hang"]}, "BM_b": {"ns": 100}}
    pair(tmp_path, slow, slow)
    done, found = front("--budget", "300ms")
    os.close(reading)
    assert done.returncode == 3, done
    assert [(each["rounds"], each["verdict"]) for each in found["benchmarks"]] == [
        (0, "INCONCLUSIVE")
    ] * 2
    assert "budget ran out" in found["benchmarks"][0]["reason"] and not found["failed"]


def test_time_that_is_left_is_spent_on_who_was_given_up(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], WILD)
    rounds = []
    for words in ([], ["--budget", "1h"]):
        done, found = gate(*words)
        assert done.returncode == 3, done
        rounds.append(found["benchmarks"][0]["rounds"])
    assert rounds[0] < rounds[1] == 128


@pytest.mark.parametrize(
    "cpu_ns, real, ratio, most_cpu, words",
    [(26, 40.0, 1.04, 0.03, "wall 1.04 ×, CPU 0.03 ×: it waits more"),  # another thread does it
     (1000, 2.6, 2.6, 1.01, "wall 2.60 ×, CPU 1.00 ×: it waits more")],
)  # fmt: skip
def test_who_waits_more_is_slower(
    cpu_ns: float, real: float, ratio: float, most_cpu: float, words: str, gate: Any, tmp_path: Path
) -> None:
    waits = {"BM_a": {"ns": wobbling(cpu_ns), "real": real}}
    pair(tmp_path, {"BM_a": {"ns": wobbling(1000)}}, waits)
    done, found = gate()
    (each,) = found["benchmarks"]
    assert (done.returncode, each["verdict"], each["metric"]) == (1, "REGRESSED", "real_time")
    assert each["ratio"] == pytest.approx(ratio, abs=0.001)
    assert each["other_high"] < most_cpu
    assert words in found["sentence"]


def test_wall_time_overrules_where_both_sides_compute(gate: Any, tmp_path: Path) -> None:
    usual = {"ns": wobbling(1000)}
    pair(tmp_path, {"BM_a": usual, "BM_b": usual}, {"BM_a": usual | {"real": 1.06}, "BM_b": usual})
    done, found = gate()
    waits, same = found["benchmarks"]
    assert (done.returncode, waits["verdict"], waits["metric"]) == (1, "REGRESSED", "real_time")
    assert (waits["settled_metric"], waits["confirmed"]) == ("cpu_time", True)
    assert (same["verdict"], same["metric"]) == ("SAME", "cpu_time")
    again, told = gate("--metric", "cpu")
    assert again.returncode == 0 and told["benchmarks"][0]["verdict"] == "SAME"
    assert told["benchmarks"][0]["reason"].startswith("by wall time it is 1.06")


def test_a_banner_is_no_benchmark(gate: Any, tmp_path: Path) -> None:
    fake(tmp_path, "base", ["BM_a", "BM_old"], says="built of abc\nstarted at noon\n")
    fake(tmp_path, "contender", ["BM_a"], lists="built of def\nstarted at one\n")
    done, found = gate("--max-rounds", 6)
    assert (found["added"], found["removed"]) == ([], ["BM_old"]), done


def test_benchmarks_of_one_name_are_told_apart(gate: Any, tmp_path: Path) -> None:
    def twins(ratio: float) -> dict[str, Any]:
        usual = {"ns": wobbling(1000)}
        second = {"name": "BM_a", "ns": wobbling(1000 * ratio)}
        return {"BM_a": usual, "BM_b": usual, "BM_a again": second}

    pair(tmp_path, twins(1.0), twins(1.5))
    done, found = gate("--max-rounds", 8)
    verdicts = {each["name"]: each["verdict"] for each in found["benchmarks"]}
    assert verdicts == {"BM_a": "SAME", "BM_b": "SAME", "BM_a (2)": "REGRESSED"}, done
    pair(tmp_path, twins(1.0), ["BM_a", "BM_b"])
    done, found = gate("--max-rounds", 8)
    assert [each["name"] for each in found["benchmarks"]] == ["BM_b"], done
    assert "the base has 2 benchmarks called BM_a, and the contender 1" in done.stdout


def test_who_skips_itself_is_no_regression(gate: Any, tmp_path: Path) -> None:
    skips = {"BM_a": {"ns": 100, "does": "skip"}, "BM_b": {"ns": wobbling(100)}}
    pair(tmp_path, ["BM_a", "BM_b"], skips)
    done, found = gate("--max-rounds", 6)
    assert (done.returncode, found["failed"]) == (0, []), done
    assert [(each["name"], each["arm"]) for each in found["skipped"]] == [("BM_a", "contender")]
    assert "skipped by the contender: BM_a: it skips itself: not here" in done.stdout


@pytest.mark.parametrize("does", ["skip", "error"])
def test_nothing_compared_is_not_the_same(does: str, gate: Any, tmp_path: Path) -> None:
    broken = {"BM_a": {"ns": 100, "does": does}}
    pair(tmp_path, broken, broken)
    done, found = gate("--allow-inconclusive")
    assert (done.returncode, found["verdict"]) == (3, "INCONCLUSIVE"), done
    assert "Nothing was compared: BM_a: it " in found["sentence"]


def test_every_output_is_written(front: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], ["BM_a"])
    done, _ = front("--max-rounds", 6, "--junit", "j.xml", "--markdown", "out/m.md",
                    "--openmetrics", "o.txt", GITHUB_ACTIONS="true",
                    GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))  # fmt: skip
    assert done.returncode == 0, done
    assert (tmp_path / "j.xml").read_text().startswith("<?xml")
    assert "BM_a" in (tmp_path / "out" / "m.md").read_text()
    assert (tmp_path / "o.txt").read_text().endswith("# EOF\n")
    assert (tmp_path / "summary.md").read_text()
    assert "::notice" in done.stdout


def test_nobody_writes_nan(gate: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], ["BM_a"])
    gate("--max-rounds", 6)
    json.loads((tmp_path / "gate.json").read_text(), parse_constant=pytest.fail)


def test_it_is_bound(front: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], ["BM_a"])
    cpu = min(os.sched_getaffinity(0))
    done, found = front("--max-rounds", 6, "--pin", cpu)
    assert (done.returncode, found["pinned"]) == (0, [cpu])
