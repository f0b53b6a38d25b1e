"""Lists what can be measured: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from ..core import bench

NAME = "list"
SUMMARY = "show workloads with their parameters, models, locks and benchmark names"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy list                           workloads, models, locks and suites
  scripts/convoy list --names --suite smoke     the benchmarks of a suite
  scripts/convoy list --names --filter '^io_'   those that match
  scripts/convoy list --json | jq .             for a program
"""


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
