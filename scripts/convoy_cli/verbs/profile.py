"""Profiles one benchmark: where its time goes by seat and by lock, when, and in which code."""

from __future__ import annotations

import argparse
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from .. import bench, charts, files, running
from ..errors import ExitCode, MissingData, UsageError
from ..profile import flame, lanes_chart, options, reading, sampling, stacks, states_chart, telling
from ..terminal import data, note

NAME = "profile"
SUMMARY = "record one benchmark: where its time goes, when, and in which code"
EXAMPLES = """
  scripts/convoy profile gil_convoy_echo --model threads --gil cpython32 --workers 1 -o echo
  scripts/convoy profile cpu_pi/model:threads/gil:cpython32/workers:2        a name from a result
  scripts/convoy profile io_sleep --model coroutines --gil none --workers 16 --sample 0s
  scripts/convoy profile --from echo --window 5ms --at 20ms                  draw it again, nearer
"""
FOLDED, FLAME = "stacks.folded", "flame.svg"
ADVICE = "Type `make build`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    at_us = options.time_us(arguments.at, "--at")
    chart = lanes_chart.Chart(at_us, options.time_us(arguments.window, "--window", 0.001))
    sampled_us = options.time_us(arguments.sample, "--sample")
    if arguments.source is not None:
        profile = reading.load(arguments.source)
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
    words = options.selection(arguments)
    recorded = [*program, *words, *options.recording(arguments), "-o", str(folder)]
    status = running.run(recorded, ADVICE, stdout=subprocess.DEVNULL)
    if status != 0:
        return status
    remove_old(folder)
    profile = reading.load(folder)
    tell(profile)
    draw(profile, chart)
    if sampled_us > 0:
        again = [*program, *words, "--no-record", "--duration", arguments.sample, "--quiet"]
        try:
            keep_stacks(profile, sampling.sample(again))
        except sampling.NoStacks as error:
            note(f"no {FOLDED} and no {FLAME}: {error}. All else is there.")
    return ExitCode.OK


def remove_old(folder: Path) -> None:
    """What an earlier profile left, lest it be taken for this one's."""
    drawn = [f"{name}.{suffix}" for name in ("states", "lanes") for suffix in charts.FORMATS]
    for name in (*drawn, FOLDED, FLAME):
        (folder / name).unlink(missing_ok=True)


def tell(profile: reading.Profile) -> None:
    data(profile.states["name"])
    for lines in (telling.states_table(profile), telling.locks_table(profile)):
        told = list(lines)
        for line in ["", *told] if told else []:
            data(line)
    data()
    for line in (*telling.by_whom(profile), *telling.remarks(profile)):
        data(line)
    data()
    data(str(profile.folder / reading.STATES), "every number")
    what = "the round in time: open it at https://ui.perfetto.dev"
    data(str(profile.folder / reading.TRACE), what)


def draw(profile: reading.Profile, lanes: lanes_chart.Chart) -> None:
    figures: tuple[Any, ...] = (states_chart, lanes)
    for figure in figures:
        try:
            made = charts.render(figure, profile)  # type: ignore[arg-type]
        except MissingData as error:
            note(f"{figure.NAME} is not drawn: {error}")
            continue
        for path in charts.save(profile.folder, figure.NAME, made, "-o DIR"):
            data(str(path), figure.TITLE)


def keep_stacks(profile: reading.Profile, counts: Counter[stacks.Stack]) -> None:
    path = profile.folder / FOLDED
    files.write(path, stacks.text_of(counts).encode("utf-8", "backslashreplace"), "-o DIR")
    data(str(path), "sampled stacks, for other tools")
    draw_flame(profile, counts)


def draw_flame(profile: reading.Profile, counts: Counter[stacks.Stack]) -> None:
    seats = stacks.seats_of(counts)
    svg = flame.render(seats, profile.states["name"], counts.total() - seats.total())
    path = profile.folder / FLAME
    files.write(path, svg.encode(), "-o DIR")
    data(str(path), flame.TITLE)


def draw_flame_again(profile: reading.Profile) -> None:
    path = profile.folder / FOLDED
    if not path.exists():
        return
    try:
        counts = stacks.parse(path.read_text("utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path} is broken: {error}. {reading.AGAIN}"
        ) from error
    draw_flame(profile, counts)
