"""Reads a stored result, whichever program wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import results
from ..errors import UsageError
from ..gate import document as gate_file
from ..gate import readings
from ..gate.process import RunFailed
from . import google, stored
from .stored import Stored


def load(path: Path) -> Stored:
    """The file at `path`. UsageError for anything but a result with its samples."""
    document = read(path)
    if gate_file.is_gate(document):
        raise UsageError(
            f"{path} is a file of the gate, which holds two builds and their verdict already. "
            f"`scripts/convoy history add {path}` keeps it."
        )
    if isinstance(document, dict) and "convoy_compare" in document:
        raise UsageError(
            f"{path} is what `compare --json` wrote: name the two files that it was made from."
        )
    if path.name.endswith(".track.json"):
        raise UsageError(
            f"{path} has one median a benchmark, and samples are needed: they are in "
            f"{path.name.removesuffix('.track.json')}.json beside it."
        )
    return google.stored(path, document) if google.is_google(document) else stored.of_convoy(path)


def read(path: Path) -> Any:
    """JSON, with counters that are no number: nobody reads those here."""
    try:
        return results.read_json(path, [])
    except UsageError as error:
        try:
            return readings.load(path)  # old versions print them as C does
        except RunFailed:
            raise error from None
