"""Several results in one file, as `cat a.json b.json` makes them: one, if that is what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import fingerprints
from .errors import UsageError

Json = dict[str, Any]


def whole(path: Path, documents: list[Any]) -> Json:
    """The benchmarks of all, if one machine and build measured them. Else UsageError."""
    if not all(is_plain(each) for each in documents):
        raise UsageError(
            f"{path} holds {len(documents)} results one after another, and which one is meant is "
            "not to be seen. Put each into a file of its own."
        )
    contexts = [each.get("context") for each in documents]
    facts = [fingerprints.facts_of(context) for context in contexts]
    if any(each != facts[0] for each in facts):
        raise UsageError(
            f"{path} holds {len(documents)} results one after another, of different machines or "
            "builds. Put each into a file of its own."
        )
    rows = [row for each in documents for row in each["benchmarks"]]
    return documents[0] | {"benchmarks": rows}  # type: ignore[no-any-return]


def is_plain(document: Any) -> bool:
    """Google Benchmark's form and nothing else."""
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        return False
    return not any(key.startswith("convoy") for key in document)
