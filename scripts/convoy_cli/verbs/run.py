"""Measures: hands over to convoy-bench."""

from __future__ import annotations

import argparse

from .. import bench

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--suite", metavar="NAME", help="smoke (a minute), quick (five; the default) or full")
    add("--filter", metavar="RE", help="only benchmarks whose name matches")
    add("--model", metavar="A,B", help="single, threads, processes, coroutines, fibers")
    add("--gil", metavar="A,B", help="interpreter locks: none, cpython32:interval=1ms ...")
    add("--workers", metavar="N,M", help="how many concurrent bodies")
    add("--carriers", metavar="N", help="threads an event loop has")
    add("--place", metavar="PLACE", help="pu, core, l2, l3, numa, package or machine")
    add("--policy", metavar="POLICY", help="none, close, scatter, spread, primary or list:...")
    add("--overload", metavar="HOW", help="more seats than places: error, wrap or unbind")
    add("--peer", metavar="WHERE", help="the other side of an I/O workload: same, other or none")
    add("--param", metavar="WORKLOAD.NAME=VALUE", help="set a workload's parameter; repeatable")
    add("--precision", metavar="P", help="stop when the interval is this narrow (default 2%%)")
    add("--budget", metavar="TIME", help="stop after this long at the latest, as in 60s")
    add("--passes", metavar="N", help="passes over the suite")
    add("--seed", metavar="N", help="seed of the random order")
    add("--require-pinned", action="store_true", help="exit 5 unless every seat was pinned")
    add("--json", metavar="FILE", help="write the result there; `-` or nothing is stdout")
    add("-q", action="store_true", help="say less")
    add("-v", action="store_true", help="say more")
    parser.epilog = "Google Benchmark's own options, --benchmark_..., are passed on too."


def run(arguments: argparse.Namespace) -> int:
    bench.become(NAME, arguments.build, arguments.rest)
