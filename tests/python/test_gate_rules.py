"""The sign test of rounds in which the base ran twice: exact, whatever the noise looks like."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from convoy_cli.stats import sign_test
from convoy_cli.stats.samples import median_interval
from convoy_cli.stats.sign_test import Span

Noise = Callable[[random.Random], float]
SHAPES: dict[str, Noise] = {
    "normal": lambda chance: chance.gauss(0, 1),
    "skewed": lambda chance: chance.expovariate(1),
    "two peaks": lambda chance: chance.choice((0, 10)) + chance.random(),
    "no variance": lambda chance: math.tan(math.pi * (chance.random() - 0.5)),
}


def drawn(chance: random.Random, base: Noise, contender: Noise, count: int) -> list[Span]:
    made = []
    for _ in range(count):
        mood = chance.gauss(0, 3)  # all three runs of a round share it
        slow, first, second = (mood + noise(chance) for noise in (contender, base, base))
        made.append(Span.of(slow - first, slow - second))
    return made


def test_a_round_between_the_runs_of_the_base_says_nothing() -> None:
    slower, faster, between = Span(0.02, 0.05), Span(-0.05, -0.02), Span(-0.05, 0.05)
    assert sign_test.p_above([slower] * 5, 0.0) == 1 / 32
    assert sign_test.p_above([slower] * 5 + [between] * 90, 0.0) == 1 / 32
    assert sign_test.p_above([slower] * 4 + [faster], 0.0) == 6 / 32
    assert sign_test.p_above([between] * 90, 0.0) == sign_test.p_below([between] * 90, 0.0) == 1.0
    assert sign_test.p_below([faster] * 5, 0.0) == 1 / 32


def test_a_tie_speaks_against_the_difference() -> None:
    at_it = Span(0.01, 0.01)
    assert sign_test.p_above([at_it] * 9, 0.01) == sign_test.p_below([at_it] * 9, 0.01) == 1.0
    # As fast as the faster run, and slower than none: not slower.
    assert sign_test.p_above([Span(-0.02, 0.01)] * 3 + [Span(0.02, 0.03)], 0.01) == 15 / 16


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_builds_seldom_seem_to_differ(shape: str) -> None:
    noise, chance = SHAPES[shape], random.Random(shape)
    chances = [sign_test.p_above(drawn(chance, noise, noise, 32), 0.0) for _ in range(2000)]
    for error in (0.01, 0.05, 0.2):
        said = sum(p <= error for p in chances)
        assert said <= 2000 * error + 4 * math.sqrt(2000 * error), (error, said)
    assert sum(p <= 0.2 for p in chances) > 2000 * 0.08  # and are not simply never said to


def test_a_contender_that_varies_more_is_not_slower() -> None:
    chance = random.Random(2)
    told = [
        sign_test.p_above(drawn(chance, SHAPES["normal"], lambda dice: dice.gauss(0, 9), 64), 0.0)
        for _ in range(1000)
    ]
    assert sum(p <= 0.05 for p in told) <= 75


def test_two_runs_of_the_base_find_more_than_one() -> None:
    chance, noise = random.Random(3), SHAPES["normal"]
    both = one = 0
    for _ in range(400):
        spans = drawn(chance, noise, lambda dice: dice.gauss(0.4, 1), 64)
        both += sign_test.p_above(spans, 0.0) <= 0.01
        first = [Span(end, end) for end in (chance.choice(span) for span in spans)]
        one += sign_test.p_above(first, 0.0) <= 0.01
    assert both > 1.3 * one > 0


@pytest.mark.parametrize("count", [*range(1, 40), 64, 128, 384])
def test_with_one_run_the_interval_is_that_of_the_sign_test(count: int) -> None:
    values = random.Random(count).sample(range(1000), count)
    found = sign_test.interval([Span(value, value) for value in values], 0.05)
    expected = median_interval(values)
    assert found == (expected or (-math.inf, math.inf))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_holds_the_truth_as_often_as_it_says(shape: str) -> None:
    chance, noise = random.Random(f"interval {shape}"), SHAPES[shape]
    held = 0
    for _ in range(1000):
        spans = [Span(low + 0.3, high + 0.3) for low, high in drawn(chance, noise, noise, 25)]
        low, high = sign_test.interval(spans, 0.05)
        assert low <= sign_test.estimate(spans) <= high
        held += low <= 0.3 <= high
    assert held >= 930


def test_the_interval_is_what_the_test_does_not_refute() -> None:
    spans = drawn(random.Random(5), SHAPES["skewed"], SHAPES["normal"], 48)
    low, high = sign_test.interval(spans, 0.02)
    for end, chance, inwards in ((low, sign_test.p_above, 1), (high, sign_test.p_below, -1)):
        assert chance(spans, end) > 0.01
        assert chance(spans, end - inwards * 1e-9) <= 0.01


def test_mirrored_rounds_have_the_mirrored_interval() -> None:
    spans = drawn(random.Random(6), SHAPES["skewed"], SHAPES["skewed"], 31)
    low, high = sign_test.interval(spans, 0.05)
    assert sign_test.interval(sign_test.mirrored(spans), 0.05) == (-high, -low)
    mirrored = sign_test.mirrored(spans)
    assert sign_test.estimate(mirrored) == pytest.approx(-sign_test.estimate(spans))
