"""Damaged files of Google Benchmark: an answer or one sentence, never a trace."""

from __future__ import annotations

import copy
import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from compare_made import document, entry, repetitions, samples
from convoy_cli import cli
from convoy_cli.core.schema import compile_schema
from convoy_cli.history import ledger
from convoy_cli.results import load
from history_made import commit

hypothesis = pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as some  # noqa: E402

Json = dict[str, Any]

GOOD = document(
    [
        *repetitions("BM/1", samples(1, count=4)),
        *repetitions("BM/2", samples(2, count=2)),
        entry("skips", 0.0, error_occurred=True, error_message="no"),
    ],
    caches=[{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}],
    executable="bench/x",
)
TEXT = json.dumps(GOOD, indent=1)
DOCUMENTED = {0, 1, 2, 3}  # docs/reference/command-line.md, compare and history add
PROFILE = settings(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

ODD: Any = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-(10**320), 10**320),
    some.floats(),
    some.sampled_from([0, -1, 1e300, 1e-300, 1e15, 10**400, -0.0, 2**63, 1e308, 5e-324]),
    some.text(max_size=6),
    some.sampled_from(["1.5", "NaN", "BM/1", "iteration", "aggregate", "s", "\ud800", "\x1b"]),
    some.lists(some.none(), max_size=2),
    some.just({"a": {}}),
    some.just({"convoy": 1}),
)  # fmt: skip
KEYS = some.sampled_from(sorted({key for row in GOOD["benchmarks"] for key in row} | {"skipped"}))
TOPS = ("context", "benchmarks", "convoy", "convoy_gate", "convoy_history", "machine_info")
TOP = some.sampled_from([*TOPS, *GOOD["context"]])
# A number chooses the entry, so that what is found shrinks.
MUTATION = some.one_of(
    some.tuples(some.just("set"), some.integers(0, 20), KEYS, ODD),
    some.tuples(some.just("everywhere"), some.just(0), KEYS, ODD),
    some.tuples(some.just("drop"), some.integers(0, 20), KEYS, some.none()),
    some.tuples(some.just("replace"), some.integers(0, 20), some.just(""), ODD),
    some.tuples(some.just("rename"), some.integers(0, 20), KEYS, some.text(max_size=5)),
    some.tuples(some.just("again"), some.integers(0, 20), some.just(""), some.none()),
    some.tuples(some.just("context"), some.just(0), TOP, ODD),
    some.tuples(some.just("top"), some.just(0), TOP, ODD),
)  # fmt: skip
BYTES = some.tuples(
    some.integers(0, len(TEXT)), some.integers(0, 40),
    some.one_of(
        some.binary(max_size=8),
        some.sampled_from([
            b"", b"{", b"}", b"[", b'"', b"\\", b",", b"1,234", b"1.234,5", b"nan", b"-inf(x)",
            b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"[" * 3000, b"9" * 5000, b'{"benchmarks": [',
            TEXT.encode(),
        ]),
    ),
)  # fmt: skip


def mutated(mutations: list[tuple[str, int, str, Any]]) -> bytes:
    made = json.loads(TEXT)
    for kind, number, key, value in copy.deepcopy(mutations):
        rows = made.get("benchmarks")
        row: Any = None
        if isinstance(rows, list) and rows:
            row = rows[number % len(rows)]
        if kind == "top":
            made[key] = value
        elif kind == "context" and isinstance(made.get("context"), dict):
            made["context"][key] = value
        elif kind == "everywhere" and isinstance(rows, list):
            for each in rows:
                if isinstance(each, dict):
                    each[key] = copy.deepcopy(value)
        elif kind == "replace" and row is not None:
            rows[number % len(rows)] = value
        elif kind == "again" and row is not None:
            rows.append(copy.deepcopy(row))
        elif isinstance(row, dict):
            before = row.pop(key, None)
            if kind == "set":
                row[key] = value
            elif kind == "rename":
                row[value] = before
    # Integers of any length are written, too, which the module json would not read again.
    return json.dumps(made).encode("utf-8", "surrogatepass")


def hit(strokes: list[tuple[int, int, bytes]], codec: str) -> bytes:
    content = TEXT.encode()
    for at, length, put in strokes:
        content = content[:at] + put + content[at + length :]
    return content.decode("utf-8", "replace").encode(codec) if codec else content


def judge(inside: Any, folder: Path, content: bytes) -> None:
    bad, good, history = folder / "bad.json", folder / "good.json", folder / "h.jsonl"
    bad.write_bytes(content)
    good.write_text(TEXT, encoding="utf-8")
    history.unlink(missing_ok=True)
    out = folder / "out.json"
    sides = (bad, good) if len(content) % 2 else (good, bad)
    out.unlink(missing_ok=True)
    answered(inside("compare", *sides, "--json", out, "--force"))
    if out.exists():
        assert_compared(json.loads(out.read_text("utf-8")))
    words = ("--file", history, "--commit", commit(1), "--force")
    done = inside("history", "add", bad, "--reference", good, *words)
    answered(done)
    if done.returncode == 0:
        shown = inside("history", "show", "--file", history)
        assert shown.returncode == 0 and shown.stderr == "", shown


def answered(done: Any) -> None:
    assert done.returncode in DOCUMENTED, done
    said = done.stdout + done.stderr
    assert "Traceback" not in said and "fault of Convoy" not in said, done
    if done.returncode == 2:
        assert done.stdout == "" and done.stderr.startswith("convoy: "), done


def assert_compared(told: Json) -> None:
    """Never SAME where nothing was compared."""
    for each in told["benchmarks"]:
        assert each["ratio"] > 0 and min(each["samples"]) > 0, each
    assert told["benchmarks"] or told["verdict"] != "SAME", told


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same each time is done once; what a crash leaves on the disk is not asked."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(cli, "names", functools.cache(cli.names))
    monkeypatch.setattr(cli, "parser_of", functools.cache(cli.parser_of))
    schema = compile_schema(load.schema(ledger.SCHEMA))
    monkeypatch.setattr(ledger, "compile_schema", lambda _: schema)


@given(mutations=some.lists(MUTATION, min_size=1, max_size=4))
@settings(PROFILE, max_examples=1200)
def test_structure_and_types(mutations: Any, inside: Any, tmp_path: Path) -> None:
    judge(inside, tmp_path, mutated(mutations))


@given(
    strokes=some.lists(BYTES, min_size=1, max_size=3),
    codec=some.sampled_from(["", "", "", "utf-16", "utf-8-sig", "utf-16-le"]),
)
@settings(PROFILE, max_examples=800)
def test_bytes(strokes: Any, codec: str, inside: Any, tmp_path: Path) -> None:
    judge(inside, tmp_path, hit(strokes, codec))
