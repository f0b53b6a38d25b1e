"""The tables of rooms in architecture.md are held against the folders and the floors."""

import re
from functools import partial

import lint_rooms as law
import pytest
from lint_source import Source
from test_lint_tree import copy, run_lint  # noqa: F401

TABLE = """# Floors
| floor | room | what is there |
|---|---|---|
| 0 | `harness/base/` | clock |
| 7 | `harness/cli/`, `benchmarks/` | verbs |
| 6 | `scripts/convoy_cli/verbs/` | verbs |
"""
NAMES = ["benchmarks/a.cpp", "harness/base/a.cpp", "harness/cli/a.cpp", "scripts/convoy_cli/cli.py",
         "scripts/convoy_cli/verbs/a.py"]  # fmt: skip


@pytest.fixture
def found(breaches):
    def breaches_of(text, names):
        return breaches(partial(law.rooms, names=names), law.PAGE, text)

    return breaches_of


def test_tables_that_say_what_is_there_hold(found):
    assert found(TABLE, NAMES) == []


@pytest.mark.parametrize("name", ["harness/attic/a.cpp", "scripts/convoy_cli/attic/a.py"])
def test_a_room_that_is_left_out_is_named(found, name):
    assert found(TABLE, [*NAMES, name]) == [6]
    (problem,) = law.rooms(Source(law.PAGE, TABLE), [*NAMES, name])
    assert name.rpartition("/")[0] in problem.message


def test_a_line_without_a_folder_is_named(found):
    assert found(TABLE, [name for name in NAMES if "base" not in name]) == [4]
    assert found(TABLE, [name for name in NAMES if "verbs" not in name]) == [6]


def test_a_wrong_floor_is_named(found):
    assert found(TABLE.replace("| 0 |", "| 1 |"), NAMES) == [4]


def test_a_planted_room_is_found_in_the_tree(copy):  # noqa: F811
    for path, text in (
        (law.PAGE, TABLE), ("harness/base/a.cpp", ""), ("harness/loop/a.cpp", ""),
        ("harness/cli/a.cpp", ""),
    ):  # fmt: skip
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(text)
    for narrowed in ((), ("docs/*",)):
        ended = run_lint(copy, *narrowed)
        assert ended.returncode == 1
        told = re.findall(rf"^{law.PAGE}:6: rooms: (.+?):", ended.stdout, re.MULTILINE)
        assert len(told) == 2
        assert any("harness/loop/" in line for line in told)
        assert any("no scripts/convoy_cli/verbs/" in line for line in told)
