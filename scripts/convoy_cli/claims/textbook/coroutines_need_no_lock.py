"""On one thread nobody comes between reading and writing, as long as nothing is awaited there."""

from ..claim import Claim, Never, case

CLAIM = Claim(
    sentence="Coroutines on one thread lose no update without a lock",
    topic="coroutines",
    evidence=(
        Never(
            "updates lost by coroutines", case("race_counter", model="coroutines"),
            "lost_per_million", python=("race_coroutines",),
        ),
    ),
    figure="lost_updates",
    remark="as long as nothing waits between reading and writing",
)
