"""To lock what is shared leaves the rest to run at once; to wait for each other does not."""

from ..claim import Claim, Times, case

LOCKED = case("critical_section", workers=4, cpus=2)
CLAIM = Claim(
    sentence="Locking the shared part beats running one after the other",
    topic="locks",
    evidence=(
        Times(
            "one after the other over a lock around a quarter", LOCKED.but(percent="100"), LOCKED,
            1.1,
        ),
    ),
    figure="scaling",
)
