"""The rule of thumb for fast I/O with state that is shared."""

from ..claim import Claim, Times, case

# So long that copying takes longer than waking whoever gets it.
THREADS = case("share_array", bytes="1MiB")
CLAIM = Claim(
    sentence="Fast I/O with shared state: use threads rather than processes",
    topic="what to use",
    evidence=(
        Times(
            "processes by socket over threads by shared memory",
            THREADS.but(model="processes", via="unix_socket"), THREADS, 1.1,
            python=("share_pipe", "share_thread"),
        ),
    ),
)
