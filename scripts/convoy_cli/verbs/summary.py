"""Tells a result's answer in words."""

from __future__ import annotations

import argparse
import json

from ..answer.summary import answer, document, summarise
from ..core.errors import ExitCode
from ..core.terminal import data, heading, page
from ..results import load

NAME = "summary"
SUMMARY = "summarise a result in words"
EXAMPLES = """
  scripts/convoy summary results/mine.json
  scripts/convoy summary results/mine.json --all      a line for every row
  scripts/convoy summary results/mine.json --json     the claims, for programs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("result", metavar="X.json", help="a result file, from `run --json X.json`")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--all", action="store_true", help="show every row")
    form.add_argument("--json", action="store_true", help="print the claims as JSON")


def run(arguments: argparse.Namespace) -> int:
    result = load.load(arguments.result)
    if arguments.json:
        page(json.dumps(document(answer(result)), indent=1, allow_nan=False))
        return ExitCode.OK
    for line in summarise(result, arguments.all).lines():
        if line.startswith(" "):
            data(line)
        else:
            heading(line)
    return ExitCode.OK
