"""Any program made with Google Benchmark: which benchmarks it has, and one of them in a process."""

from __future__ import annotations

import hashlib
import math
import os
import re
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Optional

from ..errors import UsageError
from . import readings
from .process import BudgetSpent, Ended, RunFailed, TooSlow, name_of, run
from .readings import Reading

NOTHING = "--benchmark_filter=^$x"  # what no name matches
# What POSIX's extended expressions, which all versions know, give a meaning to.
SPECIAL = re.compile(r"([\^$\\.*+?()\[{|])")


class Run(NamedTuple):
    """One benchmark in one process."""

    reading: Reading
    ended: Ended


def only(name: str) -> str:
    """The filter that this name alone matches."""
    escaped = SPECIAL.sub(r"\\\1", name)
    return f"--benchmark_filter=^{escaped}$"


def numbered(name: str, at: int, taken: Collection[str]) -> str:
    """What the benchmark is called that has `at` others of its name before it."""
    if not at:
        return name
    while (own := f"{name} ({at + 1})") in taken:
        at += 1
    return own


def check_path(path: Path) -> None:
    """Raises UsageError for what cannot be a program."""
    if not path.is_file():
        raise UsageError(f"{path} is no file. Give a program made with Google Benchmark.")
    if not os.access(path, os.X_OK):
        raise UsageError(f"{path} is not executable. `chmod +x {path}` if it is a program.")


class Program:
    """A benchmark program. Used from the controller alone, which waits for each process."""

    def __init__(
        self, path: Path, folder: Path, limit_s: float, cpus: Optional[Collection[int]] = None,
        cwd: Optional[Path] = None,
    ) -> None:  # fmt: skip
        """`folder`: for what it writes. `cwd`: where it runs; None: where this process does."""
        check_path(path)
        self.path = path.absolute()
        self.folder, self.limit_s, self.cpus, self.cwd = folder, limit_s, cpus, cwd
        self.library_version: Optional[str] = None
        self.deadline: Optional[float] = None  # on the monotonic clock: then a budget is spent
        self.counts = False  # whether --benchmark_min_time=Nx fixes the number of iterations
        self.start_s = 0.0  # how long it takes until it would begin with a benchmark
        self.alike: dict[str, int] = {}  # names that several have, and how many
        self._later: dict[str, tuple[str, int]] = {}  # of these: the name, and how many come before
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def names(self) -> list[str]:
        """Its benchmarks in its order. Asks with a fixed count of iterations, to see if it may."""
        listing = "--benchmark_list_tests=true"
        ended = self._call([listing, "--benchmark_min_time=1x"], capture=True)
        # Before 1.8 this is no number, which even those say that then go on.
        self.counts = ended.status == 0 and "expected to be a double" not in ended.last_words
        if not self.counts:
            ended = self._call([listing], capture=True)
        if ended.status != 0:
            said = f": {ended.last_words.rstrip('.')}" if ended.last_words else ""
            raise UsageError(
                f"{self.path} lists no benchmarks: {name_of(ended.status)}{said}. "
                f"Is it a program of Google Benchmark? See `{self.path} {listing}`."
            )
        # A program may say other things, too: those that it says where nothing is to be listed.
        silent = self._call([listing, NOTHING], capture=True)
        self.start_s = silent.wall_s
        other = Counter(_lines(silent.out))
        found = []
        for line in _lines(ended.out):
            if other[line]:
                other[line] -= 1
            elif line.strip():
                found.append(line)
        return self._told_apart(found)

    def really_has(self, line: str) -> bool:
        """Whether a line of its listing is a benchmark, and nothing that it says besides.

        A banner may tell the time, or be told where something is listed alone.
        """
        if line in self._later:
            return True
        said = []
        for words in (only(line), NOTHING):
            ended = self._call(["--benchmark_list_tests=true", words], capture=True)
            said.append(_lines(ended.out).count(line))
        return said[0] > said[1]

    def _told_apart(self, found: list[str]) -> list[str]:
        """A name for each: the second of a name that several have gets a number."""
        self.alike = {name: count for name, count in Counter(found).items() if count > 1}
        before: Counter[str] = Counter()
        named = dict.fromkeys(found)
        for name in found:
            if before[name]:
                own = numbered(name, before[name], named)
                named[own] = None
                self._later[own] = (name, before[name])
            before[name] += 1
        return list(named)

    def shared_name(self, name: str) -> Optional[str]:
        """What the program itself calls it, where it calls another one so, too."""
        plain = self._later.get(name, (name, 0))[0]
        return plain if plain in self.alike else None

    def run(self, name: str, setting: str) -> Run:
        """One benchmark in a fresh process. Raises RunFailed, and then it no longer runs either."""
        file = self.folder / "out.json"
        file.unlink(missing_ok=True)
        plain, at = self._later.get(name, (name, 0))
        words = [only(plain), f"--benchmark_out={file}", "--benchmark_out_format=json",
                 "--benchmark_repetitions=1"]  # fmt: skip
        ended = self._call([*words, *([setting] if setting else [])])
        if ended.status != 0:
            raise RunFailed(readings.why(ended, file, plain))
        document = readings.load(file)
        self.library_version = self.library_version or readings.version_of(document)
        return Run(readings.reading(document, plain, at), ended)

    def _call(self, words: list[str], capture: bool = False) -> Ended:
        left_s = math.inf if self.deadline is None else self.deadline - time.monotonic()
        if left_s <= 0:
            raise BudgetSpent
        command = [str(self.path), *words]
        try:
            limit_s = min(self.limit_s, left_s)
            return run(command, self.folder, limit_s, self.cpus, capture, self.cwd)
        except TooSlow:
            if left_s < self.limit_s:
                raise BudgetSpent from None
            raise


def _lines(text: bytes) -> list[str]:
    return [line.rstrip("\r") for line in text.decode("utf-8", "surrogateescape").split("\n")]
