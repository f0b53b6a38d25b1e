"""Laws of scaling: intervals cover the truth, and degenerate curves claim nothing."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from convoy_cli.stats import scaling
from convoy_cli.stats.scaling import Law, Scaling

TRIALS = 80
COUNTS = (1, 2, 4, 8, 16)


def curves(
    truth: Law, seed: int, counts: tuple[int, ...] = COUNTS, passes: int = 8, noise: float = 0.01
) -> list[dict[int, float]]:
    """Speed-ups pass by pass: noise of each sample, and drift that all of a pass share."""
    chance = random.Random(seed)
    made = []
    for _ in range(passes):
        drift = math.exp(chance.gauss(0, 0.05))
        made.append({n: truth.at(n) * drift * math.exp(chance.gauss(0, noise)) for n in counts})
    return made


def found_of(made: list[dict[int, float]]) -> Scaling:
    found = scaling.scaling(made)
    assert found is not None
    return found


def covers(estimate: Any, truth: float) -> bool:
    inside = estimate.interval
    return inside.low - 1e-9 <= truth <= inside.high + 1e-9  # type: ignore[no-any-return]


@pytest.mark.parametrize("contention, coherency", [
    (0.0, 0.0), (0.02, 0.0), (0.3, 0.0), (0.02, 0.0005), (0.0, 0.002), (0.1, 0.005), (1.0, 0.0),
])  # fmt: skip
@pytest.mark.parametrize("counts", [(1, 2, 4), COUNTS])
def test_intervals_cover_the_truth(
    contention: float, coherency: float, counts: tuple[int, ...]
) -> None:
    truth = Law(0.97, contention, coherency)
    hits = {"contention": 0, "coherency": 0, "ahead": 0, "serial": 0}
    for seed in range(TRIALS):
        found = found_of(curves(truth, seed, counts))
        hits["contention"] += covers(found.contention, contention)
        hits["coherency"] += covers(found.coherency, coherency)
        hits["ahead"] += covers(found.at(found.ahead), truth.at(found.ahead))
        hits["serial"] += covers(found.serial, contention)
    if coherency:
        del hits["serial"]  # Amdahl's law is another one then
    assert all(count >= 0.9 * TRIALS for count in hits.values()), hits


def test_the_peak_is_covered_where_it_is_claimed() -> None:
    truth = Law(1.0, 0.02, 0.004)
    found = [found_of(curves(truth, seed)).peak for seed in range(TRIALS)]
    claimed = [peak for peak in found if peak is not None]
    assert len(claimed) > 0.9 * TRIALS
    assert sum(covers(peak, truth.peak) for peak in claimed) >= 0.9 * len(claimed)
    assert truth.peak == pytest.approx(math.sqrt(0.98 / 0.004))


def test_no_peak_is_claimed_of_a_law_that_has_none() -> None:
    found = [found_of(curves(Law(1.0, 0.02, 0.0), seed)).peak for seed in range(TRIALS)]
    assert sum(peak is not None for peak in found) <= 0.05 * TRIALS
    assert Law(1, 0.02, 0).peak == math.inf
    assert Law(1, 1, 0).peak == 1 and Law(1, 1.5, 0.1).peak == 1


def test_a_curve_that_is_no_law_is_missed() -> None:
    """As many workers as CPUs scale, and more of them gain nothing."""
    wall = {n: float(min(n, 4)) for n in (1, 2, 4, 8, 16, 32)}
    found = found_of([{n: s * (1 + 0.001 * p) for n, s in wall.items()} for p in range(8)])
    assert found.missed is not None and not found.resolved
    for seed in range(10):
        assert found_of(curves(Law(1.0, 0.05, 0.001), seed)).resolved


@pytest.mark.parametrize("passes", [1, 5])
def test_few_passes_have_no_interval_and_resolve_nothing(passes: int) -> None:
    found = found_of(curves(Law(1.0, 0.05, 0.001), 1, passes=passes))
    assert found.contention is not None and found.contention.interval is None
    assert not found.resolved and found.peak is None and found.missed is None


@pytest.mark.parametrize("made", [
    [], [{}], [{1: 1.0}], [{1: 1.0, 2: 2.0}], [{2: 2.0, 4: 4.0, 8: 8.0}],
    [{1: 1.0, 2: math.inf, 4: 4.0}], [{1: 1.0, 2: 0.0, 4: 1.0}], [{1: 1.0, 2: math.nan, 4: 1.0}],
])  # fmt: skip
def test_degenerate_curves_have_no_law(made: list[dict[int, float]]) -> None:
    assert scaling.scaling(made) is None


def test_a_pass_without_sound_numbers_is_left_out() -> None:
    made = curves(Law(1.0, 0.05, 0.001), 1)
    made[3][4] = math.inf
    assert len(found_of(made).curves) == 7


def test_a_falling_curve_is_fastest_with_one_worker() -> None:
    found = found_of([{n: 0.97 / n * (1 + 0.001 * p) for n in COUNTS} for p in range(8)])
    law = found.law
    assert law is not None and law.peak < 2
    assert found.contention is not None and found.contention.value >= 0


def test_more_than_linear_speed_up_is_cut_off_at_zero() -> None:
    found = found_of([{n: n**1.2 * (1 + 0.001 * p) for n in COUNTS} for p in range(8)])
    assert found.contention is not None and found.contention.value == 0
    assert found.law is not None and min(found.law) >= 0
    assert not found.resolved
