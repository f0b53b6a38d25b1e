"""Reads result files: what is not one is refused with a message that says what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

from . import decoding, files, foreign, joined
from .errors import UsageError
from .rows import Failure, Json, Result, Unfinished, row
from .schema import compile_schema, first_breach

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_VERSION = 1
# Into a file that is not there: nobody is told to overwrite what is to be looked at.
AGAIN = "Measure again into a new file, `scripts/convoy run --json NEW.json`."


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
    return validated(path, read_json(path))


def validated(path: Path, document: Any) -> Result:
    """The result that was read from `path`. Raises UsageError for anything else."""
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
        unfinished=tuple(Unfinished(**entry) for entry in convoy.get("did_not_finish", ())),
    )


def read_json(
    path: Path,
    constants: Optional[list[str]] = None,
    repairs: Optional[list[str]] = None,
    again: str = AGAIN,
) -> Any:
    """The JSON in `path`, which is opened once. UsageError where it has none.

    NaN and Infinity are refused, or noted in `constants` if it is given. What is not JSON and was
    read all the same is noted in `repairs`.
    """

    def constant(name: str) -> None:
        if constants is None:
            raise ValueError(f"it holds {name}, which is no number")
        constants.append(name)

    content = read_bytes(path, again)
    try:
        found = decoding.decode(content, constant)
    except decoding.Unreadable as error:
        raise UsageError(complaint(path, content, str(error), again)) from error
    except ValueError as error:
        raise UsageError(f"{path} is no result file: {error}. {again}") from error
    if repairs is not None:
        repairs += found.repairs
    return found.documents[0] if len(found.documents) == 1 else joined.whole(path, found.documents)


def read_bytes(path: Path, again: str = AGAIN) -> bytes:
    try:
        return files.read(path)
    except IsADirectoryError as error:
        raise UsageError(
            f"{path} is a folder, not a result file. Name a file in it, X.json."
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be read: {why}. {again}") from error


def complaint(path: Path, content: bytes, why: str, again: str) -> str:
    """What is said of a file without JSON: whose it is, where that can be seen."""
    theirs = foreign.of_text(content.decode("utf-8", "replace"))
    if theirs is not None:
        return f"{path} is {theirs.name}, not a result in JSON. {theirs.advice}"
    return f"{path} {why}. {again}"


def check_version(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "convoy" not in document:
        theirs = foreign.of_document(document)
        if theirs is not None:
            raise UsageError(f"{path} is {theirs.name}, not a result of Convoy. {theirs.advice}")
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
            f"{path} breaks the result schema at {breach[0]}: {breach[1]}. {AGAIN}"
        )


def _is_google(document: Any) -> bool:
    return isinstance(document, dict) and "context" in document and "benchmarks" in document
