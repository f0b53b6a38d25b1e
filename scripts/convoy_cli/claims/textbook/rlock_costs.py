"""A lock that its owner may take again keeps more books."""

from ..claim import Claim, Times, case

RLOCK = case("sync_rlock", workers=1)
CLAIM = Claim(
    sentence="A recursive lock costs more than a plain one",
    topic="locks",
    evidence=(
        Times(
            "recursive over plain", RLOCK, RLOCK.but(lock="mutex"), 1.0,
            python=("lock_recursive", "lock_plain"),
        ),
    ),
)
