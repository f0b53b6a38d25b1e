"""How much one process does of a benchmark, settled on the base, and which clock decides."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from typing import NamedTuple, Optional

from .process import RunFailed
from .program import Program, Run

CPU, REAL = "cpu_time", "real_time"
METRICS = {"cpu": CPU, "real": REAL}
AUTO = "auto"

WORK_NS = 25e6  # so much in a process, where an iteration is short
MOST_NS = 100e6  # more than one iteration only up to here
FEW = 3  # iterations, as far as that: the first one of a process is not like the others
FIRST = "--benchmark_min_time=0.01"  # of the runs that settle it
ONE = "--benchmark_min_time=1e-9"  # one iteration, where their number cannot be given
# What the library takes more than its estimate says that it needs.
GROWTH = 1.4
SINGLE = 0.9  # the share of the time on a CPU from which on it is taken for computing
SEVERAL = 1.1  # more than one CPU's time
OWN_COUNT = re.compile(r"/iterations:\d+(?:/|$)")
OWN_CLOCK = re.compile(r"/(?:real_time|manual_time)(?:/|$)")
NO_CPU_WORK = re.compile(r"/(?:threads:\d+|real_time|manual_time)(?:/|$)")


class Plan(NamedTuple):
    """What both programs are told about a benchmark, and which clock decides."""

    setting: str  # an option of Google Benchmark; empty: the benchmark has a count of its own
    metric: str


def plan(
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
        with suppress(RunFailed):  # the first round tells of it
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
