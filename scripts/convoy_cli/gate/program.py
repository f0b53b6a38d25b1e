"""Any program made with Google Benchmark: which benchmarks it has, and what one took."""

from __future__ import annotations

import hashlib
import math
import os
import re
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core import files
from ..core.errors import UsageError
from ..core.processes import Ended, ProcessFailed, TooSlow, name_of, run
from ..core.units import TIMES_NS
from ..results.stored import AGGREGATE, CPU, NO_CPU_WORK, REAL, SEVERAL, SINGLE, numbered
from ..stats.samples import median

# -------------------------------------------------------------------------------------------------
# Reads the JSON of Google Benchmark, of any version: what one benchmark took.

Json = dict[str, Any]

class BudgetSpent(Exception):
    """There is no time left to do it, or to end it."""


class Reported(ProcessFailed):
    """The program itself says in its result why the benchmark failed."""


class Skipped(ProcessFailed):
    """The program says that it leaves the benchmark out, which is no failure."""


class Reading(NamedTuple):
    """What one iteration took, by both clocks."""

    cpu_ns: float
    real_ns: float
    iterations: int  # 0: only aggregates were reported, and nobody knows
    threads: int
    # Of each worker, where a program such as convoy-bench counts them within one iteration; or 0.
    operations: int = 0


def load_output(path: Path) -> Json:
    """The file that `--benchmark_out` wrote."""
    try:
        content = files.read(path)
    except OSError:
        content = b""
    if not content.strip():
        raise ProcessFailed("it wrote no result: no benchmark with this name ran")
    try:
        found = files.decode(content, no_number).documents
    except files.Unreadable as error:
        raise ProcessFailed(f"its result {error}") from error
    if len(found) != 1 or not isinstance(found[0], dict):
        raise ProcessFailed("its result has no list of benchmarks")
    document: Json = found[0]
    if not isinstance(document.get("benchmarks"), list):
        raise ProcessFailed("its result has no list of benchmarks")
    return document


def no_number(name: str) -> float:
    """NaN, or a number that is too large."""
    return math.nan if "nan" in name.lower() else -math.inf if name[0] == "-" else math.inf


def version_of(document: Json) -> Optional[str]:
    """The library's, which says it from 1.9 on."""
    context = document.get("context")
    version = context.get("library_version") if isinstance(context, dict) else None
    return version if isinstance(version, str) and version else None


def reading_of(document: Json, name: str, at: int = 0) -> Reading:
    """The median of what was measured of `name`, without aggregates and complexities.

    Repetitions that failed are left out where others did not. `at`: which of several benchmarks of
    this name, in the order of the file.
    """
    rows = [row for row in document["benchmarks"] if isinstance(row, dict)]
    rows = [row for row in rows if name in (row.get("name"), row.get("run_name"))] or rows
    measured = [row for row in rows if not _is_aggregate(row, name)]
    families = list(dict.fromkeys(_family(row) for row in measured))
    if at and at >= len(families):
        found = f"it reports {len(families)} benchmarks of this name, not {at + 1}"
        raise ProcessFailed(found)
    measured = [row for row in measured if _family(row) == families[at]]
    good = [row for row in measured if not row.get("error_occurred") and not row.get("skipped")]
    for row in measured if not good else []:
        if row.get("error_occurred"):
            raise Reported(f"it reports an error: {_words(row.get('error_message'))}")
        raise Skipped(f"it skips itself: {_words(row.get('skip_message'))}")
    measured = good
    count = median(_count(row, "iterations") for row in measured) if measured else 0
    if not measured:  # a benchmark may be made to report aggregates alone
        measured = [row for row in rows if row.get("aggregate_name") == "median"]
    if not measured:
        raise ProcessFailed("it ran no benchmark with this name")
    return Reading(
        median(_time_ns(row, "cpu_time") for row in measured),
        median(_time_ns(row, "real_time") for row in measured),
        round(count),
        max(1, _count(measured[0], "threads")),
        _operations(measured[0]),
    )


