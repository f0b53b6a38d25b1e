"""What change points are made of, as scipy and brute force have it."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest
from convoy_cli.stats import change_points
from history_made import noise, stepped


@pytest.mark.parametrize("freedom", [1, 2, 3, 8, 13, 118])
@pytest.mark.parametrize("t", [0.0, 0.5, -2.0, 4.5])
def test_student_is_that_of_scipy(freedom: int, t: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = 2 * stats.t.sf(abs(t), freedom)
    assert change_points.beyond(t, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_scores_test_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    before, after = noise(1, 30), noise(2, 6)
    ranks = stats.rankdata([*before, *after]) / 37
    scored = stats.norm.ppf(ranks)
    oracle_says = stats.ttest_ind(scored[30:], scored[:30])
    found = change_points.step(before, after)
    assert found.chance == pytest.approx(oracle_says.pvalue / 2, rel=1e-9)
    assert math.copysign(1, found.size) == math.copysign(1, oracle_says.statistic)


def test_the_shape_of_the_noise_does_not_matter() -> None:
    values = noise(3, 40)
    bent = [math.exp(60 * value) for value in values]  # the same order
    assert change_points.step(values[:35], values[35:]).chance == pytest.approx(
        change_points.step(bent[:35], bent[35:]).chance
    )


def test_chances_of_the_scores_test_hold() -> None:
    dice = random.Random(4)
    hits = sum(
        change_points.step(
            *(lambda v: (v[:25], v[25:]))([dice.gammavariate(1, 1) for _ in range(30)])
        )
        .chance <= 0.025
        for _ in range(2000)
    )  # fmt: skip
    assert 0.035 < hits / 2000 < 0.065  # one-sided, in either direction


def test_counts_that_never_vary() -> None:
    assert change_points.step([1.0] * 20, [1.0] * 5) == (0.0, 1.0)
    found = change_points.step([1.0] * 20, [1.5] * 5)
    assert found.size == 0.5 and found.chance == 1 / math.comb(25, 5)


def test_energy_is_that_of_the_definition() -> None:
    values = noise(5, 37)
    window = change_points.Window(30)
    for value in values:
        window.add(value)
    kept = values[-30:]

    def of(at: int) -> float:
        left, right = kept[:at], kept[at:]
        between = sum(abs(a - b) for a in left for b in right) * 2 / (len(left) * len(right))
        within = sum(
            sum(abs(a - b) for a, b in combinations(side, 2)) / math.comb(len(side), 2)
            for side in (left, right)
        )
        return len(left) * len(right) / 30 * (between - within)

    found = window.best()
    assert found is not None
    assert found.energy == pytest.approx(max(of(at) for at in range(5, 26)))
    assert of(found.at) == pytest.approx(found.energy)


def test_energy_needs_two_segments() -> None:
    assert change_points.Window(30, noise(1, 9)).best() is None
    assert change_points.Window(30, noise(1, 10)).best() is not None


def test_segmentation_is_exact() -> None:
    def cost(values: list[float]) -> float:
        middle = sorted(values)[len(values) // 2]
        return sum(abs(value - middle) for value in values)

    for seed in range(20):
        values = [value + 0.02 * (5 <= i < 9) for i, value in enumerate(noise(seed, 13))]
        assert list(change_points.costs(values)) == pytest.approx(
            [cost(values[:end]) for end in range(1, 14)]
        )
        penalty = 0.02
        every = [
            chosen
            for count in range(4)
            for chosen in combinations(range(3, 11), count)
            if all(b - a >= 3 for a, b in zip(chosen, chosen[1:]))
        ]

        def total(breaks: tuple[int, ...] | list[int], values: list[float] = values) -> float:
            edges = [0, *breaks, len(values)]
            parts = (cost(values[a:b]) for a, b in zip(edges, edges[1:]))
            return sum(parts) + 0.02 * len(breaks)

        found = change_points.breaks(values, penalty, 3)
        assert total(found) == pytest.approx(min(map(total, every)))


def test_a_clear_step_has_one_place_and_an_unclear_one_a_range() -> None:
    assert change_points.place(stepped(40, 60, 1.2), 38, 8) == (40, 40, 40)
    found = change_points.place(stepped(40, 60, 1.012), 40, 8)
    assert found.low < found.high and found.low <= 40 <= found.high
