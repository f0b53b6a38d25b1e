"""Faults of Convoy's own end with 70, after one message; in a crew they cost its row alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import BRIEF, MODELS, Run, failures, measured, result_of

REPORT = "this is a fault of Convoy: please report it with the command and this line"
WORDS = ("--filter", "^(bad_check|cpu_pi)/", "--gil", "none", "--workers", "2", *BRIEF)


def run(*words: str, cwd: Path) -> Run:
    return Run(*words, cwd=cwd).finish(internal_errors=True)


@pytest.mark.parametrize("how, said", [
    ("check", "internal check failed: broken for a test (how != \"check\") at "),
    ("exception", "unexpected error: thrown for a test; "),
    ("noexcept", "unexpected error: thrown for a test; "),
    ("number", "unexpected error: an exception that is no std::exception; "),
])  # fmt: skip
def test_they_have_a_code_of_their_own(how: str, said: str, folder: Path) -> None:
    done = run("fail", "--how", how, cwd=folder)
    assert done.code == 70
    assert done.stderr.startswith(f"convoy-bench: {said}")
    assert done.stderr.endswith(f"{REPORT}\n")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("how, said", [
    ("usage", "wrong, for a test"),
    ("system", "read (try again): Input/output error"),
    ("memory", "not enough memory: end other programs, or select fewer benchmarks"),
])  # fmt: skip
def test_errors_of_the_user_and_the_machine_do_not(how: str, said: str, folder: Path) -> None:
    done = Run("fail", "--how", how, cwd=folder).finish()
    assert (done.code, done.stderr) == (2, f"convoy-bench: {said}\n")


@pytest.mark.parametrize("model", MODELS)
def test_a_check_that_fails_in_a_crew_costs_its_row(model: str, folder: Path) -> None:
    done = run("run", *WORDS, "--model", model, "--json", "x.json", cwd=folder)
    assert done.code == 1, done.stderr
    convoy = result_of(folder / "x.json")
    ((name, reason),) = failures(convoy).items()
    assert name.startswith("bad_check/")
    assert "a workload asked for a parameter it does not declare (parameter) at " in reason
    assert reason.endswith(REPORT)
    assert done.stderr.count(REPORT) == 1
    assert measured(convoy) == {"cpu_pi", "null"}


@pytest.mark.parametrize("words", [
    ("run", *WORDS, "--json", "x.json"), ("--benchmark_filter=^bad_check/", "--gil", "none"),
], ids=["run", "plain"])  # fmt: skip
def test_a_check_that_fails_beside_a_crew_ends_that_too(words: tuple[str], folder: Path) -> None:
    broken = ("--param", "bad_check.where=answer", "--model", "processes")
    done = run(*words, *broken, cwd=folder)
    assert done.code == 70, done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "convoy-bench: internal check failed: broken for a test (checksums.empty()) at "
    )
    assert not [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]