def why(ended: Ended, path: Path, name: str) -> str:
    """How a process came to a bad end, and what it says of that: on stderr, or in its result."""
    said = ended.last_words
    if not said:
        try:
            reading_of(load_output(path), name)
        except Reported as failure:
            said = str(failure)
        except ProcessFailed:
            pass
    return f"{name_of(ended.status)}{f': {said}' if said else ''}"


def _is_aggregate(row: Json, name: str) -> bool:
    kind = row.get("run_type")
    if kind is None:  # before 1.5
        said = str(row.get("name"))
        return said != name and AGGREGATE.search(said) is not None
    return bool(kind != "iteration")


def _family(row: Json) -> tuple[Any, Any]:
    return row.get("family_index"), row.get("per_family_instance_index")


def _time_ns(row: Json, clock: str) -> float:
    value, unit = row.get(clock), row.get("time_unit", "ns")
    known = isinstance(unit, str) and unit in TIMES_NS
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not known:
        raise ProcessFailed(f"its result has no {clock}")
    if not math.isfinite(value) or value < 0:
        raise ProcessFailed(f"its {clock} is {value}, which is not a time")
    return float(value) * TIMES_NS[unit]


def _count(row: Json, key: str) -> int:
    value = row.get(key)
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else 1


def _operations(row: Json) -> int:
    if "workers" not in row or "operations" not in row:
        return 0
    return _count(row, "operations") // max(1, _count(row, "workers"))


def _words(message: Any) -> str:
    words = "".join(letter for letter in str(message or "no reason") if letter.isprintable())
    return words if len(words) <= 300 else f"{words[:300]}…"


# -------------------------------------------------------------------------------------------------
# Any program made with Google Benchmark: which benchmarks it has, and one of them in a process.

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
        raise UsageError(f"{path} is not a file. Give a Google Benchmark program.")
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
                f"{self.path} lists no benchmarks: {name_of(ended.status)}{said}. Is it a Google "
                f"Benchmark program? See `{self.path} {listing}`."
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
        return self._unique(found)

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

    def _unique(self, found: list[str]) -> list[str]:
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
        """One benchmark in a fresh process. Raises ProcessFailed; then it no longer runs."""
        file = self.folder / "out.json"
        file.unlink(missing_ok=True)
        plain, at = self._later.get(name, (name, 0))
        words = [only(plain), f"--benchmark_out={file}", "--benchmark_out_format=json",
                 "--benchmark_repetitions=1"]  # fmt: skip
        ended = self._call([*words, *([setting] if setting else [])])
        if ended.status != 0:
            raise ProcessFailed(why(ended, file, plain))
        document = load_output(file)
        self.library_version = self.library_version or version_of(document)
        return Run(reading_of(document, plain, at), ended)

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


# -------------------------------------------------------------------------------------------------
# How much one process does of a benchmark, settled on the base, and which clock decides.

METRICS = {"cpu": CPU, "real": REAL}
AUTO = "auto"

WORK_NS = 25e6  # so much in a process, where an iteration is short
MOST_NS = 100e6  # more than one iteration only up to here
FEW = 3  # iterations, as far as that: the first one of a process is not like the others
FIRST = "--benchmark_min_time=0.01"  # of the runs that settle it
ONE = "--benchmark_min_time=1e-9"  # one iteration, where their number cannot be given
# What the library takes more than its estimate says that it needs.
GROWTH = 1.4
OWN_COUNT = re.compile(r"/iterations:\d+(?:/|$)")
OWN_CLOCK = re.compile(r"/(?:real_time|manual_time)(?:/|$)")
class Plan(NamedTuple):
    """What both programs are told about a benchmark, and which clock decides."""

    setting: str  # an option of Google Benchmark; empty: the benchmark has a count of its own
    metric: str


