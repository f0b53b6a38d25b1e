"""Coroutines switch without the kernel."""

from ..claim import Claim, Times, case

THREADS = case("switch_pingpong", workers=2)
CLAIM = Claim(
    sentence="Switching coroutines needs no kernel and is far cheaper",
    topic="coroutines",
    evidence=(
        Times(
            "threads over coroutines", THREADS, THREADS.but(model="coroutines"), 3,
            python=("switch_threads", "switch_coroutines"),
        ),
    ),
    figure="handoff",
)
