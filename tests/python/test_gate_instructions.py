"""Instructions under callgrind: of a real program of the installed library."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Optional

import gate_valgrind
import pytest
from convoy_cli.gate import instructions
from convoy_cli.gate.instructions import Count
from convoy_cli.stats.family import Verdict
from convoy_cli.gate.instructions import (
    ANOTHER,
    COUNTABLE,
    SHORT_S,
    STEADY,
    Counter,
    beyond,
    lasting,
)
from convoy_cli.gate.program import Program
from gate_stand import fake

# The one called contender does one per cent more work, beside a set-up that is larger than an
# iteration. What needs one CPU, or several, is there only where the program has them.
SOURCE = """
#include <benchmark/benchmark.h>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <sched.h>
#include <thread>
#include <unistd.h>
#include <vector>
static const int more = std::strcmp(program_invocation_short_name, "contender") == 0 ? 1 : 0;
static void work(long n) {
  for (volatile long i = 0; i < n; i = i + 1) {
  }
}
static void body(benchmark::State& state) {
  std::vector<char> big(1 << 19, 'x');
  benchmark::DoNotOptimize(big.data());
  const long n = state.range(0) * (100 + more) / 100;
  for (auto _ : state) {
    work(n);
    benchmark::DoNotOptimize(getpid());
  }
}
BENCHMARK(body)->Arg(100)->Arg(50000)->Arg(300000);
BENCHMARK(body)->Arg(300000)->Threads(2);
static void hand_over(benchmark::State& state) {
  for (auto _ : state) {
    work(140000);
    std::mutex mutex;
    std::condition_variable turned;
    int turn = 0;
    const auto take_turns = [&](int who) {
      for (int i = 0; i < 1000; ++i) {
        std::unique_lock lock(mutex);
        turned.wait(lock, [&] { return turn == who; });
        turn = 1 - who;
        turned.notify_one();
      }
    };
    std::thread other(take_turns, 1);
    take_turns(0);
    other.join();
  }
}
static void dearer_at_first(benchmark::State& state) {
  static bool begun = false;
  for (auto _ : state) {
    work(begun ? 10000 : 50000);
    begun = true;
  }
}
BENCHMARK(dearer_at_first);
static void rests(benchmark::State& state) {
  for (auto _ : state) {
    work(20000);
    usleep(20000);
  }
}
BENCHMARK(rests)->UseRealTime();
static long cpus() {
  cpu_set_t mine;
  return sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine) : 0;
}
static const auto* const several = cpus() > 1
    ? benchmark::RegisterBenchmark("on_several_cpus", body)->Arg(300000) : nullptr;
static const auto* const by_turns = cpus() == 1 && sched_getscheduler(0) == SCHED_BATCH
    ? benchmark::RegisterBenchmark("hand_over", hand_over) : nullptr;
