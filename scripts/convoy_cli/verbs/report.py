"""Writes a result as one page of HTML, to be read by others."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Optional

from ..claims import document
from ..core import files
from ..core.errors import ExitCode, UsageError
from ..core.terminal import data, note, progress
from ..report import content, page
from ..results import load, stored

NAME = "report"
SUMMARY = "write a result as one page of HTML that needs nothing else"
EXAMPLES = """
  scripts/convoy report results/mine.json                       results/mine.html
  scripts/convoy report results/mine.json -o report.html
  scripts/convoy report new.json --compare old.json             two results side by side
  scripts/convoy report mine.json --claims claims/claims.json   with verdicts measured before
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("result", metavar="X.json", type=Path, help="a result file, from `run --json X.json`")
    add("--compare", metavar="Y.json", type=Path, help="another result, to be put beside it")
    asked = "verdicts that `claims --json` wrote (default: claims.json beside X.json, if there)"
    add("--claims", metavar="FILE", type=Path, help=asked)
    add("-o", "--output", metavar="FILE", type=Path, help="the page (default: X.html)")
    add("--title", metavar="TEXT", default="Thread, process or coroutine?", help="its title")
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    with files.uncollected():
        return written(arguments)


def written(arguments: argparse.Namespace) -> int:
    for name in ("matplotlib", "jinja2"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError("a report needs it", name=name)
    repairs: list[str] = []
    measured = load.read_json(arguments.result, repairs=repairs)
    result = load.validated(arguments.result, measured)
    target = arguments.output or result.path.with_suffix(".html")
    files.check(target, "-o FILE")
    other = this = None
    if arguments.compare is not None:
        other = stored.load(arguments.compare)
        this = stored.of_document(arguments.result, measured, [], repairs)
    verdicts = claims_of(arguments.claims, result.path.parent / "claims.json")
    show = progress(arguments.quiet)
    made = page.render(
        arguments.title,
        content.opening(result),
        content.sections(result, other, this, show, verdicts),
    )
    show("")
    files.write(target, made.encode("utf-8", "backslashreplace"), "-o FILE")
    data(str(target), "open it in a browser")
    return ExitCode.OK


def claims_of(asked: Optional[Path], beside: Path) -> Optional[document.Json]:
    """The file that was asked for, else the one beside the result, if it is one of verdicts."""
    if asked is not None:
        return document.load(asked)
    if not beside.exists():
        return None
    try:
        return document.load(beside)
    except UsageError as error:
        note(f"not in the report: {error}")
        return None
