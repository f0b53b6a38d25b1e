"""Lists what can be measured: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from .. import bench

NAME = "list"
SUMMARY = "show workloads with their parameters, models, locks and benchmark names"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy list                           everything
  scripts/convoy list --filter '^io_'           some of it
  scripts/convoy list --json | jq .             for a program
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--filter", metavar="RE", help="only benchmarks whose name matches")
    add("--suite", metavar="NAME", help="only those of a suite: smoke, quick or full")
    add("--json", metavar="FILE", help="as JSON, to a file; `-` or nothing is stdout")


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
