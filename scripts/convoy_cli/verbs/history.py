"""A benchmark over many commits: add to its history, show it, and check it for slow-downs."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ..charts import drawing
from ..compare import judge as compare
from ..core import git
from ..core.errors import ExitCode, MissingData, NameFilter, UsageError
from ..core.terminal import data, flush, note
from ..core.units import some
from ..gate import preparation
from ..history import judge, ledger, report, session
from ..results import stored, verdicts

NAME = "history"
SUMMARY = "keep the gate's results of every commit, and find when something changed"
EXAMPLES = """
  scripts/convoy history add gate.json --commit 0123abc           beside its parent
  scripts/convoy history add --reference pinned.json              beside a pinned reference
  scripts/convoy history add --range v1.0..main --build make --program bench     measures them
  scripts/convoy history show --chart results/charts
  scripts/convoy history check --last 20                          exit 1 if anything became slower
"""
FILE = Path("results") / "history.jsonl"
LAST = 20
OF_FILES = ("result", "reference", "parent", "commit", "force")
OF_RANGE = ("range", "build", "program", "budget")
NOISE = 0.01


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("what", choices=("add", "show", "check"), help="what to do")
    what = "add: a gate file whose base is the parent; or a result, with others"
    add("result", metavar="X.json", nargs="?", type=Path, help=what)
    add("--file", metavar="F", type=Path, default=FILE, help=f"the history file ({FILE})")
    add("--commit", metavar="SHA", help="add: the measured commit (default: what the file says)")
    what = "add: a gate file whose base is the pinned reference; or its result"
    add("--reference", metavar="R.json", type=Path, help=what)
    add("--parent", metavar="P.json", type=Path, help="add: the parent's result, with X.json")
    what = "add: measure the missing commits of the range, each against its parent"
    add("--range", metavar="A..B", help=what)
    add("--build", metavar="CMD", help="--range: command that builds the program, in the folder "
                                       "of each commit")
    add("--program", metavar="PATH", help="--range: path of the built program, in that folder")
    add("--budget", metavar="TIME", help="--range: time limit for each commit, as in 5min")
    what = "the machine's name; add: instead of what the files say; show, check: only this one"
    add("--machine", metavar="NAME", help=what)
    what = "add: accept results from different machines or builds"
    add("--force", action="store_true", help=what)
    add("--filter", metavar="RE", default="", help="only benchmarks whose names match")
    add("--noise", metavar="P", help=f"a change up to this does not matter ({NOISE:.0%}%)")
    add("--last", metavar="N", default=str(LAST), help="check: number of commits to "
                                                       f"judge ({LAST})")
    add("--chart", metavar="DIR", type=Path, help="show: draw history.svg and history.png there")
    add("--all", action="store_true", help="show: every series")


def run(arguments: argparse.Namespace) -> int:
    preparation.machine(arguments.machine)
    if arguments.what == "add":
        return add_to(arguments)
    for given in (*OF_FILES, *OF_RANGE):
        if getattr(arguments, given):
            raise UsageError(f"`history {arguments.what}` takes no {given}: `history add` does.")
    last = positive(arguments.last)
    noise = NOISE if arguments.noise is None else preparation.share(arguments.noise, "--noise")
    if arguments.chart is not None:
        import matplotlib  # noqa: F401  # whoever lacks it is told so before anything else
    known = read(arguments)
    found = judge.findings(known, noise)
    if arguments.what == "check":
        for line in report.check(known, found, last):
            data(line)
        slower = judge.regressions(known, found, last)
        return ExitCode.FAILED_ROWS if slower else ExitCode.OK
    for line in report.show(known, found, arguments.all):
        data(line)
    if arguments.chart is not None:
        draw(arguments.chart, known, found)
    return ExitCode.OK


def add_range(arguments: argparse.Namespace) -> int:
    for given in OF_FILES:
        if getattr(arguments, given):
            raise UsageError(f"--range measures the commits itself and takes no {given}.")
    if not arguments.build or not arguments.program:
        raise UsageError("--range needs --build CMD and --program PATH: how to build, and what.")
    top = git.top_of(Path.cwd())
    found = session.steps(top, arguments.range)
    known = ledger.read(arguments.file).lines if arguments.file.exists() else []
    there = {line["commit"] for line in known if line[ledger.PARENT] is not None}
    missing = [step for step in found if step.commit not in there]
    words = ["--build", arguments.build, "--program", arguments.program]
    for option in ("filter", "noise", "budget"):
        value = getattr(arguments, option)
        words += [f"--{option}={value}"] if value else []

    def keep(file: Path, commit: str) -> None:
        documents = {ledger.PARENT: verdicts.load(file)}
        append(arguments, ledger.of_gates(documents, commit, ledger.Given(arguments.machine)))

    done = session.measure(missing, words, keep)
    data(
        f"{arguments.file}: {len(done.added)} of {some(len(found), 'commit')} added, "
        f"{len(found) - len(missing)} present, {len(done.left_out)} skipped"
    )
    return ExitCode.FAILED_ROWS if done.left_out else ExitCode.OK


def add_to(arguments: argparse.Namespace) -> int:
    if arguments.range is not None:
        return add_range(arguments)
    for option in OF_RANGE[1:]:
        if getattr(arguments, option):
            raise UsageError(f"--{option} needs --range A..B.")
    made = entries_of(arguments)
    append(arguments, made)
    data(f"{arguments.file}: {some(len(made.lines), 'benchmark')} of {made.commit} added")
    return ExitCode.OK


def append(arguments: argparse.Namespace, made: ledger.Entries) -> None:
    for remark in made.remarks:
        note(remark)
    for remark in ledger.append(arguments.file, made.lines):
        note(remark)


def entries_of(arguments: argparse.Namespace) -> ledger.Entries:
    """X.json decides: beside a file of the gate others are its like, beside a result, too."""
    result, reference, parent = arguments.result, arguments.reference, arguments.parent
    if result is None and (reference is None or parent is not None):
        raise UsageError(
            "what to add? Name a gate file, or a result with --reference R.json."
        )
    given = ledger.Given(arguments.machine, arguments.force)
    documents = {}
    found, constants, repairs = (None, [], []) if result is None else stored.read(result)
    if result is not None and not verdicts.is_gate(found):
        bases = {ledger.PARENT: parent, ledger.REFERENCE: reference}
        beside = {role: path for role, path in bases.items() if path is not None}
        contender = stored.of_document(result, found, constants, repairs)
        if not beside:
            raise UsageError(
                f"{result} is a result, but a history holds ratios: add --reference R.json or "
                "--parent P.json, a result of that build on the same machine."
            )
        return ledger.of_results(
            contender, beside, arguments.commit, given,
            lambda base, one: compare.document(base, one, NameFilter("")),
        )  # fmt: skip
    if parent is not None:
        raise UsageError(f"{result} already holds its parent: omit --parent.")
    if result is not None:
        documents[ledger.PARENT] = verdicts.validated(result, found)
    if reference is not None:
        documents[ledger.REFERENCE] = verdicts.load(reference)
    return ledger.of_gates(documents, arguments.commit, given)


def read(arguments: argparse.Namespace) -> judge.History:
    """The history without what `--filter` leaves out."""
    pattern = NameFilter(arguments.filter)
    found = ledger.read(arguments.file)
    for remark in found.remarks:
        note(remark)
    lines = [line for line in found.lines if pattern.search(line["benchmark"])]
    if not lines:
        nothing = f"nothing that matches {arguments.filter!r}" if found.lines else "nothing yet"
        raise UsageError(f"{arguments.file} holds {nothing}: {ledger.MADE_BY}.")
    if arguments.machine is not None:
        lines = of_machine(arguments, lines)
    return judge.history(lines)


def of_machine(arguments: argparse.Namespace, lines: list[ledger.Json]) -> list[ledger.Json]:
    """The lines of one machine, by its name or by how its fingerprint begins."""
    known = list(dict.fromkeys(line["fingerprint"] for line in lines))
    name = arguments.machine
    meant = [each for each in known if each == name] or [
        each for each in known if each.startswith(name)
    ]
    if len(meant) != 1:
        why = "is more than one machine" if meant else "is not a machine"
        raise UsageError(
            f"--machine {name}: that {why} of {arguments.file}. There are {', '.join(known)}."
        )
    return [line for line in lines if line["fingerprint"] == meant[0]]


def positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", text):
        raise UsageError(f"--last {text}: write the number of commits to judge, as in --last "
                         f"{LAST}.")
    return int(text)


def draw(folder: Path, known: judge.History, found: list[judge.Finding]) -> None:
    flush()
    try:
        drawing.save(folder, "history", report.render(known, found), "--chart DIR")
    except MissingData as missing:
        note(f"no chart: {missing}")
