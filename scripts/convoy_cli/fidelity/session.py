"""Runs every setting in each interpreter and natively by turns, and keeps all that was seen."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ..core.guard import bound
from ..core.interpreters import candidates, kind_of, named, read_line
from ..core.processes import ProcessFailed, output
from ..core.terminal import note, shows_status, status, table
from ..core.units import MS, SECOND
from . import interpreters, native
from .interpreters import Interpreter
from .native import Bench
from .settings import CALL_NS, Setting, calibration

# -------------------------------------------------------------------------------------------------
# The other side of a probe's UDP conversation: an echo server on the loopback interface.

STOP = b"convoy: stop"


class EchoPeer:
    """Echoes datagrams, or answers them after a while with the time: monotonic, and of the day.

    One thread, from the block's begin to its end. It shares this process with nobody who computes:
    the main thread sleeps until the probe has ended.
    """

    def __init__(self, delay_ns: int, stamps: bool) -> None:
        self.delay_ns, self.stamps = delay_ns, stamps
        self.talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.talk.bind(("127.0.0.1", 0))
        self.address = self.talk.getsockname()
        self.thread = threading.Thread(target=self.answer, name="echo peer", daemon=True)

    @property
    def port(self) -> int:
        return int(self.address[1])

    def __enter__(self) -> EchoPeer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(STOP, self.address)
        self.thread.join(5 + self.delay_ns / 1e9)
        self.talk.close()

    def answer(self) -> None:
        receive, send = self.talk.recvfrom, self.talk.sendto
        while True:
            message, sender = receive(65536)
            if message == STOP:
                return
            if self.delay_ns:
                time.sleep(self.delay_ns / 1e9)
            if self.stamps:
                message = b"%d %d" % (time.monotonic_ns(), time.time_ns())
            try:
                send(message, sender)
            except OSError:  # the probe has gone
                continue


# -------------------------------------------------------------------------------------------------
# How long calls may last beside which a lock that counts bytecodes is waited for.
#
# CPython 2.x offers its lock once in a dozen calls, and who waits on another CPU is awake too late
# for most offers: beside calls of 5 us a datagram lay for 0.2 ms on one machine, beside calls of
# 20 us for seconds, and beside calls of 1 ms a round would not end.

LEAST_NS = 2000
PINGS = 5  # beside calls of each length, of which each is twice the one before
LOOK_S = 5.0  # for these to arrive


def counts(interpreter: Interpreter, setting: Setting) -> bool:
    """Whether this is a setting whose calls have to be sized."""
    return interpreter.policy == "cpython27" and bool(setting.real.get("call_ns"))


def lengths_ns() -> Iterator[int]:
    length = LEAST_NS
    while length < CALL_NS:
        yield length
        length *= 2
    yield CALL_NS


def affordable_ns(setting: Setting) -> int:
    """How long a wait may last, half of what the round has for it: some last for several times."""
    period_ns = setting.peer_delay_ns or 0
    return max(MS, (setting.real["limit_ns"] // setting.real["count"] - period_ns) // 2)


def wait_ns(interpreter: Interpreter, setting: Setting, length_ns: int) -> float:
    """The mean wait beside calls of this length. Raises ProcessFailed where it lasts too long."""
    asked = setting.real | {"call_ns": length_ns, "count": PINGS, "limit_ns": SECOND}
    words = [*interpreter.command, setting.probe, *(f"{key}={asked[key]}" for key in asked)]
    with EchoPeer(setting.peer_delay_ns or 0, setting.stamps) as peer:
        found = native.of_real(read_line(output([*words, f"port={peer.port}"], LOOK_S)))
    if found.spread is None:
        raise ProcessFailed("no datagram arrived")
    return found.spread.mean


def sized(interpreter: Interpreter, setting: Setting) -> Setting:
    """The same beside calls of the greatest length that it can wait for. Raises ProcessFailed."""
    most_ns, length_ns = affordable_ns(setting), 0
    reason = f"a wait lasts more than {most_ns / MS:.0f} ms"
    for candidate in lengths_ns():
        try:
            if wait_ns(interpreter, setting, candidate) > most_ns:
                break
        except ProcessFailed as failure:
            reason = str(failure)
            break
        length_ns = candidate
    if not length_ns:
        raise ProcessFailed(f"no time for long calls: beside calls of {LEAST_NS} ns {reason}")
    parameters = setting.native.parameters | {"call": f"{length_ns}ns"}
    return replace(
        setting,
        real=setting.real | {"call_ns": length_ns},
        native=replace(setting.native, parameters=parameters),
    )


# -------------------------------------------------------------------------------------------------
# Runs every setting in each interpreter and natively by turns, and keeps all that was seen.

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
        self.shown = shows_status()

    def show(self, words: str) -> None:
        self.done += 1
        if self.shown:
            status(f"{self.done}/{self.total} {words}")

    def clear(self) -> None:
        if self.shown:
            status()

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
            except ProcessFailed as failure:
                self.given_up.add(what)
                self.fail(subject, setting.key, side, str(failure))

    def size(self, subject: Subject, setting: Setting) -> Optional[Setting]:
        """The setting with calls that either side can wait beside; None where there are none."""
        what = (str(subject.interpreter.path), setting.key)
        if what not in self.sized:
            self.sized[what] = setting
            if counts(subject.interpreter, setting):
                try:
                    self.sized[what] = sized(subject.interpreter, setting)
                except ProcessFailed as failure:
                    self.sized[what] = None
                    subject.seen["lacking"].append(f"{setting.key} is skipped: {failure}")
                    self.progress.note(f"{subject.seen['label']}, {setting.key}: {failure}")
        return self.sized[what]

    def lacks(self, subject: Subject, setting: Setting) -> bool:
        """Whether there is nothing to run natively; says so once a reason."""
        lacking = self.bench.lacks(subject.interpreter.policy, setting)
        if lacking and lacking not in subject.seen["lacking"]:
            subject.seen["lacking"].append(lacking)
            self.progress.note(f"{subject.seen['label']} has no native counterpart: {lacking}")
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
            text = output(words, limit_s, environment=environment)
        else:
            with EchoPeer(setting.peer_delay_ns, setting.stamps) as peer:
                text = output([*words, f"port={peer.port}"], limit_s, environment=environment)
        raw = read_line(text)
        reading = native.of_real(raw)
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
        told, parameters = calibration(subject.interpreter)
        gil = self.bench.gil(policy, setting, **parameters)
        raw = native.measure(
            self.bench, gil, setting, round_ns, self.seed + repeat, self.limits.folder
        )
        native.of_native(raw)
        return raw | told


# -------------------------------------------------------------------------------------------------
# Which interpreters there are: those that are named, and those that are found.


@dataclass
class Found:
    """Who answered; and of those that were asked for by name, who did not."""

    subjects: list[Subject] = field(default_factory=list)
    failed: list[Json] = field(default_factory=list)


def named_paths(texts: Sequence[str]) -> list[Path]:
    return [named(text) for text in texts]


def find(paths: Sequence[Path], search: bool, folder: Path, timeout_s: float) -> Found:
    """Asks everyone; `folder` takes what must be compiled."""
    found, answered = Found(), []
    for path in paths:
        try:
            answered.append(interpreters.ask(path, folder, timeout_s))
        except ProcessFailed as failure:
            note(f"{path} does not answer: {failure}")
            found.failed.append(unanswered(path, str(failure)))
    for name in interpreters.SEARCHED if search else ():
        # Who was not named and does not answer, as a version manager's stand-in, is passed over.
        for path in candidates(name):
            try:
                answered.append(interpreters.ask(path, folder, timeout_s))
                break
            except ProcessFailed as failure:
                note(f"{path} does not answer and is skipped: {failure}")
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
        "label": str(path), "path": str(path), "kind": kind_of(path), "policy": None,
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
    yield from table(("interpreter", "has a lock", "lock beside it", "path"), lines)


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
        return f"none made after {interpreter.label}: it is measured alone"
    missing = name.partition(":")[0] not in program.policies
    return f"{name} (not in this convoy-bench)" if missing else name
