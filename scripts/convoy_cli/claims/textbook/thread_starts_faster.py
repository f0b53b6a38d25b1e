"""What starting a thread and a process takes."""

from ..claim import Claim, Times, case

THREAD = case("spawn", model="single", workers=1)
CLAIM = Claim(
    sentence="A thread starts faster than a process",
    topic="processes and threads",
    evidence=(
        Times(
            "fork over thread, start and end", THREAD.but(how="fork"), THREAD,
            python=("start_processes", "start_threads"),
        ),
    ),
    figure="spawn",
)
