"""What is made of counts: how many are taken, and when they are none. No process is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from convoy_cli.gate.instructions import NO_LOOP, Count, part_of
from convoy_cli.gate.program import ONE
from convoy_cli.stats.family import Verdict
from convoy_cli.gate.instructions import (
    ANOTHER,
    LONGEST_S,
    MEMORY,
    SHORT_S,
    Counter,
    Plan,
    beyond,
    lasting,
)
from convoy_cli.gate.program import Program


class Said(Counter):
    """Counts what a test says: of either build one number after the other."""

    def __init__(self, base: list[float], contender: list[float]) -> None:
        programs = (Program(Path("/bin", name), Path(), 60) for name in ("true", "false"))
        self.base, self.contender = programs
        self.left = {"true": base, "false": contender}

    def plan(self, name: str) -> Plan:
        return Plan("", NO_LOOP)

    def each(self, program: Program, name: str, plan: Plan) -> float:
        return self.left[program.path.name].pop(0)


class Timed(Counter):
    """Counts a program of an old library, which does so many iterations at each setting. The first
    of a process is dearer."""

    EACH, BEFORE, DEARER = 10_000, 77, 5000

    def __init__(self, iterations: dict[str, int]) -> None:
        self.base = self.contender = Program(Path("/bin/true"), Path(), 60)
        self.counted = False
        self.iterations = {ONE: 1, ANOTHER: 1, **iterations}
        self.asked: list[str] = []

    def count(self, program: Program, name: str, setting: str) -> Count:
        self.asked.append(setting)
        done = self.iterations[setting]
        before = self.BEFORE + (self.DEARER if setting == ONE else 0)
        return Count(self.EACH * done + before, done, 1)


def test_a_count_that_is_exact_is_not_taken_again() -> None:
    said = Said([5e6, 5e6, 0], [5.1e6, 0])
    assert said.compare("BM_a", None)["ratio"] == pytest.approx(1.02)
    assert said.left == {"true": [0], "false": [0]}


def test_who_waits_now_and_then_is_counted_five_times() -> None:
    # One of the base's first two lies 0.1 % off, and so does the contender's first.
    said = Said([1e6, 1.001e6, 1e6, 999_990, 1_000_010], [1.001e6, 1e6, 1e6, 999_990, 1e6])
    found = said.compare("BM_a", None)
    assert (found["verdict"], found["reason"], found["ratio"]) == ("SAME", None, 1.0)
    assert not any(said.left.values())


@pytest.mark.parametrize(
    "name, apart, steady",
    [("BM_a", 150, False), ("BM_a", 50, True), ("BM_a/threads:2", 150, True)],
)
def test_either_build_may_be_the_one_that_is_not_steady(
    name: str, apart: float, steady: bool
) -> None:
    calm = [1e6, 1_000_005, 1e6, 1e6, 1e6]
    restless = [1e6 + apart, 1e6, 1e6 + apart, 1e6 - apart, 1e6]
    for base, contender in ((calm, restless), (restless, calm)):
        found = Said([*base], [*contender]).compare(name, None)
        assert (found["verdict"] is not None) == steady, found
        assert steady or "not stable: counts of one build lie 0.0" in found["reason"]


@pytest.mark.parametrize(
    "verdict, reason", [(Verdict.REGRESSED, MEMORY), (Verdict.SAME, None), (None, None)]
)
def test_what_is_slower_without_more_instructions_points_at_memory(
    verdict: Verdict | None, reason: str | None
) -> None:
    found = Said([5e6, 5e6], [5_000_001]).compare("BM_a", verdict)
    assert (found["verdict"], found["reason"]) == ("SAME", reason)


PROBE, PLANNED, LONGEST = lasting(SHORT_S), lasting(0.25), lasting(LONGEST_S)


def test_where_the_machine_became_busier_since_the_plan_it_runs_longer() -> None:
    said = Timed({PROBE: 60, PLANNED: 40, LONGEST: 480})
    found = said.compare("BM_a", None)
    assert (found["verdict"], found["reason"]) == ("SAME", None)
    assert found["base"] == found["contender"] == Timed.EACH
    assert said.asked == [ONE, ANOTHER, PROBE, *[PLANNED, LONGEST] * 3]


def test_what_was_enough_is_not_run_longer() -> None:
    said = Timed({PROBE: 60, PLANNED: 150})
    assert said.compare("BM_a", None)["verdict"] == "SAME"
    assert said.asked == [ONE, ANOTHER, PROBE, *[PLANNED] * 3]


@pytest.mark.parametrize("probed, tried", [(60, [PLANNED, LONGEST]), (2, [LONGEST])])
def test_too_few_in_the_longest_time_are_not_countable(probed: int, tried: list[str]) -> None:
    said = Timed({PROBE: probed, PLANNED: 40, LONGEST: 90})
    found = said.compare("BM_a", None)
    assert found["verdict"] is None
    assert found["reason"] == "not countable: 900077 instructions are too few to compare"
    assert said.asked == [ONE, ANOTHER, PROBE, *tried]


def test_parts_are_in_order_and_the_beginning_is_taken_off() -> None:
    names = ["callgrind.7", "callgrind.7.10", "callgrind.7.2"]
    assert sorted(names, key=lambda name: part_of(Path(name))) == [names[2], names[1], names[0]]
    assert beyond(Count(2100, 100, 1), Count(1020, 10, 1)) == 12
