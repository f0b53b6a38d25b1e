"""The file that keeps a whole measurement, sample by sample."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .. import files
from ..errors import UsageError
from ..results import read_json
from .children import ChildFailed
from .machine import machine
from .telling import Findings

Json = dict[str, Any]
VERSION = 1


def document(repeats: int, seed: int, quick: bool) -> Json:
    """What a measurement begins with; `interpreters` are added as they are."""
    return {
        "fidelity_version": VERSION,
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command_line": sys.argv,
        "machine": machine(),
        "repeats": repeats,
        "quick": quick,
        "seed": seed,
        "interrupted": False,
        "unfit": [],
        "interpreters": [],
    }


def load(path: Path) -> Json:
    """A file that `--json` wrote before."""
    again = "Give one that `scripts/convoy fidelity --json X.json` wrote."
    found = read_json(path)
    if not isinstance(found, dict) or found.get("fidelity_version") != VERSION:
        raise UsageError(f"{path} holds no measurement of fidelity, or another version's. {again}")
    try:
        Findings(found)
    except (KeyError, TypeError, ValueError, AttributeError, ChildFailed) as error:
        raise UsageError(f"{path} is damaged: {error!r}. {again}") from error
    return found


def text_of(measured: Json) -> str:
    return json.dumps(measured, allow_nan=False)


def write(path: Path, measured: Json) -> None:
    """All of it or nothing."""
    files.write(path, f"{text_of(measured)}\n".encode(), "--json FILE")
