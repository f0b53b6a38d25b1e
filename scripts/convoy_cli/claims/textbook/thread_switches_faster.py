"""What handing over to another thread and to another process takes."""

from ..claim import Claim, Times, case

# On one CPU, where a switch of processes is one of address spaces.
THREADS = case("switch_pingpong", workers=2, place="0")
CLAIM = Claim(
    sentence="Switching threads is cheaper than switching processes",
    topic="processes and threads",
    evidence=(
        Times(
            "processes over threads, by futex", THREADS.but(model="processes"), THREADS, 1.05,
        ),
        Times(
            "processes over threads, by pipe", THREADS.but(model="processes", via="pipe"),
            THREADS.but(via="pipe"), 1.05, python=("switch_processes", "switch_threads"),
        ),
    ),
    figure="handoff",
)
