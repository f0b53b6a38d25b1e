"""A small recording of noise that is made up, for tests."""

from __future__ import annotations

import math
import random

from recording import Recording

ARMS = [1.0, 1.0, 1.0, 1.05]


def made_recording(rounds: int = 300, count: int = 20, noise: float = 0.01) -> Recording:
    """Half of one thread, half of two; the slowed arm takes 5 % more, exactly but for the noise."""
    chance = random.Random(1)
    made = Recording(list(ARMS), seed=1, seconds=600, machine={"cpu": "made up", "cpus": 2})
    for number in range(count):
        name = f"cpu_{number}" if number % 2 else f"pipe_{number}/real_time"
        made.announce(name, "cpu_time", "--benchmark_min_time=1e-9", [1000, 1000, 1000, 1050])
        for _ in range(rounds):
            made.add(name, [1e7 * arm * math.exp(chance.gauss(0, noise)) for arm in ARMS])
    return made
