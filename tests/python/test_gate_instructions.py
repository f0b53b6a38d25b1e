"""Instructions under callgrind: of a real program of the installed library."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from convoy_cli.gate import instructions
from convoy_cli.gate.family import Verdict
from convoy_cli.gate.instructions import Counter, beyond, part_of
from convoy_cli.gate.program import Program
from gate_stand import fake

# `MORE` per cent more work, beside a set-up that is much larger than an iteration.
SOURCE = """
#include <benchmark/benchmark.h>
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
        words = ["g++", "-O1", f"-DMORE={more}", "body.cpp", "-o", name, "-lbenchmark", "-lpthread"]
        done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip("Google Benchmark is missing")
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
def test_an_iteration_counts_the_same_however_many_there_are(counter: Counter) -> None:
    plan = counter.plan("body/50000")
    short, long = (
        counter.count(counter.base, "body/50000", f"--benchmark_min_time={seconds}")
        for seconds in (0.02, 0.2)
    )
    assert long.iterations > 2 * short.iterations
    assert beyond(short, plan.start) == pytest.approx(beyond(long, plan.start), rel=1e-5)


class Said(Counter):
    """Counts what a test says: of either build one number after the other."""

    def __init__(self, base: list[float], contender: list[float]) -> None:
        programs = (Program(Path("/bin", name), Path(), 60) for name in ("true", "false"))
        self.base, self.contender = programs
        self.left = {"true": base, "false": contender}

    def plan(self, name: str) -> instructions.Plan:
        return instructions.Plan("", instructions.NO_LOOP)

    def each(self, program: Program, name: str, plan: instructions.Plan) -> float:
        return self.left[program.path.name].pop(0)


def test_a_count_that_is_exact_is_not_taken_again() -> None:
    said = Said([5e6, 5e6, 0], [5.1e6, 0])
    assert said.compare("BM_a", None)["ratio"] == pytest.approx(1.02)
    assert said.left == {"true": [0], "false": [0]}


def test_who_waits_now_and_then_is_counted_five_times() -> None:
    # One of the base's first two lies 0.1 % off, and so does the contender's first.
    said = Said([1e6, 1.001e6, 1e6, 999_990, 1_000_010], [1.001e6, 1e6, 1e6, 999_990, 1e6])
    found = said.compare("BM_a", None)
    assert (found["verdict"], found["reason"], found["ratio"]) == ("SAME", None, 1.0)
    assert not any(said.left.values())


@pytest.mark.parametrize(
    "name, apart, steady",
    [("BM_a", 150, False), ("BM_a", 50, True), ("BM_a/threads:2", 150, True)],
)
def test_either_build_may_be_the_one_that_is_not_steady(
    name: str, apart: float, steady: bool
) -> None:
    calm = [1e6, 1_000_005, 1e6, 1e6, 1e6]
    restless = [1e6 + apart, 1e6, 1e6 + apart, 1e6 - apart, 1e6]
    for base, contender in ((calm, restless), (restless, calm)):
        found = Said([*base], [*contender]).compare(name, None)
        assert (found["verdict"] is not None) == steady, found
        assert steady or "not steady: counts of one build lie 0.0" in found["reason"]


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


def test_parts_are_in_order_and_the_beginning_is_taken_off() -> None:
    names = ["callgrind.7", "callgrind.7.10", "callgrind.7.2"]
    assert sorted(names, key=lambda name: part_of(Path(name))) == [names[2], names[1], names[0]]
    count = instructions.Count
    assert beyond(count(2100, 100, 1), count(1020, 10, 1)) == 12
