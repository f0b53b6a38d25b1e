"""The tables of rooms in docs/explanation/architecture.md say what the folders and floors say."""

import re
from collections.abc import Iterator, Sequence

import lint_imports
import lint_includes
from lint_source import Problem, Source

PAGE = "docs/explanation/architecture.md"
LINE = re.compile(r"^\| (\d+) \| ([^|]+) \|")
ROOM = re.compile(r"`((?:harness|scripts/convoy_cli)/\w+/)`")
FOLDER = re.compile(r"((?:harness|scripts/convoy_cli)/\w+/)")
FLOORS = {
    **{f"harness/{room}/": floor for room, floor in lint_includes.FLOORS.items()},
    **{f"{lint_imports.TREE}{room}/": floor for room, floor in lint_imports.FLOORS.items()},
}


def rooms(page: Source, names: Sequence[str]) -> Iterator[Problem]:
    """Each folder with a line and its floor; no line without a folder. `names`: the whole tree."""
    told = {}
    for number, line in enumerate(page.lines, 1):
        if match := LINE.match(line):
            for room in ROOM.findall(match.group(2)):
                told[room] = (number, int(match.group(1)))
    there = {match.group(1) for name in names if (match := FOLDER.match(name))}
    last = max((number for number, _ in told.values()), default=1)
    for room in sorted(there - set(told)):
        message = f"the tables of rooms leave out {room}: add a line with its floor and content"
        yield page.problem(last, "rooms", message)
    for room, (number, floor) in told.items():
        if room not in there:
            message = f"there is no {room}: take it out of the table, or write its new name"
            yield page.problem(number, "rooms", message)
        elif FLOORS.get(room, floor) != floor:
            message = f"{room} is on floor {FLOORS[room]}, not {floor}: correct the number"
            yield page.problem(number, "rooms", message)
