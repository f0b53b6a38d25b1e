"""Which interpreters there are: those that are named, and those that are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..terminal import note, table
from . import interpreters
from .children import ChildFailed
from .interpreters import Interpreter
from .native import Bench
from .session import Subject

Json = dict[str, Any]


@dataclass
class Found:
    """Who answered; and of those that were asked for by name, who did not."""

    subjects: list[Subject] = field(default_factory=list)
    failed: list[Json] = field(default_factory=list)


def named(texts: Sequence[str]) -> list[Path]:
    return [interpreters.named(text) for text in texts]


def find(paths: Sequence[Path], search: bool, folder: Path, timeout_s: float) -> Found:
    """Asks everyone; `folder` takes what must be compiled."""
    found, answered = Found(), []
    for path in paths:
        try:
            answered.append(interpreters.ask(path, folder, timeout_s))
        except ChildFailed as failure:
            note(f"{path} does not answer: {failure}")
            found.failed.append(unanswered(path, str(failure)))
    for name in interpreters.SEARCHED if search else ():
        # Who was not named and does not answer, as a version manager's stand-in, is passed over.
        for path in interpreters.candidates(name):
            try:
                answered.append(interpreters.ask(path, folder, timeout_s))
                break
            except ChildFailed as failure:
                note(f"{path} does not answer and is passed over: {failure}")
    labels: set[str] = set()
    for interpreter in interpreters.distinct(answered):
        subject = Subject.of(interpreter, [])
        if interpreter.label in labels:
            subject.seen["label"] = f"{interpreter.label} in {interpreter.path.parent}"
        labels.add(interpreter.label)
        found.subjects.append(subject)
    return found


def unanswered(path: Path, reason: str) -> Json:
    failure = {"setting": "about", "side": "real", "reason": reason}
    return {
        "label": str(path), "path": str(path), "kind": interpreters.kind_of(path), "policy": None,
        "about": {}, "runs": [], "failures": [failure], "lacking": [],
    }  # fmt: skip


def listed(found: Found, program: Bench) -> Iterator[str]:
    """A line an interpreter: what it is, its lock, and the policy beside it."""
    lines = [
        (
            subject.interpreter.label, state(subject.interpreter),
            policy(subject.interpreter, program), str(subject.interpreter.path),
        )
        for subject in found.subjects
    ]  # fmt: skip
    yield from table(("interpreter", "its lock", "policy", "path"), lines)


def state(interpreter: Interpreter) -> str:
    about = interpreter.about
    if not interpreter.gil:
        return "off"
    if about.get("interval_ns") and interpreter.has_interval:
        return f"on, every {about['interval_ns'] / 1e6:g} ms"
    if about.get("interval_ticks"):
        return f"on, every {about['interval_ticks']} ticks"
    return "on"


def policy(interpreter: Interpreter, program: Bench) -> str:
    name = interpreter.policy
    if name is None:
        return "none is made after it"
    missing = name.partition(":")[0] not in program.policies
    return f"{name} (not in this convoy-bench)" if missing else name
