"""A queue keeps its users apart by itself."""

from ..claim import Claim, Happens, Never, case

CLAIM = Claim(
    sentence="A queue is safe to share as it is, a plain number is not",
    topic="queues",
    evidence=(
        Never("items lost in a queue", case("queue_fifo"), "lost", python=("queue_lost",)),
        Happens("updates lost without a queue", case("race_counter", cpus=2), "lost_per_million",
                python=("race_threads",)),
    ),
    figure="queues",
)  # fmt: skip
