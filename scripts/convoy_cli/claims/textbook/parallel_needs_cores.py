"""Threads on one core take turns; on several they run at once."""

from ..claim import Claim, Times, case

TWO = case("cpu_pi", model="threads", workers=2, cpus=2)
CLAIM = Claim(
    sentence="Threads on one core only take turns; on several cores they run at once",
    topic="concurrency and parallelism",
    evidence=(
        Times("one core over two, 2 threads", TWO.but(place="0"), TWO, 1.5),
    ),
    figure="scaling",
)
