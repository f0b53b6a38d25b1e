"""What is measured: each probe with its settings, for an interpreter and for convoy-bench alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Optional

from .effort import MOST_LATENESS, MS, SECOND, Effort
from .interpreters import Interpreter
from .turns import counts

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
    "echo": "rate of a UDP conversation beside 0, 1 and 2 spinners, and its modes",
    "throughput": "work done by 1, 2 and 4 threads that only compute",
    "latency": "how long a datagram lies, beside bytecode and beside long calls",
    "race": "updates that two threads lose, without and with a call in between",
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


def foretold_s(settings: Iterable[Setting], repeats: int) -> float:
    """About how long a measurement takes: natively, some rounds before the one that counts."""
    total = 0.0
    for each in settings:
        round_s = min(each.expected_ns, each.real.get("limit_ns", SECOND)) / SECOND
        rounds = each.native.passes * len(each.native.workers.split(","))
        grown = 1.2 if each.native.counted else 2.0
        total += 1 + (1.5 * each.rounds + grown * rounds) * round_s
    return repeats * total
