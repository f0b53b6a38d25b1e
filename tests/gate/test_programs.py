"""The programs that the gate is judged by, and the commands that run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import recording

HERE = Path(__file__).resolve().parent
ONCE = "--benchmark_min_time=1e-9"
# Judges by what the scripts that it is given ask for, and by nothing else.
GATE = """#!/usr/bin/python3
import json, re, subprocess, sys
words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
asked = [re.findall(r"(\\w+)=1.050", open(words[arm]).read()) for arm in ("--base", "--contender")]
listed = subprocess.check_output([words["--base"], "--benchmark_list_tests"], text=True).split()
rows = [{"name": name, "ratio": 1.0, "low": None, "high": None, "rounds": 16,
         "verdict": "REGRESSED" if name.partition("/")[0] in asked[1] else "SAME"}
        for name in listed]
with open(words["--json"], "w") as file:
    json.dump({"verdict": "REGRESSED" if asked[1] else "SAME", "benchmarks": rows}, file)
sys.exit(1 if asked[1] else 0)
"""


def rows(program: Path, *words: str, slowdown: str = "") -> list[dict[str, Any]]:
    told = subprocess.run(
        [program, "--benchmark_format=json", *words],
        env=os.environ | {"CONVOY_SLOWDOWN": slowdown},
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(told.stdout)["benchmarks"]
    return found


def test_a_slowdown_is_exactly_so_much_more_work(built: Path) -> None:
    program = built / "convoy-known-truth"
    usual = {row["name"]: row["units"] for row in rows(program, ONCE)}
    assert len(usual) >= 20
    for factor in (1.03, 1.05, 1.1):
        slowed = {row["name"]: row["units"] for row in rows(program, ONCE, slowdown=f"*={factor}")}
        assert slowed == {name: pytest.approx(units * factor) for name, units in usual.items()}


def test_only_what_is_named_is_slowed(built: Path) -> None:
    program = built / "convoy-known-truth"
    asked = "cpu_sort=1.5,pipe_ping_pong=2"
    words = ["--benchmark_filter=^(cpu_sort|cpu_hash|pipe_ping_pong/real_time)$", ONCE]
    units = {row["name"]: row["units"] for row in rows(program, *words, slowdown=asked)}
    assert units == {"cpu_sort": 1500, "cpu_hash": 1000, "pipe_ping_pong/real_time": 1000}


@pytest.mark.parametrize("unbound", ["0", "1"])
def test_two_threads_do_with_one_cpu(built: Path, unbound: str) -> None:
    words = ["--benchmark_filter=real_time$", ONCE, "--benchmark_format=json"]
    told = subprocess.run(
        [built / "convoy-known-truth", *words],
        env=os.environ | {"CONVOY_UNBOUND": unbound},
        preexec_fn=lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}),
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    units = {row["name"]: row["units"] for row in json.loads(told.stdout)["benchmarks"]}
    assert len(units) == 6 and min(units.values()) >= 200


@pytest.mark.parametrize("asked", ["cpu_sorts=1.05", "cpu_sort", "cpu_sort=much", "*=100"])
def test_a_slowdown_that_would_not_happen_is_refused(built: Path, asked: str) -> None:
    done = subprocess.run(
        [built / "convoy-known-truth"], env=os.environ | {"CONVOY_SLOWDOWN": asked},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert asked.partition("=")[0] in done.stderr and "write name=1.05" in done.stderr


def test_the_unrelated_program_has_what_makes_reading_hard(built: Path, tmp_path: Path) -> None:
    for name in ("convoy-unrelated", "convoy-unrelated-slowed"):
        out = tmp_path / "out.json"
        words = [f"--benchmark_out={out}", "--benchmark_out_format=json", ONCE]
        told = subprocess.check_output([built / name, *words], text=True, timeout=60)
        assert "ledger: twelve benchmarks" in told and '{ "not": json }' in told
        found = json.loads(out.read_text())["benchmarks"]
        assert len({row["name"].partition("/")[0].partition("_BigO")[0].partition("_RMS")[0]
                    .partition("<")[0] for row in found}) == 12  # fmt: skip
        assert {row["run_type"] for row in found} == {"iteration", "aggregate"}
        assert any(row.get("error_occurred") for row in found)
        assert any(row["threads"] == 2 for row in found)


def test_recording_writes_a_round_of_every_arm(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    words = ["--minutes", "0", "--filter", "cpu_milli", "--arms", "1,1,1,1.1", "--out", str(path)]
    words += ["--program", str(built / "convoy-known-truth")]
    told = subprocess.check_output([sys.executable, HERE / "record.py", *words], text=True,
                                   stderr=subprocess.DEVNULL, timeout=120)  # fmt: skip
    assert told.startswith(f"{path}: 1 rounds")
    made = recording.read(path)
    assert (made.arms, made.rounds) == ([1.0, 1.0, 1.0, 1.1], 1)
    assert made.benchmarks["cpu_millisecond"].work == [1000, 1000, 1000, 1100]
    assert made.benchmarks["cpu_millisecond"].metric == "cpu_time"


def test_live_sessions_slow_one_of_each_kind_and_go_on_where_they_were(
    built: Path, tmp_path: Path
) -> None:
    gate, out = tmp_path / "gate", tmp_path / "live.jsonl"
    gate.write_text(GATE)
    gate.chmod(0o755)

    def live(*words: str) -> subprocess.CompletedProcess[str]:
        program = ["--program", str(built / "convoy-known-truth"), "--gate", str(gate)]
        return subprocess.run([sys.executable, HERE / "live.py", *program, "--out", out, *words],
                              capture_output=True, text=True, timeout=60)  # fmt: skip

    assert live("--sessions", "2").returncode == 0
    with out.open("a") as file:
        file.write('{"effect": 1.0, "torn')
    done = live("--sessions", "3")
    assert "3 of 3" in done.stderr and "1 of 3" not in done.stderr
    assert "| quiet | none | identical | 3 sessions | 0 % (0–71 %) of sessions" in done.stdout
    done = live("--sessions", "2", "--effect", "1.05")
    for kind in ("cpu", "mem", "threads"):
        assert f"| quiet | +5 % | {kind} | 2 | 100 % (16–100 %) | 0 | 0 | 16 |" in done.stdout
    gate.write_text("#!/bin/sh\necho 'convoy: no' >&2; exit 2\n")
    done = live("--sessions", "4")
    assert done.returncode == 1 and "exit 2" in done.stderr and "convoy: no" in done.stderr
