"""Threads hand a pointer over, processes a copy."""

from ..claim import Claim, Times, case

# So long that copying takes longer than waking whoever gets it.
THREADS = case("share_array", bytes="1MiB")
CLAIM = Claim(
    sentence="Sharing costs processes a copy, threads nothing",
    topic="processes and threads",
    evidence=(
        Times(
            "processes by pipe over threads by shared memory",
            THREADS.but(model="processes", via="pipe"), THREADS, 1.1,
            python=("share_pipe", "share_thread"),
        ),
    ),
    remark="memory that processes share spares them the copy as well",
)
