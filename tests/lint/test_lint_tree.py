"""The tree itself holds to the law, and scripts/lint says so in the shape that editors read."""

import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run_lint(root, *arguments):
    command = [sys.executable, str(root / "scripts" / "lint"), *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    kept["GIT_CEILING_DIRECTORIES"] = str(root.parent)  # no repository around a folder for tests
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env=kept)


@pytest.fixture
def copy(root, tmp_path):
    """A small tree with its own copy of the linter and no git."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for name in ("lint", *(path.name for path in (root / "scripts").glob("lint_*.py"))):
        shutil.copy(root / "scripts" / name, scripts / name)
    return tmp_path


def test_the_tree_holds_to_the_law(root):
    ended = run_lint(root)
    assert ended.returncode == 0, ended.stdout


def test_breaches_are_told_as_file_line_rule(copy):
    room = copy / "harness" / "base"
    room.mkdir(parents=True)
    (room / "a.cpp").write_text('#include "harness/gil/gil.hpp"\nclass Helper {};\n')
    ended = run_lint(copy)
    assert ended.returncode == 1
    found = re.findall(r"^(harness/base/a\.cpp:\d+: \w+): .+", ended.stdout, re.MULTILINE)
    assert found == ["harness/base/a.cpp:1: floors", "harness/base/a.cpp:2: names"]
    assert "2 breaches of the law" in ended.stdout


def test_a_good_tree_without_git_passes(copy):
    assert run_lint(copy).returncode == 0


def test_patterns_narrow_down_and_list_names_files(copy):
    (copy / "bad.py").write_text("x = 1\n")
    assert run_lint(copy, "scripts/*").returncode == 0
    assert run_lint(copy, "*.py").returncode == 1
    assert run_lint(copy, "--list", "bad*").stdout == "bad.py\n"
    assert run_lint(copy, "nothing*").returncode == 2
    assert run_lint(copy, "--wrong").returncode == 2


def test_one_rule_may_be_asked_for(copy):
    (copy / "bad.py").write_text("x = 1\n" + "y" * 101 + " = 2\n")
    for rule in ("python", "columns"):
        ended = run_lint(copy, f"--rule={rule}")
        assert ended.returncode == 1
        assert re.findall(r"^bad\.py:\d+: (\w+):", ended.stdout, re.MULTILINE) == [rule]
    assert run_lint(copy, "--rule=floors").returncode == 0


def test_a_file_that_may_not_be_read_is_a_breach(copy, monkeypatch, capsys):
    loader = importlib.machinery.SourceFileLoader("lint", str(copy / "scripts" / "lint"))
    lint = importlib.util.module_from_spec(importlib.util.spec_from_loader("lint", loader))
    loader.exec_module(lint)
    (copy / "closed.py").write_text("")
    read_text = Path.read_text

    def refuse(path, *arguments, **more):  # root, too, who may read everything
        if path.name == "closed.py":
            raise PermissionError
        return read_text(path, *arguments, **more)

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(copy.parent))
    assert lint.main([]) == 1
    assert "closed.py:1: readable: " in capsys.readouterr().out


def test_planted_breaches_of_the_python_floors_are_found(copy):
    lines = "".join(f"step_{number}()\n" for number in range(12))
    for path, text in (
        ("core/units.py", "from ..gate import session\n"),
        ("gate/session.py", f"from ..history import ledger\n{lines}"),
        ("history/ledger.py", lines),
    ):
        file = copy / "scripts" / "convoy_cli" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'"""Planted."""\n{text}')
    ended = run_lint(copy)
    assert ended.returncode == 1
    found = re.findall(r"^scripts/convoy_cli/(\S+:\d+: \w+): .+", ended.stdout, re.MULTILINE)
    floors = ["core/units.py:2: floors", "gate/session.py:2: floors"]
    assert found == [*floors, "history/ledger.py:2: copies"]


def test_a_length_is_a_note_and_no_breach(copy):
    (copy / "long.py").write_text('"""Long."""\n' + "x = 1\n" * 400)
    ended = run_lint(copy)
    assert ended.returncode == 0
    assert re.search(r"^long\.py:401: length note: .+", ended.stdout, re.MULTILINE)
