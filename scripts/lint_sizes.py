"""How long things may be: a line is law; a file or a function that is longer gets a note."""

import ast
import re
from collections.abc import Iterator

from lint_source import Problem, Source

COLUMNS = 100
FUNCTION = 70
EXCUSE = re.compile(r"(?://|#) lint: long because \w+")
CONTROL = re.compile(r"\s*(?:if|for|while|switch|catch|else|do|try|return)\b")
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")
LEAD = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)*")
BODY = re.compile(r"(?:[)}]|\b(?:const|noexcept|override|final|try|mutable)|->[\w:<>,&*\s]+)\s*$")


def limit_of(source: Source) -> tuple[int, str]:
    if source.is_workload:
        return 60, "a workload"
    if source.is_header:
        return 150, "a header"
    if source.is_cpp:
        return 300, "a source"
    if source.is_python:
        return 400, "a Python module"
    return 0, ""


def file_length(source: Source) -> Iterator[Problem]:
    """A longer file may do two things; a reason among its first ten lines says why it does not."""
    limit, kind = limit_of(source)
    excused = any(EXCUSE.search(line) for line in source.lines[:10])
    if limit and len(source.lines) > limit and not excused:
        message = (
            f"{len(source.lines)} lines, and {kind} usually has at most {limit}: "
            "does it do two things?"
        )
        yield source.problem(limit + 1, "length note", message)


def columns(source: Source) -> Iterator[Problem]:
    """No line of code is wider than a hundred columns, but for a link that cannot be broken."""
    if not (source.is_cpp or source.is_python or source.name.suffix == ".cmake"):
        return
    for number, line in enumerate(source.lines, start=1):
        if len(line) > COLUMNS and not re.search(r"https?://\S{60,}", line):
            message = f"{len(line)} columns, at most {COLUMNS}: break the line"
            yield source.problem(number, "columns", message)


def functions_of(source: Source) -> Iterator[tuple[int, int, str]]:
    """First line, last line and name of each outermost function of a C++ file."""
    code = source.code
    stack: list[tuple[str, int]] = []  # kind of each open brace, and where its head begins
    head = 0
    for match in re.finditer(r"[{};]", code):
        position = match.start()
        inside = any(kind == "function" for kind, _ in stack)
        if match.group() == "{":
            text = code[head:position]
            kind = "block" if inside else brace_kind(text)
            stack.append((kind, head))
            if kind != "value":
                head = position + 1
        elif match.group() == "}" and stack:
            kind, begin = stack.pop()
            if kind == "function" and not inside_function(stack):
                lead = LEAD.match(code, begin)
                start = lead.end() if lead else begin
                name = re.search(r"([~\w:]+)\s*\(", code[start:])
                yield (
                    source.line_at(start),
                    source.line_at(position),
                    name.group(1) if name else "?",
                )
            head = begin if kind == "value" else position + 1
        elif not (stack and stack[-1][0] == "value"):
            head = position + 1


def inside_function(stack: list[tuple[str, int]]) -> bool:
    return any(kind == "function" for kind, _ in stack)


def brace_kind(head: str) -> str:
    """What a brace opens, told from the text since the last statement: function, scope or value."""
    if "(" in head and BODY.search(head) and not CONTROL.match(head):
        return "function"
    if SCOPE.search(head) and "=" not in head:
        return "scope"
    return "value"


def function_length(source: Source) -> Iterator[Problem]:
    """A function of more than seventy lines, in C++ or Python, may do two things."""
    found: list[tuple[int, int, str]] = []
    if source.is_cpp:
        found = list(functions_of(source))
    elif source.is_python:
        try:
            tree = ast.parse(source.text)
        except SyntaxError:
            return  # reported by the docstring rule
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
        found = [(node.lineno, node.end_lineno or node.lineno, node.name) for node in nodes]
    for first, last, name in found:
        if last - first + 1 > FUNCTION:
            message = (
                f"{name} has {last - first + 1} lines, usually at most {FUNCTION}: "
                "does it do two things?"
            )
            yield source.problem(first, "length note", message)


RULES = (columns,)
NOTES = (file_length, function_length)  # printed, and no breach
