"""The old interpreter lock is offered after a count of bytecodes, the new one after a time."""

from ..claim import AtMost, Claim, Times, case

OLD = case("gil_reacquire", gil="cpython27:interval=10000", workers=1, cpus=2, wait="10us")
NEW = OLD.but(gil="cpython32")
CLAIM = Claim(
    sentence="The old lock changes hands by count, the new by time",
    topic="GIL",
    evidence=(
        Times("slow bytecodes over fast ones, old lock", OLD.but(between="1us"), OLD, 3),
        AtMost("slow bytecodes over fast ones, new lock", NEW.but(between="1us"), NEW, 1.5),
    ),
    figure="lock_lateness",
)
