"""Made-up noise of known shapes: seven ways in which the times of identical runs differ.

Each yields the noise of one run after another, in the order in which they happen, as the logarithm
of a time. How large each is was chosen near what shared machines show.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

Noise = Callable[[random.Random], Iterator[float]]


def gaussian(chance: random.Random) -> Iterator[float]:
    while True:
        yield chance.gauss(0, 0.02)


def skewed(chance: random.Random) -> Iterator[float]:
    """Never faster than the best, and now and then much slower."""
    while True:
        yield chance.expovariate(1 / 0.025)


def bimodal(chance: random.Random) -> Iterator[float]:
    """A third of the processes is laid out badly, and takes 8 % more."""
    while True:
        yield (0.08 if chance.random() < 0.33 else 0.0) + chance.gauss(0, 0.005)


def drifting(chance: random.Random) -> Iterator[float]:
    """The machine warms up, and every hundred runs or so its pace changes at once."""
    level = 0.0
    while True:
        level += 0.0002
        if chance.random() < 0.01:
            level = chance.gauss(0, 0.05)
        yield level + chance.gauss(0, 0.01)


def autocorrelated(chance: random.Random) -> Iterator[float]:
    """What disturbs one run disturbs the next ones, too: AR(1) at 0.9."""
    level = chance.gauss(0, 0.03)
    while True:
        level = 0.9 * level + chance.gauss(0, 0.03 * math.sqrt(1 - 0.81))
        yield level + chance.gauss(0, 0.005)


def heavy_tailed(chance: random.Random) -> Iterator[float]:
    """Student's t with two degrees of freedom: its variance is infinite."""
    while True:
        yield 0.012 * chance.gauss(0, 1) / math.sqrt(chance.expovariate(1))


def first_is_slow(chance: random.Random) -> Iterator[float]:
    """The first of three runs finds cold caches, and takes 4 % more."""
    place = 0
    while True:
        yield (0.04 if place % 3 == 0 else 0.0) + chance.gauss(0, 0.01)
        place += 1


SHAPES: dict[str, Noise] = {
    shape.__name__: shape
    for shape in (
        gaussian, skewed, bimodal, drifting, autocorrelated, heavy_tailed, first_is_slow,
    )
}  # fmt: skip
