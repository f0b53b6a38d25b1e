"""An interpreter lock does not keep updates of a program apart."""

from ..claim import Claim, Happens, case

CLAIM = Claim(
    sentence="A gil does not protect read-modify-write",
    topic="GIL and locks",
    evidence=(
        Happens(
            "updates lost under a gil",
            case("gil_race", gil="cpython32:interval=10us", checkpoints="every_op"),
            "lost_per_million", python=("race_threads",),
        ),
    ),
    figure="lost_updates",
)
