"""Instructions of crews under callgrind: the measured round is counted, whatever the model."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from runs import BENCH, MODELS, ROOT, assert_complaint, bench

sys.path.insert(0, str(ROOT / "scripts"))

from convoy_cli.gate.callgrind import Count  # noqa: E402
from convoy_cli.gate.family import Verdict  # noqa: E402
from convoy_cli.gate.instructions import Counter, fixed  # noqa: E402
from convoy_cli.gate.program import Program  # noqa: E402

needs = pytest.mark.skipif(
    not (BENCH.exists() and shutil.which("valgrind")), reason="valgrind or convoy-bench is missing"
)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    made = Program(BENCH, tmp_path_factory.mktemp("counted"), 60)
    made.names()  # to learn that it takes a number of operations
    return Counter(made, made)


def counted(counter: Counter, model: str, workers: int, operations: int) -> Count:
    name = f"cpu_sort/model:{model}/gil:none/place:core.close/workers:{workers}"
    return counter.count(counter.base, f"{name}/iterations:1/manual_time", fixed(operations))


@needs
@pytest.mark.parametrize("model", [model for model in MODELS if model != "single"])
def test_what_each_operation_takes_is_counted_of_every_worker(counter: Counter, model: str) -> None:
    few, many = (counted(counter, model, 2, operations) for operations in (10, 30))
    alone = counted(counter, "single", 1, 30)
    assert few.is_round and (few.iterations, many.iterations) == (10, 30)
    assert many.total == pytest.approx(3 * few.total, rel=0.02)
    assert many.total == pytest.approx(2 * alone.total, rel=0.02)


@needs
def test_equal_crews_count_the_same(counter: Counter) -> None:
    name = "cpu_sort/model:processes/gil:none/place:core.close/workers:2/iterations:1/manual_time"
    found = counter.compare(name, Verdict.REGRESSED)
    assert found["verdict"] == "SAME" and abs(found["ratio"] - 1) <= 2e-4
    assert "memory, contention or layout" in found["reason"]


def test_another_gate_is_refused(folder: Path) -> None:
    run = bench("--benchmark_filter=^null/", cwd=folder, program=BENCH, CONVOY_GATE="open")
    assert_complaint(run, "CONVOY_GATE=open", "CONVOY_GATE=futex")
