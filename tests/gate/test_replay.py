"""The gate's error rates on replayed sessions. All seeded: the counts are the same in each run."""

from __future__ import annotations

import random

import pytest
import recording
import replay
from made import made_recording
from shapes import SHAPES
from sources import MadeUp, Recorded, Rounds, Slowed, Source, kind_of

RECORDINGS = recording.committed()
SESSIONS = 40


def sources() -> dict[str, Source]:
    """Every recording of the tree, and noise of all shapes by turns."""
    kept: dict[str, Source] = {name: Recorded(made) for name, made in RECORDINGS.items()}
    return {**kept, "made up": MadeUp()}


every_source = pytest.mark.parametrize("name", sources())


@every_source
def test_identical_builds_are_hardly_ever_flagged(name: str) -> None:
    told = replay.identical(sources()[name], SESSIONS, seed=1)
    assert told.sessions == SESSIONS
    assert told.benchmarks >= 20 * SESSIONS
    assert told.flagged <= 2  # 5 %


@every_source
def test_five_per_cent_are_found_and_never_called_the_same(name: str) -> None:
    told = replay.slower(sources()[name], 1.05, 2, seed=1)
    tried = sum(kind.tried for kind in told.values())
    assert sum(kind.found for kind in told.values()) >= 0.6 * tried
    assert sum(kind.called_same for kind in told.values()) <= 0.01 * tried + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_noise_is_withstood(shape: str) -> None:
    source = MadeUp(shape)
    assert replay.identical(source, 10, seed=1).flagged == 0
    told = replay.slower(source, 1.1, 1, seed=1)[shape]
    assert told.found >= told.tried - 1
    assert told.called_same == 0
    assert told.mean_rounds <= 40


def test_a_recording_without_effect_is_the_same_and_with_one_is_found() -> None:
    source = Recorded(made_recording())
    assert replay.identical(source, 10, seed=1).verdicts == {"SAME": 200}
    told = replay.slower(source, 1.05, 2, seed=1)
    assert {kind: one.found for kind, one in told.items()} == {"cpu": 20, "threads": 20}


def test_the_same_seed_counts_the_same() -> None:
    first, second = (replay.identical(MadeUp(), 5, seed=3) for _ in range(2))
    assert first == second
    assert replay.identical(MadeUp(), 5, seed=4) != first


def test_four_of_forty_are_told_apart() -> None:
    source = Recorded(made_recording(), copies=2)
    names = [name for name in source.names if kind_of(name) == "cpu"]
    told = replay.discoveries(source, names, 1.05, sessions=5, seed=1)
    assert (told.tried, told.found, told.false_rate) == (20, 20, 0.0)


def test_intervals_hold_the_truth() -> None:
    told = replay.coverage(MadeUp(), (1.0, 1.03, 1.05, 1.1), sessions=20, seed=1)
    assert told.of == 20 * 21
    assert told.share >= 0.94


def test_a_control_that_differs_is_a_flag_against_the_machine() -> None:
    """The judge is not blind: an arm of the base that is slower is seen."""

    class Tilted(MadeUp):
        def session(self, chance: random.Random, slowed: Slowed) -> dict[str, Rounds]:
            streams = super().session(chance, slowed)
            return {name: (one._replace(control=one.control * 1.05) for one in stream)
                    for name, stream in streams.items()}  # fmt: skip

    told = replay.identical(Tilted("gaussian"), 3, seed=1)
    assert told.flagged == 3
    assert told.by_flag["ENVIRONMENT"] == 3
