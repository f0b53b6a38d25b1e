"""The advantage of coroutines grows with the number of tasks."""

from ..claim import Claim, Times, case

MANY = case("fanout_sleep", workers=1000)
FEW = MANY.but(workers=10)
CLAIM = Claim(
    sentence="The more tasks, the larger the coroutines' advantage",
    topic="coroutines",
    evidence=(
        Times(
            "threads over coroutines at 1000 tasks, over the same at 10",
            MANY, MANY.but(model="coroutines"), 1.1, each=(FEW, FEW.but(model="coroutines")),
            python=("sleepers_threads_1000", "sleepers_coroutines_1000",
                    "sleepers_threads_10", "sleepers_coroutines_10"),
        ),
    ),
    figure="fanout",
)
