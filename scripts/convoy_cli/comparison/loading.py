"""Reads a stored result, whichever program wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import foreign, results
from ..errors import UsageError
from ..gate import document as gate_file
from ..terminal import plain
from . import google, shape, stored
from .stored import Stored

AGAIN = f"Give a result of `scripts/convoy run`, or of a Google Benchmark program: {foreign.GOOGLE}"


def load(path: Path) -> Stored:
    """The file at `path`, read once. UsageError for anything but a result with its samples."""
    document, constants, repairs = read(path)
    return of_document(path, document, constants, repairs)


def read(path: Path) -> tuple[Any, list[str], list[str]]:
    """JSON, what in it is no number, and what is not JSON and was read all the same."""
    constants: list[str] = []
    repairs: list[str] = []
    return results.read_json(path, constants, repairs, AGAIN), constants, repairs


def of_document(path: Path, document: Any, constants: list[str], repairs: list[str]) -> Stored:
    """What was read from `path`."""
    if gate_file.is_gate(document):
        raise UsageError(
            f"{path} is a file of the gate, which holds two builds and their verdict already. "
            f"`scripts/convoy history add {path}` keeps it."
        )
    if isinstance(document, dict) and "convoy_compare" in document:
        raise UsageError(
            f"{path} is what `compare --json` wrote: name the two files that it was made from."
        )
    if isinstance(document, dict) and "convoy_history" in document:
        raise UsageError(
            f"{path} is a line of a history, not a result: `scripts/convoy history show --file "
            f"{path}` shows it."
        )
    if path.name.endswith(".track.json"):
        raise UsageError(
            f"{path} has one median a benchmark, and samples are needed: they are in "
            f"{path.name.removesuffix('.track.json')}.json beside it."
        )
    theirs = foreign.of_document(document)
    if theirs is not None:
        raise UsageError(f"{path} is {theirs.name}, which Convoy does not compare. {theirs.advice}")
    if isinstance(document, dict) and "convoy" in document:
        if constants:
            raise UsageError(
                f"{path} is no result file: it holds {constants[0]}, which is no number. "
                f"{results.AGAIN}"
            )
        made = stored.of_convoy(path, document)
    elif google.is_google(document):
        left_out: list[str] = []
        made = google.stored(path, shape.sound(path, document, left_out))
        made.read_as += left_out
    else:
        raise UsageError(f"{path} is JSON, but no result: it has no list `benchmarks`. {AGAIN}")
    made.read_as[:0] = [f"{path} was read although {plain(repair)}" for repair in repairs]
    return made
