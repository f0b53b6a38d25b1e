"""What is measured: each probe with its settings, how much of it, and the verb's options."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ..core import bench
from ..core.errors import UsageError
from ..core.interpreters import read_line
from ..core.processes import ProcessFailed, output
from ..core.units import MS, SECOND, duration, time_ns
from ..stats.samples import median
from .interpreters import Interpreter

# -------------------------------------------------------------------------------------------------
# How much is measured beside a real interpreter, and beside one when there is little time.

MOST_LATENESS = 500


@dataclass(frozen=True)
class Effort:
    """How much is measured in one repeat, on either side."""

    repeats: int
    lateness: int  # samples a setting, at least
    lateness_ns: int  # more samples, for about as long as this beside two spinners
    pings: int
    swept: int  # samples an interval
    echo_ns: int
    cycles: int  # of computing with 1, 2 and 4 threads
    computing_ns: int  # a round, at least
    updates: int  # a thread
    limit_ns: int  # of any one setting


FULL = Effort(5, 105, 5 * SECOND, 60, 30, 3 * SECOND, 10, SECOND // 5, 300_000, 60 * SECOND)
QUICK = Effort(2, 30, 0, 20, 10, SECOND, 4, SECOND // 5, 100_000, 4 * SECOND)


# -------------------------------------------------------------------------------------------------
# What a lock that counts is told of its interpreter: how long that takes over what is counted.
#
# PyPy's turn is as long as what is done in it. Compiled code counts the rounds of its loops, and
# how long one takes is up to the machine and the compiler: a policy that took a time of its own for
# it would be off by their speed, and not by its rules. CPython of 2.x counts bytecodes: those of
# one loop take 5 ns each on one processor and 12 to 15 ns on another.

MEASURED_NS, TICKED_NS = 300 * MS, 100 * MS
LIMIT_S = 30.0
BYTECODES = 10_000  # of a turn: PyPy's count, and the policy's


def counts(interpreter: Interpreter) -> bool:
    """Whether its lock is one of these."""
    return interpreter.policy == "pypy"


def measure(interpreter: Interpreter) -> list[int]:
    """The mean turn of each of two threads that compute, in nanoseconds. Raises ProcessFailed."""
    found = read_line(
        output([*interpreter.command, "turns", f"limit_ns={MEASURED_NS}"], LIMIT_S)
    ).get("turn_ns")
    if not isinstance(found, list) or any(type(turn) is not int or turn <= 0 for turn in found):
        raise ProcessFailed("its answer about the turns of its threads is not a list of times")
    if not found:
        raise ProcessFailed("two of its threads that compute did not take turns")
    return found


def bytecode(turns_ns: list[int]) -> str:
    """What turns of this length make of a bytecode, as the policy takes it."""
    return f"{max(1, round(sum(turns_ns) / len(turns_ns) / BYTECODES))}ns"


def ticks(interpreter: Interpreter) -> list[float]:
    """What a counted bytecode takes, several times, in nanoseconds. Raises ProcessFailed."""
    found = read_line(
        output([*interpreter.command, "ticks", f"limit_ns={TICKED_NS}"], LIMIT_S)
    ).get("tick_ns")
    if not isinstance(found, list) or any(type(tick) not in (int, float) for tick in found):
        raise ProcessFailed("its answer about ticks is not a list of times")
    if not found or min(found) <= 0:
        raise ProcessFailed("a thread that computes did not count")
    return found


def calibration(interpreter: Interpreter) -> tuple[dict[str, Any], dict[str, str]]:
    """What was measured, to be kept, and the parameters that the policy gets of it."""
    if counts(interpreter):
        turns_ns = measure(interpreter)
        return {"turns_ns": turns_ns}, {"bytecode": bytecode(turns_ns)}
    if interpreter.policy == "cpython27":
        ticks_ns = ticks(interpreter)
        return {"ticks_ns": ticks_ns}, {"tick": f"{max(1, round(median(ticks_ns)))}ns"}
    return {}, {}


# -------------------------------------------------------------------------------------------------
# What is measured: each probe with its settings, for an interpreter and for convoy-bench alike.

WAIT_NS = MS  # how long a sleeper sleeps
# How much longer where turns are about as short, and the same sleeps would keep step with them.
SPREAD_NS = MS
CALL_NS = MS  # length of a long call
PERIOD_NS = 50 * MS  # between two pings, at least
RACE_INTERVAL_NS = 10_000  # short, so that threads change places within a few updates
MOST_CPUS = 4  # of those that threads compute on, each of which takes a round of its own
COMPUTING_TURNS = 6  # in a round, at least
RUBY_RACES = 40  # times as many updates: its turns of 100 ms cannot be made shorter
INTERVALS_NS = (MS // 2, MS, 5 * MS, 20 * MS, 50 * MS)
# About how long a spinner keeps the lock from one who asks, to foretell how long all will take.
TURNS_NS = {"CPython": 5 * MS, "PyPy": MS, "ruby": 100 * MS, "OCaml": 50 * MS}
LEAST_INTERVAL_NS, MOST_INTERVAL_NS = 1000, SECOND
PROBES = {
    "reacquire": "how late a sleeper gets the lock back, beside 0, 1, 2 and 4 spinners",
    "echo": "rate of UDP exchanges beside 0, 1 and 2 spinners, and its modes",
    "throughput": "work done by 1, 2 and 4 threads that only compute",
    "latency": "how long a datagram waits, beside bytecode and beside long calls",
    "race": "lost updates of two threads, without and with a call in between",
    "sweep": "how late a sleeper is at several switch intervals",
}


@dataclass(frozen=True)
class Native:
    """The same for convoy-bench: a workload with its parameters, and settings of the lock."""

    workload: str
    parameters: dict[str, str] = field(default_factory=dict)
    gil: dict[str, str] = field(default_factory=dict)
    workers: str = "1"
    passes: int = 1
    peer: bool = False
    counted: bool = False  # as many operations as the real side has samples; else for as long


@dataclass(frozen=True)
class Setting:
    """One thing to measure. `expected_ns`: how long a round should last where nobody knows yet."""

    key: str
    probe: str
    real: dict[str, int]
    native: Native
    expected_ns: int
    peer_delay_ns: Optional[int] = None  # of the echo server; None where there is none
    stamps: bool = False
    one_cpu: bool = False  # all threads and the server are bound to one, the same on both sides

    @property
    def rounds(self) -> int:
        """How many rounds of at most limit_ns the real side takes."""
        return self.real.get("cycles", 1) * (self.real["cpus"] + 2 if "cpus" in self.real else 1)


def settings(
    interpreter: Interpreter, probes: Iterable[str], effort: Effort, intervals_ns: Sequence[int]
) -> list[Setting]:
    """All settings of these probes that make sense for this interpreter, in order."""
    chosen = set(probes)
    turn_ns = TURNS_NS.get(interpreter.implementation, 5 * MS) if interpreter.gil else 0
    spread_ns = SPREAD_NS if counts(interpreter) else 0
    every = (reacquire(effort, turn_ns, spread_ns), echo(effort), throughput(effort, turn_ns),
             latency(effort, turn_ns), race(effort))  # fmt: skip
    found = [setting for made in every for setting in made if setting.probe in chosen]
    if interpreter.implementation == "PyPy":
        # A round of a compiled loop counts as little as a hundredth of a bytecode, whatever it
        # calls: beside calls of 1 ms one datagram would lie for a quarter of an hour.
        found = [setting for setting in found if setting.key != "latency/spinner:calls"]
    if "race" in chosen:
        found = [with_race(setting, interpreter) for setting in found]
    if "sweep" in chosen and interpreter.has_interval:
        found += sweep(effort, intervals_ns)
    return found


def reacquire(effort: Effort, turn_ns: int, spread_ns: int) -> Iterator[Setting]:
    # Who waits beside several gets in after one turn or after ten: a mean takes many.
    many = min(MOST_LATENESS, effort.lateness_ns // (WAIT_NS + 2 * turn_ns))
    count = max(effort.lateness, many)
    for spinners in (0, 1, 2, 4):
        asked = {"count": count, "limit_ns": effort.limit_ns, "wait_ns": WAIT_NS}
        parameters = {"wait": f"{WAIT_NS}ns", "spinners": str(spinners)}
        asked |= {"spinners": spinners}
        if spread_ns:
            asked |= {"spread_ns": spread_ns}
            parameters |= {"spread": f"{spread_ns}ns"}
        native = Native("gil_reacquire", parameters, counted=True)
        expected = count * (WAIT_NS + spread_ns // 2 + turn_ns * spinners)
        yield Setting(f"reacquire/spinners:{spinners}", "reacquire", asked, native, expected)


def echo(effort: Effort) -> Iterator[Setting]:
    for spinners in (0, 1, 2):
        asked = {"spinners": spinners, "bytes": 64, "limit_ns": effort.echo_ns}
        parameters = {"spinners": str(spinners), "bytes": "64B"}
        native = Native("gil_convoy_echo", parameters, peer=True)
        # Beside a spinner both ends soon share a CPU. Idle, the kernel puts them on one or on two,
        # at several times the rate, and not on both sides alike: the shares would tell of that.
        yield Setting(
            f"echo/spinners:{spinners}", "echo", asked, native, effort.echo_ns, 0,
            one_cpu=spinners == 0,
        )  # fmt: skip


def throughput(effort: Effort, turn_ns: int) -> Iterator[Setting]:
    # Short rounds, many and by turns: a neighbour on a core takes half of it, for seconds. One
    # thread has each CPU in turn, since several share them: free to choose, it takes the better.
    round_ns = max(effort.computing_ns, COMPUTING_TURNS * turn_ns)
    cpus = sorted(os.sched_getaffinity(0))[:MOST_CPUS]
    asked = {"workers": 4, "cycles": effort.cycles, "limit_ns": round_ns, "cpus": len(cpus)}
    asked |= {f"cpu{at}": cpu for at, cpu in enumerate(cpus)}
    native = Native("gil_countdown", workers="1,2,4", passes=effort.cycles)
    yield Setting("throughput", "throughput", asked, native, round_ns)


def latency(effort: Effort, turn_ns: int) -> Iterator[Setting]:
    # So long that a turn lost with the datagram before is over when the next one is sent; and no
    # multiple of a clock that ticks freely, as OCaml's, lest a hair decide between none and all.
    period_ns = max(PERIOD_NS, 5 * turn_ns // 2)
    for name, call_ns in (("bytecode", 0), ("calls", CALL_NS)):
        asked = {
            "spinners": 1, "call_ns": call_ns, "count": effort.pings, "limit_ns": effort.limit_ns,
        }  # fmt: skip
        parameters = {"spinners": "1", "call": f"{call_ns}ns", "period": f"{period_ns}ns"}
        native = Native("gil_latency", parameters, peer=True, counted=True)
        expected = effort.pings * (period_ns + turn_ns)
        yield Setting(
            f"latency/spinner:{name}", "latency", asked, native, expected, period_ns, True
        )


def race(effort: Effort) -> Iterator[Setting]:
    for name, call in (("plain", 0), ("call", 1)):
        asked = {"workers": 2, "count": effort.updates, "call": call}
        native = Native("gil_race", workers="2")
        yield Setting(f"race/{name}", "race", asked, native, effort.computing_ns)


def with_race(setting: Setting, interpreter: Interpreter) -> Setting:
    """A race as this interpreter runs it: its shortest interval, and where its checkpoints are."""
    if setting.probe != "race":
        return setting
    where = {"checkpoints": "every_op" if stops_within(setting, interpreter) else "back_edge"}
    if not interpreter.has_interval:
        times = RUBY_RACES if interpreter.kind == "ruby" else 1
        real = setting.real | {"count": setting.real["count"] * times}
        return replaced(setting, real, where, {})
    real = setting.real | {"interval_ns": RACE_INTERVAL_NS}
    return replaced(setting, real, where, {"interval": f"{RACE_INTERVAL_NS}ns"})


def stops_within(setting: Setting, interpreter: Interpreter) -> bool:
    """CPython up to 3.9 may drop the lock between any two bytecodes; others at the ends of loops,
    and in calls, but for one that OCaml or PyPy have compiled."""
    if setting.real["call"]:
        return interpreter.implementation not in ("OCaml", "PyPy")
    return interpreter.implementation == "CPython" and interpreter.version < (3, 10)


def replaced(
    setting: Setting, real: dict[str, int], parameters: dict[str, str], gil: dict[str, str]
) -> Setting:
    native = Native(setting.native.workload, parameters, gil, setting.native.workers)
    return Setting(setting.key, setting.probe, real, native, setting.expected_ns)


def sweep(effort: Effort, intervals_ns: Sequence[int]) -> Iterator[Setting]:
    for interval_ns in intervals_ns:
        asked = {
            "spinners": 1, "count": effort.swept, "limit_ns": effort.limit_ns, "wait_ns": WAIT_NS,
            "interval_ns": interval_ns,
        }  # fmt: skip
        native = Native(
            "gil_reacquire", {"wait": f"{WAIT_NS}ns", "spinners": "1"},
            {"interval": f"{interval_ns}ns"}, counted=True,
        )  # fmt: skip
        expected = effort.swept * (WAIT_NS + interval_ns)
        yield Setting(f"sweep/interval:{interval_ns}ns", "reacquire", asked, native, expected)


def expected_s(settings: Iterable[Setting], repeats: int) -> float:
    """About how long a measurement takes: natively, some rounds before the one that counts."""
    total = 0.0
    for each in settings:
        round_s = min(each.expected_ns, each.real.get("limit_ns", SECOND)) / SECOND
        rounds = each.native.passes * len(each.native.workers.split(","))
        grown = 1.2 if each.native.counted else 2.0
        total += 1 + (1.5 * each.rounds + grown * rounds) * round_s
    return repeats * total


# -------------------------------------------------------------------------------------------------
# The options of `scripts/convoy fidelity`, and what is wrong with them.

FOLDER = Path("results") / "fidelity"
MOST_REPEATS, MOST_TIMEOUT_S = 1000, 3600


@dataclass(frozen=True)
class Chosen:
    probes: list[str]
    effort: Effort
    intervals_ns: tuple[int, ...]
    repeats: int
    timeout_s: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--interpreter", metavar="PATH", action="append", default=[],
        help="add this interpreter: a path or a command; repeatable")  # fmt: skip
    add("--no-search", action="store_true", help="only the interpreters that --interpreter names")
    add("--list", action="store_true", help="list the interpreters found; measure nothing")
    add("--probes", metavar="A,B", help="only these: " + ", ".join(PROBES))
    add("--repeats", metavar="N", help="how often to measure each probe on both sides (default: 5)")
    add("--quick", action="store_true",
        help="two repeats and fewer samples; shown but not judged")  # fmt: skip
    shown = ",".join(words(interval) for interval in INTERVALS_NS)
    add("--intervals", metavar="A,B", default=shown,
        help=f"switch intervals of the sweep (default: {shown})")  # fmt: skip
    add("--timeout", metavar="TIME", default="60s",
        help="kill an interpreter that exceeds the length of "
             "its probe by this (default: 60s)")  # fmt: skip
    add("--seed", metavar="N", type=int, help="seed of the native runs (default: the time)")
    add("--build", metavar="PRESET", choices=bench.PRESETS,
        help="build/PRESET/convoy-bench: " + ", ".join(bench.PRESETS))  # fmt: skip
    add("--from", dest="source", metavar="X.json", type=Path,
        help="measure nothing: report and draw what --json wrote")  # fmt: skip
    add("--json", metavar="FILE", nargs="?", const="-",
        help="file for every sample; - or no file for stdout (default: fidelity.json in the "
        "folder)")  # fmt: skip
    add("-o", "--output", metavar="DIR", type=Path, default=FOLDER,
        help=f"the folder for charts (default: {FOLDER})")  # fmt: skip


def words(interval_ns: int) -> str:
    return duration(interval_ns).replace(" ", "").replace("µ", "u")


def check(arguments: argparse.Namespace) -> Chosen:
    effort = QUICK if arguments.quick else FULL
    repeats = effort.repeats
    if arguments.repeats is not None:
        repeats = whole(arguments.repeats, "--repeats", 1, MOST_REPEATS)
    timeout_ns = time_ns(arguments.timeout, "--timeout")
    if not SECOND // 10 <= timeout_ns <= MOST_TIMEOUT_S * SECOND:
        raise UsageError(f"--timeout {arguments.timeout}: write a time from 100ms to 60min.")
    if arguments.no_search and not arguments.interpreter:
        raise UsageError("--no-search leaves nothing to measure. Add --interpreter PATH.")
    if arguments.source is not None and (arguments.list or arguments.interpreter):
        raise UsageError("--from measures nothing. Leave out --list and --interpreter, or --from.")
    return Chosen(
        parse_probes(arguments.probes), replace(effort, repeats=repeats),
        parse_intervals(arguments.intervals.split(",")), repeats, timeout_ns / SECOND,
    )  # fmt: skip


def whole(text: str, option: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise UsageError(f"{option} {text}: write a whole number from {least} to {most}.")
    return int(text)


def parse_probes(text: Optional[str]) -> list[str]:
    known = list(PROBES)
    chosen = known if text is None else [name.strip() for name in text.split(",")]
    for name in chosen:
        if name not in known:
            raise UsageError(f"{name!r} is not a probe. Type --probes with {','.join(known)}.")
    return [name for name in known if name in chosen]


def parse_intervals(texts: Sequence[str]) -> tuple[int, ...]:
    found = set()
    for text in texts:
        interval_ns = 0 if re.fullmatch(r"\s*0+\s*", text) else time_ns(text, "--intervals")
        if interval_ns < LEAST_INTERVAL_NS:
            raise UsageError(
                f"--intervals {text.strip()}: CPython accepts no switch interval below 1us. Write "
                "times from 1us to 1s."
            )
        if interval_ns > MOST_INTERVAL_NS:
            raise UsageError(
                f"--intervals {text.strip()}: each of {FULL.swept} samples lasts an interval, so "
                "it may be 1s at most. Write times from 1us to 1s."
            )
        found.add(interval_ns)
    if len(found) < 2:
        raise UsageError("--intervals: a slope needs two intervals or more, as in 1ms,5ms,20ms.")
    return tuple(sorted(found))
