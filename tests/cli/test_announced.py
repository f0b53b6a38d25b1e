"""What a run says before it measures, and what it keeps of its surroundings."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from runs import BENCH, BRIEF, Run, bench, result_of

PI = ("run", "--filter", "^cpu_pi/", "--model", "single,threads", "--gil", "none", "--workers", "2")
REASONS = {"run_delay", "foreign_work", "yardstick", "steal"}


def test_a_budget_without_room_for_intervals_is_told(folder: Path) -> None:
    run = bench(*PI, "--budget", "50ms", "--json", "x.json", cwd=folder, program=BENCH)
    assert run.code == 0, run.stderr
    assert "the budget of 50ms ends before 6 passes" in run.stderr
    assert "--budget" in run.stderr.split("there will be no intervals")[1]
    roomy = bench(*PI, "--budget", "10s", "--min-round", "1ms", "--precision", "90%", "--json",
                  "x.json", cwd=folder, program=BENCH)  # fmt: skip
    assert "ends before" not in roomy.stderr


@pytest.mark.parametrize("words", [("--passes", "2"), ("--suite", "smoke")])
def test_who_asks_for_few_passes_is_not_told(words: tuple[str, ...], folder: Path) -> None:
    run = bench(*PI, *words, "--min-round", "1ms", "--json", "x.json", cwd=folder, program=BENCH)
    assert run.code == 0 and "ends before" not in run.stderr


def test_filters_add_up(folder: Path) -> None:
    words = ("list", "--names", "--no-overhead", "--model", "threads", "--gil", "none")
    both = bench(*words, "--filter", "^cpu_pi/", "--filter", "^io_pipe/", cwd=folder)
    assert {name.split("/")[0] for name in both.stdout.splitlines()} == {"cpu_pi", "io_pipe"}
    none = bench(*words, "--filter", "^cpu_pi/", "--filter", "(", cwd=folder)
    assert none.code == 2 and "'(' is not a regular expression" in none.stderr


def test_a_sample_says_whether_it_was_disturbed(folder: Path) -> None:
    run = bench(*PI, *BRIEF, "--json", "x.json", cwd=folder, program=BENCH)
    assert run.code == 0, run.stderr
    convoy = result_of(folder / "x.json")
    samples = [sample for row in convoy["rows"] for sample in row["samples"]]
    told = convoy["disturbance"]
    assert told["samples"] == len(samples)
    assert told["disturbed"] == sum(bool(sample["disturbed"]) for sample in samples)
    for sample in samples:
        assert set(sample["disturbed"]) <= REASONS
    for row in convoy["rows"]:
        assert row["disturbed"] == any(sample["disturbed"] for sample in row["samples"])


def test_a_short_run_is_not_kept_waiting_for_an_examination(folder: Path) -> None:
    bench(*PI, *BRIEF, "--json", "x.json", cwd=folder, program=BENCH)
    assert result_of(folder / "x.json")["findings"] == []


def test_a_long_run_keeps_what_was_found_of_the_machine(folder: Path) -> None:
    run = Run(*PI, "--passes", "5000", "-v", "--json", "x.json", cwd=folder)
    for line in run.told_lines():
        if " ns an operation" in line:
            break
    os.kill(run.process.pid, signal.SIGINT)
    assert run.finish().code == 130
    found = {each["name"]: each for each in result_of(folder / "x.json")["findings"]}
    assert {"parallel", "others", "timer", "steal", "load", "quota"} <= found.keys()
