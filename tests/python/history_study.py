"""How often the watch over a history errs, on made-up series whose truth is known.

A series is what a benchmark's median log ratio to a pinned reference does from commit to commit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import history_oracle as oracle
from convoy_cli.stats.change_points import Monitor, watch
from history_oracle import COMMITS, NEAR, STEP, WITHIN

Json = dict[str, Any]

# Standard deviations of a commit's median log ratio, as a gate's sessions leave them.
NOISES = (0.01, 0.015, 0.02, 0.025, 0.03)
BEFORE = (50, 150)  # commits before a step, at least and at most
MEMORY = (0.2, 0.5)

# Each has the standard deviation 1.
SHAPES: dict[str, Callable[[random.Random], float]] = {
    "normal": lambda dice: dice.gauss(0, 1),
    "heavy tails": lambda dice: dice.gauss(0, 1) / math.sqrt(dice.gammavariate(2, 1)),
    "outliers": lambda dice: dice.gauss(0, 5 if dice.random() < 0.05 else 1) / math.sqrt(2.2),
    "skewed": lambda dice: (dice.gammavariate(2, 1) - 2) / math.sqrt(2),
}


def drawn(dice: random.Random, shape: str, noise: float, count: int) -> list[float]:
    return [noise * SHAPES[shape](dice) for _ in range(count)]


def alarms(values: list[float]) -> tuple[Monitor, int, int]:
    """The watch at its end; how many alarms it ever raised, and how many of them for slower."""
    monitor = Monitor()
    raised = slower = 0
    for value in values:
        found = monitor.add(value)
        if found is not None and monitor.agrees(found):
            monitor.accept(found)
            raised += 1
            slower += found.step.size > 0
    return monitor, raised, slower


def finds(dice: random.Random, shape: str, noise: float) -> bool:
    """Whether a step is known, and where, once WITHIN commits have followed the slow one."""
    step = dice.randint(*BEFORE)
    values = drawn(dice, shape, noise, step + 1 + WITHIN)
    values[step:] = [value + STEP for value in values[step:]]
    monitor, _, _ = alarms(values)
    return any(
        change.step.size > 0 and abs(change.at - step) <= NEAR for change in monitor.settled()
    )


def of_shape(shape: str, series: int, seed: int) -> Json:
    """Steps found by noise, and false alarms for each COMMITS commits."""
    found = {}
    for noise in NOISES:
        dice = random.Random(f"{seed} {shape} {noise}")
        found[str(noise)] = sum(finds(dice, shape, noise) for _ in range(series))
    dice = random.Random(f"{seed} {shape}")
    raised = slower = 0
    for number in range(series):
        _, some, up = alarms(drawn(dice, shape, NOISES[number % len(NOISES)], COMMITS))
        raised, slower = raised + some, slower + up
    return {"series": series, "found": found, "alarms": raised, "slower": slower}


def of_family(benchmarks: int, histories: int, seed: int, noise: float = 0.02) -> Json:
    """Many benchmarks of one history, the first of which takes a step after a hundred commits.

    `alarms` are those of all others together; `found` counts the first's, within twice WITHIN.
    """
    found = raised = 0
    for number in range(histories):
        dice = random.Random(f"{seed} family {number}")
        series = {
            name: list(enumerate(drawn(dice, "normal", noise, COMMITS // 2 + 1 + 2 * WITHIN)))
            for name in range(benchmarks)
        }
        series[0] = [(at, v + STEP * (at >= COMMITS // 2)) for at, v in series[0]]
        watched = watch(series)
        found += any(
            change.step.size > 0 and abs(change.at - COMMITS // 2) <= NEAR
            for change in watched.pop(0).settled()
        )
        raised += sum(len(monitor.changes) for monitor in watched.values())
    commits = histories * (COMMITS // 2 + 1 + 2 * WITHIN)
    return {"benchmarks": benchmarks, "histories": histories, "commits": commits,
            "found": found, "alarms": raised}  # fmt: skip


def with_memory(share: float, series: int, seed: int) -> float:
    """Alarms in COMMITS commits where so much of a commit's noise is left over from the last."""
    raised = 0
    for number in range(series):
        dice = random.Random(f"{seed} memory {share} {number}")
        values = [dice.gauss(0, 1)]
        while len(values) < COMMITS:
            values.append(share * values[-1] + math.sqrt(1 - share * share) * dice.gauss(0, 1))
        raised += alarms(values)[1]
    return raised / series


def measure(series: int, seed: int) -> Json:
    """The history's acceptance: of each shape so many series of each noise, and without a step.

    `found` of `steps` were found within five commits and located within two; `alarms` came in
    `commits` commits without a step. Counts, so that whoever asks can bound the rates.
    """
    shapes = {shape: of_shape(shape, series, seed) for shape in SHAPES}
    found = sum(sum(each["found"].values()) for each in shapes.values())
    raised = sum(each["alarms"] for each in shapes.values())
    steps, commits = series * len(NOISES) * len(SHAPES), series * COMMITS * len(SHAPES)
    return {
        "step": 1.05,
        "within": WITHIN,
        "near": NEAR,
        "found": found,
        "steps": steps,
        "found_share": found / steps,
        "alarms": raised,
        "commits": commits,
        "alarms_per_200_commits": raised * 200 / commits,
        "shapes": shapes,
        "family": of_family(20, max(1, series // 20), seed),
        "alarms_with_memory": {str(s): with_memory(s, max(1, series // 4), seed) for s in MEMORY},
        "oracle": {str(noise): oracle.share(noise, 50 * series) for noise in NOISES},
    }
