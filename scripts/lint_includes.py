"""Who may include what: floors, single includers of libraries, and what a workload sees."""

import re
from collections.abc import Iterator

from lint_source import Problem, Source

FLOORS = {
    "base": 0,
    "machine": 1,
    "gil": 1,
    "work": 2,
    "loop": 3,
    "peer": 3,
    "sync": 3,
    "model": 4,
    "measure": 5,
    "report": 6,
    "cli": 7,
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Library header, where it may be included, and where the rule holds.
SINGLE_INCLUDERS = (
    (r"hwloc", r"harness/machine/topology", ("harness/", "benchmarks/")),
    (r"elfutils/|dwarf\.h", r"harness/machine/stacks", ("harness/", "benchmarks/")),
    (r"CLI/", r"harness/cli/command", ("harness/", "benchmarks/")),
    (r"nlohmann/", r"harness/report/json", ("harness/",)),
    (r"boost/context/", r"harness/base/stack_switch", ("harness/",)),
    (r"benchmark/benchmark\.h", r"harness/measure/gbench", ("harness/",)),
)


def includes(source: Source) -> Iterator[tuple[int, str, str]]:
    """Line, quote and name of each #include outside comments."""
    if not source.is_cpp:
        return
    for number, line in enumerate(source.lines, start=1):
        if match := INCLUDE.match(line):
            yield number, match.group(1), match.group(2)


def room_of(path: str) -> str:
    """The room of harness/ that a path is in, or nothing."""
    parts = path.split("/")
    return parts[1] if parts[0] == "harness" and len(parts) > 2 else ""


def floors(source: Source) -> Iterator[Problem]:
    """Into the same room or a lower floor; never up, never to a neighbour."""
    room = room_of(source.path)
    if not room:
        return
    if room not in FLOORS:
        message = f"the room '{room}' has no floor: give it one in scripts/lint_includes.py"
        yield source.problem(1, "floors", message)
        return
    for line, _, name in includes(source):
        other = room_of(name)
        if name.startswith(("benchmarks/", "tests/")):
            message = f"harness/ knows nothing of {name}: turn the dependency round"
            yield source.problem(line, "floors", message)
        elif other and other != room and FLOORS.get(other, 99) >= FLOORS[room]:
            where = "a neighbour" if FLOORS.get(other) == FLOORS[room] else "a higher floor"
            message = (
                f"{room} includes {name}, {where}: move what it needs to a lower floor, "
                "or hand it in from above"
            )
            yield source.problem(line, "floors", message)


def rooted_includes(source: Source) -> Iterator[Problem]:
    """Own headers are named from the root of the tree, in quotes."""
    for line, quote, name in includes(source):
        own = name.startswith(("harness/", "benchmarks/", "tests/"))
        if own and quote == "<":
            yield source.problem(line, "includes", f'own headers go in quotes: "{name}"')
        elif quote == '"' and not own:
            message = f'name "{name}" from the root ("harness/..."), or a library\'s header in <>'
            yield source.problem(line, "includes", message)


def single_includers(source: Source) -> Iterator[Problem]:
    """Some libraries are known to one place only."""
    for line, _, name in includes(source):
        for header, place, scope in SINGLE_INCLUDERS:
            if (
                re.match(header, name)
                and source.path.startswith(scope)
                and not source.path.startswith(place)
            ):
                message = f"only {place}* includes <{name}>: use what it offers, or extend it"
                yield source.problem(line, "libraries", message)


def workload_includes(source: Source) -> Iterator[Problem]:
    """A workload sees the workload interface, harness/sync/, data and libraries; nothing else."""
    if not source.is_workload:
        return
    for line, quote, name in includes(source):
        own = quote == '"' or name.startswith(("harness/", "benchmarks/"))
        if name.startswith("benchmarks/data/") and name.endswith(".inc"):
            continue
        if own and name != "harness/work/workload.hpp" and room_of(name) != "sync":
            message = (
                f"a workload includes only harness/work/workload.hpp, harness/sync/ and libraries, "
                f"not {name}"
            )
            yield source.problem(line, "workload", message)


def workload_name(source: Source) -> Iterator[Problem]:
    """One workload a file, named as the file."""
    if not source.is_workload:
        return
    names = list(re.finditer(r"\bCONVOY_WORKLOAD\w*\s*\(\s*(\w+)", source.code))
    stem = source.name.stem
    if not names:
        message = f"no CONVOY_WORKLOAD({stem}, ...) here: add it, or move the file elsewhere"
        yield source.problem(1, "workload", message)
    for match in names:
        if match.group(1) != stem:
            line = source.line_at(match.start())
            message = f"the workload '{match.group(1)}' belongs in benchmarks/{match.group(1)}.cpp"
            yield source.problem(line, "workload", message)


RULES = (
    floors,
    rooted_includes,
    single_includers,
    workload_includes,
    workload_name,
)
