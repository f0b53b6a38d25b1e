"""Builds a preset, and runs the C++ tests through CTest or by name."""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from tests_python import Outcome

# What Python tests run; built before everything else.
PROGRAMS = ("convoy-bench", "convoy-bench-troubled", "convoy-known-truth", "convoy-unrelated",
            "convoy-unrelated-slowed")  # fmt: skip
GTEST_SUMMARY = re.compile(r"^\[  (PASSED|SKIPPED|FAILED) +\] (\d+) tests?[.,]", re.MULTILINE)


def configure(root: Path, preset: str, options: list[str]) -> bool:
    """Where the folder is new, or an option is."""
    folder = root / "build" / preset
    cache = folder / "CMakeCache.txt"
    known = cache.read_text() if (folder / "build.ninja").exists() else ""
    options = ["-DCONVOY_TESTS=ON", *options]
    new = [o for o in options if not re.search(re.escape(o[2:]).replace("=", ":[A-Z]+="), known)]
    return not new or run(["cmake", "--preset", preset, *options], root)


def build(root: Path, preset: str, *targets: str) -> bool:
    wanted = ["--target", *targets] if targets else []
    return run(["cmake", "--build", str(root / "build" / preset), *wanted], root)


def run(command: list[str], root: Path) -> bool:
    return subprocess.call(command, cwd=root) == 0


def run_suites(root: Path, preset: str) -> Outcome:
    """Counts single tests; a suite that died without a summary is one failure."""
    folder = root / "build" / preset
    outcome = Outcome()
    log = folder / "Testing" / "Temporary" / "LastTest.log"
    report = folder / "ctest.xml"
    for old in (log, report):
        old.unlink(missing_ok=True)
    jobs = str(len(os.sched_getaffinity(0)))
    command = ["ctest", "--test-dir", str(folder), "--output-on-failure", "--no-tests=error",
               "--output-junit", str(report), "-j", jobs]  # fmt: skip
    passed = run(command, root)
    count_summaries(log.read_text(errors="replace") if log.exists() else "", outcome.count)
    if not passed and not outcome.count["failed"]:
        outcome.count["failed"] = 1
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            outcome.seconds[str(case.get("name"))] = float(case.get("time", 0))
    return outcome


def count_summaries(text: str, count: Counter[str]) -> None:
    for outcome, number in GTEST_SUMMARY.findall(text):
        count[outcome.lower()] += int(number)


def run_selected(root: Path, preset: str, pattern: re.Pattern[str]) -> Outcome:
    """The tests whose names, as Suite.Test, match; in one process."""
    program = root / "build" / preset / "convoy-tests"
    outcome = Outcome()
    names = [name for name in names_of(program) if pattern.search(name)]
    if not names:
        return outcome
    done = subprocess.run(
        [*launcher(), str(program), f"--gtest_filter={':'.join(names)}"],
        cwd=root, check=False, text=True, errors="replace", stdout=subprocess.PIPE,
    )  # fmt: skip
    print(done.stdout, end="", flush=True)
    count_summaries(done.stdout, outcome.count)
    if done.returncode != 0 and not outcome.count["failed"]:
        outcome.count["failed"] = 1
    return outcome


def launcher() -> list[str]:
    """What the sanitizers' programs need is of no harm to the others."""
    fixed = ["setarch", "-R"]
    tried = subprocess.run([*fixed, "true"], check=False, capture_output=True)
    return fixed if tried.returncode == 0 else []


def names_of(program: Path) -> list[str]:
    listing = subprocess.run([*launcher(), str(program), "--gtest_list_tests"], check=True,
                             capture_output=True, text=True).stdout  # fmt: skip
    names, suite = [], ""
    for line in listing.splitlines():
        name = line.split("#")[0].strip()
        if not line.startswith(" "):
            suite = name
        elif suite:
            names.append(suite + name)
    return names
