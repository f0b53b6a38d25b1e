"""Any program made with Google Benchmark: which benchmarks it has, and one of them in a process."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Optional

from ..errors import UsageError
from . import readings
from .process import Ended, RunFailed, name_of, run
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


def check_path(path: Path) -> None:
    """Raises UsageError for what cannot be a program."""
    if not path.is_file():
        raise UsageError(f"{path} is no file. Give a program made with Google Benchmark.")
    if not os.access(path, os.X_OK):
        raise UsageError(f"{path} is not executable. `chmod +x {path}` if it is a program.")


class Program:
    """A benchmark program. Used from the controller alone, which waits for each process."""

    def __init__(
        self, path: Path, folder: Path, limit_s: float, cpus: Optional[Collection[int]] = None
    ) -> None:
        check_path(path)
        self.path = path.absolute()
        self.folder, self.limit_s, self.cpus = folder, limit_s, cpus
        self.library_version: Optional[str] = None
        self.counts = False  # whether --benchmark_min_time=Nx fixes the number of iterations
        self.start_s = 0.0  # how long it takes until it would begin with a benchmark
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
        return list(dict.fromkeys(found))

    def run(self, name: str, setting: str) -> Run:
        """One benchmark in a fresh process. Raises RunFailed, and then it no longer runs either."""
        file = self.folder / "out.json"
        file.unlink(missing_ok=True)
        words = [only(name), f"--benchmark_out={file}", "--benchmark_out_format=json",
                 "--benchmark_repetitions=1"]  # fmt: skip
        ended = self._call([*words, *([setting] if setting else [])])
        if ended.status != 0:
            raise RunFailed(readings.why(ended, file, name))
        document = readings.load(file)
        self.library_version = self.library_version or readings.version_of(document)
        return Run(readings.reading(document, name), ended)

    def _call(self, words: list[str], capture: bool = False) -> Ended:
        return run([str(self.path), *words], self.folder, self.limit_s, self.cpus, capture)


def _lines(text: bytes) -> list[str]:
    return [line.rstrip("\r") for line in text.decode("utf-8", "surrogateescape").split("\n")]
