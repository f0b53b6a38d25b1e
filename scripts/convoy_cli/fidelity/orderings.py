"""Do the policies stand in the same order as the interpreters they are made after?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from .bars import Comparison

Json = dict[str, Any]
APART = 1.5  # interpreters nearer to each other than this factor have no order to be kept
MEASURES = {
    "lateness/1/p50": "lateness beside 1 spinner",
    "echo/1/share": "UDP rate beside 1 spinner, of idle",
    "latency/bytecode/mean": "latency beside bytecode",
    "latency/calls/mean": "latency beside long calls",
}


@dataclass(frozen=True)
class Ordering:
    """One measure over all interpreters, from the least to the greatest, on each side."""

    what: str
    real: tuple[str, ...]
    native: tuple[str, ...]
    pairs: int  # that are far enough apart to be judged
    turned: tuple[tuple[str, str], ...]  # of these, those that stand the other way round natively
    enough: bool

    @property
    def verdict(self) -> str:
        if not self.enough:
            return "few"
        return "off" if self.turned else "ok"


def orderings(compared: dict[str, list[Comparison]], enough: bool) -> list[Ordering]:
    """`compared` by the interpreter's label; measures that two interpreters have or more."""
    found = []
    for key, what in MEASURES.items():
        known = [
            (label, each.real, each.native)
            for label, comparisons in compared.items()
            for each in comparisons
            if each.key == key and each.real is not None and each.native is not None
        ]
        pairs = [
            (low, high)
            for one, other in combinations(known, 2)
            for low, high in [sorted((one, other), key=lambda entry: entry[1])]
            if high[1] > APART * max(low[1], 0.0)
        ]
        turned = tuple((low[0], high[0]) for low, high in pairs if not high[2] > low[2])
        if pairs:
            real, native = (
                tuple(entry[0] for entry in sorted(known, key=lambda entry: entry[side]))
                for side in (1, 2)
            )
            found.append(Ordering(what, real, native, len(pairs), turned, enough))
    return found
