"""Instructions under callgrind: of a real program of the installed library."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from convoy_cli.gate import instructions
from convoy_cli.gate.family import Verdict
from convoy_cli.gate.instructions import COUNTABLE, SHORT_S, Counter, beyond, lasting
from convoy_cli.gate.program import Program
from gate_stand import fake

# `MORE` per cent more work, beside a set-up that is much larger than an iteration.
SOURCE = """
#include <benchmark/benchmark.h>
#include <condition_variable>
#include <mutex>
#include <sched.h>
#include <thread>
#include <unistd.h>
#include <vector>
static void work(long n) { for (volatile long i = 0; i < n; i = i + 1) {} }
static void body(benchmark::State& state) {
  std::vector<char> big(1 << 22, 'x');
  benchmark::DoNotOptimize(big.data());
  const long n = state.range(0) * (100 + MORE) / 100;
  for (auto _ : state) {
    work(n);
    benchmark::DoNotOptimize(getpid());
  }
}
BENCHMARK(body)->Arg(100)->Arg(50000)->Arg(300000);
BENCHMARK(body)->Arg(300000)->Threads(2);
static void hand_over(benchmark::State& state) {
  for (auto _ : state) {
    std::mutex mutex;
    std::condition_variable turned;
    int turn = 0;
    const auto take_turns = [&](int who) {
      for (int i = 0; i < 2000; ++i) {
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
BENCHMARK(hand_over);
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
    work(10000);
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
BENCHMARK_MAIN();
"""

needs = pytest.mark.skipif(
    not (shutil.which("valgrind") and shutil.which("g++")), reason="valgrind or g++ is missing"
)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    folder = tmp_path_factory.mktemp("counted")
    (folder / "body.cpp").write_text(SOURCE)
    made = []
    for name, more in (("base", 0), ("contender", 1)):
        words = ["g++", "-std=c++20", "-O1", f"-DMORE={more}", "body.cpp", "-o", name,
                 "-lbenchmark", "-lpthread"]  # fmt: skip
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0 and "benchmark.h: No such file" in done.stderr:
            pytest.skip("Google Benchmark is missing")
        assert done.returncode == 0, done.stderr
        made.append(Program(folder / name, folder, 60))
    return Counter(*made)


@needs
@pytest.mark.parametrize("name", ["body/100", "body/300000", "body/300000/threads:2"])
def test_one_per_cent_more_is_found(counter: Counter, name: str) -> None:
    found = counter.compare(name, Verdict.REGRESSED)
    assert (found["verdict"], found["reason"]) == ("REGRESSED", None)
    assert found["ratio"] == pytest.approx(1.01, abs=1e-3)


@needs
def test_nothing_more_is_the_same(counter: Counter) -> None:
    same = Counter(counter.base, counter.base)
    found = same.compare("body/300000", Verdict.SAME)
    assert (found["verdict"], found["reason"]) == ("SAME", None)
    assert abs(found["ratio"] - 1) <= 1e-4
    assert same.compare("body/300000", Verdict.REGRESSED)["reason"] == instructions.MEMORY


@needs
def test_threads_that_wait_for_each_other_count_the_same(counter: Counter) -> None:
    """On several CPUs they would differ by a quarter. Where others take the CPU meanwhile, a count
    may be told to be unsteady, but not always, and the medians are near each other even so."""
    same = Counter(counter.base, counter.base)
    for _ in range(5):
        found = same.compare("hand_over", Verdict.SAME)
        assert same.on_one_cpu
        assert abs(found["ratio"] - 1) < instructions.CHANGED / 5, found
        if not str(found["reason"]).startswith("not steady"):
            break
    assert (found["verdict"], found["reason"]) == ("SAME", None)


@needs
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU alone")
def test_what_one_cpu_does_not_have_is_counted_on_several(counter: Counter) -> None:
    found = counter.compare("on_several_cpus/300000", None)
    assert (found["verdict"], found["reason"]) == ("REGRESSED", None)
    assert not counter.on_one_cpu


@needs
@pytest.mark.parametrize("name", ["body/50000", "dearer_at_first"])
def test_an_iteration_counts_the_same_however_many_there_are(counter: Counter, name: str) -> None:
    plan = counter.plan(name)
    short, long = (
        counter.count(counter.base, name, f"--benchmark_min_time={seconds}")
        for seconds in (0.02, 0.2)
    )
    assert long.iterations > 2 * short.iterations
    assert beyond(short, plan.start) == pytest.approx(beyond(long, plan.start), rel=1e-5)


@needs
def test_what_mostly_waits_runs_until_there_is_enough_to_count(counter: Counter) -> None:
    short = counter.count(counter.base, "rests/real_time", lasting(SHORT_S))
    assert short.total < COUNTABLE
    found = counter.compare("rests/real_time", None)
    assert (found["verdict"], found["reason"]) == ("SAME", None)


@needs
def test_what_has_no_such_loop_is_not_countable(tmp_path: Path) -> None:
    made = Program(fake(tmp_path, "bench", {"BM_a": {"ns": 1}}), tmp_path, 60)
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
