"""history add --range: commits that are missing are measured, and named by their subjects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, assert_complaint
from gate_project import run
from gate_stand import again, wobbling
from history_made import beside_reference, stepped, write

FAKE = ROOT / "tests" / "fixtures" / "fake-gbench"
BUILD = f"sh build.sh && mkdir -p out && cp {FAKE} out/bench && cp bench.json out/bench.json"
WORDS = ("history", "add", "--build", BUILD, "--program", "out/bench", "--file", "h.jsonl")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Four commits: the second does not build, the last is slower."""
    folder = tmp_path
    run(folder, "init", "--quiet")
    for at, (time_ns, build) in enumerate(((1000, ""), (1000, "exit 1"), (1000, ""), (1500, ""))):
        again(folder / "bench", {"BM_a": {"ns": wobbling(time_ns)}})
        (folder / "build.sh").write_text(f"{build}\n# {at}\n")
        run(folder, "add", "--all")
        run(folder, "commit", "--quiet", "--message", f"Change number {at}")
        run(folder, "tag", f"v{at}")
    return folder


def called(convoy: Any, folder: Path, *words: str) -> Any:
    return convoy(*WORDS, *words, XDG_CACHE_HOME=str(folder / ".cache"))


def test_the_commits_of_a_range_are_measured_once(repository: Path, convoy: Any) -> None:
    done = called(convoy, repository, "--range", "v2..v3")
    assert done.returncode == 0, done
    assert done.stdout == "h.jsonl: 1 of 1 commit added, 0 present, 0 skipped\n"
    (line,) = [json.loads(each) for each in (repository / "h.jsonl").read_text().splitlines()]
    assert line["commit"] == run(repository, "rev-parse", "v3")
    assert line["parent"]["base"] == run(repository, "rev-parse", "v2")
    assert line["parent"]["verdict"] == "REGRESSED"
    assert "1 of 1:" in done.stderr and "“Change number 3”)" in done.stderr
    # The second commit does not build, and so is no parent either.
    done = called(convoy, repository, "--range", "v0..v3")
    assert done.returncode == 1, done
    assert done.stdout == "h.jsonl: 0 of 3 commits added, 1 present, 2 skipped\n"
    told = convoy("history", "show", "--file", "h.jsonl")
    assert told.returncode == 0, told


def test_ranges_that_are_none(repository: Path, inside: Any) -> None:
    for given, part in (
        ("v3..v1", "v1..v3"), ("v1", "v1.0..main"), ("v1...v3", "two commits"),
        ("v1..v9", "'v9' is not a commit"),
    ):  # fmt: skip
        assert_complaint(inside(*WORDS, "--range", given), part)
    assert_complaint(inside("history", "add", "--range", "v1..v2"), "--build CMD")
    assert_complaint(inside(*WORDS, "--range", "v1..v2", "--commit", "a" * 40), "takes no commit")
    assert_complaint(inside("history", "add", "x.json", "--build", "make"), "--range A..B")
    assert_complaint(inside("history", "check", "--range", "v1..v2"), "takes no range")


def test_a_slow_down_names_the_commit(repository: Path, inside: Any) -> None:
    lines = beside_reference(stepped(30, 60, 1.3))
    lines[30]["commit"] = run(repository, "rev-parse", "v3")
    file = write(repository / "h.jsonl", lines)
    done = inside("history", "check", "--last", "60", "--file", file)
    assert done.returncode == 1, done
    assert "“Change number 3”" in done.stdout
