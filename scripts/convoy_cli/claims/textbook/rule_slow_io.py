"""The rule of thumb for many tasks that wait long."""

from ..claim import Claim, Times, case

MANY = case("fanout_sleep", workers=1000)
CLAIM = Claim(
    sentence="Slow I/O at many tasks: use coroutines",
    topic="what to use",
    evidence=(
        Times(
            "threads over coroutines, 1000 that sleep", MANY, MANY.but(model="coroutines"), 1.1,
            python=("sleepers_threads_1000", "sleepers_coroutines_1000"),
        ),
    ),
    figure="fanout",
)
