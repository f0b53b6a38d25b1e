"""Sweeps a lock's switch interval: lateness, throughput and rate against it, in one result."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Optional

from ..answer import topics
from ..charts import drawing
from ..charts.figures import interval
from ..core import bench, processes
from ..core.bench import Law, Policy
from ..core.errors import ExitCode, UsageError
from ..core.terminal import data, note
from ..core.units import some
from ..results import load, sweeps
from ..results.sweeps import COUNTDOWN, ECHO, LATENESS, NO_LOCK

NAME = "sweep"
SUMMARY = "sweep a lock's switch interval: lateness and throughput against it"
EXAMPLES = """
  scripts/convoy sweep                                            cpython32, 0.5 to 50 ms
  scripts/convoy sweep --gil cpython32,ticket --passes 12 --json results/two.json
  scripts/convoy sweep --gil cpython32:forced=off --intervals 100us,1ms,10ms --spinners 4
  scripts/convoy sweep --from results/sweep.json -o charts        report and draw it again
"""
INTERVALS = "500us,1ms,2ms,5ms,10ms,20ms,50ms"
# What the program takes as it is.
PASSED = {
    "--passes": ("N", "6", "samples of each benchmark"),
    "--budget": ("TIME", None, "time limit, as in 120s, instead of --passes"),
    "--seed": ("N", None, "seed of the random order of each pass"),
}
ADVICE = "Type `make build`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--gil", metavar="A,B", default="cpython32", help="locks with an interval in time units")
    add("--intervals", metavar="T,T", default=INTERVALS, help=f"default: {INTERVALS}")
    add("--spinners", metavar="N", default="1", help="number of computing workers beside the "
                                                     "sleeper (default: 1)")
    for option, (metavar, usual, words) in PASSED.items():
        default = f" (default: {usual})" if usual else ""
        add(option, metavar=metavar, help=words + default)
    usual_file = "the result file (default: results/sweep.json)"
    add("--json", metavar="FILE", type=Path, default=Path("results/sweep.json"), help=usual_file)
    add("-o", "--output", metavar="DIR", type=Path, help="folder for the chart (default: charts, "
                                                         "beside the result)")
    add("--from", metavar="X.json", dest="source", help="measure nothing: report and draw this")
    add("--build", metavar="PRESET", choices=bench.PRESETS, help=", ".join(bench.PRESETS))
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    if arguments.source is not None:
        tell(Path(arguments.source), arguments.output, {})
        return ExitCode.OK
    file = arguments.json
    if str(file) == "-":
        raise UsageError("--json -: stdout has the table. Name a file, as in --json sweep.json.")
    import matplotlib  # noqa: F401  # whoever lacks it is told so before the measurement

    program = bench.program(arguments.build)
    policies = bench.ask(program).policies
    command = [str(program), "run", *selection(arguments, policies), "--json", str(file)]
    before = stamp(file)
    laws = {name: policy.lateness for name, policy in policies.items()}
    try:
        status = processes.forward(command, ADVICE)
    except (KeyboardInterrupt, SystemExit):
        if stamp(file) != before:
            tell(file, arguments.output, laws)
        raise
    if stamp(file) != before:
        tell(file, arguments.output, laws)
    return status


def stamp(file: Path) -> Optional[tuple[int, int]]:
    """Tells a file from the one that was there before."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def selection(arguments: argparse.Namespace, policies: dict[str, Policy]) -> list[str]:
    """The options of `run`: every lock at every interval, and no lock, all in one file."""
    wanted = [text for text in arguments.intervals.split(",") if text]
    for text in wanted:
        if not sweeps.duration_ns(text):
            raise UsageError(f"--intervals {text}: write a time above zero, such as 5ms or 500us.")
    locks = [lock for lock in arguments.gil.split(",") if lock]
    if not wanted or not locks:
        raise UsageError("nothing to sweep: give a lock with --gil and times with --intervals.")
    for lock in locks:
        check(lock, policies)
    swept = [f"{lock}:interval={text}" for lock in locks for text in dict.fromkeys(wanted)]
    words = ["--no-overhead", "--model", "threads", "--workers", "1,2"]
    words += ["--gil", ",".join([NO_LOCK, *swept])]
    alone, beside = f"({LATENESS}|{ECHO})/.*/workers:1", f"{COUNTDOWN}/.*/workers:2"
    words += ["--filter", f"^({alone}|{beside})(/|$)"]
    for workload in (LATENESS, ECHO):
        words += ["--param", f"{workload}.spinners={arguments.spinners}"]
    chosen = {option: getattr(arguments, option.strip("-")) for option in PASSED}
    if chosen["--passes"] is None and chosen["--budget"] is None:
        chosen["--passes"] = PASSED["--passes"][1]
    for option, value in chosen.items():
        words += [option, value] if value is not None else []
    return [*words, *(["--quiet"] if arguments.quiet else [])]


def check(lock: str, policies: dict[str, Policy]) -> None:
    """Refuses a lock that has no switch interval, or one that says its own."""
    name = lock.partition(":")[0]
    fit = [known for known, policy in policies.items() if has_interval(policy)]
    if name not in policies:
        raise UsageError(f"--gil {lock}: unknown lock {name!r}. Type one of {', '.join(fit)}.")
    if name not in fit:
        raise UsageError(
            f"--gil {lock}: {name} has no interval that is a time. Type one of {', '.join(fit)}; "
            "the run without a lock is always measured, too."
        )
    if ":interval=" in lock:
        raise UsageError(f"--gil {lock}: set the interval with --intervals.")


def has_interval(policy: Policy) -> bool:
    return sweeps.duration_ns(policy.defaults.get("interval", "")) is not None


def tell(file: Path, folder: Optional[Path], laws: dict[str, Optional[Law]]) -> None:
    """Prints the table and what it says in words, and draws the chart."""
    result = load.load(file)
    found = sweeps.sweeps(result)
    if not sweeps.locks_of(found.values()):
        raise UsageError(
            f"{file} has no lock at two switch intervals or more. Measure with `scripts/convoy "
            "sweep --intervals 1ms,5ms`."
        )
    for line in topics.table_of(found):
        data(line)
    data()
    for line in topics.words(found, laws):
        data(line)
    if result.failed:
        note(f"{some(len(result.failed), 'row')} failed; `scripts/convoy summary {file}` says why.")
    data(str(file), "every sample")
    made = drawing.render(interval, result)
    for path in drawing.save(folder or file.parent / "charts", interval.NAME, made, "-o DIR"):
        data(str(path), interval.TITLE)
