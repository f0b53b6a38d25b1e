"""The floors of scripts/convoy_cli, and copies of one text in two of its rooms."""

import lint_imports as law
import pytest
from lint_source import Source

PACKAGE = "scripts/convoy_cli/"


@pytest.mark.parametrize(
    "path, line",
    [
        ("core/files.py", "from . import processes"),
        ("gate/session.py", "from ..stats.family import Verdict"),
        ("gate/report/table.py", "from ..session import Session"),
        ("gate/report/table.py", "from ...results import verdicts"),
        ("charts/figures/queues.py", "from .latency import time_axis"),
        ("verbs/history.py", "from ..gate import options"),
        ("verbs/history.py", "from ..compare import judge"),
        ("cli.py", "from . import verbs"),
        ("gate/session.py", "from collections.abc import Callable"),
        ("gate/session.py", "import json"),
    ],
)
def test_own_room_and_lower_floors_may_be_imported(breaches, path, line):
    assert breaches(law.floors, PACKAGE + path, f"{line}\n") == []


@pytest.mark.parametrize(
    "path, line",
    [
        ("core/units.py", "from ..stats.samples import median"),
        ("core/units.py", "from .. import stats"),
        ("results/load.py", "from ..charts import style"),
        ("history/ledger.py", "from ..compare import judge"),
        ("compare/judge.py", "from convoy_cli.gate.document import write"),
        ("gate/report/table.py", "from ...history import ledger"),
        ("gate/session.py", "import convoy_cli.verbs.gate"),
        ("gate/session.py", "from .. import cli"),
        ("gate/session.py", "from ..attic import old"),
    ],
)
def test_higher_floors_and_neighbours_may_not(breaches, path, line):
    text = f"import json\n\n\ndef late():\n    {line}\n"
    assert breaches(law.floors, PACKAGE + path, text) == [5]


def test_a_room_has_a_floor_and_a_module_a_room(breaches):
    assert breaches(law.floors, f"{PACKAGE}attic/old.py", "") == [1]
    assert breaches(law.floors, f"{PACKAGE}statistics.py", "") == [1]
    assert breaches(law.floors, f"{PACKAGE}cli.py", "") == []
    assert breaches(law.floors, "tests/python/made.py", "from convoy_cli.gate import x\n") == []


def test_every_room_of_the_tree_has_a_floor(root):
    rooms = {path.parent.name for path in (root / PACKAGE).glob("*/*.py")}
    assert rooms <= set(law.FLOORS)


def copies(*texts):
    return [
        (problem.path, problem.line)
        for problem in law.like_lines([Source(PACKAGE + path, text) for path, text in texts])
    ]


def test_no_run_of_twelve_like_lines_stands_in_two_rooms():
    lines = [f"step_{number}()" for number in range(law.LIKE_LINES)]
    one = "\n".join(lines)
    other = "def f():\n" + "\n\n".join(f"    {line}" for line in lines)
    gate, history = "gate/a.py", "history/b.py"
    assert copies((gate, one), (history, other)) == [(PACKAGE + history, 2)]
    assert copies((gate, one), ("gate/report/c.py", other)) == []
    assert copies((gate, one), (history, "\n".join(lines[1:]))) == []
    longer = "\n".join([*lines, "more()", *lines])
    found = copies((gate, longer), (history, longer))
    assert found == [(PACKAGE + history, 1), (PACKAGE + history, 13)]
