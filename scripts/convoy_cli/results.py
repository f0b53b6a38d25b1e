"""Reads result files: what is not one is refused with a message that says what to do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Optional

from .errors import UsageError
from .rows import Failure, Json, Result, row
from .schema import compile_schema, first_breach

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_VERSION = 1
AGAIN = "Measure again with `scripts/convoy run --json {path}`."


def schema(name: str = "schema.json") -> Json:
    """The schema of result files, or `track.schema.json`."""
    path = ROOT / "results" / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}), and results are checked against it. "
            "Restore it with `git checkout results`."
        ) from error


def load(path: str | Path) -> Result:
    """The result file at `path`, validated. Raises UsageError for anything else."""
    path = Path(path)
    document = read_json(path)
    check_version(path, document)
    check_schema(path, document, "schema.json")
    return result(path, document)


def result(path: Path, document: Json) -> Result:
    """A document that is known to be valid, as objects."""
    convoy = document["convoy"]
    failed = {entry["name"] for entry in convoy["failed"]}
    return Result(
        path=path,
        rows=tuple(row(raw) for raw in convoy["rows"] if raw["name"] not in failed),
        failed=tuple(
            Failure(entry["name"], entry["reason"], entry["pass"], entry["samples"])
            for entry in convoy["failed"]
        ),
        document=document,
    )


def read_json(path: Path, constants: Optional[list[str]] = None) -> Any:
    """The JSON in `path`. NaN and Infinity are refused, or noted in `constants` if it is given."""

    def constant(name: str) -> None:
        if constants is None:
            raise ValueError(f"it holds {name}, which is no number")
        constants.append(name)

    def finite(digits: str) -> float | None:
        value = float(digits)
        if math.isfinite(value):
            return value
        constant(digits)
        return None

    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder, not a result file. Name a file in it, X.json.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not JSON: byte {error.start} is not UTF-8. Is it a result file? "
            + AGAIN.format(path="X.json")
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"{path} cannot be read: {why}. " + AGAIN.format(path="X.json")
        ) from error
    if not text.strip():
        raise UsageError(f"{path} is empty. " + AGAIN.format(path=path))
    try:
        return json.loads(text, parse_constant=constant, parse_float=finite)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "ends too early, as if cut off" if cut else f"is not JSON ({error.msg})"
        raise UsageError(
            f"{path} {what}, at line {error.lineno}, column {error.colno}. "
            + AGAIN.format(path=path)
        ) from error
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply to be a result file.") from error
    except ValueError as error:
        again = AGAIN.format(path=path)
        raise UsageError(f"{path} is no result file: {error}. {again}") from error


def check_version(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "convoy" not in document:
        kind = "Google Benchmark's JSON without Convoy's part" if _is_google(document) else "JSON"
        raise UsageError(
            f"{path} is {kind}, not a result of Convoy: it has no `convoy` at the top. "
            "Give the X.json that `scripts/convoy run --json X.json` wrote"
            + (", not X.track.json." if path.name.endswith(".track.json") else ".")
        )
    convoy = document["convoy"]
    version = convoy.get("schema_version") if isinstance(convoy, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UsageError(
            f"{path} has schema version {version}, and this Convoy reads up to {SCHEMA_VERSION}. "
            "It was written by a newer Convoy: read it with that one, or `git pull` first."
        )


def check_schema(path: Path, document: Any, name: str) -> None:
    """Raises UsageError naming the first field that breaks the schema."""
    breach = first_breach(compile_schema(schema(name)), document)
    if breach is not None:
        raise UsageError(
            f"{path} breaks the result schema at {breach[0]}: {breach[1]}. "
            + AGAIN.format(path=path)
        )


def _is_google(document: Any) -> bool:
    return isinstance(document, dict) and "context" in document and "benchmarks" in document
