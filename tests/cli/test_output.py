"""What is written: lists, plans, result files, and Google Benchmark's own formats."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from runs import (
    BENCH, BRIEF, CONVOY, MODELS, SHORT_LOCK, Run, assert_complaint, bench, load, measured,
    result_of, validator,
)  # fmt: skip

ONE = ("--filter", "^cpu_pi/", "--model", "threads", "--gil", SHORT_LOCK, "--workers", "2")
QUICK = ("run", *ONE, *BRIEF)
TOPOLOGIES = os.environ.get("CONVOY_TOPOLOGIES")


def plain(*words: object, **options: Any) -> Run:
    run = bench(*words, program=BENCH, **options)
    assert run.code == 0, (run.code, run.stderr)
    return run


def test_the_tests_of_google_benchmark_have_the_names_of_the_list_and_more(folder: Path) -> None:
    listed = plain("--benchmark_list_tests", cwd=folder).stdout.splitlines()
    names = plain("list", "--names", cwd=folder).stdout.splitlines()
    suffix = "/iterations:1/manual_time"
    assert set(names) < {line.removesuffix(suffix) for line in listed}
    assert all(line.endswith(suffix) for line in listed)
    assert load(plain("list", "--names", "--json", cwd=folder).stdout) == names
    cut = plain("--benchmark_list_tests=true", "--benchmark_filter=^io_sleep/", cwd=folder)
    chosen = [line for line in listed if line.startswith("io_sleep/")]
    assert cut.stdout.splitlines() == chosen


def test_the_list_shows_everything_with_its_parameters(folder: Path) -> None:
    everything = load(plain("list", "--json", cwd=folder).stdout)
    text = plain("list", cwd=folder).stdout
    for kind in ("workloads", "models", "gils", "suites"):
        assert everything[kind]
        for entry in everything[kind]:
            assert re.search(rf"^  {entry['name']} +\S", text, re.MULTILINE)
            for parameter in entry.get("parameters", []):
                assert f"{parameter['name']} = {parameter['default']} " in text


def test_a_filter_narrows_the_list_of_workloads(folder: Path) -> None:
    text = plain("list", "--filter", "^cpu_(pi|sort)/", cwd=folder).stdout
    assert re.findall(r"^  (\w+) +\S", text, re.MULTILINE) == ["cpu_pi", "cpu_sort"]
    assert "n = 2000 " in text and "--names" in text
    missing = bench("list", "--filter", "^cpu_pie/", program=BENCH, cwd=folder)
    assert_complaint(missing, "no benchmark matches")


def test_null_joins_several_workloads_and_is_never_half(folder: Path) -> None:
    two = ("list", "--names", "--filter", "^cpu_pi/", "--filter", "^cpu_sort/", *ONE[2:])
    names = plain(*two, cwd=folder).stdout.splitlines()
    alone = plain(*two, "--no-overhead", cwd=folder).stdout.splitlines()
    overheads = {name for name in names if name.startswith("null/")}
    assert set(names) - set(alone) == overheads != set()
    assert 2 * len(overheads) <= len(alone)
    assert plain("list", "--names", *ONE, cwd=folder).stdout.count("null/") == 0


def test_a_plain_program_writes_json(folder: Path) -> None:
    words = ("--benchmark_filter=^cpu_pi/", "--benchmark_format=json", "--benchmark_out=x.json")
    run = plain(*words, *ONE[2:], cwd=folder)
    for text in (run.stdout, (folder / "x.json").read_text("utf-8")):
        (row,) = load(text)["benchmarks"]
        assert row["name"].startswith(f"cpu_pi/model:threads/gil:{SHORT_LOCK}/")
        assert row["real_time"] > 0
        # The crew's CPU time: the controller's own, which sleeps, would be a hundredth of it.
        assert row["cpu_time"] == pytest.approx(row["cpu_ns"] / row["operations"])
        assert row["cpu_time"] > 100
    assert [entry.name for entry in folder.iterdir()] == ["x.json"]


def test_a_plain_program_does_as_many_operations_as_are_asked_for(folder: Path) -> None:
    words = ("--benchmark_filter=^cpu_pi/", "--benchmark_format=json", *ONE[2:])
    run = plain("--benchmark_min_time=37x", *words, cwd=folder)
    (row,) = load(run.stdout)["benchmarks"]
    assert row["operations"] == 37 * row["workers"] > 0


def test_a_run_does_as_many_operations_as_are_asked_for(folder: Path) -> None:
    words = ("--passes", "2", "--operations", "7", "--no-overhead", "--json", "x.json")
    assert bench("run", *ONE, *words, cwd=folder).code == 0
    convoy = result_of(folder / "x.json")
    (row,) = convoy["rows"]
    assert [sample["operations"] for sample in row["samples"]] == [7 * row["workers"]] * 2
    assert (row["operations"], row["overhead_ns"]) == (7 * row["workers"], None)
    assert convoy["plan"]["minimum_round_ns"] == 0


@pytest.mark.parametrize("words", [("--json", "-"), ("--json=-",), ("--json",)])
def test_on_stdout_there_is_json_alone(words: tuple[str, ...], folder: Path) -> None:
    run = bench(*QUICK, *words, cwd=folder)
    assert run.code == 0
    whole = load(run.stdout)
    validator("schema.json").validate(whole)
    assert measured(whole["convoy"]) == {"cpu_pi"}
    assert "benchmarks" in run.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("words", [("--json", "x.json"), ("--json=x.json",)])
def test_a_file_is_named_after_a_blank_or_a_sign(words: tuple[str, ...], folder: Path) -> None:
    run = bench(*QUICK, *words, "-q", cwd=folder, program=CONVOY, CONVOY_BENCH=str(BENCH))
    assert (run.code, run.stdout, run.stderr) == (0, "", "")
    convoy = result_of(folder / "x.json")
    assert measured(convoy) == {"cpu_pi"}
    assert convoy["command_line"][1:] == [*map(str, QUICK), *words, "-q"]
    assert sorted(entry.name for entry in folder.iterdir()) == ["x.json", "x.track.json"]


def test_folders_are_made_and_files_replaced(folder: Path) -> None:
    assert bench(*QUICK, "--json", "a/b/x.json", cwd=folder).code == 0
    first = result_of(folder / "a" / "b" / "x.json")
    assert bench(*QUICK, "--json", "a/b/x.json", cwd=folder).code == 0
    assert result_of(folder / "a" / "b" / "x.json")["seed"] != first["seed"]


def test_bytes_that_are_no_text_cost_no_result(folder: Path) -> None:
    word = os.fsdecode(b"^cpu_pi/|\xff")
    words = ("run", "--filter", word, *ONE[2:], *BRIEF, "--json", "x.json")
    assert bench(*words, cwd=folder).code == 0
    assert "\ufffd" in result_of(folder / "x.json")["command_line"][3]


def test_not_pinned_is_exit_5_when_pinning_was_required(folder: Path) -> None:
    words = (*QUICK, "--json", "x.json", "--require-pinned")
    run = bench(*words, "--policy", "none", cwd=folder)
    assert run.code == 5
    assert "not pinned" in run.stderr and "--require-pinned" in run.stderr
    assert not any(row["pinned"] for row in result_of(folder / "x.json")["rows"])
    assert bench(*words, cwd=folder).code == 0
    assert all(row["pinned"] for row in result_of(folder / "x.json")["rows"])


def test_a_plan_of_another_machine(folder: Path) -> None:
    words = ("plan", "--topology", "pack:2 core:4 pu:2", "--workers", "3", "--place", "core")
    for how in ("--json", "--json=-"):
        placed = load(plain(*words, "--policy", "scatter", how, cwd=folder).stdout)
        assert [worker["index"] for worker in placed["workers"]] == [0, 1, 2]
        assert [worker["cpus"] for worker in placed["workers"]] == [[0, 1], [8, 9], [2, 3]]
        assert (placed["places"], placed["this_system"]) == (8, False)
    close = plain(*words, "--policy", "close", "--json", "p.json", cwd=folder)
    assert close.stdout == ""
    placed = load((folder / "p.json").read_text("utf-8"))
    assert [worker["cpus"] for worker in placed["workers"]] == [[0, 1], [2, 3], [4, 5]]


def cores_of(topology: Path, folder: Path) -> int:
    words = ("plan", "--topology", topology, "--place", "core", "--policy", "none", "--json")
    run = bench(*words, program=BENCH, cwd=folder)
    return int(load(run.stdout)["places"]) if run.code == 0 else 0


@pytest.mark.skipif(not TOPOLOGIES, reason="CONVOY_TOPOLOGIES names no folder of topologies")
def test_cores_of_every_machine_are_given_out_once(folder: Path) -> None:
    told = 0
    for topology in sorted(Path(TOPOLOGIES or "").glob("*.xml")):
        cores = cores_of(topology, folder)
        if cores == 0 or "Core" not in topology.read_text("utf-8", "replace"):
            continue
        words = ("plan", "--topology", topology, "--place", "core", "--policy", "close", "--json")
        placed = load(plain(*words, "--workers", cores, cwd=folder).stdout)
        cpus = [cpu for worker in placed["workers"] for cpu in worker["cpus"]]
        assert len(placed["workers"]) == cores
        assert all(worker["cpus"] and worker["bound"] for worker in placed["workers"])
        assert len(cpus) == len(set(cpus)), topology
        assert_complaint(bench(*words, "--workers", cores + 1, cwd=folder), f"{cores} place")
        told += 1
    assert told > 20


COMPARE = Path("/usr/share/benchmark/compare.py")


@pytest.mark.skipif(not COMPARE.exists(), reason="libbenchmark-tools is not installed")
def test_google_benchmarks_compare_reads_two_files(folder: Path) -> None:
    words = ("run", "--filter", "^cpu_pi/", "--gil", "none", "--workers", "2", "--no-overhead")
    for name in ("a.json", "b.json"):
        brief = ("--min-round", "1ms", "--passes", "9", "--json", name)
        assert bench(*words, *brief, cwd=folder).code == 0
    command = ["/usr/bin/python3", str(COMPARE), "benchmarks", "a.json", "b.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    for model in MODELS:
        assert f"cpu_pi/model:{model}/" in done.stdout
    assert "OVERALL_GEOMEAN" in done.stdout
