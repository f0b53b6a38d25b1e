"""Ratios pass by pass: what they are of, how sure they are, and how seldom chance deceives them."""

from __future__ import annotations

import math
import random

import pytest
from convoy_cli.stats import paired
from convoy_cli.stats.paired import by_pass

FAST = {number: 100.0 + number for number in range(8)}


def test_passes_without_a_partner_do_not_count() -> None:
    slow = {number: 2 * value for number, value in FAST.items() if number != 3}
    found = by_pass(FAST, slow)
    assert found.ratios == pytest.approx([2.0] * 7)
    assert found.value == pytest.approx(2.0)


def test_what_was_taken_again_goes_with_what_it_was_taken_for() -> None:
    slow = {number: 2 * value for number, value in FAST.items() if number != 3}
    found = by_pass(FAST, slow | {20: 2 * FAST[3], 21: 1.0})
    assert found.ratios == pytest.approx([2.0] * 8)


def test_drift_that_both_share_widens_nothing() -> None:
    drifting = {number: 100.0 * 1.5**number for number in range(8)}
    found = by_pass(drifting, {number: 1.1 * value for number, value in drifting.items()})
    assert found.interval() == pytest.approx((1.1, 1.1))
    assert found.chance <= 0.0157


def test_five_passes_prove_nothing() -> None:
    few = {number: FAST[number] for number in range(5)}
    found = by_pass(few, {number: 9 * value for number, value in few.items()})
    assert found.value == pytest.approx(9)
    assert (found.interval(), found.chance) == (None, 1.0)


def test_the_interval_is_all_ratios_where_more_cannot_be_had() -> None:
    found = by_pass(FAST, {number: value * (1 + number) for number, value in FAST.items()})
    assert found.interval(0.9999) == pytest.approx((1, 8))


def test_means_are_of_the_first_pass_of_each_and_so_on() -> None:
    twice = by_pass({0: 1.0, 2: 1.0}, {0: 2.0, 1: 5.0, 2: 2.0})
    eight = by_pass({1: 1.0, 2: 1.0, 3: 1.0}, {1: 8.0, 2: 8.0, 3: 8.0})
    assert paired.mean([twice, eight]).ratios == pytest.approx([4.0, 4.0])


@pytest.mark.parametrize("count", [6, 8, 12])
def test_chance_is_never_smaller_than_it_is(count: int) -> None:
    """Bimodal noise, as of programs that wake each other on another CPU."""
    source = random.Random(count)

    def times() -> dict[int, float]:
        return {i: source.choice((1.0, 3.0)) * source.lognormvariate(0, 0.1) for i in range(count)}

    chances = [by_pass(times(), times()).chance for _ in range(2000)]
    for level in (0.005, 0.05):
        share = sum(chance <= level for chance in chances) / len(chances)
        assert share <= level + 3 * math.sqrt(level / len(chances))


def test_the_sign_test_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    # Drift hides the difference from the rank test.
    drifting = {number: 100.0 * 2.0**number for number in range(12)}
    slower = {n: value * (0.99 if n == 4 else 1.01) for n, value in drifting.items()}
    expected = stats.binomtest(11, 12).pvalue
    assert by_pass(drifting, slower).chance == pytest.approx(2 * expected)


def test_the_rank_test_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    source = random.Random(3)
    one = {number: source.uniform(1.0, 1.2) for number in range(6)}
    other = {number: source.uniform(1.3, 1.5) for number in range(6)}
    exact = stats.mannwhitneyu([*one.values()], [*other.values()], method="exact").pvalue
    assert by_pass(one, other).chance == pytest.approx(2 * exact)
