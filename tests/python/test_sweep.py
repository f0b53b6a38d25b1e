"""The verb sweep: what it asks of the program, what it does with the answer, what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import swept
import synthetic
from built import BENCH
from conftest import CONVOY, LIMIT_S, assert_complaint, clean_environment
from convoy_cli import cli
from convoy_cli.core import bench
from convoy_cli.results.sweeps import COUNTDOWN, ECHO, LATENESS
from convoy_cli.verbs import sweep

LAW = {"intervals": 1, "sleeps": 0, "least_ns": 0, "most_ns": 400000}
GILS = [
    {"name": name, "excludes": name != "none", "interval_ns": 0, "lateness": law,
     "parameters": [{"name": "interval", "default": interval}] if interval else []}
    for name, interval, law in (
        ("cpython27", "100", None), ("cpython32", "5ms", LAW), ("none", "", LAW | {"intervals": 0}),
        ("rude", "1ms", None),
    )
]  # fmt: skip
# Stands in for convoy-bench: lists locks, and "measures" a stored file.
PROGRAM = """#!/usr/bin/python3 -IS
import json, os, shutil, signal, sys
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
if sys.argv[1] == "list":
    print(os.environ.get("LISTED") or json.dumps({"gils": %s, "workloads": []}))
    sys.exit(0)
code = int(os.environ.get("STATUS", "0"))
if os.environ.get("WAIT"):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    print("waiting", file=sys.stderr, flush=True)
    code = 128 + signal.sigwait({signal.SIGINT, signal.SIGTERM})
if os.environ.get("STORED"):
    shutil.copy(os.environ["STORED"], sys.argv[sys.argv.index("--json") + 1])
sys.exit(code)
"""


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """The environment in which the stand-in is the program."""
    path = tmp_path / "bench"
    path.write_text(PROGRAM % repr(GILS))
    path.chmod(0o755)
    stored = synthetic.write(tmp_path / "stored.json", swept.document())
    calls = str(tmp_path / "calls")
    return {"CONVOY_BENCH": str(path), "STORED": str(stored), "CALLS": calls}


def test_all_is_measured_in_one_file(
    convoy: Any, program: dict[str, str], tmp_path: Path
) -> None:
    words = ["--gil", "cpython32,rude:a=b", "--intervals", "1ms,5ms", "--json", "s.json"]
    done = convoy("sweep", *words, "--seed", "3", "--spinners", "2", "-q", **program)
    assert done.returncode == 0, done
    listed, ran = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert listed == ["list", "--json"]
    assert ran.pop(0) == "run"
    for flag in ("--quiet", "--no-overhead"):
        ran.remove(flag)
    after = dict(zip(ran[::2], ran[1::2]))
    assert after["--gil"] == (
        "none,cpython32:interval=1ms,cpython32:interval=5ms,"
        "rude:a=b:interval=1ms,rude:a=b:interval=5ms"
    )
    assert after["--model"] == "threads" and after["--json"] == "s.json"
    assert after["--passes"] == "6" and after["--seed"] == "3"
    assert f"{ECHO}.spinners=2" in ran and f"{LATENESS}.spinners=2" in ran
    names = [f"{LATENESS}/a:b/workers:1", f"{ECHO}/workers:1/n:5", f"{COUNTDOWN}/a:b/workers:2"]
    assert [bool(re.search(after["--filter"], name)) for name in names] == [True, False, True]
    assert re.search(after["--filter"], f"{ECHO}/a:b/workers:1/n:5")
    assert not re.search(after["--filter"], f"{ECHO}/a:b/workers:12")
    assert not re.search(after["--filter"], f"{COUNTDOWN}/a:b/workers:1")
    assert "The law holds" in done.stdout
    assert (tmp_path / "charts" / "interval.png").exists()


@pytest.mark.usefixtures("blank")
def test_a_file_is_told_again(inside: Any, tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", swept.document())
    done = inside("sweep", "--from", "x.json", "-o", "out")
    assert done.returncode == 0
    assert "out/interval.svg\t" in done.stdout and (tmp_path / "out" / "interval.svg").exists()


@pytest.mark.usefixtures("blank")
def test_failed_rows_are_told_and_counted(inside: Any, program: dict[str, str]) -> None:
    done = inside("sweep", "--json", "s.json", STATUS="1", **program)
    assert done.returncode == 1
    assert "The law holds" in done.stdout


def test_a_run_that_writes_nothing_tells_nothing(inside: Any, program: dict[str, str]) -> None:
    done = inside("sweep", "--json", "s.json", STATUS="2", **(program | {"STORED": ""}))
    assert (done.returncode, done.stdout) == (2, "")


def test_the_program_has_what_is_asked_of_it() -> None:
    """Without `-q` and `--json` the selection is one of `list`, too."""
    if not BENCH.exists():
        pytest.skip("not built: make build")
    arguments = cli.parser_of(sweep).parse_args(["--intervals", "1ms,5ms", "--gil", "cpython32"])
    words = sweep.selection(arguments, bench.ask(BENCH).policies)
    passes = words.index("--passes")
    listed = subprocess.run(
        [str(BENCH), "list", "--names", *words[:passes], *words[passes + 2 :]],
        capture_output=True, encoding="utf-8", check=True,
    ).stdout.splitlines()  # fmt: skip
    found = sorted({(name.split("/")[0], name.split("gil:")[1].split("/")[0]) for name in listed})
    locks = ("cpython32", "cpython32:interval=1ms", "none")
    assert found == sorted((w, gil) for w in (LATENESS, ECHO, COUNTDOWN) for gil in locks)
    assert len(listed) == len(found)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_measured_until_an_interrupt_is_told(
    number: int, code: int, program: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [str(CONVOY), "sweep", "--json", "s.json"], cwd=tmp_path, encoding="utf-8",
        env=clean_environment() | program | {"WAIT": "1"}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting\n"
        os.kill(process.pid, number)
        told, complaints = process.communicate(timeout=LIMIT_S)
        assert process.returncode == code
        assert "The law holds" in told and "Traceback" not in complaints
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "words, parts",
    [
        (["--gil", "cpython99"], ["cpython99", "cpython32"]),
        (["--gil", "cpython27"], ["no interval that is a time", "cpython32, rude"]),
        (["--gil", "none"], ["is always measured, too"]),
        (["--gil", "cpython32:interval=1ms"], ["--intervals"]),
        (["--gil", ","], ["nothing to sweep"]),
        (["--intervals", "5"], ["--intervals 5", "5ms"]),
        (["--intervals", "0ms"], ["above zero"]),
        (["--json", "-"], ["stdout has the table"]),
        (["--from", "nowhere.json"], ["nowhere.json"]),
    ],
)
def test_what_cannot_be_swept(
    words: list[str], parts: list[str], inside: Any, program: dict[str, str]
) -> None:
    assert_complaint(inside("sweep", *words, **program), *parts)


def test_charts_are_known_to_be_possible_before_anything_is_measured(
    convoy: Any, program: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ZeroDivisionError('not loaded here')")
    done = convoy("sweep", PYTHONPATH=str(tmp_path), **program)
    assert_complaint(done, "not loaded here", code=70)
    assert not (tmp_path / "calls").exists()


def test_a_program_that_lists_nothing(inside: Any, program: dict[str, str]) -> None:
    for listed in ("{}", "nonsense", "[1]", '{"gils": [{}]}'):
        done = inside("sweep", LISTED=listed, **program)
        assert_complaint(done, "its locks promise", "make build")


def test_a_result_without_a_sweep(inside: Any, made: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", made)
    assert_complaint(inside("sweep", "--from", "x.json"), "no lock at two switch intervals")
