"""Instructions of crews under callgrind: the measured round is counted, whatever the model."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from runs import BENCH, MODELS, ROOT, assert_complaint, bench

sys.path.insert(0, str(ROOT / "scripts"))

from convoy_cli.gate.instructions import STEADY, Count, Counter, fixed  # noqa: E402
from convoy_cli.gate.program import Program  # noqa: E402
from convoy_cli.stats.family import Verdict  # noqa: E402

TRIES = 5  # a busy machine has crews wait now and then, which takes instructions
TRIAL = ("chrt", "--batch", "0", "valgrind", "--tool=callgrind",
         "--callgrind-out-file=/dev/null", "true")  # fmt: skip
UNSTEADY = re.compile(r"not stable: counts of one build lie (\S+) % apart")


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    if not (shutil.which("chrt") and shutil.which("valgrind")):
        pytest.skip("chrt or valgrind is missing")
    tried = subprocess.run(TRIAL, capture_output=True, encoding="utf-8", check=False)
    if tried.returncode:
        pytest.skip(f"valgrind does not run: {tried.stderr.strip()}")
    made = Program(BENCH, tmp_path_factory.mktemp("counted"), 60)
    made.names()  # to learn that it takes a number of operations
    return Counter(made, made)


def counted(counter: Counter, model: str, workers: int, operations: int) -> Count:
    name = f"cpu_sort/model:{model}/gil:none/place:core.close/workers:{workers}"
    return counter.count(counter.base, f"{name}/iterations:1/manual_time", fixed(operations))


@pytest.fixture(scope="module")
def alone(counter: Counter) -> Count:
    """What one worker takes for 30 operations."""
    return counted(counter, "single", 1, 30)


@pytest.mark.parametrize("model", [model for model in MODELS if model != "single"])
def test_what_each_operation_takes_is_counted_of_every_worker(
    counter: Counter, alone: Count, model: str
) -> None:
    few, many = (counted(counter, model, 2, operations) for operations in (10, 30))
    assert few.is_round and (few.iterations, many.iterations) == (10, 30)
    assert many.total == pytest.approx(3 * few.total, rel=0.02)
    assert many.total == pytest.approx(2 * alone.total, rel=0.02)


def is_refused(found: dict[str, Any]) -> bool:
    """As documented: counts of one build lie further apart than those of several workers may."""
    told = UNSTEADY.fullmatch(found["reason"] or "")
    return found["verdict"] is None and told is not None and float(told[1]) >= 100 * STEADY[True]


def test_equal_crews_count_the_same(counter: Counter) -> None:
    name = "cpu_sort/model:processes/gil:none/place:core.close/workers:2/iterations:1/manual_time"
    for _ in range(TRIES):
        found = counter.compare(name, Verdict.REGRESSED)
        if not is_refused(found):
            assert found["verdict"] == "SAME" and abs(found["ratio"] - 1) <= 2e-4, found
            assert "memory, contention or layout" in found["reason"]
            return


def test_another_gate_is_refused(folder: Path) -> None:
    run = bench("--benchmark_filter=^null/", cwd=folder, program=BENCH, CONVOY_START="open")
    assert_complaint(run, "CONVOY_START=open", "CONVOY_START=futex")
