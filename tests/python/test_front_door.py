"""scripts/convoy: verbs of convoy-bench, signals, other interpreters, plain terminals."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import synthetic
from conftest import CONVOY, FAKE_BENCH, LIMIT_S, ROOT, assert_complaint, clean_environment

PASSED_ON = ["run", "list", "plan", "topology", "doctor"]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2)))


@pytest.mark.parametrize("verb", PASSED_ON)
def test_options_are_passed_on_word_for_word(verb: str, convoy: Any, tmp_path: Path) -> None:
    words = ["--filter", "^a b$", "--json", "-q", "-v", "--json=x.json", "--benchmark_filter=.*",
             "", "--", "--help", "--build", "no"]  # fmt: skip
    done = convoy(verb, *words)
    assert done.returncode == 0, done
    said = json.loads(done.stdout)
    assert said["arguments"] == [verb, *words]
    assert said["cwd"] == str(tmp_path)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 70, 77])
def test_exit_codes_are_passed_back(code: int, convoy: Any) -> None:
    assert convoy("run", FAKE_EXIT=str(code)).returncode == code


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("whole_group", [False, True])
def test_signals_reach_the_program_once(number: int, code: int, whole_group: bool) -> None:
    process = subprocess.Popen(
        [str(CONVOY), "run"],
        env=clean_environment() | {"FAKE_WAIT": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.stdout.readline() == "waiting\n"
        (os.killpg if whole_group else os.kill)(process.pid, number)
        assert process.wait(LIMIT_S) == code
    finally:
        process.kill()
        process.communicate()


def test_a_preset_is_chosen_and_not_passed_on(convoy: Any) -> None:
    assert_complaint(convoy("run", "--build", "fast"), "fast", "release, debug")
    assert_complaint(convoy("run", "--build="), "release, debug")


def test_programs_that_cannot_be_run(convoy: Any, tmp_path: Path) -> None:
    assert_complaint(convoy("run", CONVOY_BENCH="/no/such"), "/no/such", "unset CONVOY_BENCH")
    (tmp_path / "text").write_text("not a program")
    assert_complaint(convoy("run", CONVOY_BENCH=str(tmp_path / "text")), "cannot be run", "make")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A tree with the front door and without a program."""
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT / "scripts" / "convoy_cli", tree / "scripts" / "convoy_cli",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    shutil.copy(CONVOY, tree / "scripts" / "convoy")
    (tree / "results").mkdir()
    for schema in (ROOT / "results").glob("*schema.json"):  # what else is there may be large
        shutil.copy(schema, tree / "results")
    return tree


def run_there(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment()
    del environment["CONVOY_BENCH"]
    return subprocess.run(
        [str(tree / "scripts" / "convoy"), *words],
        env=environment, cwd=tree.parent, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_a_missing_program_is_built_first(elsewhere: Path) -> None:
    (elsewhere / "Makefile").write_text(
        f"build:\n\t@echo compiling\n\t@mkdir -p build/release\n\t@cp {FAKE_BENCH} "
        "build/release/convoy-bench\n"
    )
    done = run_there(elsewhere, "list")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["arguments"] == ["list"]
    assert "compiling" in done.stderr


def test_a_build_that_fails_says_what_to_type(elsewhere: Path) -> None:
    done = run_there(elsewhere, "list")
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"make -C {elsewhere} build" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_interpreter_hands_over_to_debians(tmp_path: Path) -> None:
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    own = tmp_path / "environment" / "bin" / "python"
    for python in filter(None, (own, sys.executable, shutil.which("python3"))):
        done = subprocess.run(
            [str(python), str(CONVOY), "list"],
            cwd="/", env=clean_environment(), capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done
        assert json.loads(done.stdout) == {"arguments": ["list"], "cwd": "/"}


def test_it_works_through_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "convoy").symlink_to(CONVOY)
    words = [str(tmp_path / "convoy"), "--help"]
    done = subprocess.run(words, env=clean_environment(), capture_output=True, check=True)
    assert done.stderr == b""


def test_without_utf8_there_is_only_ascii(
    convoy: Any, made: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text(json.dumps(made))
    assert "×" in convoy("summary", "x.json").stdout
    for locale in ({"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "de_DE"}, {"LC_ALL": "POSIX"}):
        done = convoy("summary", "x.json", **locale)
        assert done.returncode == 0
        assert done.stdout.isascii()
        assert "1.97 x single" in done.stdout or " x single" in done.stdout
    assert convoy("summary", "ö.json", LC_ALL="C").stderr.isascii()


def test_a_reader_that_leaves_is_no_error(made: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(made))
    done = subprocess.run(
        ["sh", "-c", f"{shlex.quote(str(CONVOY))} summary x.json | head -n 1"], cwd=tmp_path,
        env=clean_environment(), capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout.startswith("On Synthetic CPU")
    assert done.stderr == ""


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    from convoy_cli.core import terminal

    class Terminal:
        encoding = "utf-8"

        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.has_colour(Terminal())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.has_colour(Terminal())  # type: ignore[arg-type]
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.has_colour(Terminal())  # type: ignore[arg-type]
