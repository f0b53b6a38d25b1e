"""Watches all series of a history at once, commit by commit, and accepts what is no chance."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from ..gate.rules import discoveries
from .monitor import SLOWER, Monitor

Key = TypeVar("Key", bound=Hashable)


def watch(
    series: Mapping[Key, Sequence[tuple[int, float]]], least: float = 0.0
) -> dict[Key, Monitor]:
    """Each series is (number of the commit, value), ascending. Steps below `least` do not matter.

    At every commit the series judge together: of many benchmarks some look slower by chance, and
    however many there are, false alarms shall stay as rare as with one (Benjamini and Hochberg).
    """
    monitors = {key: Monitor(least) for key in series}
    arriving: dict[int, list[tuple[Key, float]]] = {}
    for key, points in series.items():
        for commit, value in points:
            arriving.setdefault(commit, []).append((key, value))
    for commit in sorted(arriving):
        here = arriving[commit]
        found = [monitors[key].add(value) for key, value in here]
        chances = [1.0 if one is None else one.chance for one in found]
        for (key, _), candidate, counts in zip(here, found, discoveries(chances, SLOWER)):
            if counts and candidate is not None and monitors[key].agrees(candidate):
                monitors[key].accept(candidate)
    return monitors
