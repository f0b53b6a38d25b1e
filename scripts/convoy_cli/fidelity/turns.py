"""How long the turns of a lock last that is handed over after a count, as its interpreter has them.

Such a turn is as long as what is done in it. Compiled code counts the rounds of its loops, and how
long one takes is up to the machine and the compiler: a policy that took a time of its own for it
would be off by their speed, and not by its rules.
"""

from __future__ import annotations

from .children import ChildFailed, run
from .effort import MS
from .interpreters import Interpreter, read_line

MEASURED_NS = 300 * MS
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
