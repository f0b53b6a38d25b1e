"""A queue takes a burst at once, a single slot holds the producer up."""

from ..claim import Claim, Times, case

QUEUE = case("pipeline_bursty")
CLAIM = Claim(
    sentence="A queue absorbs bursts that a one-slot hand-over does not",
    topic="queues",
    evidence=(
        Times(
            "how long a put holds the producer up, slot over queue", QUEUE.but(through="slot"),
            QUEUE, 2, figure="blocked_ns", python=("burst_slot", "burst_queue"),
        ),
    ),
    figure="bursts",
)
