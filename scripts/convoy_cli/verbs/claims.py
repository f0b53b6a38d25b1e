"""Puts textbook claims to this machine, and to real interpreters."""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from ..charts import drawing
from ..claims import chart, claim, document, interpreters, judge, report, session
from ..claims.claim import Claim
from ..claims.document import Answer, Json
from ..claims.interpreters import Interpreter
from ..core import bench, files
from ..core.errors import ExitCode, MissingData, UsageError
from ..core.guard import guarded
from ..core.terminal import aside, data, note, page, progress
from ..results import load

NAME = "claims"
SUMMARY = "say which textbook claims hold on this machine, and in Python"
EXAMPLES = """
  scripts/convoy claims                                  measure what is needed, some minutes
  scripts/convoy claims results/mine.json                take what is there, measure the rest
  scripts/convoy claims --interpreter python3            put the same questions to Python
  scripts/convoy claims --only gil_io_gain,memory_order  these two
  scripts/convoy claims --list                           the claims, and nothing measured
  scripts/convoy claims --from results/claims.json       tell and draw it again
"""
PASSES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("result", metavar="X.json", nargs="?", type=Path, help="a result file to read first")
    add("--only", metavar="A,B", help="only these claims")
    asked = "a Python that is asked as well: a path or a command; give it several times"
    add("--interpreter", metavar="PYTHON", action="append", default=[], help=asked)
    add("--passes", metavar="N", type=int, default=PASSES,
        help=f"samples of each benchmark (default: {PASSES}; a verdict needs 6)")  # fmt: skip
    add("--seed", metavar="N", type=int, help="seed of the random order of each pass")
    add("--no-measure", action="store_true", help="judge by what X.json has, and measure nothing")
    add("--json", metavar="FILE", help="the file of verdicts (default: claims.json in -o); - for "
        "stdout")  # fmt: skip
    add("-o", "--output", metavar="DIR", type=Path, default=Path("results/claims"),
        help="the folder of the file and the chart (default: results/claims)")  # fmt: skip
    add("--from", dest="source", metavar="FILE", type=Path, help="read verdicts that --json wrote")
    add("--list", action="store_true", help="list the claims")
    presets = ", ".join(bench.PRESETS)
    add("--build", metavar="PRESET", choices=bench.PRESETS, help=presets)
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    if arguments.source is not None:
        return tell(document.load(arguments.source), arguments, keep=False)
    chosen = choose(arguments.only)
    if arguments.list:
        for each in chosen.values():
            data(each.name, each.topic, each.sentence)
        return ExitCode.OK
    if arguments.passes < 1:
        raise UsageError(f"--passes {arguments.passes}: write a number from 1 up, such as 8.")
    if arguments.no_measure and arguments.result is None:
        raise UsageError("--no-measure needs a result: scripts/convoy claims X.json --no-measure")
    if importlib.util.find_spec("matplotlib") is None:
        raise ModuleNotFoundError("charts need it", name="matplotlib")
    if arguments.json not in (None, "-"):
        files.check(Path(arguments.json), "--json FILE")
    files.check_folder(arguments.output, "-o DIR")
    pythons = [interpreters.ask(text) for text in arguments.interpreter]
    with tempfile.TemporaryDirectory(prefix="convoy-claims-") as folder, guarded(Path(folder)):
        return measure(arguments, chosen, pythons, Path(folder))


def choose(only: Optional[str]) -> dict[str, Claim]:
    known = claim.discover()
    names = [name for name in (only or "").split(",") if name]
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            raise UsageError(f"--only {name}: there is no such claim. Type one of {listed}.")
    return {name: known[name] for name in names or known}


def measure(
    arguments: argparse.Namespace, chosen: Mapping[str, Claim], pythons: list[Interpreter],
    folder: Path,
) -> int:  # fmt: skip
    found = None if arguments.result is None else session.Measured(load.load(arguments.result))
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    missing = {n: c for n, c in chosen.items() if c.cases and (found is None or not found.has(c))}
    answers: list[Answer] = []
    if missing and not arguments.no_measure:
        program = bench.program(arguments.build)
        effort = session.Effort(arguments.passes, seed, arguments.quiet)
        judged = session.decide(program, chosen, missing, found, effort, folder)
    else:
        assert found is not None
        judged = judge.judge(list(chosen.values()), found, lambda evidence: evidence.cases)
    answers.append(Answer(document.MODEL, judged))
    if pythons:
        told = interpreters.decide(
            pythons, list(chosen.values()), arguments.passes, seed, progress(arguments.quiet)
        )
        answers += [Answer(python.label, each) for python, each in zip(pythons, told)]
    about = {
        "passes": arguments.passes, "seed": seed,
        "interpreters": [
            {"label": python.label, "path": str(python.path), **python.about} for python in pythons
        ],
    }  # fmt: skip
    return tell(document.document(answers, about), arguments, keep=True)


def tell(made: Json, arguments: argparse.Namespace, keep: bool) -> int:
    """Prints the verdicts, writes the file, draws the chart."""
    to_stdout = arguments.json == "-"
    say = aside if to_stdout else data
    if to_stdout:
        page(document.text_of(made))
    for line in report.lines(made):
        say(line)
    if keep and not to_stdout:
        file = Path(arguments.json or arguments.output / "claims.json")
        document.write(file, made)
        say(str(file), "every verdict")
    try:
        drawn = drawing.render(chart, made)  # type: ignore[arg-type]
    except MissingData as missing:
        note(f"no chart: {missing}")
        return ExitCode.OK
    for path in drawing.save(arguments.output, chart.NAME, drawn, "-o DIR"):
        say(str(path), chart.TITLE)
    return ExitCode.OK
