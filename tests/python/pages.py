"""The pages of the documentation, taken apart: blocks of code, links, headings, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "results" / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]  # fmt: skip
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fences(page: Path) -> list[tuple[str, str]]:
    """The language and the text of each block of code."""
    return FENCE.findall(page.read_text(encoding="utf-8"))


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The headings as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {words.strip().replace(" ", "-") for words in plain}


def links(page: Path) -> list[str]:
    """Where its links within the tree lead."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def commands(page: Path) -> Iterator[list[str]]:
    """Calls of the front door and of make, in blocks of shell and in the text, as words."""
    lines: list[str] = []
    for language, text in fences(page):
        if language in ("sh", "console", "yaml"):
            lines += text.replace("\\\n", " ").splitlines()
    lines += re.findall(r"`([^`\n]+)`", prose(page))
    for line in lines:
        if not re.search(r"\b(convoy|make)\b", line):
            continue
        for words in calls(re.sub(r"^\s*(- )?run: ", "", line)):
            # `convoy` alone is a key of the result file and a namespace.
            if words != ["convoy"] and re.search(r"(^|/)(convoy|make)$", words[0]):
                yield words


def calls(line: str) -> Iterator[list[str]]:
    """The commands that a line of shell holds, without assignments before them."""
    scanner = shlex.shlex(line, posix=True, punctuation_chars=True)
    scanner.whitespace_split = True
    words: list[str] = []
    for word in [*scanner, ";"]:
        if re.fullmatch(r"[();<>|&]+", word):
            if words:
                yield words
            words = []
        elif words or not re.fullmatch(r"[A-Z_]+=.*|\$|sudo", word):
            words.append(word)
