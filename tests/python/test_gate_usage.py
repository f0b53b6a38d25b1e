"""What scripts/convoy gate refuses, with exit code 2 and a word on what to type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import assert_complaint
from convoy_cli import cli
from convoy_cli.core.errors import UsageError
from gate_project import BUILD, PROGRAM, Project, project  # noqa: F401
from gate_stand import inside, pair  # noqa: F401


@pytest.mark.parametrize(
    "words, parts",
    [
        (["--base", "none"], ["none is not a file"]),
        (["--filter", "("], ["--filter"]),
        (["--filter", "xyz"], ["matches none of 1"]),
        (["--noise", "110%"], ["--noise"]),
        (["--noise", "x"], ["1% or 0.01"]),
        (["--max-rounds", "5"], ["from 6"]),
        (["--budget", "3"], ["3min"]),
        (["--budget", "0s"], ["3min"]),
        (["--pin", "99999"], ["CPU 99999 may not be used"]),
        (["--pin", "a"], ["0,2-3"]),
        (["--json", "-"], ["Name a file"]),
        (["--junit", "/proc"], ["--junit"]),
        (["--base-ref", "main"], ["exclude each other"]),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], parts: list[str], inside: Any, tmp_path: Path
) -> None:
    pair(tmp_path, ["BM_a"], ["BM_a"])
    usual = ["--base", "base", "--contender", "contender", "-q"]
    assert_complaint(inside("gate", *usual, *words), *parts)


def test_more_that_is_refused(inside: Any, tmp_path: Path) -> None:
    pair(tmp_path, ["BM_a"], ["BM_b"])
    assert_complaint(inside("gate", "--base", "base"), "--contender is missing")
    assert_complaint(
        inside("gate", "-q", "--base", "base", "--contender", "contender"), "no benchmark in common"
    )
    broken = {"BM_a": {"does": "crash"}}
    pair(tmp_path, broken, broken)
    nothing = inside("gate", "-q", "--base", "base", "--contender", "contender")
    assert nothing.returncode == 3, nothing
    assert nothing.stdout.startswith("INCONCLUSIVE: Nothing was compared: BM_a: ")
    assert "SIGSEGV" in nothing.stdout
    assert_complaint(
        inside("gate", "--base-ref", "x", "--contender", "contender"), "--build", "--program"
    )


@pytest.mark.parametrize(
    "words, said",
    [
        (["--contender-ref", "nowhere"], "'nowhere' is not a commit"),
        (["--contender", "none"], "none is not a file"),
        ([], "--contender is missing"),
    ],
)
def test_both_sides_are_looked_at_before_one_is_built(
    words: list[str], said: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.top)
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.cache))
    base = ["--base-ref", "main", "--build", BUILD, "--program", PROGRAM]
    with pytest.raises(UsageError, match=said):
        cli.dispatch(["gate", *base, *words])
    assert project.builds == 0
