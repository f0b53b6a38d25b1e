"""Threads under an interpreter lock gain nothing where they compute."""

from ..claim import AtMost, Claim, case

TWO = case("cpu_pi", gil="cpython32", workers=2, cpus=2)
ALONE = TWO.but(model="single", workers=1)
CLAIM = Claim(
    sentence="Under a gil, threads do not speed up CPU work",
    topic="GIL",
    evidence=(
        AtMost(
            "speed of 2 threads over one after the other", ALONE, TWO, 1.1,
            python=("compute_single", "compute_threads"),
        ),
    ),
    figure="gil_cost",
)
