"""What a process, a thread and a coroutine weigh."""

from ..claim import Claim, Times, case

THREAD = case("spawn", model="single", workers=1)
CLAIM = Claim(
    sentence="A process weighs more than a thread, a thread more than a coroutine",
    topic="memory",
    evidence=(
        Times(
            "fork over thread, private memory", THREAD.but(how="fork"), THREAD, 1.5,
            figure="pss_each_bytes", python=("memory_processes", "memory_threads"),
        ),
        Times(
            "thread over coroutine, private memory", THREAD, THREAD.but(how="coroutine"), 1.5,
            figure="pss_each_bytes", python=("memory_threads", "memory_coroutines"),
        ),
    ),
    figure="spawn",
)
