"""A flag is raised generously, and counts only if fresh rounds show the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from convoy_cli.gate.family import Family, Round, Verdict

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
