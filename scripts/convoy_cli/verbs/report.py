"""Writes a result as one page of HTML, to be read by others."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from ..core import files
from ..core.errors import ExitCode
from ..core.terminal import data, progress
from ..report import content, page
from ..results import load, stored

NAME = "report"
SUMMARY = "write a result as one page of HTML that needs nothing else"
EXAMPLES = """
  scripts/convoy report results/mine.json                       results/mine.html
  scripts/convoy report results/mine.json -o report.html
  scripts/convoy report new.json --compare old.json             two results side by side
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("result", metavar="X.json", type=Path, help="a result file, from `run --json X.json`")
    add("--compare", metavar="Y.json", type=Path, help="another result, to be put beside it")
    add("-o", "--output", metavar="FILE", type=Path, help="the page (default: X.html)")
    add("--title", metavar="TEXT", default="Thread, process or coroutine?", help="its title")
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    for name in ("matplotlib", "jinja2"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError("a report needs it", name=name)
    result = load.load(arguments.result)
    target = arguments.output or result.path.with_suffix(".html")
    files.check(target, "-o FILE")
    other = this = None
    if arguments.compare is not None:
        other, this = stored.load(arguments.compare), stored.load(arguments.result)
    show = progress(arguments.quiet)
    made = page.render(
        arguments.title, content.opening(result), content.sections(result, other, this, show)
    )
    show("")
    files.write(target, made.encode("utf-8", "backslashreplace"), "-o FILE")
    data(str(target), "open it in a browser")
    return ExitCode.OK
