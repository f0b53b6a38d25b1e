"""scripts/run-tests and scripts/check: their words, and which Python tests run when."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import tests_cpp  # noqa: E402
import tests_python  # noqa: E402


def call(*words):
    return subprocess.run(
        [str(ROOT / "scripts" / words[0]), *words[1:]], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("script, says", [("run-tests", "--filter"), ("check", "build/check")])
def test_help_says_what_there_is(script, says):
    done = call(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout


@pytest.mark.parametrize(
    "words, says",
    [
        (("run-tests", "fast"), "fast"),
        (("run-tests", "--fast"), "--fast"),
        (("run-tests", "release", "x"), "x"),
        (("run-tests", "--filter", "("), "no regular expression"),
        (("run-tests", "--filter"), "--filter"),
        (("check", "fast"), "scripts/check --list"),
        (("check", "--fast"), "--fast"),
    ],
)
def test_other_words_are_refused(words, says):
    done = call(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


class Tree:
    """A checkout of tests alone, each of which writes down that it ran."""

    def __init__(self, folder):
        self.root, self.build = folder / "tree", folder / "tree" / "build" / "release"
        self.log = folder / "log"
        for name in tests_python.FOLDERS:
            (self.root / name).mkdir(parents=True)
        conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8")
        (self.root / "tests" / "conftest.py").write_text(conftest)
        (self.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")

    def add(self, file, *tests):
        body = "".join(
            f"def {test}():\n    with open({str(self.log)!r}, 'a') as log:\n"
            f"        log.write({test + chr(10)!r})\n    assert {'fails' not in test}\n"
            for test in tests
        )
        (self.root / file).write_text(body)

    def run(self):
        said = []
        parts = tests_python.Parts(self.root, self.build, said.append)
        parts.run()
        return parts.outcome, "".join(said)

    @property
    def ran(self):
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.delenv("CONVOY_TEST_FILTER", raising=False)
    return Tree(tmp_path)


def test_every_python_test_runs_once_and_is_counted(tree):
    tree.add("tests/python/test_a.py", "test_one", "test_two")
    tree.add("tests/lint/test_a.py", "test_three", "test_that_fails")
    outcome, said = tree.run()
    assert sorted(tree.ran) == ["test_one", "test_that_fails", "test_three", "test_two"]
    assert (outcome.count["passed"], outcome.count["failed"]) == (3, 1)
    assert set(outcome.seconds) >= {
        "tests/python/test_a.py::test_one",
        "tests/lint/test_a.py::test_three",
    }
    assert "test_that_fails" in said


@pytest.mark.parametrize(
    "pattern, ran",
    [("::test_two$", ["test_two"]), (r"^tests/lint/.*", ["test_three"]), ("no_such_test", [])],
)
def test_a_filter_chooses_by_file_and_name(tree, monkeypatch, pattern, ran):
    tree.add("tests/python/test_a.py", "test_one", "test_two")
    tree.add("tests/lint/test_a.py", "test_three")
    monkeypatch.setenv("CONVOY_TEST_FILTER", pattern)
    outcome, _ = tree.run()
    assert tree.ran == ran
    assert outcome.count["passed"] == len(ran)
    assert outcome.count["failed"] == 0


def test_a_file_that_cannot_be_read_is_a_failure(tree):
    (tree.root / "tests" / "cli" / "test_broken.py").write_text("import nothing_of_that_name\n")
    outcome, said = tree.run()
    assert outcome.count["failed"] == 1
    assert "nothing_of_that_name" in said


def test_given_up_parts_do_not_run(tree):
    tree.add("tests/python/test_a.py", "test_one")
    parts = tests_python.Parts(tree.root, tree.build, print)
    parts.give_up()
    parts.run()
    assert tree.ran == []


def test_the_longest_start_first_and_a_part_is_of_one_folder(tree):
    for file in ("python/test_quick.py", "python/test_slow.py", "lint/test_slower.py"):
        tree.add(f"tests/{file}", "test_it")
    tests_python.write_durations(
        tree.root,
        {
            "tests/python/test_slow.py::test_it": 30.0,
            "tests/lint/test_slower.py::test_it": 20.0,
            "tests/lint/test_slower.py::test_too": 25.0,
            "tests/python/test_quick.py::test_it": 0.1,
        },
    )
    assert tests_python.parts_of(tree.root) == [
        ["tests/lint/test_slower.py"],
        ["tests/python/test_slow.py"],
        ["tests/python/test_quick.py"],
    ]


def test_durations_are_of_files_that_exist():
    known = tests_python.durations_of(ROOT)
    assert [file for file in known if not (ROOT / file).exists()] == []


def test_each_test_file_of_the_tree_is_in_one_part():
    files = [file for part in tests_python.parts_of(ROOT) for file in part]
    there = [str(file.relative_to(ROOT)) for file in ROOT.glob("tests/*/**/test_*.py")]
    assert sorted(files) == sorted(there)


LISTING = """#!/bin/sh
cat <<'END'
Running main() from gtest_main.cc
Futex.
  Wakes
Models/Crew.
  Runs/single  # GetParam() = single
  Runs/threads  # GetParam() = threads
END
"""


def test_c_plus_plus_tests_are_named_by_suite(tmp_path):
    program = tmp_path / "convoy-tests"
    program.write_text(LISTING)
    program.chmod(0o755)
    names = ["Futex.Wakes", "Models/Crew.Runs/single", "Models/Crew.Runs/threads"]
    assert tests_cpp.names_of(program) == names
