"""Who can hardly be decided any more is given up, and nobody else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle

import pytest
from convoy_cli.core.units import Interval
from convoy_cli.stats import sign_test
from convoy_cli.stats.family import Family, Round, Verdict
from convoy_cli.stats.sign_test import Rules, is_futile

RULES = Rules()


def around(middle: float, half: float) -> tuple[float, Interval]:
    return middle, Interval(middle - half, middle + half)


def judged(rounds: Iterator[Round], rules: Rules = RULES) -> Family:
    family = Family(["one"], rules)
    while family.wanted():
        family.add({"one": next(rounds)})
    return family


def wobbling(share: float, slower: float = 1.0) -> Iterator[Round]:
    """The contender is faster and slower by turns, by as much as this in either direction."""
    steps = [sign * step / 8 for step in range(9) for sign in (1, -1)]
    return cycle(Round(100.0, 100.0 * slower * math.exp(step * share), 100.0) for step in steps)


@pytest.mark.parametrize("middle", [0.0, 0.015, -0.015])
@pytest.mark.parametrize("rounds", [32, 64])
def test_a_wide_interval_around_little_is_given_up(middle: float, rounds: int) -> None:
    assert is_futile(*around(middle, 0.15), rounds, RULES)


def test_one_that_may_become_narrow_enough_is_waited_for() -> None:
    # After 32 of 128 rounds it is expected to halve.
    enough = 2 * sign_test.LEEWAY * math.log1p(RULES.same)
    assert not is_futile(*around(0.0, 0.99 * enough), 32, RULES)
    assert is_futile(*around(0.0, 1.01 * enough), 32, RULES)
    assert not is_futile(*around(0.0, 1.01 * enough), 32, Rules(max_rounds=256))


@pytest.mark.parametrize("sign", [1, -1])
def test_one_that_may_turn_out_a_change_is_waited_for(sign: int) -> None:
    # The half of 6 % becomes 3 %, and half of what it loses, 2.6 %, may be added to the estimate.
    assert is_futile(*around(sign * 0.0135, 0.06), 32, RULES)
    assert not is_futile(*around(sign * 0.0145, 0.06), 32, RULES)


def test_sixteen_rounds_tell_too_little_of_the_width() -> None:
    assert not is_futile(*around(0.0, 0.15), 16, RULES)
    assert not is_futile(0.0, Interval(-math.inf, math.inf), 32, RULES)


@pytest.mark.parametrize("most", [6, 16, 128, 300])
def test_where_no_rounds_are_left_it_is_over(most: int) -> None:
    assert is_futile(*around(0.0, 0.021), most, Rules(max_rounds=most))


def test_rounds_grow_with_the_square_of_the_width() -> None:
    narrow = sign_test.LEEWAY * math.log1p(0.02)
    assert sign_test.rounds_to_decide(narrow * 0.999, 32, 0.02) == 32
    assert sign_test.rounds_to_decide(narrow * 3, 32, 0.02) in (288, 289)
    assert sign_test.expected_half(0.3, 32, 128) == pytest.approx(0.15)


def test_the_gate_gives_up_what_varies_too_much() -> None:
    trial = judged(wobbling(0.2)).trials["one"]
    assert (trial.verdict, trial.rounds) == (Verdict.INCONCLUSIVE, 32)


def test_the_gate_goes_on_where_little_is_missing() -> None:
    trial = judged(wobbling(0.08)).trials["one"]
    assert trial.rounds > 32


def test_what_is_plainly_slower_is_found_however_much_it_varies() -> None:
    trial = judged(wobbling(0.2, slower=1.5)).trials["one"]
    assert (trial.verdict, trial.confirmed) == (Verdict.REGRESSED, True)
