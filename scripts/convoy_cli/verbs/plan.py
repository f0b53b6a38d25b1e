"""Shows where workers would go, and runs nothing: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from .. import bench

NAME = "plan"
SUMMARY = "show which worker would go to which CPU, and run nothing"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy plan --place core --policy close --workers 4
  scripts/convoy plan --topology 'package:2 core:8 pu:2' --policy scatter --workers 8
  scripts/convoy plan --topology machine.xml --place l3 --policy spread --workers 3 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--topology", metavar="XML|TEXT", help="another machine: hwloc's XML, or a description")
    add("--place", metavar="PLACE", help="pu, core, l2, l3, numa, package or machine")
    add("--policy", metavar="POLICY", help="none, close, scatter[:level], spread, primary, list:")
    add("--workers", metavar="N", help="how many seats to place")
    add("--within", metavar="OBJECT", help="only there, as in package:0")
    add("--kind", metavar="KIND", help="perf, eff or all cores")
    add("--smt", metavar="on|off", help="whether a core's second thread may be used")
    add("--width", metavar="WIDTH", help="the whole place, or one PU of it")
    add("--overload", metavar="HOW", help="more seats than places: error, wrap or unbind")
    add("--json", metavar="FILE", help="as JSON, to a file; `-` or nothing is stdout")


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
