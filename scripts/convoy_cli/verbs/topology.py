"""Draws the machine with the workers in it: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from ..core import bench

NAME = "topology"
SUMMARY = "draw the machine with the workers in it"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy topology                                       this machine
  scripts/convoy topology --workers 4 --policy scatter          with workers in it
  scripts/convoy topology --topology 'package:2 core:8 pu:2'    another machine
"""


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
