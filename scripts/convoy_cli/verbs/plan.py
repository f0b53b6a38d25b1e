"""Shows where workers would go, and runs nothing: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from ..core import bench

NAME = "plan"
SUMMARY = "show which worker would go to which CPU, and run nothing"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy plan --place core --policy close --workers 4
  scripts/convoy plan --topology 'package:2 core:8 pu:2' --policy scatter --workers 8
  scripts/convoy plan --topology machine.xml --place l3 --policy spread --workers 3 --json
"""


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
