"""The rules of other tools, after what they publish, to be judged on the same runs as the gate.

- compare.py of Google Benchmark (docs/tools.md, tools/gbench/report.py): the two-sided test of Mann
  and Whitney at 0.05, advised from nine repetitions on. It leaves the verdict to the reader: here
  the build fails if the test says different and the mean is higher, or higher by 1 %.
- pyperf's compare_to (pyperf/_utils.py, doc/cli.rst): Student's t-test for two samples at 95 %, of
  20 processes with 3 values each. --min-speed leaves out what differs by less per cent.
- Criterion.rs (book/src/analysis.md, src/analysis/compare.rs): 100 samples a build; a bootstrap of
  both together gives the distribution of Welch's t, at 0.05; then the build regressed if the whole
  95 % bootstrap interval of the change of the mean lies above the noise threshold of 1 %.
- github-action-benchmark (README, src/write/findAlerts.ts): one number a build; alert above 200 %,
  which users lower. Here 110 %, too.

All are asked one question only: does this build fail for being slower?
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist, fmean

from bounds import student_critical

Times = Sequence[float]
Rule = Callable[[Times, Times, random.Random], bool]
ERROR = 0.05
RESAMPLES = 400  # Criterion's usual 100 000 only make the same p-value less grainy


def mann_whitney(base: Times, contender: Times) -> float:
    """The two-sided p-value by the normal approximation, for ties and for steps."""
    both = sorted((value, side) for side, times in enumerate((base, contender)) for value in times)
    ranks, tied, at = [0.0, 0.0], 0, 0
    while at < len(both):
        end = at
        while end < len(both) and both[end][0] == both[at][0]:
            end += 1
        for _, side in both[at:end]:
            ranks[side] += (at + 1 + end) / 2
        tied += (end - at) ** 3 - (end - at)
        at = end
    a, b = len(base), len(contender)
    wins = ranks[0] - a * (a + 1) / 2
    wins = max(wins, a * b - wins)
    spread = math.sqrt(a * b / 12 * (a + b + 1 - tied / ((a + b) * (a + b - 1))))
    if spread == 0:
        return 1.0
    return min(1.0, 2 * (1 - NormalDist().cdf((wins - a * b / 2 - 0.5) / spread)))


def variance(times: Times, mean: float) -> float:
    return sum((time - mean) ** 2 for time in times) / (len(times) - 1)


def student(base: Times, contender: Times) -> float:
    """Student's t with one variance for both."""
    mean_a, mean_b = fmean(base), fmean(contender)
    a, b = len(base), len(contender)
    squares = (a - 1) * variance(base, mean_a) + (b - 1) * variance(contender, mean_b)
    apart = math.sqrt(squares / (a + b - 2) * (1 / a + 1 / b))
    return (mean_b - mean_a) / apart if apart else math.copysign(math.inf, mean_b - mean_a)


def welch(base: Times, contender: Times) -> float:
    """Welch's t: each side has a variance of its own."""
    mean_a, mean_b = fmean(base), fmean(contender)
    apart = math.sqrt(variance(base, mean_a) / len(base)
                      + variance(contender, mean_b) / len(contender))  # fmt: skip
    return (mean_b - mean_a) / apart if apart else 0.0


def ratio(base: Times, contender: Times) -> float:
    return fmean(contender) / fmean(base)


def compare_py(tolerance: float) -> Rule:
    def fails(base: Times, contender: Times, _: random.Random) -> bool:
        return ratio(base, contender) > tolerance and mann_whitney(base, contender) < ERROR

    return fails


def pyperf(tolerance: float) -> Rule:
    def fails(base: Times, contender: Times, _: random.Random) -> bool:
        critical = student_critical_of(len(base) + len(contender) - 2)
        return ratio(base, contender) > tolerance and student(base, contender) >= critical

    return fails


@cache
def student_critical_of(freedom: int) -> float:
    return student_critical(freedom, ERROR)


def criterion(base: Times, contender: Times, chance: random.Random) -> bool:
    seen, a, b = welch(base, contender), len(base), len(contender)
    if ratio(base, contender) <= 1.01:
        return False  # then the interval does not lie above it, either
    pool = [*base, *contender]
    beyond = 0
    for _ in range(RESAMPLES):
        drawn = chance.choices(pool, k=a + b)
        beyond += abs(welch(drawn[:a], drawn[a:])) >= abs(seen)
    if beyond / RESAMPLES >= ERROR:
        return False
    changes = sorted(
        ratio(chance.choices(base, k=a), chance.choices(contender, k=b)) for _ in range(RESAMPLES)
    )
    return changes[round(RESAMPLES * ERROR / 2)] > 1.01


def threshold(limit: float) -> Rule:
    def fails(base: Times, contender: Times, _: random.Random) -> bool:
        return ratio(base, contender) > limit

    return fails


@dataclass(frozen=True)
class Rival:
    """A rule, and how many runs of a build it is usually given."""

    name: str
    fails: Rule
    runs: int


RIVALS = (
    Rival("compare.py, U-test", compare_py(1.0), 9),
    Rival("compare.py, U-test and 1 %", compare_py(1.01), 9),
    Rival("pyperf, t-test", pyperf(1.0), 60),
    Rival("pyperf, t-test and 1 %", pyperf(1.01), 60),
    Rival("Criterion.rs", criterion, 100),
    Rival("above 110 %", threshold(1.1), 1),
    Rival("above 200 %", threshold(2.0), 1),
)