def plan_of(
    base: Program, name: str, counted: bool, metric: str = AUTO,
    contender: Optional[Program] = None,
) -> Plan:  # fmt: skip
    """Runs it on the base, twice if a time is to be told from it. `counted`: both programs take a
    number of iterations. The contender is run where it, too, has to compute for CPU time to decide.
    """
    own = OWN_COUNT.search(name) is not None
    seen = base.run(name, "") if own else shorter_of_two(base, name, FIRST)
    clock = METRICS.get(metric) or clock_of(name, seen)
    if metric == AUTO and clock == CPU and contender is not None:
        with suppress(ProcessFailed):  # the first round tells of it
            clock = clock_of(name, shorter_of_two(contender, name, "" if own else FIRST))
    if own:
        operations = seen.reading.operations if counted else 0
        return Plan(f"--benchmark_min_time={operations}x" if operations else "", clock)
    each_ns = iteration_ns(seen, base.start_s)
    library_ns = library_clock_ns(name, seen) or each_ns
    return Plan(setting_of(each_ns, library_ns, counted), clock)


def shorter_of_two(base: Program, name: str, setting: str) -> Run:
    """Of two processes the one whose iterations took less time: the other may have been disturbed.

    One alone was found to take three or four times as long as all after it, now and then, and so
    many iterations too many would then be done in each process of the gate.
    """
    runs = [base.run(name, setting) for _ in range(2)]
    return min(runs, key=lambda run: iteration_ns(run, base.start_s))


def iteration_ns(seen: Run, start_s: float) -> float:
    """The wall time of an iteration, also where the benchmark's own clock runs only at times."""
    reading = seen.reading
    if not reading.iterations:
        return max(1.0, reading.real_ns)
    work_ns = reading.real_ns * reading.iterations
    waited_ns = seen.ended.run_delay_ns or 0
    wall_ns = max(0.0, (seen.ended.wall_s - start_s) * 1e9 - waited_ns)
    if work_ns > wall_ns:  # threads share the iterations, and some versions multiply by threads
        work_ns = max(wall_ns, work_ns / reading.threads)
    # The library has tried smaller numbers before: about a third of it all.
    work_ns = max(work_ns, wall_ns / 1.5 if wall_ns > 3 * work_ns else 0.0)
    return max(1.0, work_ns * reading.threads / reading.iterations)


def iterations_of(each_ns: float, counted: bool) -> int:
    """As many as make up WORK_NS; a few of long ones, and one of those that are longer still.

    Where it cannot be told how many, the library first does one that it leaves out. It is one of
    them, then: with two measured after it, runs were found to lie no further apart than with three.
    """
    count = max(math.ceil(WORK_NS / each_ns), min(FEW, max(1, int(MOST_NS / each_ns))))
    return count if counted or count <= 2 else count - 1


def library_clock_ns(name: str, seen: Run) -> float:
    """An iteration by the clock that the library holds against its shortest time."""
    of_wall = OWN_CLOCK.search(name) is not None
    return (seen.reading.real_ns if of_wall else seen.reading.cpu_ns) * seen.reading.threads


def setting_of(each_ns: float, library_ns: float, counted: bool) -> str:
    """`library_ns`: what the library takes an iteration for; one that sleeps has hardly any."""
    count = iterations_of(each_ns, counted)
    if counted:
        return f"--benchmark_min_time={count}x"
    if count == 1:
        return ONE
    return f"--benchmark_min_time={(count + 0.3) * library_ns / GROWTH / 1e9:.4g}"


def clock_of(name: str, seen: Run) -> str:
    """CPU time for what computes in one thread, wall time for all else.

    Waiting for a CPU is no waiting of its own: on a busy machine, too, it computes.
    """
    if NO_CPU_WORK.search(name) or seen.reading.cpu_ns <= 0:
        return REAL
    count = max(1, seen.reading.iterations)
    total_ns, computed_ns = seen.reading.real_ns * count, seen.reading.cpu_ns * count
    waited_ns = min(seen.ended.run_delay_ns or 0, max(0.0, total_ns - computed_ns))
    share = (computed_ns + waited_ns) / total_ns if total_ns > 0 else 0.0
    several = computed_ns > SEVERAL * total_ns
    return CPU if share >= SINGLE and not several else REAL
