"""Where programs of refs run: beside the data of their commit, or where the gate is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from gate_project import run
from gate_stand import again

FAKE = ROOT / "tests" / "fixtures" / "fake-gbench"
BENCH = """#!/bin/sh
[ -f data.txt ] || { echo "data.txt is missing" >&2; exit 1; }
exec "$0.real" "$@"
"""
BUILD = (
    f"mkdir -p out && cp bench.sh out/bench && cp {FAKE} out/bench.real && "
    "cp real.json out/bench.real.json"
)
WORDS = ("gate", "--base-ref", "main", "--contender-ref", "main", "--build", BUILD, "--program",
         "out/bench", "--max-rounds", "6", "--json", "gate.json")  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With a program that needs a file of its commit, which the tree as it lies lacks."""
    run(tmp_path, "init", "--quiet")
    (tmp_path / "bench.sh").write_text(BENCH)
    (tmp_path / "bench.sh").chmod(0o755)
    again(tmp_path / "real", ["BM_a"])
    (tmp_path / "data.txt").write_text("data\n")
    run(tmp_path, "add", "--all")
    run(tmp_path, "commit", "--quiet", "--message", "one")
    (tmp_path / "data.txt").unlink()
    return tmp_path


def test_refs_run_in_their_checkout(repository: Path, convoy: Any) -> None:
    cache = {"XDG_CACHE_HOME": str(repository / ".cache")}
    done = convoy(*WORDS, **cache)
    assert done.returncode == 0, done
    found = json.loads((repository / "gate.json").read_text())
    for arm in ("base", "contender"):
        assert found[arm]["program"] == f"{found[arm]['cwd']}/out/bench"
    again = convoy("gate", "--resume", "gate.json", **cache)
    assert again.returncode == 0 and "data.txt" not in again.stderr, again
    done = convoy(*WORDS, "--cwd", "caller", **cache)
    assert done.returncode == 2 and "data.txt is missing" in done.stderr, done
    (repository / "data.txt").write_text("mine\n")
    assert convoy(*WORDS, "--cwd", "caller", **cache).returncode == 0
    assert json.loads((repository / "gate.json").read_text())["base"]["cwd"] is None
