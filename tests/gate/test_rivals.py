"""The rival rules, and the arithmetic of bounds, beside scipy's."""

from __future__ import annotations

import random

import bounds
import contest
import pytest
import rivals
from sources import MadeUp

stats = pytest.importorskip("scipy.stats")


def samples(seed: int, digits: int = 9) -> tuple[list[float], list[float]]:
    chance = random.Random(seed)
    a = [round(chance.lognormvariate(0, 0.3), digits) for _ in range(9 + seed)]
    b = [round(chance.lognormvariate(0.1, 0.3), digits) for _ in range(12 + seed)]
    return a, b


@pytest.mark.parametrize("digits", [9, 1])  # 1: many ties
@pytest.mark.parametrize("seed", range(5))
def test_the_u_test_is_that_of_scipy(seed: int, digits: int) -> None:
    a, b = samples(seed, digits)
    expected = stats.mannwhitneyu(a, b, alternative="two-sided", method="asymptotic").pvalue
    assert rivals.mann_whitney(a, b) == pytest.approx(expected, abs=1e-9)


def test_equal_values_are_not_different() -> None:
    assert rivals.mann_whitney([1.0] * 9, [1.0] * 9) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_both_t_statistics_are_those_of_scipy(seed: int) -> None:
    a, b = samples(seed)
    assert rivals.student(a, b) == pytest.approx(stats.ttest_ind(b, a).statistic)
    assert rivals.welch(a, b) == pytest.approx(stats.ttest_ind(b, a, equal_var=False).statistic)


@pytest.mark.parametrize("freedom", [2, 10, 118, 254])
def test_students_distribution_is_that_of_scipy(freedom: int) -> None:
    assert bounds.student_critical(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)
    assert bounds.student_beyond(1.5, freedom) == pytest.approx(2 * stats.t.sf(1.5, freedom))


@pytest.mark.parametrize("hits, of", [(0, 40), (1, 40), (40, 40), (7, 200), (9990, 20000)])
def test_bounds_of_rates_are_those_of_clopper_and_pearson(hits: int, of: int) -> None:
    told = bounds.clopper_pearson(hits, of)
    expected = stats.binomtest(hits, of).proportion_ci(0.95, method="exact")
    assert (told.low, told.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("rival", rivals.RIVALS, ids=[rival.name for rival in rivals.RIVALS])
def test_a_build_that_is_faster_never_fails(rival: rivals.Rival) -> None:
    chance = random.Random(1)
    base = [chance.gauss(100, 1) for _ in range(rival.runs)]
    faster = [time * 0.3 for time in base]
    assert not rival.fails(base, faster, chance)
    assert rival.fails(faster, base, chance)


def test_criterion_says_nothing_within_its_noise_threshold() -> None:
    chance = random.Random(1)
    base = [chance.gauss(100, 0.5) for _ in range(100)]
    assert not rivals.criterion(base, [time * 1.008 for time in base], chance)
    assert not rivals.criterion(base, [time * 1.0105 for time in base], chance)
    assert rivals.criterion(base, [time * 1.03 for time in base], chance)


def test_as_they_are_used_rivals_cry_wolf_where_the_machine_drifts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = [rival for rival in rivals.RIVALS if rival.name == "pyperf, t-test and 1 %"]
    monkeypatch.setattr(contest, "RIVALS", alone)
    scores = contest.false_alarms(MadeUp("drifting", count=20), sessions=3, seed=1)
    used = scores["pyperf, t-test and 1 %", contest.USUAL]
    by_turns = scores["pyperf, t-test and 1 %", contest.BY_TURNS]
    assert used.sessions_alarmed == 3
    assert by_turns.pairs_alarmed < used.pairs_alarmed / 5
