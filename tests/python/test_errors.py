"""Whatever one gives the front door instead of a result: one message that helps, exit code 2."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import synthetic
from conftest import assert_complaint
from convoy_cli import cli
from convoy_cli.core.errors import UsageError

VERBS = ["summary", "plot", "check"]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """A small one: what is wrong with it has nothing to do with its size."""
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2)))


@pytest.fixture(scope="module")
def text(made: dict[str, Any]) -> str:
    return json.dumps(made)


def newer(text: str) -> str:
    return text.replace('"schema_version": 1', '"schema_version": 2')


FILES = {
    "truncated": (lambda text: text[: len(text) // 2], "ends too early"),
    "a brace short": (lambda text: text[:-1], "ends too early"),
    "in the middle of a word": (lambda text: '{"context": tr', "not JSON"),
    "not JSON": (lambda text: "hello\n", "not JSON"),
    "a comma too many": (lambda text: "[1,]\n" + " " * 20, "not JSON"),
    "empty": (lambda text: "", "is empty"),
    "blank": (lambda text: " \n\n", "is empty"),
    "newer": (newer, "newer Convoy"),
    "foreign": (lambda text: '{"a": 1}', "not a result of Convoy"),
    "a list": (lambda text: "[]", "not a result of Convoy"),
    "a number": (lambda text: "5", "not a result of Convoy"),
    "Google's": (lambda text: '{"context": {}, "benchmarks": []}', "without Convoy's part"),
    "deep": (lambda text: "[" * 100_000, "nested too deeply"),
}
DAMAGED = {
    "null": (lambda text: '{"convoy": null}', "breaks the result schema"),
    "NaN": (lambda text: text.replace('"jain": 0.99', '"jain": NaN'), "NaN"),
    "huge": (lambda text: text.replace('"jain": 0.99', '"jain": 1e999'), "1e999"),
    "broken": (lambda text: text.replace('"passes": 8', '"passes": -8'), "convoy.passes"),
}


@pytest.mark.parametrize("kind", FILES | DAMAGED)
def test_a_file_that_is_no_result(kind: str, inside: Any, text: str, tmp_path: Path) -> None:
    make, expected = (FILES | DAMAGED)[kind]
    (tmp_path / "x.json").write_text(make(text))
    assert_complaint(inside("summary", "x.json"), "x.json", expected)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_it(verb: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for make, expected in FILES.values():
        path.write_text(make(text))
        with pytest.raises(UsageError, match=expected):
            cli.dispatch([verb, str(path)])


@pytest.mark.parametrize("verb", VERBS)
def test_things_that_are_no_files(
    verb: str, convoy: Any, inside: Any, tmp_path: Path
) -> None:
    assert_complaint(convoy(verb, "missing.json"), "No such file")
    assert_complaint(inside(verb, tmp_path), "is a folder")
    (tmp_path / "binary.json").write_bytes(b"\x80\x81\xff")
    assert_complaint(inside(verb, "binary.json"), "not UTF-8")
    assert_complaint(inside(verb, "x" * 5000), "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_may_not_be_read(inside: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "x.json").chmod(0)
    assert_complaint(inside("summary", "x.json"), "Permission denied")


def test_a_tracking_file_is_no_result(inside: Any, made: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.track.json", synthetic.track(made))
    assert_complaint(inside("summary", "x.track.json"), "not X.track.json")


def test_options_that_are_wrong(inside: Any, made: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", made)
    assert_complaint(inside("plot"), "X.json", "plot --help")
    assert_complaint(inside("plot", "x.json", "--figure", "pie"), "pie", "scaling")
    assert_complaint(inside("plot", "x.json", "--format", "gif"), "gif", "svg")
    assert_complaint(inside("plot", "x.json", "--filter", "^none/"), "no row", "--filter '^none/'")
    assert_complaint(inside("plot", "x.json", "--filter", "("), "--filter '('")
    assert_complaint(inside("plot", "x.json", "--colour"), "--colour")
    assert_complaint(inside("plot", "x.json", "-o", "x.json/charts"), "cannot be written", "-o DIR")
    assert_complaint(inside("summary", "x.json", "y.json"), "y.json")


def test_verbs_that_are_wrong(convoy: Any) -> None:
    assert_complaint(convoy(), "which verb?")
    assert_complaint(convoy("sumary"), "Did you mean `scripts/convoy summary`?")
    assert_complaint(convoy("--version"), "--help")


def test_a_missing_module_names_its_package(
    convoy: Any, made: dict[str, Any], tmp_path: Path
) -> None:
    synthetic.write(tmp_path / "x.json", made)
    (tmp_path / "matplotlib.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')"
    )
    done = convoy("plot", "x.json", PYTHONPATH=str(tmp_path))
    assert_complaint(done, "matplotlib is missing", "apt-get install python3-matplotlib")


def test_an_error_of_our_own_is_a_message_and_a_trace_on_request(
    convoy: Any, made: dict[str, Any], tmp_path: Path
) -> None:
    synthetic.write(tmp_path / "x.json", made)
    (tmp_path / "matplotlib.py").write_text("raise ZeroDivisionError('for a test')")
    done = convoy("plot", "x.json", PYTHONPATH=str(tmp_path))
    assert_complaint(done, "ZeroDivisionError", "for a test", "-v", code=70)
    told = convoy("plot", "x.json", "-v", PYTHONPATH=str(tmp_path))
    assert told.returncode == 70
    assert "Traceback" in told.stderr


def test_a_full_disk_is_a_message(made: dict[str, Any], tmp_path: Path, convoy: Any) -> None:
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("there is no /dev/full here")
    import subprocess

    from conftest import CONVOY, clean_environment

    synthetic.write(tmp_path / "x.json", made)
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [str(CONVOY), "summary", "x.json"], cwd=tmp_path, env=clean_environment(), stdout=full,
            stderr=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
