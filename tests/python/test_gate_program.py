"""Programs of the gate: what they have, what they took, and everything they do wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from convoy_cli.core import processes
from convoy_cli.core.processes import ProcessFailed
from convoy_cli.core.errors import UsageError
from convoy_cli.gate import program as readings
from convoy_cli.gate.program import Program, only
from fidelity_stand import is_gone
from gate_killed import leaves_nothing
from gate_stand import fake, program

ODD = "BM odd<a, b>(x)[y]{2}+c.*|^$\\d/threads:2"


def test_the_names_are_found_whatever_else_it_says(tmp_path: Path) -> None:
    says = "loading\nBM_a\n\nready\n"
    made = program(tmp_path, ["BM_a", ODD, "BM_b/8"], says=says)
    assert made.names() == ["BM_a", ODD, "BM_b/8"]
    assert not made.counts


@pytest.mark.parametrize("modern", [False, True])
def test_a_fixed_count_is_used_where_it_is_known(tmp_path: Path, modern: bool) -> None:
    made = program(tmp_path, ["BM_a"], modern=modern)
    made.names()
    assert made.counts == modern
    assert made.run("BM_a", "--benchmark_min_time=5x" if modern else "").reading.iterations == (
        5 if modern else 1000
    )
    assert made.library_version == ("v1.9.0" if modern else None)


def test_one_benchmark_runs_alone(tmp_path: Path) -> None:
    made = program(tmp_path, {"BM_a": {"ns": 1}, "BM_ab": {"ns": 2}, ODD: {"ns": 3}})
    assert made.run("BM_a", "").reading.cpu_ns == 1
    assert made.run(ODD, "").reading.cpu_ns == 3
    assert only("a]}b").endswith("=^a]}b$")  # POSIX knows no escape of these


@pytest.mark.parametrize(
    "does, reason",
    [("crash", "killed by SIGSEGV: something terrible"), ("error", "reports an error: no luck"),
     ("skip", "skips itself: not here"), ("fail", "exit code 1: it reports an error: no luck"),
     ("nothing", "no benchmark with this name")],
)  # fmt: skip
def test_what_goes_wrong_is_said(tmp_path: Path, does: str, reason: str) -> None:
    made = program(tmp_path, {"BM_a": {"does": does}})
    with pytest.raises(ProcessFailed, match=reason):
        made.run("BM_a", "")


def test_one_that_hangs_is_killed(tmp_path: Path) -> None:
    made = program(tmp_path, {"BM_a": {"does": "hang"}}, limit_s=0.2)
    with pytest.raises(ProcessFailed, match="timed out after 0.2 s"):
        made.run("BM_a", "")


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    ended = processes.run(["sh", "-c", "sleep 99999 & echo $! >&2"], tmp_path, 60)
    child = int(ended.last_words)
    assert is_gone(child)


def test_a_process_ends_with_a_gate_that_is_killed_as_soon_as_it_begins(tmp_path: Path) -> None:
    code = """
from pathlib import Path
from convoy_cli.core import guard, processes
folder = Path(sys.argv[2])
with guard.guarded(folder, True):
    processes.run(["sleep", "99999"], folder, 99999)
