"""How long calls may last beside which a lock that counts bytecodes is waited for.

CPython 2.x offers its lock once in a dozen calls, and who waits on another CPU is awake too late
for most offers: beside calls of 5 us a datagram lay for 0.2 ms on one machine, beside calls of
20 us for seconds, and beside calls of 1 ms a round would not end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from . import readings
from .children import ChildFailed, run
from .effort import MS, SECOND
from .interpreters import Interpreter, read_line
from .peer import EchoPeer
from .settings import CALL_NS, Setting

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
    """The mean wait beside calls of this length. Raises ChildFailed where it lasts too long."""
    asked = setting.real | {"call_ns": length_ns, "count": PINGS, "limit_ns": SECOND}
    words = [*interpreter.command, setting.probe, *(f"{key}={asked[key]}" for key in asked)]
    with EchoPeer(setting.peer_delay_ns or 0, setting.stamps) as peer:
        found = readings.of_real(read_line(run([*words, f"port={peer.port}"], LOOK_S)))
    if found.spread is None:
        raise ChildFailed("no datagram arrived")
    return found.spread.mean


def sized(interpreter: Interpreter, setting: Setting) -> Setting:
    """The same beside calls of the greatest length that it can wait for. Raises ChildFailed."""
    most_ns, length_ns = affordable_ns(setting), 0
    reason = f"a wait lasts more than {most_ns / MS:.0f} ms"
    for candidate in lengths_ns():
        try:
            if wait_ns(interpreter, setting, candidate) > most_ns:
                break
        except ChildFailed as failure:
            reason = str(failure)
            break
        length_ns = candidate
    if not length_ns:
        raise ChildFailed(f"no time for long calls: beside calls of {LEAST_NS} ns {reason}")
    parameters = setting.native.parameters | {"call": f"{length_ns}ns"}
    return replace(
        setting,
        real=setting.real | {"call_ns": length_ns},
        native=replace(setting.native, parameters=parameters),
    )
