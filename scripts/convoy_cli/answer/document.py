"""What an answer claims, as data."""

from __future__ import annotations

from typing import Any, Optional

from ..statistics import Interval
from .advice import Advice
from .costs import Cost, Costs
from .disturbance import disturbance
from .summary import Answer

Json = dict[str, Any]


def document(answered: Answer) -> Json:
    found = disturbance(answered.result)
    return {
        "disturbed_share": found.share,
        "use": [use(each) for each in answered.advice if each.others],
        "lock_costs": [cost(each, of) for each in answered.costs for of in each.costs],
    }


def use(advice: Advice) -> Json:
    """`ratio` is that of the fastest to one worker of single without a lock."""
    gain = advice.gain
    return {
        "kind": advice.kind,
        "lock": advice.gil,
        "workloads": [task.name for task in advice.tasks],
        "winner": [] if advice.disturbed else advice.winners,
        "resolved": advice.resolved,
        "disturbed": advice.disturbed,
        "ratio": None if gain is None else gain.value,
        "interval": None if gain is None else bounds(gain.interval),
        "sentence": advice.sentence,
    }


def cost(costs: Costs, of: Cost) -> Json:
    """`ratio` is the speed under the lock over that without; `change` what is claimed of it."""
    return {
        "kind": costs.kind,
        "lock": costs.gil,
        "workloads": [of.task.name],
        "series": costs.series,
        "change": of.change,
        "resolved": of.resolved,
        "disturbed": of.comparison.disturbed,
        "ratio": of.comparison.value,
        "interval": bounds(of.comparison.interval),
        "sentence": costs.sentence,
    }


def bounds(interval: Optional[Interval]) -> Optional[list[float]]:
    return None if interval is None else list(interval)
