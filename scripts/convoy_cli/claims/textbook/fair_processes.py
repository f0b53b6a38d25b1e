"""Whether the kernel shares time between processes or between threads."""

from ..claim import Claim, Times, case

GROUPS = case("fairness_timeslice", model="processes")
CLAIM = Claim(
    sentence="Time is shared fairly between processes, not between threads",
    topic="processes and threads",
    evidence=(
        Times(
            "share of a process with one thread beside one with three, over that of a thread alone",
            GROUPS, GROUPS.but(model="threads"), 1.5, figure="one_thread_share",
            python=("share_processes", "share_threads"),
        ),
    ),
    remark="Linux shares time between threads, whatever process they belong to",
)
