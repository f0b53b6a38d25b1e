#!/usr/bin/python3
"""Counts how often the gate and its rivals err: tests/gate/study.py [--sessions N | --tables]

Replays the recordings in tests/gate/recordings and made-up noise, writes tests/gate/study.json, and
from it, the live sessions of tests/gate/live.jsonl and the counts of tests/gate/counted.jsonl the
tables of docs/explanation/regression-gate.md. --tables only writes the tables.
Exit: 0 written, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

import contest  # noqa: E402
import counted  # noqa: E402
import counted_table  # noqa: E402
import live  # noqa: E402
import live_table  # noqa: E402
import marks  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402
import study_tables  # noqa: E402
from bounds import Rate, clopper_pearson  # noqa: E402
from recording import Recording  # noqa: E402
from shapes import SHAPES  # noqa: E402
from sources import MadeUp, Recorded, Source, kind_of  # noqa: E402

RESULT = Path(__file__).resolve().parent / "study.json"
PAGE = ROOT / "docs" / "explanation" / "regression-gate.md"
FACTORS = (1.03, 1.05, 1.1)
SEED = 1
Json = dict[str, Any]


def rate(counted: Rate) -> Json:
    low, high = round(counted.low, 5), round(counted.high, 5)
    return {"hits": counted.hits, "of": counted.of, "low": low, "high": high}


def said_of_identical(source: Source, sessions: int) -> Json:
    told = replay.identical(source, sessions, SEED)
    return {
        "flagged": rate(clopper_pearson(told.flagged, told.sessions)),
        "sessions_with": dict(sorted(told.by_flag.items())),
        "verdicts": dict(sorted(told.verdicts.items())),
        "mean_rounds": round(told.mean_rounds, 1),
        "mean_length": round(told.mean_length, 1),
    }


def said_of_slower(source: Source, factor: float, each: int) -> Json:
    return {
        kind: {
            "found": rate(clopper_pearson(told.found, told.tried)),
            "called_same": rate(clopper_pearson(told.called_same, told.tried)),
            "mean_rounds": round(told.mean_rounds, 1),
        }
        for kind, told in replay.slower(source, factor, each, SEED).items()
    }


def said_of_families(source: Source, sessions: int) -> Json:
    """Four benchmarks of forty are slower: those of a single thread, where there are such."""
    cpu = [name for name in source.names if kind_of(name) == "cpu"]
    told = replay.discoveries(source, cpu or source.names, 1.05, sessions, SEED)
    return {
        "sessions": told.sessions,
        "false_rate": round(told.false_rate, 5),
        "found": rate(clopper_pearson(told.found, told.tried)),
    }


def said_by_rivals(source: Source, sessions: int) -> list[Json]:
    alarms = contest.false_alarms(source, sessions, SEED)
    found = {factor: contest.power(source, factor, max(1, sessions // 10), SEED)
             for factor in FACTORS}  # fmt: skip
    return [
        {
            "rule": rule,
            "layout": layout,
            "sessions": rate(score.per_session),
            "pairs": rate(score.per_pair),
            "found": {
                str(factor): {kind: rate(by_key[rule, layout]) for kind, by_key in kinds.items()}
                for factor, kinds in found.items()
            },
        }
        for (rule, layout), score in alarms.items()
    ]


def studied(source: Source, multiplied: Source, forty: Source, sessions: int) -> Json:
    each = max(1, sessions // 20)
    return {
        "benchmarks": len(source.names),
        "identical": said_of_identical(source, sessions),
        "slower": {str(f): said_of_slower(source, f, each) for f in FACTORS},
        "forty": said_of_families(forty, sessions),
        "coverage": rate(replay.coverage(multiplied, (1.0, *FACTORS), sessions // 2, SEED)),
    }


def of_recording(made: Recording, sessions: int) -> Json:
    source = Recorded(made)
    told = studied(source, Recorded(made, multiplied=True), Recorded(made, copies=2), sessions)
    told["rivals"] = said_by_rivals(source, sessions // 4)
    told["recorded"] = {
        "rounds": made.rounds,
        "minutes": round(made.seconds / 60),
        "machine": made.machine,
        "started": made.started,
        # So many sessions of the usual length fit into it without sharing a round.
        "disjoint_sessions": round(made.rounds / told["identical"]["mean_length"], 1),
        "realised": {
            str(factor): {name: round(made.realised(name, factor), 4) for name in made.benchmarks}
            for factor in FACTORS
            if made.slowed(factor) is not None
        },
    }
    return told


def of_made_up(sessions: int) -> Json:
    mixed = MadeUp()
    told = studied(mixed, mixed, MadeUp(count=40), sessions)
    told["rivals"] = said_by_rivals(mixed, sessions // 4)
    return told


def of_shape(shape: str, sessions: int) -> Json:
    return studied(MadeUp(shape), MadeUp(shape), MadeUp(shape, count=40), sessions // 2)


def study(sessions: int) -> Json:
    """Each source in a process of its own, on as many CPUs as there are."""
    begun = time.monotonic()

    def progress(what: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {what}", file=sys.stderr, flush=True)

    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        recorded = {
            name: pool.submit(of_recording, made, sessions)
            for name, made in recording.committed().items()
        }
        mixed = pool.submit(of_made_up, sessions)
        shapes = {shape: pool.submit(of_shape, shape, sessions) for shape in SHAPES}
        every = {**recorded, "made-up noise of all shapes": mixed, **shapes}
        for name, one in every.items():
            one.add_done_callback(lambda _, name=name: progress(f"done: {name}"))
    return {
        "convoy_gate_study": 1, "seed": SEED, "sessions": sessions,
        "recordings": {name: one.result() for name, one in recorded.items()},
        "made_up": mixed.result(),
        "shapes": {shape: one.result() for shape, one in shapes.items()},
    }  # fmt: skip


def page_with_tables(page: str) -> str:
    """What is there of studies, recorded, live or counted, in the page's tables."""
    page = study_tables.inserted(page, json.loads(RESULT.read_text(encoding="utf-8")))
    sessions = live.lines_of(live.RESULT)
    page = marks.inserted(page, "study of the live gate", live_table.table(sessions))
    counts = counted_table.table(live.lines_of(counted.RESULT))
    return marks.inserted(page, "study of counted instructions", counts)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Count how often the gate errs.")
    parser.add_argument("--sessions", type=int, default=1000, help="of identical builds, a source")
    parser.add_argument("--tables", action="store_true", help="count nothing, only write them")
    chosen = parser.parse_args(arguments)
    if chosen.sessions < 20:
        parser.error("--sessions 20 is the least")
    if not chosen.tables:
        text = json.dumps(study(chosen.sessions), indent=1)
        RESULT.write_text(text + "\n", encoding="utf-8")
        print(RESULT.relative_to(ROOT))
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
