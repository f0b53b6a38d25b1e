"""Makes the two files of a profile: a conversation that loses its lock to a spinner each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from convoy_cli.profile import document

Json = dict[str, Any]
MS = 1_000_000
START, ROUND, STEP, WORK = 500_000, 100 * MS, 5 * MS, 40_000
NAME = "gil_convoy_echo/model:threads/gil:cpython32/place:core.close/peer:same/workers:1"


def states(seats: int = 2) -> Json:
    """Seat 0 waits for the lock for 5 ms, then receives and sends; the others have the CPU."""
    return {
        "schema_version": 1,
        "name": NAME,
        "workload": "gil_convoy_echo", "family": "gil", "model": "threads", "gil": "cpython32",
        "place": "core.close", "workers": 1, "carriers": None,
        "created": "2026-01-01T00:00:00Z", "command_line": ["convoy-bench", "profile"],
        "engine": None, "pinned": True, "operations": 20, "wall_ns": ROUND,
        "gate_opened_ns": START,
        "cost": {"plain_wall_ns": [ROUND], "recorded_wall_ns": [ROUND * 101 // 100],
                 "plain_cpu_ns": [ROUND], "recorded_cpu_ns": [ROUND * 102 // 100],
                 "ratio": 1.01, "cpu_ratio": 1.02, "events_per_second": 1234.5},
        "events": {"capacity": 65536, "recorded": 120, "dropped": 0},
        "stolen_ns": 0, "notes": [],
        "seats": [seat(number) for number in range(seats)],
        "locks": [lock(seats)],
    }  # fmt: skip


def seat(number: int) -> Json:
    wall = ROUND + START
    of = dict.fromkeys(("running", "runnable", "gil", "lock", "io", "sleep", "gate"), 0)
    if number == 0:
        of |= {"running": MS, "runnable": MS // 2, "gil": 96 * MS, "io": 2 * MS, "gate": START}
    else:
        of |= {"running": 98 * MS, "runnable": MS, "gate": START, "gil": MS}
    of["unattributed"] = wall - sum(of.values())
    waits = 20 if number == 0 else 0
    return {
        "seat": number, "workers": [number], "worker_count": 1, "lock": 0,
        "arrived_ns": 0, "begin_ns": START, "end_ns": wall, "wall_ns": wall,
        "states": {f"{name}_ns": value for name, value in of.items()},
        "io_ns": {"recv": 3 * MS // 2, "send": MS // 2} if number == 0 else {},
        "lock_ns": {}, "cpu_ns": of["running"], "run_delay_ns": of["runnable"],
        "gil": {"acquisitions": 40, "waits": waits, "wait_ns": waits * STEP,
                "longest_wait_ns": 5_210_000 if waits else 0, "hold_ns": ROUND - 2 * MS,
                "hold_p50_ns": 1000, "longest_hold_ns": 4_800_000, "switches": 20,
                "same_worker": 1, "voluntary_releases": 20, "forced_drops": 20 - waits,
                "steals": 0},
    }  # fmt: skip


def lock(seats: int) -> Json:
    return {
        "lock": 0, "name": "gil", "policy": "cpython32", "seats": list(range(seats)),
        "holds": 80, "hold_ns": 99 * MS, "longest_hold_ns": 5_190_000, "longest_hold_seat": 1,
        "waits": 20, "wait_ns": 100 * MS, "longest_wait_ns": 5_210_000, "longest_wait_seat": 0,
        "longest_wait_holders": [1], "forced_drops": 20, "asks": 20,
    }  # fmt: skip


def trace(seats: int = 2) -> Json:
    events: list[Json] = [{"pid": 1, "ph": "M", "name": "process_name", "args": {"name": NAME}}]
    lanes = {1 + n: f"seat {n}: worker {n}" for n in range(seats)} | {1_000_001: "gil owner"}
    for tid, name in lanes.items():
        events.append(meta(tid, "thread_name", {"name": name}))
        events.append(meta(tid, "thread_sort_index", {"sort_index": tid}))
    for n in range(seats):
        events.append(cut(1 + n, "gate", 0, START))
    for number, at in enumerate(range(START, START + ROUND, STEP)):
        taken = at + STEP - WORK
        events += [
            cut(1, "gil", at, taken), cut(1, "running", taken, taken + 10_000),
            cut(1, "io: recv", taken + 10_000, at + STEP),
            cut(2, "running", at, taken, {"runnable_ns": 50_000}),
            cut(2, "gil", taken, at + STEP),
            cut(1_000_001, "seat 1", at, taken, {"seat": 1, "ended": "yield"}),
            cut(1_000_001, "seat 0", taken, taken + 10_000, {"seat": 0, "ended": "blocking"}),
            mark(1, "i", taken - 10_000, name="asked", s="t"),
            mark(2, "s", taken, name="handover", id=2 * number),
            mark(1, "f", taken, name="handover", id=2 * number, bp="e"),
            mark(1, "s", taken + 10_000, name="handover", id=2 * number + 1),
            mark(2, "f", at + STEP, name="handover", id=2 * number + 1, bp="e"),
        ]  # fmt: skip
    other = {"name": NAME, "gate_opened_us": str(START / 1e3)}
    return {"displayTimeUnit": "ns", "otherData": other, "traceEvents": events}


def meta(tid: int, name: str, arguments: Json) -> Json:
    return {"pid": 1, "tid": tid, "ph": "M", "name": name, "args": arguments}


def mark(tid: int, phase: str, at_ns: int, **more: Any) -> Json:
    return {"pid": 1, "tid": tid, "ph": phase, "ts": at_ns / 1e3, **more}


def cut(tid: int, name: str, begin: int, end: int, arguments: Json | None = None) -> Json:
    made = mark(tid, "X", begin, name=name, cat="state", dur=(end - begin) / 1e3)
    return made | ({"args": arguments} if arguments else {})


def write(folder: Path, told: Json | None = None, timed: Json | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "states.json").write_text(json.dumps(told or states()), encoding="utf-8")
    (folder / "trace.json").write_text(json.dumps(timed or trace()), encoding="utf-8")
    return folder


def load(folder: Path, told: Json | None = None, timed: Json | None = None) -> document.Profile:
    """What `write` makes, as the tables and charts read it."""
    return document.load(write(folder, told, timed))
