"""Draws the machine with the workers in it: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from .. import bench

NAME = "topology"
SUMMARY = "draw the machine with the workers in it"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy topology                                       this machine
  scripts/convoy topology --workers 4 --policy scatter          with workers in it
  scripts/convoy topology --topology 'package:2 core:8 pu:2' --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--topology", metavar="XML|TEXT", help="another machine: hwloc's XML, or a description")
    add("--workers", metavar="N", help="how many seats to draw")
    add("--place", metavar="PLACE", help="pu, core, l2, l3, numa, package or machine")
    add("--policy", metavar="POLICY", help="none, close, scatter[:level], spread, primary, list:")
    add("--json", metavar="FILE", help="as JSON, to a file; `-` or nothing is stdout")


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
