"""How files begin and end, and what they never hold."""

import ast
import re
from collections.abc import Iterator

from lint_source import Problem, Source

MACHINE_PATH = re.compile(r"(?<![\w.}$)~/-])/(?:home|root|work|workspace|Users)/[\w.-]+")
DATA = ("tests/fixtures/", "results/")


def header_opening(source: Source) -> Iterator[Problem]:
    """A header opens with a sentence that says what it is, then #pragma once."""
    if not source.is_header:
        return
    comment = []
    for line in source.lines:
        if not line.startswith("//"):
            break
        comment.append(line.removeprefix("//").strip())
    if not re.match(r"\S.*[.:?!]", " ".join(comment)):
        message = "open the header with a comment: one sentence that says what it is"
        yield source.problem(1, "header", message)
    rest = [line for line in source.lines[len(comment) :] if line.strip()]
    if not rest or rest[0].strip() != "#pragma once":
        message = "put #pragma once right after the opening comment"
        yield source.problem(len(comment) + 1, "header", message)


def docstring(source: Source) -> Iterator[Problem]:
    """A Python module says what it is."""
    if not source.is_python or not source.text.strip():
        return
    try:
        tree = ast.parse(source.text)
    except SyntaxError as error:
        yield source.problem(error.lineno or 1, "python", f"does not parse: {error.msg}")
        return
    if not ast.get_docstring(tree):
        yield source.problem(1, "python", "open the module with a docstring that says what it is")


def machine_paths(source: Source) -> Iterator[Problem]:
    """Nothing of the machine it was written on."""
    for number, line in enumerate(source.lines, start=1):
        if match := MACHINE_PATH.search(line):
            message = f"'{match.group()}' is a path of one machine: make it relative, or a variable"
            yield source.problem(number, "paths", message)


def whitespace(source: Source) -> Iterator[Problem]:
    """No blank at the end of a line, no tab where blanks indent, one line end at the end."""
    if source.path.startswith(DATA) or source.name.suffix == ".svg":  # made by programs
        return
    for number, line in enumerate(source.lines, start=1):
        if line != line.rstrip():
            yield source.problem(number, "blanks", "blanks at the end of the line: remove them")
        if "\t" in line and (source.is_cpp or source.is_python):
            yield source.problem(number, "blanks", "a tab: indent with blanks, or write \\t")
    if source.text and not source.text.endswith("\n"):
        yield source.problem(len(source.lines), "blanks", "end the file with a line end")
    elif source.text.endswith("\n\n"):
        yield source.problem(len(source.lines), "blanks", "remove the empty lines at the end")


RULES = (header_opening, docstring, machine_paths, whitespace)
