"""What a lock that counts is told of its interpreter: how long that takes over what is counted.

PyPy's turn is as long as what is done in it. Compiled code counts the rounds of its loops, and how
long one takes is up to the machine and the compiler: a policy that took a time of its own for it
would be off by their speed, and not by its rules. CPython of 2.x counts bytecodes: those of one
loop take 5 ns each on one processor and 12 to 15 ns on another.
"""

from __future__ import annotations

from typing import Any

from ..statistics import median
from .children import ChildFailed, run
from .effort import MS
from .interpreters import Interpreter, read_line

MEASURED_NS, TICKED_NS = 300 * MS, 100 * MS
LIMIT_S = 30.0
BYTECODES = 10_000  # of a turn: PyPy's count, and the policy's


def counts(interpreter: Interpreter) -> bool:
    """Whether its lock is one of these."""
    return interpreter.policy == "pypy"


def measure(interpreter: Interpreter) -> list[int]:
    """The mean turn of each of two threads that compute, in nanoseconds. Raises ChildFailed."""
    found = read_line(
        run([*interpreter.command, "turns", f"limit_ns={MEASURED_NS}"], LIMIT_S)
    ).get("turn_ns")
    if not isinstance(found, list) or any(type(turn) is not int or turn <= 0 for turn in found):
        raise ChildFailed("its answer about the turns of its threads is no list of times")
    if not found:
        raise ChildFailed("two of its threads that compute did not take turns")
    return found


def bytecode(turns_ns: list[int]) -> str:
    """What turns of this length make of a bytecode, as the policy takes it."""
    return f"{max(1, round(sum(turns_ns) / len(turns_ns) / BYTECODES))}ns"


def ticks(interpreter: Interpreter) -> list[float]:
    """What a counted bytecode takes, several times, in nanoseconds. Raises ChildFailed."""
    found = read_line(
        run([*interpreter.command, "ticks", f"limit_ns={TICKED_NS}"], LIMIT_S)
    ).get("tick_ns")
    if not isinstance(found, list) or any(type(tick) not in (int, float) for tick in found):
        raise ChildFailed("its answer about ticks is no list of times")
    if not found or min(found) <= 0:
        raise ChildFailed("a thread that computes did not count")
    return found


def told(interpreter: Interpreter) -> tuple[dict[str, Any], dict[str, str]]:
    """What was measured, to be kept, and the parameters that the policy gets of it."""
    if counts(interpreter):
        turns_ns = measure(interpreter)
        return {"turns_ns": turns_ns}, {"bytecode": bytecode(turns_ns)}
    if interpreter.policy == "cpython27":
        ticks_ns = ticks(interpreter)
        return {"ticks_ns": ticks_ns}, {"tick": f"{max(1, round(median(ticks_ns)))}ns"}
    return {}, {}
