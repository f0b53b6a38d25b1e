"""The files for CI, ours and those of the documentation: they parse, and what they call exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT, calls, fences
from test_docs import check_front_door, targets

yaml = pytest.importorskip("yaml")

PAGE = ROOT / "docs" / "how-to" / "gate-a-change-in-ci.md"
OURS = ROOT / ".github" / "workflows" / "ci.yml"
NAME = re.compile(r"# file: (\S+)\n")

Json = dict[Any, Any]


def shown() -> list[tuple[str, str]]:
    """The files of the page: their names and texts."""
    found = [(NAME.match(text), text) for kind, text in fences(PAGE) if kind == "yaml"]
    return [(name.group(1), text) for name, text in found if name]


GITHUB = [OURS.read_text("utf-8"), *(text for name, text in shown() if ".github" in name)]
GITLAB = [text for name, text in shown() if name == ".gitlab-ci.yml"]


def runs(text: str) -> list[str]:
    """Every piece of shell in a file for CI."""
    read = yaml.safe_load(text)
    if "jobs" in read:
        steps = [step for job in read["jobs"].values() for step in job["steps"]]
        return [step["run"] for step in steps if "run" in step]
    return [line for job in read.values() for line in job["script"]]


def commands(text: str) -> list[list[str]]:
    """Every command, and Convoy's as it is called within the tree."""
    found = []
    for line in runs(text):
        for words in calls(line.replace('"$CONVOY"', "scripts/convoy").replace("\n", " ")):
            found.append(words)
    return found


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_the_page_has_files_for_both() -> None:
    assert len(GITHUB) == 4 and len(GITLAB) == 1


@pytest.mark.parametrize("text", [*GITHUB, *GITLAB])
def test_every_command_is_shell_and_exists(text: str) -> None:
    for line in runs(text):
        done = subprocess.run(["sh", "-n"], input=line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    for words in commands(text):
        program = words[0]
        if program == "make":
            assert words[1] in targets(), words
        elif program == "scripts/convoy":
            check_front_door(words)
        elif "/" in program:
            assert (ROOT / program).is_file(), words
        else:
            assert program in ("apt-get", "bash"), words
        if program == "scripts/bootstrap":
            done = subprocess.run([ROOT / program, *words[1:]], capture_output=True, check=False,
                                  env={"PATH": os.environ["PATH"], "CONVOY_NO_INSTALL": "1"},
                                  text=True)  # fmt: skip
            assert "is not a part" not in done.stderr, words


@pytest.mark.parametrize("text", [*GITHUB, *GITLAB])
def test_gates_keep_within_the_time_of_their_job(text: str) -> None:
    assert re.search(r"--budget 20min", text)
    assert re.search(r"timeout-minutes: 60|timeout: 1h", text)


@pytest.mark.parametrize("text", GITHUB)
def test_workflows_are_what_github_reads(text: str) -> None:
    read: Json = yaml.safe_load(text)
    assert read[True]  # `on`, which YAML 1.1 takes for a truth
    assert read["permissions"] == {"contents": "read"}
    for job in read["jobs"].values():
        assert job["runs-on"].startswith("ubuntu-") and job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert re.fullmatch(r"actions/[\w/-]+@v\d+", step.get("uses", "actions/x@v1"))
            # What strangers name (branches, titles) reaches a shell as a variable alone.
            assert "${{" not in step.get("run", "")


def parts() -> set[str]:
    done = subprocess.run([ROOT / "scripts" / "check", "--list"], capture_output=True, check=True,
                          text=True)  # fmt: skip
    return {line.split()[0] for line in done.stdout.splitlines()}


def test_every_part_of_the_check_is_a_part_of_a_job() -> None:
    jobs = yaml.safe_load(OURS.read_text("utf-8"))["jobs"]
    called = {
        name: [word for step in job["steps"] for words in calls(step.get("run", ""))
               if words[0] == "scripts/check" for word in words[1:]]
        for name, job in jobs.items()
    }  # fmt: skip
    assert called.pop("lint") == ["format", "lint"]
    assert called.pop("test") == called.pop("gate") == []  # .ci/run and make gate
    assert all(words == [name] for name, words in called.items()), called
    assert {*called, "format", "lint", "tests"} == parts()


OF_CHANGES = [text for text in GITHUB if "gate" in yaml.safe_load(text)["jobs"]]


@pytest.mark.parametrize("text", OF_CHANGES)
def test_workflows_of_the_gate_have_the_commits_they_compare(text: str) -> None:
    job = yaml.safe_load(text)["jobs"]["gate"]
    checkout = next(step for step in job["steps"] if step.get("uses") == "actions/checkout@v4")
    assert checkout["with"]["fetch-depth"] == 2
    assert any("HEAD^1" in step.get("run", "") for step in job["steps"])
    kept = job["steps"][-1]
    assert kept["if"] == "always()" and kept["uses"].startswith("actions/upload-artifact@")


def test_the_history_is_kept_whatever_it_says() -> None:
    [text] = [text for text in GITHUB if text not in OF_CHANGES]
    steps = yaml.safe_load(text)["jobs"]["history"]["steps"]
    checkout, restored, gate, added, checked, drawn, saved, kept = steps[1:]
    assert checkout["with"]["fetch-depth"] == 0  # the reference may be old
    assert "make gate" in gate["run"] and gate["continue-on-error"] is True
    file = option(shlex.split(added["run"]), "--file")
    assert option(shlex.split(added["run"]), "--reference") == "results/gate.json"
    assert all(f"--file {file}" in step["run"] for step in (checked, drawn))
    assert all("if" not in step for step in (added, checked))
    assert all(step["if"] == "always()" for step in (drawn, saved, kept))
    folder = Path(file).parent.name
    assert {step["with"]["path"] for step in (restored, saved, kept)} == {folder}


def test_our_own_gate_is_the_one_that_the_page_shows() -> None:
    ours, page = (yaml.safe_load(text)["jobs"]["gate"] for text in GITHUB[:2])
    assert ours == page


def test_gitlab_keeps_what_the_gate_writes() -> None:
    job = yaml.safe_load(GITLAB[0])["gate"]
    [gate] = [words for words in commands(GITLAB[0]) if words[:2] == ["scripts/convoy", "gate"]]
    reports = job["artifacts"]["reports"]
    assert reports["junit"] == option(gate, "--junit")
    assert reports["metrics"] == option(gate, "--openmetrics")
    assert job["allow_failure"] == {"exit_codes": 3}
    assert job["cache"]["paths"] == [".cache/convoy/gate"]
    assert job["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"


def test_options_in_the_environment_exist_too() -> None:
    for text in GITHUB[:2]:
        steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]
        [given] = [step["env"]["GATE_OPTIONS"] for step in steps if "env" in step]
        check_front_door(["scripts/convoy", "gate", *shlex.split(given)])


def test_the_front_door_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    # -S: no modules but Python's own, as on the runner of another project.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True;"
        "from convoy_cli import cli; sys.exit(cli.main(['gate', '--help']))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT / "scripts")],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--base-ref" in done.stdout
