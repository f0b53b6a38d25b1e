"""A C extension that drops the lock runs in parallel."""

from ..claim import Claim, Times, case

DROPPED = case("cpu_sha256", gil="cpython32", workers=2, cpus=2)
CLAIM = Claim(
    sentence="Big native calls run in parallel under a gil",
    topic="GIL",
    evidence=(
        Times(
            "lock held over lock dropped, hashing in 2 threads", DROPPED.but(native="off"), DROPPED,
            1.3, python=("hash_single", "hash_threads"),
        ),
    ),
    figure="gil_cost",
)