BENCHMARK_MAIN();
"""
TRIES = 3
UNSTEADY = re.compile(r"not stable: counts of one build lie (\S+) % apart")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Program]:
    """The base and a contender, which is a copy and does more."""
    gate_valgrind.skip_without()
    if shutil.which("g++") is None:
        pytest.skip("g++ is missing")
    folder = tmp_path_factory.mktemp("counted")
    (folder / "body.cpp").write_text(SOURCE)
    words = ["g++", "-std=c++20", "-O1", "body.cpp", "-o", "base", "-lbenchmark", "-lpthread"]
    done = subprocess.run(
        words, cwd=folder, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0 and "benchmark.h: No such file" in done.stderr:
        pytest.skip("Google Benchmark is missing")
    assert done.returncode == 0, done.stderr
    shutil.copy(folder / "base", folder / "contender")
    return Program(folder / "base", folder, 60), Program(folder / "contender", folder, 60)


@pytest.fixture
def counter(programs: tuple[Program, Program]) -> Counter:
    return Counter(*programs)


@pytest.fixture
def same(programs: tuple[Program, Program]) -> Counter:
    """Of the base against itself."""
    return Counter(programs[0], programs[0])


def steady(counter: Counter, name: str, *verdicts: str) -> Optional[dict[str, Any]]:
    """What is said of threads that wait for each other, which is one of the verdicts.

    Other programs on that CPU may make every count unsteady, which is then said and is no mistake:
    None.
    """
    for _ in range(TRIES):
        found = counter.compare(name, None)
        assert counter.on_one_cpu, found
        if found["verdict"] is not None:
            assert found["verdict"] in verdicts and found["reason"] is None, found
            return found
        refusal = UNSTEADY.fullmatch(str(found["reason"]))
        assert refusal is not None, found
        assert float(refusal.group(1)) >= 100 * STEADY["/threads:" in name], found
    return None


@pytest.mark.parametrize("name", ["body/100", "body/300000"])
def test_one_per_cent_more_is_found(counter: Counter, name: str) -> None:
    found = counter.compare(name, Verdict.REGRESSED)
    assert (found["verdict"], found["reason"]) == ("REGRESSED", None)
    assert found["ratio"] == pytest.approx(1.01, abs=1e-3)


def test_one_per_cent_more_in_two_threads_is_found(counter: Counter) -> None:
    found = steady(counter, "body/300000/threads:2", "REGRESSED")
    assert found is None or found["ratio"] == pytest.approx(1.01, abs=1e-3)


def test_nothing_more_is_the_same(same: Counter) -> None:
    found = same.compare("body/300000", Verdict.REGRESSED)
    assert (found["verdict"], found["reason"]) == ("SAME", instructions.MEMORY)
    assert abs(found["ratio"] - 1) <= 1e-4


def test_threads_that_wait_for_each_other_count_the_same(same: Counter) -> None:
    """On several CPUs they would differ by some per cent."""
    found = steady(same, "hand_over", "SAME")
    assert found is None or abs(found["ratio"] - 1) < instructions.CHANGED / 5


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU alone")
def test_what_one_cpu_does_not_have_is_counted_on_several(counter: Counter) -> None:
    found = counter.compare("on_several_cpus/300000", None)
    assert (found["verdict"], found["reason"]) == ("REGRESSED", None)
    assert not counter.on_one_cpu


@pytest.mark.parametrize("name", ["body/50000", "dearer_at_first"])
def test_an_iteration_counts_the_same_however_many_there_are(same: Counter, name: str) -> None:
    start, short, long = (
        same.count(same.base, name, setting) for setting in (ANOTHER, lasting(0.01), lasting(0.1))
    )
    assert long.iterations > 2 * short.iterations
    assert beyond(short, start) == pytest.approx(beyond(long, start), rel=1e-5)


class Noted(Counter):
    """Knows what it has counted, by setting."""

    def __init__(self, base: Program, contender: Program) -> None:
        super().__init__(base, contender)
        self.seen: list[tuple[str, Count]] = []

    def count(self, program: Program, name: str, setting: str) -> Count:
        found = super().count(program, name, setting)
        self.seen.append((setting, found))
        return found


def test_what_mostly_waits_runs_until_there_is_enough_to_count(
    programs: tuple[Program, Program],
) -> None:
    noted = Noted(*programs)
    found = noted.compare("rests/real_time", None)
    assert (found["verdict"], found["reason"]) == ("SAME", None)
    [short] = [count for setting, count in noted.seen if setting == lasting(SHORT_S)]
    assert short.total < COUNTABLE <= noted.seen[-1][1].total


# Writes a result, and nothing of a loop.
LOOPLESS = """#!/bin/sh
for word; do
  case $word in
    --benchmark_out=*) cat "$0.json" > "${word#*=}" ;;
  esac
done
"""


def test_what_has_no_such_loop_is_not_countable(tmp_path: Path) -> None:
    gate_valgrind.skip_without()
    row = {"name": "BM_a", "iterations": 1, "cpu_time": 1.0, "real_time": 1.0, "time_unit": "ns"}
    (tmp_path / "bench.json").write_text(json.dumps({"benchmarks": [row]}))
    (tmp_path / "bench").write_text(LOOPLESS)
    (tmp_path / "bench").chmod(0o755)
    made = Program(tmp_path / "bench", tmp_path, 60)
    found = Counter(made, made).compare("BM_a", None)
    assert found["verdict"] is None and found["base"] is None
    assert "not countable" in found["reason"]


def test_without_valgrind_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Program(fake(tmp_path, "bench", ["BM_a"]), tmp_path, 60)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(instructions.UsageError, match="apt-get install valgrind"):
        Counter(made, made)
