"""Runs the Python tests in parts, the longest first, on as many lanes as ask for one."""

import json
import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FOLDERS = ("tests/python", "tests/lint", "tests/cli", "tests/gate", "tests/claims", "tests/browser")
DURATIONS = "tests/durations.json"  # seconds a file took once; only the order depends on them
USUAL_S = 1.0  # of a file that is not in there
PART_S = 20.0  # what a part is filled up to: starting pytest takes a second
SELECTED_NONE = 5  # pytest's exit code


@dataclass
class Outcome:
    """What tests came to; seconds by test."""

    count: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)


def durations_of(root: Path) -> dict[str, float]:
    """Of the files that took longer than most; empty where nobody has written them down."""
    try:
        return dict(json.loads((root / DURATIONS).read_text("utf-8")))
    except FileNotFoundError:
        return {}


def parts_of(root: Path) -> list[list[str]]:
    """Test files in parts of one folder each, the longest part first.

    Of one folder, for each has a conftest.py of its own, and Python knows but one of a name.
    """
    known = durations_of(root)
    parts: list[tuple[float, list[str]]] = []
    for folder in FOLDERS:
        found = (str(file.relative_to(root)) for file in (root / folder).glob("**/test_*.py"))
        files = sorted(found, key=lambda file: (-known.get(file, USUAL_S), file))
        filling, filled = list[str](), 0.0
        for file in files:
            filling.append(file)
            filled += known.get(file, USUAL_S)
            if filled >= PART_S:
                parts.append((filled, filling))
                filling, filled = [], 0.0
        if filling:
            parts.append((filled, filling))
    return [files for _, files in sorted(parts, key=lambda part: -part[0])]


class Parts:
    """The parts that are left. Lanes, each in a thread of its own, take one after the other."""

    def __init__(self, root: Path, build: Path, say: Callable[[str], None]) -> None:
        self.root, self.build, self.say = root, build, say
        self.outcome = Outcome()
        self._left = list(enumerate(parts_of(root)))
        self._lock = threading.Lock()

    def give_up(self) -> None:
        """Whoever asks from now on gets none."""
        with self._lock:
            self._left.clear()

    def run(self) -> None:
        """Runs parts until none is left; what each says is shown when it has ended."""
        while True:
            with self._lock:
                if not self._left:
                    return
                number, files = self._left.pop(0)
            said, outcome = run_part(self.root, self.build, number, files)
            self.say(said)
            with self._lock:
                self.outcome.count += outcome.count
                self.outcome.seconds |= outcome.seconds


def run_part(root: Path, build: Path, number: int, files: list[str]) -> tuple[str, Outcome]:
    report = build / f"pytest-{number}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, f"--junitxml={report}", *files], cwd=root, check=False, text=True,
        env=os.environ | {"CONVOY_TEST_BUILD": str(build)},
        errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    outcome = read_report(report)
    if done.returncode not in (0, SELECTED_NONE) and not outcome.count["failed"]:
        outcome.count["failed"] = 1
    if done.returncode == SELECTED_NONE:
        return "", outcome
    return f"{done.stdout.rstrip()} [{time.monotonic() - began:.0f} s]\n", outcome


def read_report(report: Path) -> Outcome:
    """What pytest counted, as far as it came."""
    outcome = Outcome()
    if not report.exists():
        return outcome
    told = ElementTree.parse(report)
    for suite in told.iter("testsuite"):
        failures = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        outcome.count["failed"] += failures
        outcome.count["skipped"] += skipped
        outcome.count["passed"] += int(suite.get("tests", 0)) - skipped - failures
    for case in told.iter("testcase"):
        file = (case.get("classname") or "").replace(".", "/") + ".py"
        outcome.seconds[f"{file}::{case.get('name')}"] = float(case.get("time", 0))
    return outcome


def write_durations(root: Path, seconds: dict[str, float]) -> None:
    """Writes down the files that took at least twice as long as is assumed of the others."""
    files: Counter[str] = Counter()
    for test, took in seconds.items():
        files[test.split("::")[0]] += round(took, 1)  # type: ignore[assignment]
    slow = {file: round(took, 1) for file, took in sorted(files.items()) if took >= 2 * USUAL_S}
    (root / DURATIONS).write_text(json.dumps(slow, indent=1) + "\n", "utf-8")
