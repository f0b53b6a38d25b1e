"""Runs every setting in each interpreter and natively by turns, and keeps all that was seen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..running import bound
from ..terminal import aside, note
from . import calls, native, readings, turns
from .children import ChildFailed, run
from .effort import SECOND
from .interpreters import Interpreter, read_line
from .native import Bench
from .peer import EchoPeer
from .settings import Setting

Json = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """How long an interpreter may take beyond its probe's own time; and where files may lie."""

    grace_s: float
    folder: Path


class Progress:
    """A line on a terminal that says what is under way; nothing anywhere else."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total
        self.shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, words: str) -> None:
        self.done += 1
        if self.shown:
            line = f"{self.done}/{self.total} {words}"[:79]
            aside(f"\r\033[K{line}", "")

    def clear(self) -> None:
        if self.shown:
            aside("\r\033[K", "")

    def note(self, words: str) -> None:
        self.clear()
        note(words)


@dataclass
class Subject:
    """An interpreter with what is measured of it, and what has been seen so far."""

    interpreter: Interpreter
    settings: list[Setting]
    seen: Json

    @staticmethod
    def of(interpreter: Interpreter, settings: list[Setting]) -> Subject:
        seen: Json = {
            "label": interpreter.label, "path": str(interpreter.path), "kind": interpreter.kind,
            "policy": interpreter.policy, "about": interpreter.about, "runs": [], "failures": [],
            "lacking": [],
        }  # fmt: skip
        return Subject(interpreter, settings, seen)


class Session:
    """One measurement from begin to end; `subjects` hold what there is whenever it is ended."""

    def __init__(
        self, bench: Bench, subjects: Sequence[Subject], repeats: int, seed: int, limits: Limits
    ) -> None:
        self.bench, self.subjects, self.repeats = bench, subjects, repeats
        self.seed, self.limits = seed, limits
        self.given_up: set[tuple[str, str, str]] = set()
        self.round_ns: dict[tuple[str, str], int] = {}
        self.sized: dict[tuple[str, str], Optional[Setting]] = {}
        self.progress = Progress(repeats * sum(len(subject.settings) for subject in subjects))

    def run(self) -> None:
        try:
            for repeat in range(self.repeats):
                for subject in self.subjects:
                    for setting in subject.settings:
                        words = f"repeat {repeat + 1}, {subject.interpreter.label}, {setting.key}"
                        self.progress.show(words)
                        self.take(subject, setting, repeat)
        finally:
            self.progress.clear()

    def take(self, subject: Subject, setting: Setting, repeat: int) -> None:
        """Both sides once; who begins changes with every repeat."""
        affordable = self.size(subject, setting)
        if affordable is None:
            return
        setting = affordable
        sides: list[tuple[str, Callable[[Subject, Setting, int], Json]]] = [
            ("real", self.take_real), ("native", self.take_native),
        ]  # fmt: skip
        if repeat % 2:
            sides.reverse()
        seen: Json = {
            "setting": setting.key, "parameters": setting.real, "repeat": repeat,
            "first": sides[0][0], "real": None, "native": None,
        }  # fmt: skip
        subject.seen["runs"].append(seen)
        if setting.one_cpu:
            allowed = sorted(os.sched_getaffinity(0))
            seen["cpus"] = [allowed[repeat % len(allowed)]]
        for side, measure in sides:
            what = (str(subject.interpreter.path), setting.key, side)
            if what in self.given_up or (side == "native" and self.lacks(subject, setting)):
                continue
            try:
                with bound(seen.get("cpus")):
                    seen[side] = measure(subject, setting, repeat)
            except ChildFailed as failure:
                self.given_up.add(what)
                self.fail(subject, setting.key, side, str(failure))

    def size(self, subject: Subject, setting: Setting) -> Optional[Setting]:
        """The setting with calls that either side can wait beside; None where there are none."""
        what = (str(subject.interpreter.path), setting.key)
        if what not in self.sized:
            self.sized[what] = setting
            if calls.counts(subject.interpreter, setting):
                try:
                    self.sized[what] = calls.sized(subject.interpreter, setting)
                except ChildFailed as failure:
                    self.sized[what] = None
                    subject.seen["lacking"].append(f"{setting.key} is skipped: {failure}")
                    self.progress.note(f"{subject.seen['label']}, {setting.key}: {failure}")
        return self.sized[what]

    def lacks(self, subject: Subject, setting: Setting) -> bool:
        """Whether there is nothing to run natively; says so once a reason."""
        lacking = self.bench.lacks(subject.interpreter.policy, setting)
        if lacking and lacking not in subject.seen["lacking"]:
            subject.seen["lacking"].append(lacking)
            self.progress.note(f"{subject.seen['label']} has nothing beside it: {lacking}")
        return bool(lacking)

    def fail(self, subject: Subject, key: str, side: str, reason: str) -> None:
        failure = {"setting": key, "side": side, "reason": reason}
        if failure["reason"] not in [other["reason"] for other in subject.seen["failures"]]:
            who = subject.seen["label"] if side == "real" else "convoy-bench"
            self.progress.note(f"{who}, {key}: {reason}")
        subject.seen["failures"].append(failure)

    def take_real(self, subject: Subject, setting: Setting, _: int) -> Json:
        words = [*subject.interpreter.command, setting.probe]
        words += [f"{key}={value}" for key, value in setting.real.items()]
        longest_ns = setting.rounds * setting.real.get("limit_ns", 0)
        limit_s = self.limits.grace_s + 3 * longest_ns / SECOND
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        if setting.peer_delay_ns is None:
            text = run(words, limit_s, environment=environment)
        else:
            with EchoPeer(setting.peer_delay_ns, setting.stamps) as peer:
                text = run([*words, f"port={peer.port}"], limit_s, environment=environment)
        raw = read_line(text)
        reading = readings.of_real(raw)
        if reading.wall_ns:
            self.round_ns[subject.seen["path"], setting.key] = int(reading.wall_ns)
        return raw

    def take_native(self, subject: Subject, setting: Setting, repeat: int) -> Json:
        """As many samples as the interpreter took, or for as long: see Native.counted."""
        policy = subject.interpreter.policy
        assert policy is not None
        limit_ns = setting.real.get("limit_ns", setting.expected_ns)
        expected_ns = min(setting.expected_ns, limit_ns)
        round_ns = self.round_ns.get((subject.seen["path"], setting.key), expected_ns)
        told, parameters = turns.told(subject.interpreter)
        gil = self.bench.gil(policy, setting, **parameters)
        raw = native.measure(
            self.bench, gil, setting, round_ns, self.seed + repeat, self.limits.folder
        )
        readings.of_native(raw)
        return raw | told
