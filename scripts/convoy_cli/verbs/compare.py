"""Compares two stored results: what is slower, what is faster, and how sure that is."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..compare import judge, report
from ..core.errors import ExitCode, NameFilter, UsageError
from ..core.terminal import data, flush
from ..gate import document as record, preparation
from ..gate.program import METRICS
from ..results import stored
from ..stats.family import Verdict
from ..stats.sign_test import Rules

NAME = "compare"
SUMMARY = "compare two stored results, sample by sample"
EXAMPLES = """
  scripts/convoy compare before.json after.json               exit 1 if anything is slower
  scripts/convoy compare before.json after.json --filter '^cpu_pi/' --noise 2% --all
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    what = "a result of `run`, or of any Google Benchmark program with repetitions"
    add("base", metavar="X.json", type=Path, help=f"before the change: {what}")
    add("contender", metavar="Y.json", type=Path, help="the result to judge")
    add("--filter", metavar="RE", default="", help="only benchmarks whose names match")
    usual = Rules()
    add("--noise", metavar="P", help=f"a change up to this does not matter ({usual.noise:.0%}%)")
    add("--same", metavar="P", help="a benchmark is SAME if its interval lies within this of 1 "
                                    f"({usual.same:.0%}%)")
    clock = "which clock decides (auto: cpu if one thread computes, otherwise real)"
    add("--metric", choices=("auto", *METRICS), default="auto", help=clock)
    add("--machine", metavar="NAME", help="treat both as measured on this machine")
    add("--force", action="store_true", help="compare even if machines or builds differ")
    add("--allow-inconclusive", action="store_true", help="exit with code 0 instead of 3")
    add("--json", metavar="F", type=Path, help="the same as JSON")
    add("--all", action="store_true", help="list benchmarks that are SAME, too")


def run(arguments: argparse.Namespace) -> int:
    if str(arguments.json) == "-":
        raise UsageError("--json -: stdout has the table. Name a file.")
    pattern = NameFilter(arguments.filter)
    usual = Rules()
    noise = usual.noise
    if arguments.noise is not None:
        noise = preparation.share(arguments.noise, "--noise")
    same = usual.same if arguments.same is None else preparation.share(arguments.same, "--same")
    preparation.machine(arguments.machine)
    base, contender = stored.load(arguments.base), stored.load(arguments.contender)
    for side in (base, contender):
        side.name_machine(arguments.machine)
    unlike = tuple(stored.unlike(base, contender))
    if unlike and not arguments.force:
        raise UsageError(
            f"{base.path} and {contender.path} differ in {'; '.join(unlike)}, so a ratio would not "
            "isolate the program. Measure both alike, or add --force; if it is one machine, name "
            "it with --machine NAME."
        )
    document = judge.document(
        base, contender, pattern, Rules(noise, same), METRICS.get(arguments.metric), unlike
    )
    document["remarks"][:0] = stored.remarks(base, contender)
    check_common(arguments, document)
    undecided = document["verdict"] == Verdict.INCONCLUSIVE and document["benchmarks"]
    if arguments.allow_inconclusive and undecided:
        document["exit"] = int(ExitCode.OK)
    for line in report.lines(document, arguments.all):
        data(line)
    flush()
    if arguments.json is not None:
        record.write(arguments.json, document)
    return int(document["exit"])


def check_common(arguments: argparse.Namespace, document: judge.Json) -> None:
    """Two files that share nothing are no comparison."""
    if document["benchmarks"] or document["failed"] or document["skipped"]:
        return
    alone = [*document["removed"], *document["added"]]
    if not alone:
        raise UsageError(
            f"--filter {arguments.filter!r} matches no benchmark of either file. `scripts/convoy "
            "list --names` shows typical names."
        )
    raise UsageError(
        f"{arguments.base} and {arguments.contender} have no benchmark in common; only one of them "
        f"has {alone[0]}. Are they of the same program?"
    )
