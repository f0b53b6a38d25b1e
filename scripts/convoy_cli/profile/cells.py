"""Slices of a lane as cells that can be drawn: those too short become the shares of a cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .reading import Slice

COLUMNS = 1000  # how many cells a window has room for


class Cell(NamedTuple):
    begin_us: float
    end_us: float
    shares: tuple[tuple[str, float], ...]  # of its time, by name; they add up to at most 1


def cells(slices: Iterable[Slice], begin_us: float, end_us: float) -> list[Cell]:
    """What lies in the window: a slice by itself where it is wide enough to be seen."""
    least = (end_us - begin_us) / COLUMNS
    found: list[Cell] = []
    short: list[Slice] = []
    for one in slices:
        begin, end = max(one.begin_us, begin_us), min(one.end_us, end_us)
        if end <= begin:
            continue
        if end - begin >= least:
            found += mixed(short, least)
            short = []
            found.append(mix([clipped(one, begin, end)]))
        else:
            if short and begin - short[-1].end_us >= least:
                found += mixed(short, least)
                short = []
            short.append(clipped(one, begin, end))
    return found + mixed(short, least)


def clipped(one: Slice, begin_us: float, end_us: float) -> Slice:
    """The part of it that is in the window, with as much of its time without a CPU."""
    share = (end_us - begin_us) / max(one.end_us - one.begin_us, 1e-9)
    return Slice(begin_us, end_us, one.name, one.runnable_us * share)


def mixed(short: list[Slice], least: float) -> list[Cell]:
    """Cells of at least the least width in place of slices that are each shorter than that."""
    found = []
    here: list[Slice] = []
    for one in short:
        here.append(one)
        if one.end_us - here[0].begin_us >= least:
            found.append(mix(here))
            here = []
    return found + ([mix(here)] if here else [])


def mix(slices: list[Slice]) -> Cell:
    begin, end = slices[0].begin_us, slices[-1].end_us
    times: dict[str, float] = {}
    for one in slices:
        length = one.end_us - one.begin_us - one.runnable_us
        times[one.name] = times.get(one.name, 0.0) + length
        if one.runnable_us > 0:
            times["runnable"] = times.get("runnable", 0.0) + one.runnable_us
    width = max(end - begin, 1e-9)
    return Cell(begin, end, tuple((name, time / width) for name, time in sorted(times.items())))
