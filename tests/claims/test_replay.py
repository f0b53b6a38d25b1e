"""Runs recorded on a quiet and on a busy machine: none claims what the quiet ones refute.

`quiet` and `quiet_again` had the machine for themselves; beside the others one and two programs
computed all the time, each bound to a CPU. tests/claims/record.py wrote them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from convoy_cli.answer import summary
from convoy_cli.answer.certainty import contradictions
from convoy_cli.answer.summary import document
from convoy_cli.results import load
from convoy_cli.results.rows import Result

FOLDER = Path(__file__).resolve().parent / "recordings"
QUIET = ("quiet", "quiet_again")
BUSY = ("one_busy", "two_busy")


def recorded(name: str) -> Result:
    path = FOLDER / f"{name}.json.gz"
    return load.result(path, json.loads(gzip.decompress(path.read_bytes())))


@pytest.mark.parametrize("other", [*QUIET, *BUSY])
@pytest.mark.parametrize("quiet", QUIET)
def test_no_claim_contradicts_a_quiet_run(quiet: str, other: str) -> None:
    first, second = (document(summary.answer(recorded(name))) for name in (quiet, other))
    assert contradictions(first, second) == []


@pytest.mark.parametrize("name", BUSY)
def test_a_busy_machine_is_told_in_the_first_line(name: str) -> None:
    first = summary.summarise(recorded(name)).lines()[0]
    assert first.startswith("Disturbed: ")


@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_machine_is_answered(name: str) -> None:
    said = document(summary.answer(recorded(name)))
    assert all(claim["resolved"] for claim in said["use"])
    assert not any(claim["disturbed"] for claim in said["use"])
    assert summary.summarise(recorded(name)).lines()[0].startswith("On ")
