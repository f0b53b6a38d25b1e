"""How near the native side must come to the real one, set before anything is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

LEAST_REPEATS, LEAST_POOLED = 5, 500
MS = 1e6


@dataclass(frozen=True)
class Bar:
    """How near the native value must be to the real one, as `words` say."""

    words: str
    range: Callable[[float], tuple[float, float]]

    def holds(self, real: float, native: float) -> bool:
        low, high = self.range(real)
        return low <= native <= high


def within_factor(factor: float) -> Bar:
    return Bar(f"×{factor:g}", lambda real: (real / factor, real * factor))


def within(difference: float) -> Bar:
    return Bar(f"± {difference:g}", lambda real: (real - difference, real + difference))


P50 = Bar(
    "5 % or 0.3 ms",
    lambda real: (min(real * 0.95, real - 0.3 * MS), max(real * 1.05, real + 0.3 * MS)),
)
MEAN, RATE = within_factor(1.5), within_factor(2)
THROUGHPUT, SLOPE = within(0.08), within(0.05)
LOSS = Bar("both or neither", lambda real: (1e-9, 1e9) if real > 0 else (0.0, 0.0))


@dataclass(frozen=True)
class Comparison:
    """One number of both sides. `verdict`: ok, off, few (too little to judge by), or empty."""

    key: str
    what: str
    unit: str
    real: Optional[float]
    native: Optional[float]
    bar: Optional[Bar]
    verdict: str
    counts: tuple[int, int] = (0, 0)

    @property
    def ratio(self) -> Optional[float]:
        if self.real is None or self.native is None or self.real <= 0 or self.native < 0:
            return None
        return self.native / self.real


def judged(
    key: str, what: str, unit: str, values: tuple[Optional[float], Optional[float]],
    bar: Optional[Bar] = None, enough: bool = True, counts: tuple[int, int] = (0, 0),
) -> Comparison:  # fmt: skip
    real, native = values
    verdict = ""
    if bar is not None:
        if real is None or native is None or not enough:
            verdict = "few"
        else:
            verdict = "ok" if bar.holds(real, native) else "off"
    return Comparison(key, what, unit, real, native, bar, verdict, counts)
