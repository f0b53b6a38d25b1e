"""Where replayed sessions come from: recordings and made-up noise, drawn anew for each session."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Protocol

from convoy_cli.stats.family import Round

import recording
from recording import Recording
from shapes import SHAPES

Rounds = Iterator[Round]
Slowed = Mapping[str, float]  # how many times longer the contender takes, by benchmark


class Source(Protocol):
    """Benchmarks that can be run again and again."""

    @property
    def names(self) -> list[str]: ...

    def session(self, chance: random.Random, slowed: Slowed) -> dict[str, Rounds]:
        """The endless rounds of every benchmark, as one session would have met them."""
        ...


class Recorded:
    """A recording, from a random round on. All benchmarks begin there, as they did in time.

    Which of the identical arms stands for which build is drawn once a session: then whatever ties
    one round to the next stays as it was. A build that is slower is the arm that did more work, or
    an identical one times the factor, where `multiplied` or nothing else was recorded.
    """

    def __init__(self, recorded: Recording, multiplied: bool = False, copies: int = 1) -> None:
        assert len(recorded.identical) >= 3, "three identical arms are needed"
        self._recorded = recorded
        self._multiplied = multiplied
        self._copies = copies

    @property
    def names(self) -> list[str]:
        """Copies of a benchmark are told apart by a number, and begin at rounds of their own."""
        names = self._recorded.benchmarks
        return [f"{name}#{copy}" for copy in range(self._copies) for name in names]

    def session(self, chance: random.Random, slowed: Slowed) -> dict[str, Rounds]:
        made: dict[str, Rounds] = {}
        for copy in range(self._copies):
            start = chance.randrange(self._recorded.rounds)
            arms = chance.sample(self._recorded.identical, 3)
            for name in self._recorded.benchmarks:
                known = f"{name}#{copy}"
                made[known] = self._rounds(name, start, arms, slowed.get(known, 1.0))
        return made

    def _rounds(self, name: str, start: int, arms: list[int], factor: float) -> Rounds:
        series = self._recorded.benchmarks[name]
        base, contender, control = arms
        injected = None if self._multiplied else self._recorded.slowed(factor)
        if injected is not None:
            contender, factor = injected, 1.0
        number = start
        while True:
            yield Round(
                series.ns(base, number),
                series.ns(contender, number) * factor,
                series.ns(control, number),
            )
            number += 1


class MadeUp:
    """Benchmarks with noise of one shape, or of all shapes by turns."""

    def __init__(self, shape: str = "", count: int = 21) -> None:
        shapes = [shape] if shape else list(SHAPES)
        self._shapes = {f"{shapes[i % len(shapes)]}_{i}": shapes[i % len(shapes)]
                        for i in range(count)}  # fmt: skip

    @property
    def names(self) -> list[str]:
        return list(self._shapes)

    def session(self, chance: random.Random, slowed: Slowed) -> dict[str, Rounds]:
        return {
            name: self._rounds(shape, random.Random(chance.random()), slowed.get(name, 1.0))
            for name, shape in self._shapes.items()
        }

    def _rounds(self, shape: str, chance: random.Random, factor: float) -> Rounds:
        noise = SHAPES[shape](chance)
        for order in recording.orders(chance, 3):
            times = {arm: 1e7 * math.exp(next(noise)) for arm in order}
            yield Round(times[0], times[1] * factor, times[2])


def kind_of(name: str) -> str:
    """cpu, mem or threads, by the first word of a benchmark's name; the shape of made-up ones."""
    shape = name.rpartition("_")[0]
    if shape in SHAPES:
        return shape
    first = name.partition("_")[0]
    return first if first in ("cpu", "mem") else "threads"
