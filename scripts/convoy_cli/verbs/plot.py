"""Draws a result's charts."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..charts import drawing
from ..core.errors import ExitCode, MissingData, NameFilter, UsageError
from ..core.terminal import data, flush, note, progress
from ..results import load

NAME = "plot"
SUMMARY = "draw the charts of a result"
EXAMPLES = """
  scripts/convoy plot results/mine.json                          all charts, into results/charts
  scripts/convoy plot results/mine.json -o out --format svg      only SVG, into the folder out
  scripts/convoy plot results/mine.json --figure scaling,heatmap
  scripts/convoy plot results/mine.json --filter '^cpu_'         of the rows with such names
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="X.json", help="a result file, from `run --json X.json`")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="output folder (default: charts, beside the result)",
    )
    parser.add_argument(
        "--figure",
        metavar="NAME,...",
        action="append",
        help="only these: " + ", ".join(drawing.discover()),
    )
    parser.add_argument(
        "--filter", metavar="RE", default="", help="only rows whose name matches this expression"
    )
    parser.add_argument(
        "--format", metavar="A,B", default="svg,png", help="svg, png or both (the default)"
    )


def run(arguments: argparse.Namespace) -> int:
    formats = tuple(dict.fromkeys(arguments.format.split(",")))
    for name in formats:
        if name not in drawing.FORMATS:
            raise UsageError(f"{name!r} is not a supported format. Type --format svg, png or "
                             "svg,png.")
    known = drawing.discover()
    chosen = [name for names in arguments.figure or () for name in names.split(",")]
    for name in chosen:
        if name not in known:
            raise UsageError(f"{name!r} is not a figure. Type --figure with {', '.join(known)}.")
    wanted = NameFilter(arguments.filter)
    result = load.load(arguments.result).only(wanted.search)
    if arguments.filter and not result.rows:
        raise UsageError(
            f"no row of {result.path} matches --filter {arguments.filter!r}. `scripts/convoy "
            f"report {result.path}` lists them all."
        )
    folder = arguments.output or result.path.parent / "charts"
    drawn = 0
    missing = []
    show = progress(quiet=False)
    for name in chosen or known:
        show(f"drawing {name}")
        try:
            made = drawing.render(known[name], result, formats)
        except MissingData as error:
            if name in chosen or not hasattr(known[name], "ONLY_OF"):
                missing.append(f"{name} is not drawn: {error}")
            continue
        drawn += 1
        show("")
        for path in drawing.save(folder, name, made, "-o DIR"):
            data(str(path), known[name].TITLE)
    show("")
    flush()  # what is missing comes behind what is there, also where both go to one file
    for sentence in missing:
        note(sentence)
    if drawn == 0:
        note(f"{result.path} has nothing to draw. `scripts/convoy run --suite quick` has.")
    # Who asked for a figure by name and got none should know from the exit code.
    return ExitCode.SKIPPED if chosen and drawn == 0 else ExitCode.OK
