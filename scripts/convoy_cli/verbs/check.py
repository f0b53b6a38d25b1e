"""Checks that a result file holds what it promises."""

from __future__ import annotations

import argparse

from ..core.errors import ExitCode
from ..core.terminal import data, table
from ..results import checks

NAME = "check"
SUMMARY = "check a result file: schema, numbers, pinning, equal answers"
EXAMPLES = """
  scripts/convoy check results/mine.json                  exit 1 if a check fails
  scripts/convoy check results/*.json -q                  only failures
"""

MOST_EXAMPLES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="X.json",
        nargs="+",
        help="result files, X.track.json files, or gate files",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="only show checks that fail")


def run(arguments: argparse.Namespace) -> int:
    bad = False
    for number, path in enumerate(arguments.files):
        found = checks.check_file(path)
        broken = any(check.breaches for check in found)
        bad = bad or broken
        if arguments.quiet and not broken:
            continue
        if len(arguments.files) > 1:
            if number:
                data()
            data(str(path))
        show(found, arguments.quiet)
    return ExitCode.FAILED_ROWS if bad else ExitCode.OK


def show(found: list[checks.Check], quiet: bool) -> None:
    lines = []
    for check in found:
        if quiet and not check.breaches:
            continue
        verdict = "FAILED" if check.breaches else "ok"
        lines.append((verdict, check.name, str(check.looked_at), check.meaning))
        shown = check.breaches[:MOST_EXAMPLES]
        more = len(check.breaches) - len(shown)
        lines += [("", "", "", f"  {breach}") for breach in shown]
        lines += [("", "", "", f"  and {more} more")] if more else []
    for line in table(("verdict", "check", "of", "what"), lines):
        data(line)
