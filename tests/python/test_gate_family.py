"""A flag is raised generously, and counts only if fresh rounds show the same."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from convoy_cli.stats.family import Family, Round, Trial, Verdict

EQUAL, SLOW = Round(100.0, 100.0, 100.0), Round(100.0, 105.0, 100.0)
OTHERS = 19


def judged(rounds: Iterator[Round]) -> Family:
    """One benchmark with these rounds among others that never vary."""
    family = Family(["one", *(f"other{i}" for i in range(OTHERS))])
    while wanted := family.wanted():
        family.add({name: next(rounds) if name == "one" else EQUAL for name in wanted})
    return family


def first_look(slow: int) -> chain[Round]:
    return chain([SLOW] * slow, [EQUAL] * (16 - slow))


def watched(walls: Iterator[Round], cpu: Round = EQUAL) -> Trial:
    family = Family(["one"])
    trial = family.trials["one"]
    trial.watched = True
    while family.wanted():
        family.add({"one": cpu}, {"one": next(walls)})
    return trial


def test_wall_time_overrules_what_fresh_rounds_show_again() -> None:
    trial = watched(repeat(SLOW))
    assert (trial.verdict, trial.by_other, trial.confirmed) == (Verdict.REGRESSED, True, True)
    assert trial.overruled is Verdict.SAME and trial.rounds == 16 + 8


def test_wall_time_that_moved_by_chance_overrules_nothing() -> None:
    trial = watched(chain([SLOW] * 16, repeat(EQUAL)))
    assert (trial.verdict, trial.by_other, trial.rounds) == (Verdict.SAME, False, 16 + 32)
    assert trial.estimate == 0.0


def test_wall_time_that_says_the_same_overrules_nothing() -> None:
    trial = watched(repeat(SLOW), SLOW)
    assert (trial.verdict, trial.by_other) == (Verdict.REGRESSED, False)


def test_wall_time_counts_where_cpu_time_says_the_contrary() -> None:
    trial = watched(repeat(Round(100.0, 90.0, 100.0)), SLOW)
    assert (trial.verdict, trial.by_other) == (Verdict.IMPROVED, True)


def test_a_budget_that_ends_overrules_nothing() -> None:
    family = Family(["one"])
    family.trials["one"].watched = True
    for _ in range(20):
        family.add({"one": EQUAL}, {"one": SLOW})
    family.close()
    trial = family.trials["one"]
    assert (trial.verdict, trial.by_other) == (Verdict.INCONCLUSIVE, False)


def by_two_clocks(seed: str, slower: float = 1.0) -> list[Trial]:
    """Twenty benchmarks whose clocks have noise of their own, skewed on the wall."""
    dice = random.Random(seed)
    family = Family([f"BM_{number}" for number in range(20)])
    for trial in family.trials.values():
        trial.watched = True
    while wanted := family.wanted():
        cpu = {name: Round(*(math.exp(dice.gauss(0, 0.01)) for _ in range(3))) for name in wanted}
        walls = {
            name: Round(*(math.exp(dice.expovariate(50)) for _ in range(3))) for name in wanted
        }
        one = {name: wall._replace(contender=wall.contender * (slower if name == "BM_0" else 1.0))
               for name, wall in walls.items()}  # fmt: skip
        family.add(cpu, one)
    return list(family.trials.values())


def test_two_clocks_raise_no_false_alarm_and_find_who_waits() -> None:
    for seed in range(6):
        assert {trial.verdict for trial in by_two_clocks(f"same {seed}")} == {Verdict.SAME}
        waits, *others = by_two_clocks(f"waits {seed}", 1.05)
        assert (waits.verdict, waits.by_other) == (Verdict.REGRESSED, True)
        assert {trial.verdict for trial in others} == {Verdict.SAME}


def test_what_fresh_rounds_do_not_show_again_is_no_regression() -> None:
    trial = judged(chain(first_look(14), repeat(EQUAL))).trials["one"]
    assert trial.flag is not None and trial.flag.verdict is Verdict.REGRESSED
    assert trial.searched == 16
    assert (trial.verdict, trial.confirmed) == (Verdict.SAME, False)
    assert trial.rounds == 16 + 32  # half as many, as many, and at last twice


def test_what_fresh_rounds_show_again_is_one() -> None:
    trial = judged(chain(first_look(14), repeat(SLOW))).trials["one"]
    assert (trial.verdict, trial.confirmed) == (Verdict.REGRESSED, True)
    assert trial.rounds == 16 + 8


@pytest.mark.parametrize("slow, flagged", [(13, False), (14, True)])
def test_the_first_look_among_twenty_needs_fourteen_of_sixteen(slow: int, flagged: bool) -> None:
    # Of fair coins 14 or more heads have the chance 137 / 65536, 13 or more 697 / 65536. One flag
    # of twenty may have a quarter of the first look's fifth, by twenty: 0.0025.
    trial = judged(chain(first_look(slow), repeat(EQUAL))).trials["one"]
    assert (trial.searched == 16) is flagged


def test_the_first_rounds_have_no_part_in_the_confirmation() -> None:
    """Sixteen slow ones and 16 of 32 fresh ones: together that would be plenty."""
    fresh = chain.from_iterable(repeat([SLOW, EQUAL]))
    trial = judged(chain(first_look(16), fresh)).trials["one"]
    assert trial.searched == 16 and trial.verdict is Verdict.INCONCLUSIVE
