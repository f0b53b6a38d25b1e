"""Who runs when: the three arms as a cyclic Latin square, the benchmarks in random order."""

from __future__ import annotations

import random
from collections.abc import Iterable

BASE, CONTENDER, CONTROL = "base", "contender", "control"
LETTERS = {"b": BASE, "c": CONTENDER, "B": CONTROL}
SQUARES = (("bcB", "cBb", "Bbc"), ("bBc", "Bcb", "cbB"))


def arms(seed: int, name: str, number: int) -> str:
    """The order of round `number` from 0: in each three rounds every arm is once at every place."""
    block, place = divmod(number, 3)
    drawn = random.Random(f"{seed}/arms/{name}/{block}")
    rows = list(drawn.choice(SQUARES))
    drawn.shuffle(rows)
    return rows[place]


def benchmarks(seed: int, names: Iterable[str], number: int) -> list[str]:
    """The same for the same seed and round, so that a session that goes on goes on alike."""
    shuffled = list(names)
    random.Random(f"{seed}/benchmarks/{number}").shuffle(shuffled)
    return shuffled
