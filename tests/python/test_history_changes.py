"""The watch over series: which changes it finds, where, and how often it errs."""

from __future__ import annotations

import math

import history_oracle as oracle
import history_study as study
import pytest
from convoy_cli.stats import change_points
from convoy_cli.stats.change_points import FEWEST, SHORTEST, Monitor
from history_made import noise, stepped


def watched(values: list[float], least: float = 0.0) -> Monitor:
    return change_points.watch({0: list(enumerate(values))}, least)[0]


def places(values: list[float], least: float = 0.0) -> list[int]:
    return [change.at for change in watched(values, least).settled()]


@pytest.mark.parametrize("factor", [1.05, 1.2, 0.9])
def test_a_step_is_found_where_it_is(factor: float) -> None:
    values = stepped(60, 90, factor)
    assert places(values) == pytest.approx([60], abs=1)
    change = watched(values).settled()[0]
    assert change.step.size == pytest.approx(math.log(factor), abs=0.01)
    assert change.low <= 60 <= change.high and 60 < change.seen <= 80


def test_a_slow_down_is_found_soon() -> None:
    for seed in range(5):
        assert watched(stepped(60, 66, 1.1, seed)).changes != []


def test_several_steps() -> None:
    values = noise("several", 120, 0.006)
    values = [v + 0.08 * (i >= 40) - 0.08 * (i >= 70) + 0.05 * (i >= 100)
              for i, v in enumerate(values)]  # fmt: skip
    assert places(values) == pytest.approx([40, 70, 100], abs=2)


def test_single_outliers_are_no_step() -> None:
    values = noise("outliers", 60)
    for at in (20, 35, 50, 58):
        values[at] = 0.5
    assert places(values) == []


def test_small_steps_do_not_matter() -> None:
    values = [value / 10 for value in stepped(60, 120, 1.05)]
    assert places(values) != []
    assert places(values, math.log(1.01)) == []


def test_a_few_commits_prove_nothing() -> None:
    assert SHORTEST == FEWEST + change_points.LEAST
    assert places(stepped(FEWEST - 1, SHORTEST - 1, 2.0)) == []
    assert places(stepped(FEWEST, SHORTEST, 2.0)) == [FEWEST]


def test_counts_that_hardly_vary_have_steps() -> None:
    values = [math.log(5e6)] * 30 + [math.log(5.1e6)] * 20
    assert places(values) == [30]
    assert places([math.log(5e6)] * 80) == []


def test_what_more_commits_refute_is_taken_back() -> None:
    values = noise("luck", 200)
    values[100:106] = [0.02, 0.021, 0.022, 0.019, 0.02, 0.021]
    assert watched(values[:106]).changes != []
    assert watched(values).changes == []


def test_the_same_each_time() -> None:
    values = stepped(60, 120, 1.03)
    assert watched(values).settled() == watched(values).settled()


def test_what_was_found_does_not_wait_for_more() -> None:
    """The watch over all commits raises what the watch after each commit raised."""
    values = stepped(50, 75, 1.06)
    seen = watched(values).settled()[0].seen
    assert watched(values[:seen]).changes == []
    assert watched(values[: seen + 1]).changes != []


def test_of_many_benchmarks_few_look_slower_by_chance() -> None:
    series = {name: list(enumerate(noise(("many", name), 150))) for name in range(30)}
    alone = sum(len(watched([v for _, v in points]).changes) for points in series.values())
    together = change_points.watch(series)
    assert sum(len(monitor.changes) for monitor in together.values()) < max(alone, 1)
    series[7] = list(enumerate(stepped(100, 150, 1.05)))
    found = change_points.watch(series)[7].settled()
    assert [change.at for change in found] == pytest.approx([100], abs=1)


def test_series_may_miss_commits() -> None:
    points = [(3 * i + 1, value) for i, value in enumerate(stepped(40, 60, 1.1))]
    assert [c.at for c in change_points.watch({0: points})[0].settled()] == [40]


# --- The bars.


def test_the_bars_of_the_history_hold() -> None:
    told = study.measure(25, seed=1)
    assert told["steps"] == 500 and told["commits"] == 20_000
    assert told["found_share"] >= 0.90, told
    assert told["alarms_per_200_commits"] <= 1.0, told
    assert told["family"]["alarms"] == 0
    assert study.of_shape("skewed", 2, 3) == study.of_shape("skewed", 2, 3)


def test_nobody_finds_everything() -> None:
    assert oracle.share(0.01, 200) == 1.0
    assert 0.85 < oracle.share(0.03, 1000) < 0.95
