"""A lock loses no update, and costs time."""

from ..claim import Claim, Happens, Never, Times, case

NOTHING = case("race_counter", cpus=2)
LOCKED = NOTHING.but(how="lock")
CLAIM = Claim(
    sentence="A lock makes a shared counter correct, at a price",
    topic="locks",
    evidence=(
        Happens("updates lost without a lock", NOTHING, "lost_per_million",
                python=("race_threads",)),
        Never("updates lost with a lock", LOCKED, "lost_per_million", python=("race_locked",)),
        Times("time with a lock over that without", LOCKED, NOTHING, 1.05,
              figure=None, python=("count_locked", "count_threads")),
    ),
    figure="lost_updates",
)  # fmt: skip
