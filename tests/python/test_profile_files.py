"""The two files of a profile: read, refused when they are broken, and told as tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import profiled
import pytest
from conftest import assert_complaint
from convoy_cli.core.errors import UsageError
from convoy_cli.profile import document, report
from profiled import MS, load


@pytest.fixture
def profile(tmp_path: Path) -> document.Profile:
    return load(tmp_path)


# --- Tables.


def test_the_states_of_each_seat(profile: document.Profile) -> None:
    header, first, second = report.states_table(profile)
    assert header.split("  ")[0] == "seat"
    assert header.split()[-5:] == ["io", "send", "sleep", "start", "unattributed"]
    assert first.split() == (
        "0 0 100 ms 1.0 % 0.5 % 96 % 0 1.5 % 0.5 % 0 0.5 % +0.5 %".split()
    )
    assert second.split() == "1 1 100 ms 98 % 1.0 % 1.0 % 0 0 0 0 0.5 % 0 %".split()


def test_what_is_not_known_and_what_is_negative(tmp_path: Path) -> None:
    states = profiled.states()
    states["seats"][0]["states"] |= {"runnable_ns": None, "unattributed_ns": -4 * MS}
    profile = load(tmp_path, states)
    first = list(report.states_table(profile))[1]
    assert "unknown" in first and first.endswith("−4.0 %")
    (loose,) = [line for line in report.remarks(profile) if "unattributed" in line]
    assert loose.startswith("1 seat with more than 2.0 %") and "−4.0 %" in loose


def test_what_each_lock_did_and_to_whom(profile: document.Profile) -> None:
    header, every, first, second = report.locks_table(profile)
    assert every.split() == "gil all 80 99 ms 5.19 ms 20 100 ms 5.21 ms 20".split()
    assert first.split() == "0 40 98 ms 4.8 ms 20 100 ms 5.21 ms 0".split()
    assert second.split()[0] == "1" and second.split()[-1] == "20"
    (sentence,) = report.by_whom(profile)
    told = re.findall(r"\d[\d.]* ms|seat \d|\d+ times", sentence)
    assert told == ["5.19 ms", "seat 1", "5.21 ms", "seat 0", "seat 1", "20 times"]
    assert sentence.startswith("gil (cpython32): ")


def test_locks_that_nobody_waited_for(tmp_path: Path) -> None:
    states = profiled.states(2)
    none = {"waits": 0, "longest_wait_seat": None, "longest_wait_holders": []}
    states["locks"] = [profiled.lock(1) | none | {"name": f"gil {n}"} for n in range(40)]
    profile = load(tmp_path, states)
    assert list(report.by_whom(profile)) == []
    lines = list(report.locks_table(profile))
    assert len(lines) == 1 + report.MOST_SEATS + 1
    assert lines[-1] == "and 8 more locks in states.json"


def test_without_a_lock_there_is_no_table_of_locks(tmp_path: Path) -> None:
    states = profiled.states() | {"locks": []}
    for seat in states["seats"]:
        seat["gil"] = None
    profile = load(tmp_path, states)
    assert list(report.locks_table(profile)) == list(report.by_whom(profile)) == []


def test_many_seats_are_counted(tmp_path: Path) -> None:
    lines = list(report.states_table(load(tmp_path, profiled.states(40))))
    assert lines[-1] == "and 8 more seats in states.json"


@pytest.mark.parametrize(
    "workers, count, words",
    [([3], 1, "3"), ([0, 2], 2, "0, 2"), ([0, 1, 2, 3], 4, "0–3"), ([], 0, ""),
     ([0, 2, 4], 3, "0, 2 and 1 more"), (list(range(1000)), 5000, "0, 1 and 4998 more")],
)  # fmt: skip
def test_workers_of_a_seat(workers: list[int], count: int, words: str) -> None:
    assert report.workers_of({"workers": workers, "worker_count": count}) == words


# --- The trace.


def test_lanes_and_what_leads_between_them(profile: document.Profile) -> None:
    trace = profile.trace
    assert [lane.name for lane in trace.seats.values()] == ["seat 0: worker 0", "seat 1: worker 1"]
    assert trace.owners[0].name == "gil owner"
    assert len(trace.handovers) == 40 and len(trace.asked) == 20
    assert trace.handovers[0] == (1, 5460.0, 0, 5460.0)
    for lane in (*trace.seats.values(), *trace.owners.values()):
        pairs = list(zip(lane.slices, lane.slices[1:]))
        assert all(one.end_us <= other.begin_us + 1e-6 for one, other in pairs)
    assert trace.seats[1].slices[1].runnable_us == 50


# --- Broken files.

BROKEN = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no JSON": lambda text: "hello",
    "a list": lambda text: "[]",
    "null": lambda text: "null",
    "NaN": lambda text: text.replace("1.01", "NaN").replace("5460.0", "NaN"),
    "huge": lambda text: text.replace("1.01", "1e999").replace("5460.0", "1e999"),
    "deep": lambda text: "[" * 100_000,
    "another type": lambda text: text.replace('"ts"', '"no"').replace("80", '"many"'),
}


@pytest.mark.parametrize("name", ["states.json", "trace.json"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_a_message(
    kind: str, name: str, inside: Any, tmp_path: Path
) -> None:
    path = profiled.write(tmp_path / "x") / name
    path.write_text(BROKEN[kind](path.read_text("utf-8")), "utf-8")
    assert_complaint(inside("profile", "--from", "x"), f"x/{name}", "scripts/convoy profile")


@pytest.mark.parametrize("name", ["states.json", "trace.json"])
def test_a_file_that_is_not_there_or_no_text(name: str, inside: Any, tmp_path: Path) -> None:
    path = profiled.write(tmp_path / "x") / name
    path.write_bytes(b"\xff\x80")
    assert_complaint(inside("profile", "--from", "x"), f"x/{name} is broken", "UTF-8")
    path.unlink()
    assert_complaint(inside("profile", "--from", "x"), f"x/{name}", "No such file")


def test_a_newer_file(convoy: Any, tmp_path: Path) -> None:
    profiled.write(tmp_path / "x", profiled.states() | {"schema_version": 2})
    assert_complaint(convoy("profile", "--from", "x"), "version 2", "git pull")


DAMAGES: dict[str, Any] = {
    "seats": lambda states: states.update(seats=[]),
    "seats.0.wall_ns": lambda states: states["seats"][0].update(wall_ns=-1),
    "seats.1.states": lambda states: states["seats"][1].update(states={}),
    "locks.0.waits": lambda states: states["locks"][0].update(waits=None),
    "cost.ratio": lambda states: states["cost"].update(ratio="1"),
    "gate_opened_ns": lambda states: states.update(gate_opened_ns=10**400),
    "name": lambda states: states.pop("name"),
}


@pytest.mark.parametrize("where", DAMAGES)
def test_a_field_that_is_wrong_is_named(where: str, tmp_path: Path) -> None:
    states = profiled.states()
    DAMAGES[where](states)
    with pytest.raises(UsageError, match=where.rpartition(".")[2]):
        load(tmp_path, states)


EVENTS: list[Any] = [
    None, [], 7, {}, {"ph": "X"}, {"ph": "X", "tid": 1, "ts": "soon", "dur": 1},
    {"ph": "X", "tid": 0, "ts": 1, "dur": 1}, {"ph": "X", "tid": -5, "ts": 1, "dur": 1},
    {"ph": "X", "tid": 1, "ts": 1, "dur": None}, {"ph": "M", "name": "thread_name", "tid": 1},
    {"ph": "X", "tid": 1, "ts": 1, "dur": 1, "args": []},
    {"ph": "s", "tid": 1, "ts": 1, "id": []}, {"ph": "s", "tid": 1, "ts": 1},
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=json.dumps)
def test_an_event_that_is_wrong_is_numbered(event: Any, tmp_path: Path) -> None:
    trace = profiled.trace()
    trace["traceEvents"].insert(3, event)
    with pytest.raises(UsageError, match="trace.json is broken: event 3"):
        load(tmp_path, None, trace)


def test_a_trace_of_something_else_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    events = [{"ph": "C", "tid": 1, "ts": 1}, {"ph": "f", "tid": 1, "ts": 1, "id": 4}]
    profile = load(tmp_path, None, {"traceEvents": events})
    assert profile.trace.handovers == []
