"""The gate on two builds of a program that knows nothing of Convoy: one benchmark was slowed.

What the clocks say is for live.py; what callgrind counts is the same on every machine.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import gate_valgrind
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_gate_finds_the_one_benchmark_that_was_slowed(built: Path, tmp_path: Path) -> None:
    gate_valgrind.skip_without()
    out = tmp_path / "gate.json"
    words = ["--base", built / "convoy-unrelated", "--contender", built / "convoy-unrelated-slowed"]
    words += ["--filter", "SumLedger|ParseNumbers|SortEntries/1024|Fill", "--json", out]
    done = subprocess.run(
        [ROOT / "scripts" / "convoy", "gate", *words, "--instructions", "--budget", "1ms"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3, 4), done.stderr
    benchmarks = json.loads(out.read_text())["benchmarks"]
    counted = {one["name"]: one["instructions"] for one in benchmarks}
    assert len(counted) == 5
    slowed = counted.pop("BM_ParseNumbers")
    assert (slowed["verdict"], slowed["ratio"]) == ("REGRESSED", pytest.approx(1.15, abs=0.005))
    assert {one["verdict"] for one in counted.values()} == {"SAME"}
