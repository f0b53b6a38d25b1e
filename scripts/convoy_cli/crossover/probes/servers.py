"""One case in the shapes that servers in Python have: one event loop, threads, processes of both.

    python3 servers.py cpu_ns=50000 wait_ns=5000000 workers=200 processes=2 passes=5
    python3 servers.py round_ns=500000000

Each of the workers computes for so long and then waits for so long, again and again. The shapes run
by turns, `passes` times, for `round_ns` each. One line of JSON: for each shape its rates in
operations a second, one a pass, and the median of its ratios to one loop, pass by pass. The loop
that computes is made as long as it should be beside nobody, once. Every value is a whole number.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import threading
import time
from typing import Any, Callable

# An interpreter is given this one file, and nothing beside it.


Rounds = Callable[[int], int]  # how many operations so many workers did


def compute(steps: int) -> int:
    total = 0
    for step in range(steps):
        total += step
    return total


def steps_in(cpu_ns: int) -> int:
    """How many steps take so much CPU time: the fastest of some tries is beside nobody."""
    tried = 100_000
    best = min(timed(tried) for _ in range(9))
    return max(1, round(tried * cpu_ns / best))


def timed(steps: int) -> int:
    before = time.process_time_ns()
    compute(steps)
    return max(1, time.process_time_ns() - before)


def by_loop(steps: int, wait_s: float, begin: float, end: float) -> Rounds:
    def run(workers: int) -> int:
        async def work() -> int:
            done = 0
            while time.monotonic() < end:
                compute(steps)
                await asyncio.sleep(wait_s)
                done += begin <= time.monotonic() < end
            return done

        async def everybody() -> int:
            return sum(await asyncio.gather(*(work() for _ in range(workers))))

        total: int = asyncio.run(everybody())
        return total

    return run


def by_threads(steps: int, wait_s: float, begin: float, end: float) -> Rounds:
    def run(workers: int) -> int:
        counts = [0] * workers

        def work(index: int) -> None:
            while time.monotonic() < end:
                compute(steps)
                time.sleep(wait_s)
                counts[index] += begin <= time.monotonic() < end

        threads = [threading.Thread(target=work, args=(index,)) for index in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts)

    return run


def in_processes(run: Rounds, workers: int, processes: int) -> int:
    """The workers dealt over forked processes, each an interpreter with a lock of its own."""
    context = multiprocessing.get_context("fork")
    answers: Any = context.SimpleQueue()
    shares = [workers // processes + (i < workers % processes) for i in range(processes)]
    children = [context.Process(target=lambda n: answers.put(run(n)), args=(n,)) for n in shares]
    for child in children:
        child.start()
    total: int = sum(answers.get() for _ in children)
    for child in children:
        child.join()
    return total


SHAPES = {"loop": (by_loop, False), "loops_in_processes": (by_loop, True),
          "threads": (by_threads, False), "threads_in_processes": (by_threads, True)}  # fmt: skip
WARM_UP_S = 0.15  # until all of them are there


def measure(name: str, asked: dict[str, int], steps: int) -> float:
    shape, divided = SHAPES[name]
    begin = time.monotonic() + WARM_UP_S
    end = begin + asked["round_ns"] / 1e9
    run = shape(steps, asked["wait_ns"] / 1e9, begin, end)
    many = asked["processes"] if divided else 1
    return in_processes(run, asked["workers"], many) / (end - begin)


def main() -> None:
    asked = {"cpu_ns": 50_000, "wait_ns": 5_000_000, "workers": 200, "processes": 2, "passes": 5,
             "round_ns": 500_000_000}  # fmt: skip
    asked |= {key: int(value) for key, value in (part.split("=") for part in sys.argv[1:])}
    steps = steps_in(asked["cpu_ns"])
    rates: dict[str, list[float]] = {name: [] for name in SHAPES}
    for turn in range(asked["passes"]):
        names = list(SHAPES)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rates[name].append(measure(name, asked, steps))
    ratios = {
        name: statistics.median(one / loop for one, loop in zip(found, rates["loop"]))
        for name, found in rates.items()
    }
    told = {"version": sys.version.split()[0], "steps": steps, "rates": rates, "ratios": ratios}
    print(json.dumps(asked | told))


if __name__ == "__main__":
    main()
