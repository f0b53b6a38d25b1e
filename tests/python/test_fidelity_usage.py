"""scripts/convoy fidelity refuses what cannot be done: a message that says what to type."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from conftest import assert_complaint
from convoy_cli.core.errors import UsageError
from convoy_cli.core.units import time_ns
from convoy_cli.fidelity import native, settings
from fidelity_stand import Stand, program


@pytest.fixture
def stand(tmp_path: Path, inside: Any) -> Stand:
    return Stand(tmp_path, inside)


@pytest.mark.parametrize(
    "words, parts",
    [
        (["--interpreter", "/no/such/python3"], ["/no/such/python3", "no such file"]),
        (["--interpreter", "/etc/passwd"], ["/etc/passwd", "not executable", "chmod"]),
        (["--interpreter", "/usr/bin"], ["is a folder"]),
        (["--interpreter", "no-such-python"], ["no such command", "apt-get"]),
        (["--interpreter", "/bin/sh"], ["none of python, pypy, ruby and ocaml", "ln -s"]),
        (["--no-search"], ["--interpreter PATH"]),
        (["--probes", "echo,speed"], ["'speed'", "reacquire,echo,throughput"]),
        (["--repeats", "0"], ["--repeats 0", "from 1"]),
        (["--repeats", "x"], ["--repeats x", "whole number"]),
        (["--intervals", "0,5ms"], ["--intervals 0", "below 1us"]),
        (["--intervals", "0s,5ms"], ["--intervals 0s", "below 1us"]),
        (["--intervals", "5ms,1h"], ["--intervals 1h", "1s at most"]),
        (["--intervals", "5ms,60min"], ["--intervals 60min", "1s at most"]),
        (["--intervals", "5"], ["'5'", "5ms"]),
        (["--intervals", "5ms"], ["two intervals"]),
        (["--timeout", "0s"], ["--timeout 0s", "100ms"]),
        (["--timeout", "soon"], ["'soon'"]),
        (["--from", "no.json"], ["no.json"]),
        (["--from", "x.json", "--list"], ["--from measures nothing"]),
        (["--build", "fast"], ["fast"]),
    ],
)
def test_bad_usage_is_exit_2(words: list[str], parts: list[str], inside: Any) -> None:
    assert_complaint(inside("fidelity", *words), *parts)


def test_programs_that_are_no_convoy_bench_are_refused(tmp_path: Path, convoy: Any) -> None:
    stand = Stand(tmp_path, convoy)
    assert_complaint(stand.call(LISTED="{}"), "is it a convoy-bench?", "make build")
    assert_complaint(stand.call(LISTED="Hello"), "is it a convoy-bench?")
    done = stand.call(CONVOY_BENCH="/bin/false")
    assert_complaint(done, "exit code 1", "make build")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_known_before_measuring(stand: Stand) -> None:
    closed = stand.folder / "closed"
    closed.mkdir(mode=0o500)
    assert_complaint(stand.call("-o", str(closed / "charts")), "cannot be written", "-o DIR")


def test_a_file_in_the_way_is_known_before_measuring(stand: Stand) -> None:
    (stand.folder / "file").write_text("")
    assert_complaint(stand.call("-o", "file/charts"), "cannot be written", "-o DIR")
    assert_complaint(stand.call("--json", "file/x.json"), "cannot be written", "--json FILE")
    assert not (stand.folder / "calls").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"fidelity_version": 2}', '{"fidelity_version": 1}',
             '{"fidelity_version": 1, "interpreters": [{}], "repeats": 5, "unfit": []}'],
)  # fmt: skip
def test_files_that_hold_no_measurement_are_refused(
    text: str, inside: Any, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text(text)
    assert_complaint(inside("fidelity", "--from", "x.json"), "x.json")


def test_times_are_written_with_units() -> None:
    assert settings.parse_intervals(["5ms", "500us", " 0.001s "]) == (500_000, 1_000_000, 5_000_000)
    for text in ("5", "ms", "-1ms", "1 day", "9" * 30 + "s", "٣ms"):
        with pytest.raises(UsageError):
            time_ns(text, "--intervals")


def test_the_judgement_of_convoys_own_locks_is_another_module(convoy: Any) -> None:
    from convoy_cli.verbs import fidelity

    if fidelity.importlib.util.find_spec(fidelity.SELF_CHECK) is not None:
        pytest.skip("it is there")
    assert_complaint(convoy("fidelity", "--self"), "--self")


@pytest.mark.parametrize(
    "verdicts, unfit", [("unfit ok", False), ("unfit unfit", True), ("ok", False)]
)
def test_a_machine_is_unfit_if_two_looks_find_it_so(
    verdicts: str, unfit: bool, tmp_path: Path
) -> None:
    (tmp_path / "verdicts").write_text("\n".join(verdicts.split()) + "\n")
    doctor = program(tmp_path / "bench", f"""#!/bin/sh
cd {tmp_path}
verdict=$(head -n 1 verdicts)
sed -i 1d verdicts
echo '{{"findings": [{{"verdict": "'$verdict'", "measured": "it is busy", "advice": "wait"}}]}}'
""")  # fmt: skip
    assert native.unfit(doctor) == (["it is busy: wait"] if unfit else [])
    assert (tmp_path / "verdicts").read_text() == ""
