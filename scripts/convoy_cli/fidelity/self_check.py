"""`scripts/convoy fidelity --self`: judges Convoy's own locks by scenarios with known outcomes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .. import bench, files
from ..errors import ExitCode, UsageError
from ..terminal import aside, data, page, table
from . import linked, scenarios, verdicts
from .claims import FAIL, Verdict
from .machine import machine, narrowed
from .trial import Trial

LEAST_PASSES, MOST_PASSES = 5, 100


def add_self_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only --self knows; --json, --seed and --build are there already."""
    group = parser.add_argument_group("with --self")
    add = group.add_argument
    add("--scenario", metavar="NAME", action="append", default=[],
        help="only this scenario; repeatable")  # fmt: skip
    add("--list-scenarios", action="store_true", help="say what is judged, and measure nothing")
    add("--passes", metavar="N", default=str(LEAST_PASSES),
        help=f"samples of everything (default: {LEAST_PASSES}, which is the least)")  # fmt: skip
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def run_self(arguments: argparse.Namespace) -> int:
    chosen = choose(arguments.scenario)
    if arguments.list_scenarios:
        lines = [(name, scenario.SUMMARY) for name, scenario in chosen.items()]
        for line in table(("scenario", "what is measured"), lines):
            data(line)
        return ExitCode.OK
    passes = parse_passes(arguments.passes)
    file = None if arguments.json in (None, "-") else Path(arguments.json)
    if file is not None:
        files.check(file, "--json FILE")
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    trial = Trial(linked.ask(bench.program(arguments.build)), chosen, passes, seed, arguments.quiet)
    ended: Optional[BaseException] = None
    try:
        trial.run()
    except (KeyboardInterrupt, SystemExit) as interruption:
        ended = interruption
    found = trial.verdicts()
    unfit = trial.is_unfit
    made = verdicts.document(
        found, seed=seed, passes=passes, machine=machine(), unfit=unfit, interrupted=bool(ended)
    )
    if file is not None:
        verdicts.write(file, made)
    show(found, made, arguments.json == "-")
    if ended is not None:
        raise ended
    return exit_code(found, unfit)


def show(found: Sequence[Verdict], made: dict[str, Any], document_alone: bool) -> None:
    for line in (*verdicts.tell(found), *narrowed(made["machine"])):
        # Where the document goes to stdout, it alone is data.
        (aside if document_alone else data)(line)
    if document_alone:
        page(verdicts.text_of(made))


def exit_code(found: Sequence[Verdict], unfit: bool) -> int:
    if any(verdict.verdict == FAIL for verdict in found):
        return ExitCode.FAILED_ROWS
    return ExitCode.UNFIT if unfit else ExitCode.OK


def choose(asked: Sequence[str]) -> dict[str, Any]:
    known = scenarios.discover()
    for name in asked:
        if name not in known:
            raise UsageError(f"{name!r} is no scenario. Type --scenario with {', '.join(known)}.")
    return {name: scenario for name, scenario in known.items() if not asked or name in asked}


def parse_passes(text: str) -> int:
    if text.isdecimal() and len(text) < 10 and LEAST_PASSES <= int(text) <= MOST_PASSES:
        return int(text)
    raise UsageError(
        f"--passes {text}: write a whole number from {LEAST_PASSES} to {MOST_PASSES}; a median of "
        "fewer says too little."
    )
