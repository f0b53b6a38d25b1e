"""Profiles one benchmark: where its time goes by seat and by lock, when, and in which code."""

from __future__ import annotations

import argparse
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from ..charts import drawing
from ..core import bench, files, processes
from ..core.errors import ExitCode, MissingData, UsageError
from ..core.terminal import data, note
from ..profile import charts, document, report, session

NAME = "profile"
SUMMARY = "record one benchmark: where its time goes, when, and in which code"
EXAMPLES = """
  scripts/convoy profile gil_convoy_echo --model threads --gil cpython32 --workers 1 -o echo
  scripts/convoy profile cpu_pi/model:threads/gil:cpython32/workers:2        a name from a result
  scripts/convoy profile io_sleep --model coroutines --gil none --workers 16 --sample 0s
  scripts/convoy profile --from echo --window 5ms --at 20ms                  draw it again, enlarged
"""
FOLDED, FLAME = "stacks.folded", "flame.svg"
ADVICE = "Type `make build`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    session.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    at_us = session.time_us(arguments.at, "--at")
    chart = charts.LanesChart(at_us, session.time_us(arguments.window, "--window", 0.001))
    sampled_us = session.time_us(arguments.sample, "--sample")
    if arguments.source is not None:
        profile = document.load(arguments.source)
        tell(profile)
        draw(profile, chart)
        draw_flame_again(profile)
        return ExitCode.OK
    if arguments.name is None:
        raise UsageError(
            "which benchmark? Name one, such as gil_convoy_echo/model:threads/gil:cpython32; "
            "`scripts/convoy list --names` shows them."
        )
    import matplotlib  # noqa: F401  # whoever lacks it is told so before the measurement

    folder = arguments.output
    program = [str(bench.program(arguments.build)), "profile"]
    words = session.selection(arguments)
    recorded = [*program, *words, *session.recording(arguments), "-o", str(folder)]
    status = processes.forward(recorded, ADVICE, stdout=subprocess.DEVNULL)
    if status != 0:
        return status
    remove_old(folder)
    profile = document.load(folder)
    tell(profile)
    draw(profile, chart)
    if sampled_us > 0:
        again = [*program, *words, "--no-record", "--duration", arguments.sample, "--quiet"]
        try:
            keep_stacks(profile, session.sample(again))
        except session.NoStacks as error:
            note(f"no {FOLDED} and no {FLAME}: {error}. Everything else was written.")
    return ExitCode.OK


def remove_old(folder: Path) -> None:
    """What an earlier profile left, lest it be taken for this one's."""
    drawn = [f"{name}.{suffix}" for name in ("states", "lanes") for suffix in drawing.FORMATS]
    for name in (*drawn, FOLDED, FLAME):
        (folder / name).unlink(missing_ok=True)


def tell(profile: document.Profile) -> None:
    data(profile.states["name"])
    for lines in (report.states_table(profile), report.locks_table(profile)):
        told = list(lines)
        for line in ["", *told] if told else []:
            data(line)
    data()
    for line in (*report.by_whom(profile), *report.remarks(profile)):
        data(line)
    data()
    data(str(profile.folder / document.STATES), "every number")
    what = "the round over time: open it at https://ui.perfetto.dev"
    data(str(profile.folder / document.TRACE), what)


def draw(profile: document.Profile, lanes: charts.LanesChart) -> None:
    figures: tuple[Any, ...] = (charts.StatesChart(), lanes)
    for figure in figures:
        try:
            made = drawing.render(figure, profile)  # type: ignore[arg-type]
        except MissingData as error:
            note(f"{figure.NAME} is not drawn: {error}")
            continue
        for path in drawing.save(profile.folder, figure.NAME, made, "-o DIR"):
            data(str(path), figure.TITLE)


def keep_stacks(profile: document.Profile, counts: Counter[session.Stack]) -> None:
    path = profile.folder / FOLDED
    files.write(path, session.text_of(counts).encode("utf-8", "backslashreplace"), "-o DIR")
    data(str(path), "sampled stacks, for other tools")
    draw_flame(profile, counts)


def draw_flame(profile: document.Profile, counts: Counter[session.Stack]) -> None:
    seats = session.seats_of(counts)
    svg = session.render(seats, profile.states["name"], counts.total() - seats.total())
    path = profile.folder / FLAME
    files.write(path, svg.encode(), "-o DIR")
    data(str(path), session.TITLE)


def draw_flame_again(profile: document.Profile) -> None:
    path = profile.folder / FOLDED
    if not path.exists():
        return
    try:
        counts = session.parse(path.read_text("utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path} is broken: {error}. {document.AGAIN}"
        ) from error
    draw_flame(profile, counts)
