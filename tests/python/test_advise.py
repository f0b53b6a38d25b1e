"""`scripts/convoy advise` from outside: bad input, and a map that is there already."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import crossover_truth as truth
import pytest
from built import BENCH
from conftest import assert_complaint
from convoy_cli.core import bench
from convoy_cli.crossover import measuring
from convoy_cli.crossover.work import Work, shapes

CASE = ("--cpu", "50us", "--wait", "5ms", "--concurrency", "200")


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "map.json"
    truth.write_map(path)
    return path


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("--cpu", "50us"), "--wait and --concurrency"),
        (("--cpu", "0", *CASE[2:]), "--cpu"),
        (("--cpu", "50", *CASE[2:]), "--cpu"),
        (("--cpu", "-5us", *CASE[2:]), "--cpu"),
        (("--cpu", "50us", "--wait", "forever", "--concurrency", "2"), "--wait"),
        (("--cpu", "50us", "--wait", "1h", "--concurrency", "2"), "--wait"),
        (("--cpu", "50us", "--wait", "0", "--concurrency", "0"), "--concurrency"),
        (("--cpu", "50us", "--wait", "0", "--concurrency", "2.5"), "--concurrency"),
        (("--cpu", "50us", "--wait", "0", "--concurrency", "9" * 40), "--concurrency"),
        ((*CASE, "--interpreter", "/nowhere/python3"), "--interpreter"),
        ((*CASE, "--budget", "1s"), "--budget"),
        ((*CASE, "--passes", "0"), "--passes"),
        ((*CASE, "--try", "5"), "--try"),
        (("--try", "0"), "--try"),
        (("--measure",), "--measure"),
        (("--runtime", "go"), "--runtime"),
        ((*CASE, "--json", "-", "--markdown", "-"), "stdout"),
    ],
)
def test_nonsense_is_refused_before_anything_is_measured(
    words: tuple[str, ...], needle: str, inside: Any
) -> None:
    assert_complaint(inside("advise", *words), needle)


NEEDED = pytest.mark.skipif(not BENCH.exists(), reason="convoy-bench is not built")


@NEEDED
def test_a_lock_that_is_none_is_refused(convoy: Any, tmp_path: Path) -> None:
    ended = convoy("advise", *CASE, "--gil", "nonsense", CONVOY_BENCH=str(BENCH))
    assert_complaint(ended, "--gil")
    assert "cpython32" in ended.stderr


@NEEDED
def test_a_case_is_answered_from_a_map(convoy: Any, map_file: Path, tmp_path: Path) -> None:
    answer = tmp_path / "advice.json"
    ended = convoy("advise", *CASE, "--gil", "cpython32", "--map", str(map_file), "-q",
                   "--json", str(answer), "--markdown", str(tmp_path / "advice.md"),
                   "-o", str(tmp_path / "charts"), CONVOY_BENCH=str(BENCH))  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = json.loads(answer.read_text())
    assert told["shapes"][0]["series"].startswith("coroutines")
    assert any(each["cause"].startswith("the lock") for each in told["ceilings"])
    assert told["free_threading"] is not None
    assert (tmp_path / "charts" / "advice.svg").exists()
    assert (tmp_path / "advice.md").read_text().startswith("## 50 µs of computing")


@NEEDED
def test_the_whole_map_is_drawn(convoy: Any, map_file: Path, tmp_path: Path) -> None:
    ended = convoy("advise", "--gil", "cpython32", "--map", str(map_file), "-q", "-o",
                   str(tmp_path / "charts"), CONVOY_BENCH=str(BENCH))  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "charts" / "crossover.png").exists()
    assert "under cpython32" in ended.stdout.lower()


@NEEDED
def test_a_broken_map_is_refused_and_kept(convoy: Any, tmp_path: Path) -> None:
    broken = tmp_path / "map.json"
    broken.write_text("{")
    ended = convoy("advise", *CASE, "--map", str(broken), "-q", CONVOY_BENCH=str(BENCH))
    assert ended.returncode == 2 and "map.json" in ended.stderr
    assert broken.read_text() == "{"


@NEEDED
def test_a_map_of_another_machine_is_read_and_not_mixed(
    convoy: Any, map_file: Path, tmp_path: Path
) -> None:
    told = json.loads(map_file.read_text())
    told["machine"] |= {"fingerprint": "0" * 16, "cpu": "Another", "cpus": 2}
    map_file.write_text(json.dumps(told))
    words = ("advise", *CASE, "--gil", "cpython32", "--map", str(map_file), "-o", "charts")
    read = convoy(*words, CONVOY_BENCH=str(BENCH))
    assert read.returncode == 0 and "another machine (Another, 2 CPUs)" in read.stderr
    for more in (("--measure",), ("--budget", "10s")):
        ended = convoy(*words, *more, CONVOY_BENCH=str(BENCH))
        assert ended.returncode == 2 and "does not belong" in ended.stderr
    assert json.loads(map_file.read_text()) == told


@NEEDED
def test_the_program_runs_just_what_is_wanted() -> None:
    defaults = bench.ask(BENCH).workloads["mixed"]
    works = [Work(50_000, 500_000, 20), Work(1_300, 0, 20), Work(2_000_000, 7_000_000, 1)]
    wanted = [*shapes("cpython32", True, 2), *shapes("none", False, 2)]
    keys = {(shape.share(work), shape) for work in works for shape in wanted
            if shape.possible(work.concurrency)}  # fmt: skip
    words = measuring.selected(BENCH, defaults, keys)
    listed = subprocess.run(
        [str(BENCH), "list", "--names", "--no-overhead", *words], capture_output=True, text=True,
        check=True,
    ).stdout.split()
    assert {measuring.key_of(name, defaults) for name in listed} == keys
    assert len(listed) == len(keys)
