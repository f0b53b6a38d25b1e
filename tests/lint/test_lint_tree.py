"""The tree itself holds to the law, and scripts/lint says so in the shape that editors read."""

import re
import shutil
import subprocess
import sys

import pytest


def run_lint(root, *arguments):
    command = [sys.executable, str(root / "scripts" / "lint"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd="/")


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
