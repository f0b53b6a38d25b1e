"""A semaphore lets few work at once, and all are there; a pool has few."""

from ..claim import Claim, Times, case

POOL = case("pool_submit", workers=3)
CLAIM = Claim(
    sentence="A semaphore of five still starts everyone; a pool of five starts five",
    topic="semaphores and pools",
    evidence=(
        Times(
            "threads there at once, semaphore over pool", POOL.but(how="semaphore"), POOL, 1.5,
            figure="peak_alive", python=("alive_semaphore", "alive_pool"),
        ),
    ),
)
