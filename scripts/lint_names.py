"""What things are called: types in CamelCase, and no word that says nothing."""

import re
from collections.abc import Iterator

from lint_source import Problem, Source

EMPTY_WORDS = {"manager", "helper", "util", "context"}
ADVICE = "says nothing: name what it is (a Worker, a Seat, a Plan ...)"
TYPE = re.compile(
    r"\b(?:class|struct|union|concept|enum(?:\s+(?:class|struct))?)\s+"
    r"(?:alignas\s*\([^()]*(?:\([^()]*\))?[^()]*\)\s*|\[\[[^\]]*\]\]\s*)*"
    r"(?:\w+::)*(?P<name>\w+)(?P<after>\s*(?:final\s*)?[^\w\s]?)"
)
ALIAS = re.compile(r"\busing\s+(?P<name>\w+)\s*=")
PYTHON_CLASS = re.compile(r"^\s*class\s+(?P<name>\w+)", re.MULTILINE)
# Names that the language or the standard library looks for.
REQUIRED = re.compile(
    r"\w+_(?:type|category|concept|traits)|(?:const_)?(?:iterator|pointer|reference)"
)
TREE = ("harness/", "benchmarks/", "tests/", "scripts/")


def words_of(name: str) -> set[str]:
    """The words of a name, in small letters and the singular."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    return {word.lower().removesuffix("s") for word in words}


def file_name(source: Source) -> Iterator[Problem]:
    """No file or folder of the code is a drawer for odds and ends."""
    if not source.path.startswith(TREE):
        return
    found = words_of(source.path) & EMPTY_WORDS
    if found:
        yield source.problem(1, "names", f"'{found.pop()}' in a file's name {ADVICE}")


def type_words(source: Source) -> Iterator[Problem]:
    """No type is a Manager, Helper, Util or Context."""
    patterns: tuple[re.Pattern[str], ...]
    if source.is_cpp:
        patterns, code = (TYPE, ALIAS), source.code
    elif source.is_python:
        patterns, code = (PYTHON_CLASS,), source.text
    else:
        return
    for pattern in patterns:
        for match in pattern.finditer(code):
            if pattern is TYPE and not defines(match, code):
                continue
            if words_of(match["name"]) & EMPTY_WORDS:
                line = source.line_at(match.start("name"))
                yield source.problem(line, "names", f"'{match['name']}' {ADVICE}")


def defines(match: re.Match[str], code: str) -> bool:
    """Whether a match is a definition, not a mention such as `struct sockaddr* address`."""
    if "concept" in match.group().split()[0]:
        return True
    return match["after"].strip().removeprefix("final").strip() in ("{", ":")


def type_case(source: Source) -> Iterator[Problem]:
    """Types are CamelCase."""
    if not source.is_cpp:
        return
    for pattern in (TYPE, ALIAS):
        for match in pattern.finditer(source.code):
            name = match["name"]
            if pattern is TYPE and not defines(match, source.code):
                continue
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) and not REQUIRED.fullmatch(name):
                line = source.line_at(match.start("name"))
                yield source.problem(line, "names", f"types are CamelCase: rename '{name}'")


def workload_types(source: Source) -> Iterator[Problem]:
    """A workload's types are its own: two of one name would share templates such as fixtures."""
    if not source.is_workload:
        return
    for match in TYPE.finditer(source.code):
        before = source.code[: match.start()]
        if before.count("{") == before.count("}") and defines(match, source.code):
            line = source.line_at(match.start("name"))
            message = f"others may have a {match['name']}: put it in `namespace {{ ... }}`"
            yield source.problem(line, "names", message)


def macro_names(source: Source) -> Iterator[Problem]:
    """Macros carry the name of the project; they know no namespace."""
    if not source.is_cpp or source.path.startswith("tests/"):
        return
    for number, line in enumerate(source.lines, start=1):
        match = re.match(r"\s*#\s*define\s+(\w+)", line)
        if match and not re.match(r"CONVOY_|_GNU_SOURCE|[A-Z]+_USE_|BENCHMARK_", match.group(1)):
            message = f"a macro's name begins with CONVOY_: rename '{match.group(1)}'"
            yield source.problem(number, "names", message)


RULES = (file_name, type_words, type_case, workload_types, macro_names)
