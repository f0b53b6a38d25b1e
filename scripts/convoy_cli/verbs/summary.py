"""Tells a result's answer in words."""

from __future__ import annotations

import argparse

from .. import results
from ..errors import ExitCode
from ..summary import summarise
from ..terminal import bold, data

NAME = "summary"
SUMMARY = "tell the answer of a result in words"
EXAMPLES = """
  scripts/convoy summary results/mine.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="X.json", help="a result file, from `run --json X.json`")


def run(arguments: argparse.Namespace) -> int:
    for line in summarise(results.load(arguments.result)).lines():
        heading = bool(line) and not line.startswith(" ")
        data(bold(line) if heading else line)
    return ExitCode.OK