"""
    folder = tmp_path / "folder"
    folder.mkdir()
    assert leaves_nothing("sleep", code, [folder])


def test_the_kernel_counts_what_disturbed_it(tmp_path: Path) -> None:
    ended = processes.run(["true"], tmp_path, 60, [min(os.sched_getaffinity(0))])
    assert ended.status == 0 and ended.preempted >= 0
    assert ended.run_delay_ns is None or ended.run_delay_ns >= 0
    with pytest.raises(ProcessFailed, match="cannot be started"):
        processes.run([str(tmp_path / "none")], tmp_path, 60)


def test_it_is_bound_where_it_should_be(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    cpu = max(before)
    words = ["/usr/bin/python3", "-IS", "-c", "import os; print(os.sched_getaffinity(0))"]
    assert processes.run(words, tmp_path, 60, [cpu], capture=True).out.decode() == f"{{{cpu}}}\n"
    assert os.sched_getaffinity(0) == before


def test_the_banner_is_no_reason(tmp_path: Path) -> None:
    banner = "2026-01-01T00:00:00+00:00\nRunning ./x\nRun on (2 X 1 MHz CPU s)\nCPU Caches:\n"
    said = f"{banner}  L1 Data 48 KiB (x2)\n***WARNING*** debug\nwhy\n==12== I refs: 9\n"
    script = f"printf '{said}' >&2"
    assert processes.run(["sh", "-c", script], tmp_path, 60).last_words == "why"


def test_programs_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file"):
        Program(tmp_path / "none", tmp_path, 60)
    path = fake(tmp_path, "bench", ["BM_a"])
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod"):
        Program(path, tmp_path, 60)
    with pytest.raises(UsageError, match="lists no benchmarks.*exit code 1"):
        Program(Path("/bin/false"), tmp_path, 60).names()


# --- Rows.


def row(name: str = "BM_a", time: Any = 100.0, **more: Any) -> dict[str, Any]:
    return {"name": name, "run_name": "BM_a", "run_type": "iteration", "iterations": 7,
            "cpu_time": time, "real_time": 250.0, "time_unit": "ns", **more}  # fmt: skip


def read(*rows: dict[str, Any]) -> readings.Reading:
    return readings.reading_of({"benchmarks": list(rows)}, "BM_a")


def test_the_median_of_repetitions_counts() -> None:
    aggregates = [row(f"BM_a_{kind}", 1e9, run_type="aggregate", aggregate_name=kind)
                  for kind in ("mean", "median", "BigO", "RMS")]  # fmt: skip
    assert read(row(time=3), row(time=1), row(time=20), *aggregates).cpu_ns == 3


def test_aggregates_alone_have_a_median() -> None:
    made = [row(f"BM_a_{kind}", time, run_type="aggregate", aggregate_name=kind)
            for kind, time in (("mean", 5), ("median", 4), ("cv", 0.01))]  # fmt: skip
    assert read(*made)[:3] == (4, 250, 0)


def test_rows_of_old_versions_have_no_type() -> None:
    old = [{key: value for key, value in row(name, time).items() if key[:3] != "run"}
           for name, time in (("BM_a", 8), ("BM_a_mean", 9), ("BM_a_BigO", 1))]  # fmt: skip
    assert read(*old).cpu_ns == 8


def test_units_threads_and_twins() -> None:
    assert read(row(time=2, time_unit="ms", threads=4)) == (2e6, 250e6, 7, 4, 0)
    twins = [row(time=1, family_index=0), row(time=9, family_index=1)]
    assert read(*twins).cpu_ns == 1
    assert readings.reading_of({"benchmarks": twins}, "BM_a", 1).cpu_ns == 9
    with pytest.raises(ProcessFailed, match="reports 2 benchmarks of this name"):
        readings.reading_of({"benchmarks": twins}, "BM_a", 2)


def test_repetitions_that_went_well_count() -> None:
    bad = row(time=5) | {"error_occurred": True, "error_message": "no luck"}
    assert read(bad, row(time=7), row(time=9)).cpu_ns == 8
    with pytest.raises(readings.Reported, match="no luck"):
        read(bad, bad)
    with pytest.raises(readings.Skipped, match="not here"):
        read(row(time=5) | {"skipped": True, "skip_message": "not here"})



@pytest.mark.parametrize("time", ["NaN", "Infinity", "-1.0", "nan", "-inf", '"x"', "null"])
def test_what_is_no_time_is_refused(tmp_path: Path, time: str) -> None:
    file = tmp_path / "out.json"
    text = json.dumps({"benchmarks": [row()]}).replace('"cpu_time": 100.0', f'"cpu_time": {time}')
    file.write_text(text)
    with pytest.raises(ProcessFailed, match="cpu_time"):
        readings.reading_of(readings.load_output(file), "BM_a")


def test_numbers_as_a_locale_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    for rows in (
        '"iterations": 180,831,"cpu_time": 2.5e+02',
        '"iterations": 180.831,"cpu_time": 2,5e+02',
    ):
        file.write_text(f'{{"benchmarks": [{{"name": "BM_a", {rows},"real_time": 3}}]}}')
        found = readings.reading_of(readings.load_output(file), "BM_a")
        assert (found.iterations, found.cpu_ns) == (180831, 250)


def test_counters_may_be_anything(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    text = json.dumps({"benchmarks": [row(a="@a", b="@b")]})
    file.write_text(text.replace('"@a"', "-nan").replace('"@b"', "NaN"))
    assert readings.reading_of(readings.load_output(file), "BM_a").real_ns == 250


@pytest.mark.parametrize("text", ["", "{", "[]", '{"benchmarks": 3}', '{"benchmarks": []}'])
def test_results_that_are_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "out.json"
    file.write_text(text)
    with pytest.raises(ProcessFailed):
        readings.reading_of(readings.load_output(file), "BM_a")
