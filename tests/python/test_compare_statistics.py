"""The unpaired statistics: exact, as scipy has them, and covering what they promise."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from convoy_cli.stats import paired

SHAPES: dict[str, Callable[[random.Random], float]] = {
    "normal": lambda dice: dice.gauss(0, 0.02),
    "skewed": lambda dice: dice.gammavariate(1, 0.02),
    "heavy": lambda dice: dice.gauss(0, 0.02) / math.sqrt(dice.gammavariate(1.5, 0.67)),
    "two heaps": lambda dice: dice.gauss(0.06 * (dice.random() < 0.3), 0.005),
}


def group(
    dice: random.Random, count: int, above: float = 0.0, shape: str = "normal"
) -> list[float]:
    return [SHAPES[shape](dice) + above for _ in range(count)]


@pytest.mark.parametrize("m, n", [(1, 1), (2, 5), (5, 2), (4, 4), (6, 7), (12, 9), (30, 40)])
def test_chances_are_those_of_scipy(m: int, n: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    dice = random.Random(m * 100 + n)
    for above in (-0.02, 0.0, 0.02):
        base, contender = group(dice, m), group(dice, n, above)
        for chance, side in ((paired.p_above, "greater"), (paired.p_below, "less")):
            oracle = stats.mannwhitneyu(contender, base, alternative=side, method="exact")
            assert chance(base, contender, 0.0) == pytest.approx(oracle.pvalue, rel=1e-9)


def test_of_many_samples_the_normal_curve_is_near_enough() -> None:
    stats = pytest.importorskip("scipy.stats")
    dice = random.Random(5)
    base, contender = group(dice, 60), group(dice, 55, 0.008)
    oracle = stats.mannwhitneyu(contender, base, alternative="greater", method="exact").pvalue
    assert 1e-4 < oracle < 0.05
    assert paired.p_above(base, contender, 0.0) == pytest.approx(oracle, rel=0.05)


def test_a_bound_shifts_the_question() -> None:
    base, contender = [0.0, 0.001, 0.002, 0.003], [0.02, 0.021, 0.022, 0.023]
    assert paired.p_above(base, contender, 0.01) == pytest.approx(1 / math.comb(8, 4))
    assert paired.p_above(base, contender, 0.03) == 1.0
    assert paired.p_below(contender, base, -0.01) == pytest.approx(1 / math.comb(8, 4))


def test_ties_prove_nothing() -> None:
    same = [0.5] * 9
    assert paired.p_above(same, same, 0.0) == paired.p_below(same, same, 0.0) == 1.0
    assert paired.interval(same, same, 0.05) == (0.0, 0.0)


@pytest.mark.parametrize("m, n, enough", [(3, 3, False), (4, 4, True), (2, 7, False), (2, 9, True)])
def test_an_interval_takes_enough_samples(m: int, n: int, enough: bool) -> None:
    dice = random.Random(1)
    found = paired.interval(group(dice, m), group(dice, n), 0.05)
    assert math.isfinite(found.low) is math.isfinite(found.high) is enough


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("m, n", [(6, 6), (7, 12), (20, 20)])
def test_the_interval_covers_the_true_shift(shape: str, m: int, n: int) -> None:
    dice = random.Random(f"{shape} {m} {n}")
    covered = 0
    for _ in range(600):
        base, contender = group(dice, m, shape=shape), group(dice, n, 0.05, shape)
        low, high = paired.interval(base, contender, 0.05)
        covered += low <= 0.05 <= high
    # 95 % at least; of 600, chance takes no more than this away once in a thousand times.
    assert covered / 600 >= 0.95 - 3.1 * math.sqrt(0.05 * 0.95 / 600)


def test_twice_the_noise_on_one_side_costs_little_coverage() -> None:
    dice = random.Random(11)
    covered = 0
    for _ in range(800):
        base = group(dice, 10)
        contender = [2 * value + 0.05 for value in group(dice, 10)]
        low, high = paired.interval(base, contender, 0.05)
        covered += low <= 0.05 <= high
    assert covered / 800 >= 0.93


def test_large_groups_have_the_same_differences() -> None:
    dice = random.Random(3)
    base, contender = group(dice, 130), group(dice, 90, 0.01)
    every = sorted(c - b for c in contender for b in base)
    assert len(every) > paired.SORTED
    for rank in (1, 2, 777, 5850, 11_700):
        found = paired.differences(base, contender, [rank])[0]
        assert found == pytest.approx(every[rank - 1], abs=1e-12)
    assert paired.estimate(base, contender) == pytest.approx(0.01, abs=0.01)
