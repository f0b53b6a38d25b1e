"""Threads under an interpreter lock gain where they wait, since it is dropped meanwhile."""

from ..claim import Claim, Times, case

SLEEP = case("io_sleep", gil="cpython32", workers=16)
ECHO = case("io_tcp_echo", gil="cpython32", workers=16, delay="1ms")
CLAIM = Claim(
    sentence="Under a gil, threads still speed up I/O, because it is dropped while they wait",
    topic="GIL",
    evidence=(
        Times(
            "one after the other over 16 threads, sleeping",
            SLEEP.but(model="single", workers=1), SLEEP, 2,
            python=("sleep_single", "sleep_threads"),
        ),
        Times(
            "one after the other over 16 threads, a server that takes 1 ms",
            ECHO.but(model="single", workers=1), ECHO, 2,
        ),
    ),
    figure="gil_cost",
)
