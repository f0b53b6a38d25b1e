"""Who may import what in scripts/convoy_cli: floors, as those of C++, and no copies of one text."""

import ast
from collections.abc import Iterable, Iterator

from lint_source import Problem, Source

PACKAGE = "convoy_cli"
TREE = f"scripts/{PACKAGE}/"
FLOORS = {
    "core": 0,
    "stats": 1,
    "results": 2,
    "charts": 3,
    "answer": 4,
    "claims": 4,
    "compare": 4,
    "crossover": 4,
    "fidelity": 4,
    "gate": 4,
    "history": 4,
    "profile": 4,
    "report": 5,
    "verbs": 6,
}
FRONT_DOOR = "cli.py"  # above them all: it finds the verbs
LIKE_LINES = 12


def room_of(path: str) -> str:
    """The room of scripts/convoy_cli that a path is in; nothing for what stands above the rooms."""
    inside = path.removeprefix(TREE)
    return inside.split("/")[0] if path.startswith(TREE) and "/" in inside else ""


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted path within the package of each import of its modules, wherever it stands.

    `from ..core import files` gives core.files: which of the two is the module does not matter.
    """
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return  # reported by the docstring rule
    folders = source.path.removeprefix(TREE).split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{PACKAGE}."):
                    yield node.lineno, alias.name.removeprefix(f"{PACKAGE}.")
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level == 0:
                if base[0] != PACKAGE:
                    continue
                base = base[1:]
            else:
                base = folders[: len(folders) - node.level + 1] + base
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])


def floors(source: Source) -> Iterator[Problem]:
    """Within the same room or from a lower floor; never from above, never from a neighbour."""
    if not source.path.startswith(TREE) or not source.path.endswith(".py"):
        return
    room = room_of(source.path)
    if not room:
        if source.path not in (TREE + FRONT_DOOR, TREE + "__init__.py"):
            yield source.problem(
                1, "floors", f"no module stands above the rooms but {FRONT_DOOR}: move it into one"
            )
        return
    if room not in FLOORS:
        message = f"the room '{room}' has no floor: give it one in scripts/lint_imports.py"
        yield source.problem(1, "floors", message)
        return
    for line, name in imports(source):
        other = name.split(".")[0]
        if other != room and FLOORS.get(other, 99) >= FLOORS[room]:
            where = "a neighbour" if FLOORS.get(other) == FLOORS[room] else "a higher floor"
            message = (
                f"{room} imports {name}, {where}: move what it needs to a lower floor, "
                "or hand it in from above"
            )
            yield source.problem(line, "floors", message)


def like_lines(sources: Iterable[Source]) -> Iterator[Problem]:
    """No run of twelve like lines stands in two rooms: what both need has one home below them."""
    first: dict[tuple[str, ...], tuple[str, int]] = {}
    for source in sources:
        room = room_of(source.path)
        if not room or not source.path.endswith(".py"):
            continue
        lines = [(at, line.strip()) for at, line in enumerate(source.lines, 1) if line.strip()]
        reported = 0
        for start in range(len(lines) - LIKE_LINES + 1):
            run = tuple(line for _, line in lines[start : start + LIKE_LINES])
            path, at = first.setdefault(run, (source.path, lines[start][0]))
            if room_of(path) != room and lines[start][0] > reported:
                reported = lines[start + LIKE_LINES - 1][0]
                message = (
                    f"{LIKE_LINES} lines as from {path}:{at} on: give them one home on a floor "
                    "below both"
                )
                yield source.problem(lines[start][0], "copies", message)


RULES = (floors,)
