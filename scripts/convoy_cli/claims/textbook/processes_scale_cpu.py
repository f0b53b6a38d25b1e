"""Processes compute at once, with an interpreter lock each."""

from ..claim import Claim, Times, case

FREE = case("cpu_pi", model="processes", workers=2, cpus=2)
LOCKED = FREE.but(gil="cpython32")
CLAIM = Claim(
    sentence="CPU work scales with processes, gil or not",
    topic="processes",
    evidence=(
        Times(
            "one after the other over 2 processes", FREE.but(model="single", workers=1), FREE, 1.5,
        ),
        Times(
            "the same under a gil", LOCKED.but(model="single", workers=1), LOCKED, 1.5,
            python=("compute_single", "compute_processes"),
        ),
    ),
    figure="scaling",
)
