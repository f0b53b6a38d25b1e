"""The rule of thumb for work that computes."""

from ..claim import Claim, Times, case

PROCESSES = case("cpu_pi", model="processes", gil="cpython32", cpus=2)
CLAIM = Claim(
    sentence="CPU-bound work in an interpreter with a gil: use processes",
    topic="what to use",
    evidence=(
        Times("threads over processes", PROCESSES.but(model="threads"), PROCESSES, 1.3,
              python=("compute_threads", "compute_processes")),
        Times("coroutines over processes", PROCESSES.but(model="coroutines"), PROCESSES, 1.3),
    ),
    figure="heatmap",
)  # fmt: skip
