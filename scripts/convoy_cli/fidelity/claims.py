"""What a scenario says must hold, and what comes of it: pass, fail or skip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..units import duration, percent, short

PASS, FAIL, SKIP = "pass", "fail", "skip"


class Skipped(Exception):
    """It cannot be judged; the message says why."""


class Failed(Exception):
    """What should have been measured could not be; the message says why."""


@dataclass(frozen=True)
class Claim:
    """A number with its bounds, None for none. The end of its name is its unit: `_ns`, `_share`."""

    what: str
    value: float
    low: Optional[float] = None
    high: Optional[float] = None
    strictly: bool = False  # the bounds themselves do not count

    @property
    def holds(self) -> bool:
        low, high, value = self.low, self.high, self.value
        if self.strictly:
            return (low is None or value > low) and (high is None or value < high)
        return (low is None or value >= low) and (high is None or value <= high)

    @property
    def title(self) -> str:
        words = self.what.removesuffix("_ns").removesuffix("_share")
        return words.replace("_per_", "/").replace("_", " ")

    @property
    def measured(self) -> str:
        return number(self.what, self.value)

    @property
    def bounds(self) -> str:
        """As `5 ms to 5.4 ms`; empty for a number that is only told."""
        low, high = (None if end is None else number(self.what, end) for end in
                     (self.low, self.high))  # fmt: skip
        if low is not None and high is not None:
            return low if low == high else f"{low} to {high}"
        if low is not None:
            return f"{'>' if self.strictly else '≥'} {low}"
        if high is not None:
            return f"{'<' if self.strictly else '≤'} {high}"
        return ""


@dataclass(frozen=True)
class Verdict:
    name: str
    policy: str
    verdict: str
    reason: str = ""
    claims: Sequence[Claim] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "policy": self.policy,
            "verdict": self.verdict,
            "reason": self.reason,
            "measured": {claim.what: claim.value for claim in self.claims},
            "expected": {
                claim.what: {"from": claim.low, "to": claim.high, "strictly": claim.strictly}
                for claim in self.claims
                if claim.bounds
            },
        }


def judged(name: str, policy: str, claims: Sequence[Claim]) -> Verdict:
    """Passes if every claim holds, and says which do not."""
    broken = [claim for claim in claims if not claim.holds]
    if not any(claim.bounds for claim in claims):
        return Verdict(name, policy, SKIP, "it says nothing that could be judged", claims)
    said = (f"{claim.title} {claim.measured}, expected {claim.bounds}" for claim in broken)
    return Verdict(name, policy, FAIL if broken else PASS, "; ".join(said), claims)


def number(what: str, value: float) -> str:
    if what.endswith("_ns"):
        return duration(value)
    if what.endswith("_share"):
        return percent(value)
    return short(value)
