"""Puts real interpreters beside the emulated locks: the same probes in both, by turns."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

from .. import fidelity
from ..charts import drawing
from ..core import bench, files
from ..core.errors import ExitCode, MissingData, UsageError
from ..core.guard import guarded
from ..core.terminal import aside, data, note, page
from ..fidelity import charts, native, report, settings
from ..fidelity.session import Limits, Session, find, listed, named_paths

NAME = "fidelity"
SUMMARY = "compare the emulated locks with real interpreters"
EXAMPLES = """
  scripts/convoy fidelity                        all found, five repeats: an hour or two
  scripts/convoy fidelity --quick                a few minutes: shows, does not judge
  scripts/convoy fidelity --list                 the interpreters found, with their policies
  scripts/convoy fidelity --interpreter /opt/python3.13t/bin/python3.13t --no-search
  scripts/convoy fidelity --probes reacquire,latency --repeats 10 -o results/locks
  scripts/convoy fidelity --from results/fidelity/fidelity.json      report and draw it again
  scripts/convoy fidelity --self                 judge the locks by scenarios, without interpreters
  scripts/convoy fidelity --list-scenarios       the scenarios, and the locks that each judges
"""
SELF_CHECK = f"{fidelity.__name__}.self_check"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    settings.add_arguments(parser)
    parser.add_argument(
        "--self",
        dest="self_check",
        action="store_true",
        help="judge Convoy's own locks by scenarios, without any interpreter",
    )
    if importlib.util.find_spec(SELF_CHECK) is not None:
        importlib.import_module(SELF_CHECK).add_self_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    if importlib.util.find_spec(SELF_CHECK) is not None:
        self_check = importlib.import_module(SELF_CHECK)
        if self_check.wanted(arguments):
            return int(self_check.run_self(arguments))
    elif arguments.self_check:
        raise UsageError("--self: this Convoy has no scenarios. Omit it.")
    chosen = settings.check(arguments)
    if arguments.source is not None:
        return tell(report.load(arguments.source), arguments, keep=False)
    with tempfile.TemporaryDirectory(prefix="convoy-fidelity-") as folder, guarded(Path(folder)):
        return measure(arguments, chosen, Path(folder))


def measure(arguments: argparse.Namespace, chosen: settings.Chosen, folder: Path) -> int:
    """Finds, asks, measures; what was measured is told and kept although it be interrupted."""
    paths = named_paths(arguments.interpreter)
    if not arguments.list:
        if importlib.util.find_spec("matplotlib") is None:
            raise ModuleNotFoundError("charts need it", name="matplotlib")
        files.check_folder(arguments.output, "-o DIR")
        if arguments.json not in (None, "-"):
            files.check(Path(arguments.json), "--json FILE")
    program = native.find(bench.program(arguments.build))
    found = find(paths, not arguments.no_search, folder, chosen.timeout_s)
    if not found.subjects and not found.failed:
        note("no interpreter was found: `make fidelity` installs some, --interpreter names one")
        return ExitCode.SKIPPED
    for subject in found.subjects:
        subject.settings = settings.settings(
            subject.interpreter, chosen.probes, chosen.effort, chosen.intervals_ns
        )
    if arguments.list:
        for line in listed(found, program):
            data(line)
        return ExitCode.FAILED_ROWS if found.failed else ExitCode.OK
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    document = report.document(chosen.repeats, seed, arguments.quick)
    document["interpreters"] = [*(subject.seen for subject in found.subjects), *found.failed]
    document["unfit"] = native.unfit(program.program)
    for reason in document["unfit"]:
        note(f"the machine is unfit, so results are shown but not judged. {reason}")
    every = [setting for subject in found.subjects for setting in subject.settings]
    minutes = settings.expected_s(every, chosen.repeats) / 60
    note(
        f"{len(found.subjects)} interpreters, {len(every)} settings, {chosen.repeats} repeats of "
        f"both sides in turns: about {max(1, round(minutes))} min. Leave the machine alone."
    )
    limits = Limits(chosen.timeout_s, folder)
    session = Session(program, found.subjects, chosen.repeats, seed, limits)
    try:
        session.run()
        # Who stops being alone meanwhile should know it as well.
        document["unfit"] = document["unfit"] or native.unfit(program.program)
    except (KeyboardInterrupt, SystemExit):
        document["interrupted"] = True
        tell(document, arguments, keep=True)
        raise
    return tell(document, arguments, keep=True)


def tell(document: dict[str, Any], arguments: argparse.Namespace, keep: bool) -> int:
    """Writes the file, prints the table, draws the charts; returns the exit code."""
    to_stdout = arguments.json == "-"
    if keep or arguments.json is not None:
        file = arguments.json or arguments.output / "fidelity.json"
        if to_stdout:
            page(report.text_of(document))
        else:
            report.write(Path(file), document)
    findings = report.Findings(document)
    lines: list[tuple[str, ...]] = [(line,) for line in report.tell(findings)]
    if keep and not to_stdout:
        lines.append((str(file), "every sample"))
    for figure in charts.FIGURES:
        try:
            made = drawing.render(figure, findings)  # type: ignore[arg-type]
        except MissingData:
            continue
        for path in drawing.save(arguments.output, figure.NAME, made, "-o DIR"):
            lines.append((str(path), figure.TITLE))
    for cells in lines:
        # The file alone is data where it goes to stdout.
        (aside if to_stdout else data)(*cells)
    return exit_code(findings)


def exit_code(findings: report.Findings) -> int:
    if findings.failures or "off" in findings.verdicts:
        return ExitCode.FAILED_ROWS
    if findings.unfit:
        return ExitCode.UNFIT
    if "few" in findings.verdicts or not findings.verdicts:
        return ExitCode.INCONCLUSIVE
    return ExitCode.OK
