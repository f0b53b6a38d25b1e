"""Judges the machine before anything is believed: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from ..core import bench

NAME = "doctor"
SUMMARY = "judge whether this machine can be trusted with a measurement"
PASSES_ON = True
EXAMPLES = """
  scripts/convoy doctor            findings, each with what to do; exit 4 if the machine is unfit
  scripts/convoy doctor --json     for a program
"""


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
