"""A benchmark over many commits: add to its history, show it, and check it for slow-downs."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from .. import charts, results
from ..errors import ExitCode, MissingData, UsageError
from ..gate import document as gate_file
from ..gate import options
from ..history import entries, findings, ledger, told, tracks
from ..terminal import data, flush, note
from ..units import some

NAME = "history"
SUMMARY = "keep what the gate found of every commit, and find when something changed"
EXAMPLES = """
  scripts/convoy history add gate.json --commit 0123abc           beside its parent
  scripts/convoy history add --reference pinned.json              beside a pinned reference
  scripts/convoy history show --chart results/charts
  scripts/convoy history check --last 20                          exit 1 if anything became slower
"""
FILE = Path("results") / "history.jsonl"
LAST = 20
NOISE = 0.01


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("what", choices=("add", "show", "check"), help="what to do")
    what = "add: a file of the gate whose base is the parent; or a result, beside others"
    add("result", metavar="X.json", nargs="?", type=Path, help=what)
    add("--file", metavar="F", type=Path, default=FILE, help=f"the history ({FILE})")
    add("--commit", metavar="SHA", help="add: the commit it is of (default: what the file says)")
    what = "add: a file of the gate whose base is the pinned reference; or its result"
    add("--reference", metavar="R.json", type=Path, help=what)
    add("--parent", metavar="P.json", type=Path, help="add: the parent's result, beside X.json")
    add("--filter", metavar="RE", default="", help="only benchmarks whose names match")
    add("--noise", metavar="P", help=f"a change that does not matter ({NOISE:.0%}%)")
    add("--last", metavar="N", default=str(LAST), help=f"check: so many commits count ({LAST})")
    add("--chart", metavar="DIR", type=Path, help="show: draw history.svg and history.png there")
    add("--all", action="store_true", help="show: every series")


def run(arguments: argparse.Namespace) -> int:
    if arguments.what == "add":
        return add_to(arguments)
    for given in ("result", "reference", "parent", "commit"):
        if getattr(arguments, given) is not None:
            raise UsageError(f"`history {arguments.what}` takes no {given}: `history add` does.")
    last = positive(arguments.last)
    noise = NOISE if arguments.noise is None else options.share(arguments.noise, "--noise")
    if arguments.chart is not None:
        import matplotlib  # noqa: F401  # whoever lacks it is told so before anything else
    known = read(arguments)
    found = findings.findings(known, noise)
    if arguments.what == "check":
        for line in told.check(known, found, last):
            data(line)
        slower = findings.regressions(known, found, last)
        return ExitCode.FAILED_ROWS if slower else ExitCode.OK
    for line in told.show(known, found, arguments.all):
        data(line)
    if arguments.chart is not None:
        draw(arguments.chart, known, found)
    return ExitCode.OK


def add_to(arguments: argparse.Namespace) -> int:
    made = entries_of(arguments)
    for remark in made.remarks:
        note(remark)
    for remark in ledger.append(arguments.file, made.lines):
        note(remark)
    data(f"{arguments.file}: {some(len(made.lines), 'benchmark')} of {made.commit} added")
    return ExitCode.OK


def entries_of(arguments: argparse.Namespace) -> entries.Entries:
    """X.json decides: beside a file of the gate others are its like, beside a result, too."""
    result, reference, parent = arguments.result, arguments.reference, arguments.parent
    if result is None and (reference is None or parent is not None):
        raise UsageError(
            "what is to be added? Name a file of the gate, or a result and --reference R.json."
        )
    given = {entries.PARENT: parent, entries.REFERENCE: reference}
    if result is not None and not gate_file.is_gate(results.read_json(result, [])):
        beside = {role: path for role, path in given.items() if path is not None}
        if not beside:
            raise UsageError(
                f"{result} is a result, and a history holds ratios: add --reference R.json or "
                "--parent P.json, a result of that build on the same machine."
            )
        return entries.of_results(result, beside, arguments.commit)
    if parent is not None:
        raise UsageError(f"{result} holds its parent already: leave out --parent.")
    gates = {entries.PARENT: result, entries.REFERENCE: reference}
    paths = {role: path for role, path in gates.items() if path is not None}
    return entries.of_gates(paths, arguments.commit)


def read(arguments: argparse.Namespace) -> tracks.History:
    """The history without what `--filter` leaves out."""
    try:
        pattern = re.compile(arguments.filter)
    except re.error as error:
        raise UsageError(f"--filter {arguments.filter!r} is no expression: {error}.") from error
    found = ledger.read(arguments.file)
    for remark in found.remarks:
        note(remark)
    lines = [line for line in found.lines if pattern.search(line["benchmark"])]
    if not lines:
        nothing = f"nothing that matches {arguments.filter!r}" if found.lines else "nothing yet"
        raise UsageError(f"{arguments.file} holds {nothing}: {ledger.MADE_BY}.")
    return tracks.history(lines)


def positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", text):
        raise UsageError(f"--last {text}: write how many commits count, as in --last {LAST}.")
    return int(text)


def draw(folder: Path, known: tracks.History, found: list[findings.Finding]) -> None:
    from ..history import chart

    flush()
    try:
        charts.save(folder, "history", chart.render(known, found), "--chart DIR")
    except MissingData as missing:
        note(f"no chart: {missing}")
