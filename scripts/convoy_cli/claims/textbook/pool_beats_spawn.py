"""Workers that are there already need not be started."""

from ..claim import Claim, Times, case

POOL = case("pool_submit", workers=3)
CLAIM = Claim(
    sentence="Reusing workers beats starting one per task",
    topic="pools",
    evidence=(
        Times(
            "a thread a task over a pool", POOL.but(how="spawn_thread"), POOL,
            python=("task_threads", "task_pool"),
        ),
    ),
    figure="pool_break_even",
)
