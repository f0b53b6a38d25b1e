"""What the lint rules look at: a file, its lines, and its code without comments and literals."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

LITERALS = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)


def blank(match: re.Match[str]) -> str:
    """Spaces in place of the text, line for line, so that positions stay true."""
    return re.sub(r"[^\n]", " ", match.group())


@dataclass(frozen=True)
class Problem:
    """A breach of one rule: where, which, and what to do about it."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One file of the tree; `path` is relative to its root, with slashes."""

    path: str
    text: str

    def problem(self, line: int, rule: str, message: str) -> Problem:
        return Problem(self.path, line, rule, message)

    @property
    def name(self) -> PurePosixPath:
        return PurePosixPath(self.path)

    @property
    def is_header(self) -> bool:
        return self.name.suffix == ".hpp"

    @property
    def is_cpp(self) -> bool:
        return self.name.suffix in (".hpp", ".cpp")

    @property
    def is_python(self) -> bool:
        return self.name.suffix == ".py" or bool(re.match(r"#!.*python", self.text))

    @property
    def is_workload(self) -> bool:
        """A file of benchmarks/ itself that is a workload: all but main.cpp."""
        return (
            str(self.name.parent) == "benchmarks"
            and self.name.suffix == ".cpp"
            and self.name.name != "main.cpp"
        )

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")[: -1 if self.text.endswith("\n") else None]

    @cached_property
    def code(self) -> str:
        """C++ with comments, literals and preprocessor lines blanked, at unchanged positions."""
        return DIRECTIVE.sub(blank, LITERALS.sub(blank, self.text))

    def line_at(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1


def closing(code: str, start: int) -> int:
    """The position of the bracket that closes the one at `start`; the end of the code if none."""
    opening = code[start]
    partner = {"(": ")", "[": "]", "{": "}"}[opening]
    depth = 0
    for position in range(start, len(code)):
        if code[position] == opening:
            depth += 1
        elif code[position] == partner:
            depth -= 1
            if depth == 0:
                return position
    return len(code)
