"""How coroutines are written: what g++ 12 compiles rightly.

g++ 12.2 destroys the temporaries of a co_await expression twice, and a lambda's captures die before
its coroutine does.
"""

import re
from collections.abc import Iterator

from lint_source import Problem, Source, closing

DECLARATION = re.compile(
    r"(?:(?:const|static|constexpr|\[\[maybe_unused\]\])\s+)*"
    r"(?:auto|[A-Za-z_][\w:]*(?:\s*<[\w:\s,<>*&]*>)?(?:\s+(?!=)[\w:]+(?=\s+\w))*)"
    r"(?:\s+|\s*[&*]+\s*)(?:[A-Za-z_]\w*|\[[\w\s,]+\])\s*="
)
LABEL = re.compile(r"(?:case\s+[\w:]+|default)\s*:(?!:)\s*|else\b\s*|do\b\s*")
CONTROL = re.compile(r"(?:if|while|for|switch)\s*(?:constexpr\s*)?(?=\()")
LAMBDA = re.compile(r"(?<![\w)\]\[])\[(?P<captures>[^\[\]]*)\]\s*(?P<after>[({<]|mutable\b|->)")
FIX = "write `co_await f(...);` or `auto x = co_await f(...);`, everything else before or after it"


WORKLOADS = ("benchmarks/", "harness/work/", "tests/fixtures/workloads/")
BARE_CLOSE = re.compile(r"(?<![\w:.>])(?:::)?close\s*\(")


def statement_start(code: str, position: int) -> int:
    """Where the statement around a position begins; -1 where it stands inside parentheses."""
    depth = 0
    start = 0
    for index in range(position - 1, -1, -1):
        character = code[index]
        if character in ")]":
            depth += 1
        elif character in "([":
            depth -= 1
            if depth < 0:
                return -1
        elif character in "{}" and depth == 0:
            return start or index + 1
        elif character == ";" and depth == 0:
            start = start or index + 1  # read on: it may be one of the two in a for's head
    return start


def before_await(text: str) -> str:
    """The text before a co_await, without the labels and control statements around it."""
    text = text.strip()
    while True:
        if match := LABEL.match(text):
            text = text[match.end() :].strip()
        elif match := CONTROL.match(text):
            text = text[closing(text, match.end()) + 1 :].strip()
        elif match := re.match(r"\[\[\w+\]\]", text):
            text = text[match.end() :].strip()
        else:
            return text


def awaited_is_plain(text: str) -> bool:
    """Whether what is awaited is one call, or a variable, and nothing is built inside it."""
    text = text.strip()
    if re.search(r"[{}]", text):
        return False
    if re.fullmatch(r"\*?\w+(?:(?:\.|->)\w+)*", text):
        return True
    callee = re.match(r"[\w:.]+(?:->[\w.]+|\[\w+\]|\.\w+)*(?:<[\w:,\s]*>)?\s*(?=\()", text)
    return callee is not None and closing(text, callee.end()) == len(text) - 1


def whole_statements(source: Source) -> Iterator[Problem]:
    """co_await is a whole statement or a whole initialiser, and awaits one call."""
    if not source.is_cpp:
        return
    code = source.code
    for match in re.finditer(r"\bco_await\b", code):
        line = source.line_at(match.start())
        start = statement_start(code, match.start())
        before = "" if start < 0 else before_await(code[start : match.start()])
        if start < 0 or (before and not DECLARATION.fullmatch(before)):
            message = f"co_await inside a larger expression: {FIX}"
            yield source.problem(line, "coroutines", message)
            continue
        if not awaited_is_plain(code[match.end() : statement_end(code, match.end())]):
            message = f"co_await of something built in place (a brace, an operator): {FIX}"
            yield source.problem(line, "coroutines", message)


def statement_end(code: str, position: int) -> int:
    """Where the statement ends: its semicolon outside all brackets."""
    while position < len(code) and code[position] not in ";":
        position = closing(code, position) if code[position] in "([{" else position
        position += 1
    return min(position, len(code))


def capturing_lambdas(source: Source) -> Iterator[Problem]:
    """A lambda that is a coroutine captures nothing: its captures die with the lambda."""
    if not source.is_cpp:
        return
    code = source.code
    for match in LAMBDA.finditer(code):
        if not match["captures"].strip():
            continue
        opening = code.find("{", match.start("after"))
        if opening < 0 or ";" in re.sub(r"\([^()]*\)", "", code[match.end() : opening]):
            continue
        body = code[opening : closing(code, opening)]
        if re.search(r"\bco_(?:await|return|yield)\b", body):
            message = (
                "a capturing lambda is a coroutine, and its captures die before it does: "
                "pass them as parameters, or write a function"
            )
            yield source.problem(source.line_at(match.start()), "coroutines", message)


def bare_closes(source: Source) -> Iterator[Problem]:
    """A workload closes descriptors by UniqueFd alone: event loops then forget them."""
    if not source.is_cpp or not source.path.startswith(WORKLOADS):
        return
    for match in BARE_CLOSE.finditer(source.code):
        message = (
            "an event loop does not learn of a bare close, and takes the descriptor's next user "
            "for this one: keep it in a UniqueFd"
        )
        yield source.problem(source.line_at(match.start()), "coroutines", message)


RULES = (whole_statements, capturing_lambdas, bare_closes)
