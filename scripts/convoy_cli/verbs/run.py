"""Measures: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from ..core import bench

NAME = "run"
SUMMARY = "measure, and write a result file"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy run --suite smoke                       a minute, to see that all works
  scripts/convoy run --json results/mine.json            the quick suite, kept
  scripts/convoy run --filter '^cpu_pi/' --model single,threads,processes --workers 1,2,4
  scripts/convoy run --gil none,cpython32:interval=1ms --filter io_sleep --param io_sleep.wait=5ms
  scripts/convoy run --place core --policy scatter --require-pinned --precision 1% --budget 60s
"""


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
