"""Medians, intervals, quantiles and the scaling law, against references and known truths."""

from __future__ import annotations

import random

import pytest
from convoy_cli.stats import samples, scaling


def test_the_median_is_the_middle() -> None:
    assert samples.median([3]) == 3
    assert samples.median([5, 1, 3]) == 3
    assert samples.median([4, 1, 3, 2]) == 2.5
    with pytest.raises(ValueError, match="nothing"):
        samples.median([])


@pytest.mark.parametrize("count", [*range(1, 60), 200, 999, 1000, 1001, 3000])
def test_the_interval_is_the_sign_tests(count: int) -> None:
    binom = pytest.importorskip("scipy.stats").binom
    found = samples.median_interval(range(1, count + 1))
    k = int(binom.ppf(0.025, count, 0.5))
    # The largest k with P(X < k) <= 0.025.
    while k > 0 and binom.cdf(k - 1, count, 0.5) > 0.025:
        k -= 1
    if k == 0:
        assert found is None and count < 6
    else:
        assert found == (k, count + 1 - k)
        assert 1 - 2 * binom.cdf(k - 1, count, 0.5) >= 0.95


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(5)
    hits = 0
    for _ in range(2000):
        interval = samples.median_interval([chance.expovariate(1) for _ in range(15)])
        assert interval is not None
        hits += interval.low <= 0.6931 <= interval.high
    assert hits >= 0.95 * 2000 - 40


def test_a_speed_up_has_the_quotient_of_the_bounds() -> None:
    slow, fast = [100, 101, 99, 100, 102, 98], [50, 51, 49, 50, 52, 48]
    ratio = samples.speed_up(slow, fast)
    assert ratio.value == 2
    assert ratio.interval == (98 / 52, 102 / 48)
    assert samples.speed_up(slow[:3], fast).interval is None


def test_quantiles_of_a_histogram_are_those_of_its_values() -> None:
    chance = random.Random(1)
    values = sorted(chance.randrange(0, 64) for _ in range(1000))
    buckets = [(value, value + 1, values.count(value)) for value in sorted(set(values))]
    shares = [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0]
    for share, found in zip(shares, samples.quantiles(buckets, shares)):
        exact = values[max(0, -(-int(share * 1000000) * len(values) // 1000000) - 1)]
        assert found == exact + 0.5


def test_the_law_finds_its_own_parameters() -> None:
    truth = scaling.Law(0.95, 0.03, 0.002)
    workers = [1, 2, 4, 8, 16, 32]
    found = scaling.fit(workers, [truth.at(n) for n in workers])
    assert found is not None
    assert found == pytest.approx(truth, rel=1e-6)


def test_the_law_is_never_negative() -> None:
    workers = [1, 2, 4, 8]
    found = scaling.fit(workers, [n**1.1 for n in workers])
    assert found is not None
    assert min(found) >= 0


@pytest.mark.parametrize("workers", [[1, 2, 4], [1, 4, 16], [4, 1, 2], [1, 2, 2, 4]])
def test_three_counts_are_enough_with_one_worker_among_them(workers: list[int]) -> None:
    truth = scaling.Law(0.95, 0.03, 0.002)
    found = scaling.fit(workers, [truth.at(n) for n in workers])
    assert found is not None
    assert found == pytest.approx(truth, rel=1e-5)
    assert scaling.fit([1, 2, 4], [1, 2, 4]) == pytest.approx((1, 0, 0), abs=1e-6)


@pytest.mark.parametrize("workers", [[], [1], [1, 2], [1, 2, 2], [2, 4, 8]])
def test_too_few_counts_have_no_law(workers: list[int]) -> None:
    assert scaling.fit(workers, [float(n) for n in workers]) is None
