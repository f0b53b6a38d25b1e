"""Who waited longest for a lock is not always the next to get it."""

from ..claim import Claim, Happens, case

CLAIM = Claim(
    sentence="Which blocked thread wins is not its turn in the queue",
    topic="locks",
    evidence=(
        Happens(
            "share that overtook others", case("sync_mutex", workers=4), "out_of_order",
            python=("lock_overtaken",),
        ),
    ),
)
