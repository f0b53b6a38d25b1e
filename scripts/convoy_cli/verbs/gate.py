"""The regression gate: two builds of a benchmark program, and a verdict that CI can act on."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..charts import drawing
from ..core import files
from ..core.errors import ExitCode, MissingData, UsageError
from ..core.guard import guarded
from ..core.terminal import command, data, flush, note
from ..gate import document as record, preparation
from ..gate.document import Record
from ..gate.instructions import Counter
from ..gate.preparation import prepare
from ..gate.report import formats, github, table

NAME = "gate"
SUMMARY = "judge whether one build of a benchmark program is slower than another"
EXAMPLES = """
  scripts/convoy gate --base old/bench --contender new/bench --json gate.json
  scripts/convoy gate --base old/bench --contender new/bench --filter '^BM_Map' --noise 2%
  scripts/convoy gate --base-ref main --contender-ref HEAD --build make --program bench
  scripts/convoy gate --resume gate.json                     continue after an interrupt
"""
Json = dict[str, Any]
TEXTS: dict[str, Callable[[Json], str]] = {
    "junit": formats.junit, "markdown": github.text, "openmetrics": formats.openmetrics,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    preparation.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    chosen = preparation.check(arguments)
    found = None if arguments.resume is None else preparation.load(arguments.resume)
    if arguments.chart is not None:
        import matplotlib  # noqa: F401  # whoever lacks it is told so before the measurement

        files.check_folder(arguments.chart, "--chart DIR")
    if arguments.resume is not None and arguments.json is None:
        arguments.json = arguments.resume
    for option in ("json", *TEXTS):
        if getattr(arguments, option) is not None:
            files.check(getattr(arguments, option), f"--{option} F")
    with tempfile.TemporaryDirectory(prefix="convoy-gate-") as folder, guarded(Path(folder), True):
        made = prepare(arguments, chosen, found, Path(folder))
        return measure(arguments, made)


def measure(arguments: argparse.Namespace, made: Record) -> int:
    """What was measured is told and kept although it be interrupted."""
    session, complained = made.session, False

    def keep() -> None:
        nonlocal complained
        try:
            if arguments.json is not None:
                record.write(arguments.json, made.document())
        except UsageError as error:  # perhaps there is room again at the end
            if not complained:
                session.progress.note(f"{error} Continuing.")
            complained = True

    counter = None
    if arguments.instructions:
        counter = Counter(session.conditions.base, session.conditions.contender)
    try:
        session.calibrate()
        session.run(keep)
        for trial in list(session.family.trials.values()) if counter is not None else []:
            session.progress.show(f"counting instructions: {trial.name}")
            assert counter is not None
            made.instructions[trial.name] = counter.compare(trial.name, trial.verdict)
        session.progress.clear()
    except (KeyboardInterrupt, SystemExit) as ended:
        session.progress.clear()
        by_key = isinstance(ended, KeyboardInterrupt)
        tell(arguments, made.document(ExitCode.INTERRUPTED if by_key else ExitCode.TERMINATED))
        raise
    document = made.document()
    tell(arguments, document)
    return int(document["exit"])


def tell(arguments: argparse.Namespace, document: Json) -> None:
    """To the terminal first: whatever cannot be written, the verdict has been told."""
    for line in table.lines(document, arguments.all):
        data(line)
    flush()
    if arguments.json is not None:
        record.write(arguments.json, document)
    for option, text in TEXTS.items():
        file = getattr(arguments, option)
        if file is not None:
            content = text(document).encode("utf-8", "backslashreplace")
            files.write(file, content, f"--{option} F")
    if arguments.chart is not None:
        draw(arguments.chart, document)
    github.summarise(document)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github.lines(document):
            command(line)


def draw(folder: Path, document: Json) -> None:
    from ..gate.report import forest

    try:
        drawing.save(folder, "gate", forest.render(document), "--chart DIR")
    except MissingData as missing:
        note(f"no chart: {missing}")
