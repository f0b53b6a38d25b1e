"""Recordings: what is kept of the times, their order, and how sessions are drawn from them."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import recording
from made import ARMS, made_recording
from sources import Recorded


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = made_recording(rounds=5)
    path = tmp_path / "folder" / "quiet.json.gz"
    recording.write(path, made)
    assert recording.read(path) == made
    assert list(path.parent.iterdir()) == [path]
    before = path.read_bytes()
    recording.write(path, made)
    assert path.read_bytes() == before


def test_times_are_kept_to_a_ten_thousandth() -> None:
    made = recording.Recording([1.0, 1.0, 1.0], seed=1)
    made.announce("cpu", "cpu_time", "", [1, 1, 1])
    made.add("cpu", [5.0e6, 1.23456789e7, 640.0e3])
    kept = [made.benchmarks["cpu"].ns(arm, 0) for arm in range(3)]
    assert kept == pytest.approx([5.0e6, 1.23456789e7, 640.0e3], rel=5e-4)
    assert kept[:2] == pytest.approx([5.0e6, 1.23456789e7], rel=1e-4)


def test_a_round_that_was_interrupted_is_left_out(tmp_path: Path) -> None:
    made = made_recording(rounds=4, count=2)
    made.add("cpu_1", [1e7] * 4)
    recording.write(tmp_path / "x.json.gz", made)
    again = recording.read(tmp_path / "x.json.gz")
    assert again.rounds == 4
    assert {len(times) for one in again.benchmarks.values() for times in one.times} == {4}


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    recording.write(path, made_recording(rounds=1))
    path.write_bytes(gzip.compress(b'{"convoy_recording": 9}'))
    with pytest.raises(ValueError, match="no recording"):
        recording.read(path)


def test_each_arm_is_as_often_in_each_place() -> None:
    drawn = list(islice(recording.orders(random.Random(3), 6), 60))
    for place in range(6):
        assert Counter(order[place] for order in drawn) == dict.fromkeys(range(6), 10)
    assert len({tuple(order) for order in drawn}) > 20


def test_what_an_injected_slowdown_really_took_is_told() -> None:
    made = made_recording(noise=0.001)
    assert made.realised("cpu_1", 1.05) == pytest.approx(1.05, abs=0.002)


def test_a_session_is_one_stretch_of_the_recording() -> None:
    made = made_recording(rounds=10, count=2)
    streams = Recorded(made).session(random.Random(5), {})
    taken = {name: list(islice(stream, 20)) for name, stream in streams.items()}
    for name, rounds in taken.items():
        assert rounds[:10] == rounds[10:]  # it goes round in a circle
        series = made.benchmarks[name.partition("#")[0]]
        bases = [one.base for one in rounds[:10]]
        turned = [[series.ns(arm, n + start) for n in range(10)] for arm in (0, 1, 2)
                  for start in range(10)]  # fmt: skip
        assert bases in turned
    for one in taken["cpu_1#0"]:
        assert len({one.base, one.contender, one.control}) == 3


def test_a_slowed_contender_is_the_run_that_did_more_work() -> None:
    made = made_recording(rounds=6, count=2)
    slowed = {"cpu_1#0": 1.05, "pipe_0/real_time#0": 1.2}
    streams = Recorded(made).session(random.Random(2), slowed)
    cpu, pipe = made.benchmarks["cpu_1"], made.benchmarks["pipe_0/real_time"]
    more = {cpu.ns(ARMS.index(1.05), n) for n in range(6)}
    assert {one.contender for one in islice(streams["cpu_1#0"], 6)} == more
    # 1.2 was not recorded: the usual work, multiplied.
    usual = {pipe.ns(arm, n) * 1.2 for arm in (0, 1, 2) for n in range(6)}
    assert {one.contender for one in islice(streams["pipe_0/real_time#0"], 6)} <= usual


def test_committed_recordings_are_small_and_whole() -> None:
    files = list(recording.FOLDER.glob("*.json.gz"))
    assert sum(path.stat().st_size for path in files) < 1_500_000
    for made in recording.committed().values():
        assert made.rounds >= 128
        assert len(made.benchmarks) >= 20
        for series in made.benchmarks.values():
            usual = series.work[made.arms.index(1.0)]
            assert series.work == [round(usual * factor) for factor in made.arms]
