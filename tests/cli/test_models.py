"""One answer under every model; and a workload of one file that is measured under them all."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from runs import BENCH, BRIEF, MODELS, ROOT, SHORT_LOCK, bench, result_of

GILS = f"none,{SHORT_LOCK}"
LOOPED = {"coroutines", "fibers"}
GUIDE = ROOT / "docs" / "how-to" / "add-a-workload.md"


def test_every_workload_has_one_answer_under_every_model(folder: Path) -> None:
    words = ("run", "--model", ",".join(MODELS), "--gil", GILS, "--workers", "2", *BRIEF)
    run = bench(*words, "--json", "x.json", program=BENCH, cwd=folder)
    assert run.code == 0, run.stderr
    answers = defaultdict(set)
    models = defaultdict(set)
    for row in result_of(folder / "x.json")["rows"]:
        # Of an experiment the suite takes no more than its words need.
        if row["answer"] == "same_as_single" and not row["experiment"]:
            answers[row["workload"], row["workers"]].add(row["checksum"])
            models[row["workload"]].add(row["model"])
    assert {"cpu_pi", "io_sleep", "io_tcp_echo"} <= {workload for workload, _ in answers}
    for (workload, workers), checksums in answers.items():
        assert len(checksums) == 1, (workload, workers)
        assert None not in checksums
        # A database library that blocks is not for event loops.
        assert models[workload] == set(MODELS) - (LOOPED if workload == "io_sqlite" else set())


@pytest.mark.skipif(not GUIDE.exists(), reason="there is no guide")
def test_the_workload_of_the_guide_runs_under_every_model(folder: Path) -> None:
    """It is built as the guide has it, beside the others, and no other file knows of it."""
    listed = bench("list", "--names", "--filter", "^cpu_collatz/", cwd=folder).stdout
    assert {name.split("/")[1] for name in listed.splitlines()[:-1]} >= {
        f"model:{model}" for model in MODELS
    }
    words = ("run", "--filter", "^cpu_collatz/", "--gil", GILS, "--workers", "2")
    run = bench(*words, *BRIEF, "--json", "x.json", cwd=folder)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["workload"] != "null"]
    assert {row["model"] for row in rows} == set(MODELS)
    assert len(rows) == 2 * len(MODELS)
    for workers in (1, 2):  # `single` has one, whatever the others have
        assert len({row["checksum"] for row in rows if row["workers"] == workers}) == 1


def test_the_object_of_the_guide_runs_under_every_model(folder: Path) -> None:
    """A class and a workload in one file, which no other file knows of."""
    words = ("run", "--filter", "^sync_latch/", "--gil", GILS, "--workers", "3")
    run = bench(*words, "--carriers", "1,2", *BRIEF, "--json", "x.json", cwd=folder)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["workload"] == "sync_latch"]
    assert {(row["model"], row["carriers"]) for row in rows} == {
        ("threads", None),
        ("processes", None),
        ("coroutines", 1),
        ("coroutines", 2),
        ("fibers", 1),
        ("fibers", 2),
    }


def test_the_lock_policy_of_the_guide_runs_under_every_model(folder: Path) -> None:
    """A file of its own, which no other file knows of."""
    gils = "polite,polite:patience=3"
    words = ("run", "--filter", "^(cpu_pi|io_sleep)/", "--gil", gils, "--workers", "2")
    run = bench(*words, *BRIEF, "--json", "x.json", cwd=folder)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["workload"] != "null"]
    assert {(row["model"], row["gil"]) for row in rows} == {
        (model, gil) for model in MODELS for gil in gils.split(",")
    }
    assert any(sum(sample["gil"]["switches"] for sample in row["samples"]) for row in rows)


def test_threads_and_coroutines_are_dealt_over_interpreters(folder: Path) -> None:
    words = ("run", "--filter", "^mixed/", "--gil", "cpython32", "--workers", "5")
    run = bench(*words, "--interpreters", "1,2", "--carriers", "1,2", *BRIEF, "--json", "x.json",
                cwd=folder)  # fmt: skip
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["workload"] == "mixed"]
    found = {(row["model"], row["interpreters"], row["carriers"], row["seats"]) for row in rows}
    assert found >= {
        ("single", 1, None, 1), ("processes", 5, None, 5),
        ("threads", 1, None, 5), ("threads", 2, None, 5),
        ("coroutines", 1, 1, 1), ("coroutines", 2, 1, 2),
        ("coroutines", 1, 2, 2), ("coroutines", 2, 2, 4),
    }  # fmt: skip
    for row in rows:
        dealt = row["model"] != "processes" and row["interpreters"] > 1
        assert ("/interpreters:2" in row["name"]) == dealt


def configure(folder: Path, extra: Path) -> subprocess.CompletedProcess[str]:
    command = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    return subprocess.run(
        [*command, f"-DCONVOY_EXTRA_WORKLOADS={extra}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.skipif(
    not (shutil.which("cmake") and shutil.which("ninja")), reason="cmake or ninja is missing"
)
def test_workloads_of_ones_own_may_live_elsewhere(folder: Path) -> None:
    extra = folder / "extra"
    extra.mkdir()
    refused = configure(folder / "build", extra)
    assert refused.returncode != 0
    assert "name a folder of workloads" in " ".join(refused.stderr.split())
    shutil.copy(ROOT / "tests" / "fixtures" / "workloads" / "bad_throw.cpp", extra)
    done = configure(folder / "build", extra)
    assert done.returncode == 0, done.stderr
    commands = json.loads((folder / "build" / "compile_commands.json").read_text("utf-8"))
    outputs = [entry["command"] for entry in commands if entry["file"].startswith(str(extra))]
    assert len(outputs) == 1
    assert "convoy-workloads" in outputs[0]
