"""What `make bench` does with suites, failures and folders; the front door is a stand-in."""

import os
import re
import subprocess

import pytest
from built import BENCH

FRONT_DOOR = """#!/bin/sh
printf '%s|' "$@" >> "$LOG"; echo >> "$LOG"
[ "$1" != run ] || exit "${RUN_STATUS:-0}"
"""


class Bench:
    """Calls make with stand-ins for installing, building and the front door."""

    def __init__(self, root, folder):
        self.root, self.log = root, folder / "log"
        self.door = folder / "convoy"
        self.door.write_text(FRONT_DOOR)
        self.door.chmod(0o755)

    def make(self, *arguments, run_status=0):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        for name in ("SUITE", "FILTER", "OUT", "CHARTS", "BASE", "CONTENDER", "GATE_OPTIONS"):
            kept.pop(name, None)
        stand_ins = ["BOOTSTRAP=:", "CMAKE=:", f"CONVOY={self.door}"]
        return subprocess.run(
            ["make", "-C", str(self.root), *stand_ins, *arguments],
            env={**kept, "LC_ALL": "C", "LOG": str(self.log), "RUN_STATUS": str(run_status)},
            capture_output=True,
            text=True,
            timeout=600,
        )

    @property
    def calls(self):
        if not self.log.exists():
            return []
        return [line.rstrip("|").split("|") for line in self.log.read_text().splitlines()]


@pytest.fixture
def bench(root, tmp_path):
    return Bench(root, tmp_path)


def test_bench_runs_then_draws_then_sums_up_and_names_the_report_last(bench):
    ended = bench.make("bench")
    assert ended.returncode == 0
    said = [line for line in ended.stdout.splitlines() if not line.startswith("make: ")]
    assert said[-1] == "open results/report.html"
    assert bench.calls == [
        ["run", "--suite", "quick", "--json", "results/latest.json"],
        ["plot", "results/latest.json", "-o", "results/charts"],
        ["summary", "results/latest.json"],
        ["report", "-q", "results/latest.json", "-o", "results/report.html"],
    ]


def test_suite_filter_and_file_are_passed_on_as_they_are(bench):
    bench.make("bench", "SUITE=smoke", "FILTER=cpu_.*'/ x$", "OUT=some where/a.json")
    run = ["run", "--suite", "smoke", "--filter", "cpu_.*'/ x$", "--json", "some where/a.json"]
    assert bench.calls[0] == run
    assert bench.calls[1] == ["plot", "some where/a.json", "-o", "some where/charts"]


def test_charts_go_beside_the_results(bench):
    bench.make("bench", "OUT=elsewhere/a.json")
    assert bench.calls[1] == ["plot", "elsewhere/a.json", "-o", "elsewhere/charts"]
    bench.make("charts", "OUT=elsewhere/a.json")
    assert bench.calls[-1] == ["plot", "elsewhere/a.json", "-o", "elsewhere/charts"]
    bench.make("charts", "OUT=elsewhere/a.json", "CHARTS=there")
    assert bench.calls[-1] == ["plot", "elsewhere/a.json", "-o", "there"]


@pytest.mark.parametrize("status", [1, 3])
def test_failed_rows_are_still_drawn_and_still_an_error(bench, status):
    ended = bench.make("bench", run_status=status)
    assert [call[0] for call in bench.calls] == ["run", "plot", "summary", "report"]
    assert ended.returncode != 0
    assert f"Error {status}\n" in ended.stderr


@pytest.mark.parametrize("status", [2, 4, 5, 130, 143])
def test_anything_else_ends_the_bench(bench, status):
    ended = bench.make("bench", run_status=status)
    assert [call[0] for call in bench.calls] == ["run"]
    assert f"Error {status}\n" in ended.stderr


def test_a_bad_suite_is_refused_before_anything_is_done(bench):
    ended = bench.make("bench", "SUITE=huge")
    assert ended.returncode == 2
    assert "SUITE=huge" in ended.stderr and "smoke" in ended.stderr
    assert bench.calls == []


def test_fidelity_asks_for_interpreters_and_calls_the_front_door(bench):
    assert bench.make("fidelity").returncode == 0
    assert bench.calls == [["fidelity"]]


def option(call, name):
    return call[call.index(name) + 1]


def test_gate_compares_the_tree_as_it_lies_with_a_commit(bench):
    assert bench.make("gate", "BASE=origin/main").returncode == 0
    [call] = bench.calls
    assert call[:5] == ["gate", "--base-ref", "origin/main", "--contender-ref", "worktree"]
    assert option(call, "--program") == "build/release/convoy-bench"
    assert option(call, "--build") == (
        ": --preset release && : --build build/release --target convoy-bench"
    )
    for name, file in (("json", "json"), ("junit", "xml"), ("markdown", "md")):
        assert option(call, f"--{name}") == f"results/gate.{file}"


def test_gate_chooses_a_dozen_that_are_quick(bench, root):
    bench.make("gate", "BASE=main")
    [call] = bench.calls  # taken apart at every bar, of which the pattern has some
    pattern = re.compile("|".join(call[call.index("--filter") + 1 : call.index("--json")]))
    assert pattern.search("cpu_pi/model:single/gil:none/place:core.close/workers:1/iterations:1")
    assert not pattern.search("cpu_pi/model:single/gil:none/place:core.close/workers:16/x")
    if not BENCH.exists():
        pytest.skip(f"{BENCH} is not built: make build")
    listing = subprocess.check_output([BENCH, "--benchmark_list_tests"], text=True, timeout=600)
    assert 10 <= sum(bool(pattern.search(name)) for name in listing.splitlines()) <= 14


def test_gate_passes_on_what_it_is_given(bench):
    bench.make(
        "gate", "BASE=v1 $x", "CONTENDER=HEAD", "FILTER=^cpu_pi/.*'$", "GATE_OPTIONS=--budget 9min"
    )
    [call] = bench.calls
    assert option(call, "--base-ref") == "v1 $x"
    assert option(call, "--contender-ref") == "HEAD"
    assert option(call, "--filter") == "^cpu_pi/.*'$"
    assert call[-2:] == ["--budget", "9min"]


def test_gate_without_a_base_is_refused_before_anything_is_done(bench):
    ended = bench.make("gate")
    assert ended.returncode == 2
    assert "make gate BASE=main" in ended.stderr
    assert bench.calls == []


def test_help_names_every_target(bench):
    told = bench.make("help").stdout
    for target in ("build", "bench", "charts", "gate", "test", "check", "lint", "format", "clean"):
        assert f"make {target} " in told
