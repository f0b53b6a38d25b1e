"""The verb profile: what it asks of the program and of perf, what it writes and what it refuses."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

import profiled
import pytest
from built import BENCH
from conftest import CONVOY, LIMIT_S, assert_complaint, clean_environment
from profile_stand import STACKS, WAITER, WRITTEN, stand  # noqa: F401

pytest.importorskip("matplotlib")


def calls(tmp_path: Path) -> list[list[str]]:
    return [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]


def test_everything_is_written_and_told(
    convoy: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    words = ["profile", "gil_convoy_echo", "--gil", "cpython32", "--workers", "1", "-o", "out"]
    done = convoy(*words, "--sample", "3s", **stand)
    assert done.returncode == 0, done
    assert sorted(os.listdir(tmp_path / "out")) == sorted(WRITTEN + STACKS)
    assert done.stdout.startswith(profiled.NAME + "\n\nseat  workers")
    assert "while seat 1 held it" in done.stdout and "program's own" not in done.stdout
    for name in WRITTEN + STACKS:
        assert (f"out/{name}\t" in done.stdout) or name.endswith(".json")
    recorded, sampled = calls(tmp_path)
    chosen = ["profile", "--filter", "^gil_convoy_echo(/|$)", "--gil", "cpython32",
              "--workers", "1"]  # fmt: skip
    assert recorded == [*chosen, "-o", "out"]
    assert sampled == [*chosen, "--no-record", "--duration", "3s", "--quiet"]
    record, script = (tmp_path / "perf-calls").read_text().splitlines()
    assert record.startswith("record -q -e cpu-clock -F 999 --call-graph fp -o ")
    assert script.startswith("script --no-inline -F comm,tid,period,event,ip,sym,dso -i ")
    assert not Path(script.rpartition(" ")[2]).exists()


def test_no_samples_are_taken_where_none_are_asked_for(
    convoy: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    done = convoy("profile", "x", "-o", "out", "--sample", "0s", **stand)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(calls(tmp_path)) == 1 and not (tmp_path / "perf-calls").exists()


@pytest.mark.usefixtures("blank")
def test_what_an_earlier_profile_left_goes(
    inside: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    for name in ("flame.svg", "stacks.folded", "lanes.svg", "mine.txt"):
        (tmp_path / "out" / name).write_text("old")
    inside("profile", "x", "-o", "out", "--sample", "0s", **stand)
    assert sorted(os.listdir(tmp_path / "out")) == sorted([*WRITTEN, "mine.txt"])


@pytest.mark.parametrize("status", [1, 2, 5])
def test_a_profile_that_fails_is_not_told(
    status: int, inside: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "lanes.svg").write_text("an earlier one")
    done = inside("profile", "x", "-o", "out", STATUS=str(status), **stand)
    assert (done.returncode, done.stdout) == (status, "")
    assert len(calls(tmp_path)) == 1
    assert (tmp_path / "out" / "lanes.svg").read_text() == "an earlier one"


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("phase", ["recording", "sampling"])
def test_an_interrupt_ends_the_program_and_the_verb(
    phase: str, number: int, code: int, stand: dict[str, str], tmp_path: Path
) -> None:
    waiting = tmp_path / "tools" / ("bench" if phase == "recording" else "perf")
    waiting.write_text(WAITER)
    os.mkfifo(tmp_path / "told")
    reader = os.open(tmp_path / "told", os.O_RDONLY | os.O_NONBLOCK)
    process = subprocess.Popen(
        [str(CONVOY), "profile", "x", "-o", "out"], cwd=tmp_path, encoding="utf-8",
        env=clean_environment() | stand | {"TOLD": str(tmp_path / "told")}, start_new_session=True,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert select.select([reader], [], [], LIMIT_S)[0], "it was never started"
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=LIMIT_S)
        assert process.returncode == code and "Traceback" not in said
        assert (tmp_path / "ended").read_text() == str(int(number))
        if phase == "sampling":
            assert sorted(os.listdir(tmp_path / "out")) == WRITTEN
    finally:
        os.close(reader)
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "words, parts",
    [
        ([], ["which benchmark?", "scripts/convoy list --names"]),
        (["x", "--window", "0ms"], ["--window 0ms", "50ms"]),
        (["x", "--window", "5"], ["--window 5"]),
        (["x", "--at", "soon"], ["--at soon"]),
        (["x", "--sample", "2"], ["--sample 2"]),
        (["x", "y"], ["profile --help"]),
        (["--from", "nowhere"], ["nowhere/states.json", "scripts/convoy profile"]),
    ],
)
def test_what_cannot_be_profiled(
    words: list[str], parts: list[str], inside: Any, stand: dict[str, str]
) -> None:
    assert_complaint(inside("profile", *words, **stand), *parts)


@pytest.mark.usefixtures("blank")
def test_a_folder_is_told_and_drawn_again(
    inside: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    inside("profile", "x", "-o", "out", **stand)
    first = (tmp_path / "out" / "flame.svg").read_bytes()
    for name in ("flame.svg", "lanes.svg"):
        (tmp_path / "out" / name).unlink()
    done = inside("profile", "--from", "out", "--window", "10ms", "--at", "20ms", **stand)
    assert done.returncode == 0, done
    assert (tmp_path / "out" / "flame.svg").read_bytes() == first
    assert "out/lanes.svg\tWho ran when?" in done.stdout
    (tmp_path / "out" / "stacks.folded").write_text("no count")
    broken = inside("profile", "--from", "out")
    assert broken.returncode == 2 and "stacks.folded is broken: line 1" in broken.stderr


def test_the_program_writes_what_is_read_here(convoy: Any, tmp_path: Path) -> None:
    if not BENCH.exists():
        pytest.skip("not built: make build")
    words = ["--model", "threads", "--gil", "cpython32", "--workers", "2", "--policy", "none"]
    short = ["--rounds", "1", "--min-round", "5ms", "--sample", "0s", "-q"]
    done = convoy("profile", "mixed", *words, *short, "-o", "out", CONVOY_BENCH=str(BENCH))
    assert done.returncode == 0, done
    assert sorted(os.listdir(tmp_path / "out")) == WRITTEN
    assert "\ngil (cpython32): " in done.stdout
    seats = [line for line in done.stdout.splitlines() if line.startswith(("0  ", "1  "))]
    assert len(seats) == 2
