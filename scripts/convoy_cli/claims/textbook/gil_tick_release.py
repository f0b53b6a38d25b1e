"""The old interpreter lock is offered after a count of bytecodes, the new one after a time."""

from ..claim import AtMost, Claim, Times, case

# A bytecode of the old lock takes a tick, and what computes under the new one asks as often.
OLD = case("gil_reacquire", gil="cpython27:interval=1000", workers=1, cpus=2, wait="10us")
NEW = OLD.but(gil="cpython32")
HELD = "gil_mean_hold_ns"
CLAIM = Claim(
    sentence="The old lock changes hands by count, the new by time",
    topic="GIL",
    evidence=(
        Times(
            "how long the old lock is held, slow bytecodes over fast ones",
            OLD.but(gil="cpython27:interval=1000:tick=50ns"), OLD, 3, HELD,
        ),
        AtMost(
            "how long the new lock is held, slow bytecodes over fast ones",
            NEW.but(between="1us"), NEW, 1.5, HELD,
        ),
    ),
    figure="lock_lateness",
)
