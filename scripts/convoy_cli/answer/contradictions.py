"""Where two answers, as `document` has them, contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

Json = Mapping[str, Any]


def contradictions(quiet: Json, other: Json) -> list[str]:
    """What `other` claims and `quiet` refutes; a claim that either leaves open contradicts none."""
    return [*winners(quiet, other), *changes(quiet, other)]


def winners(quiet: Json, other: Json) -> Iterator[str]:
    """Other winners; of several that are not told apart, one in common is enough."""
    for known, claim in counterparts(quiet, other, "use"):
        if known["resolved"] and claim["resolved"]:
            if not set(known["winner"]) & set(claim["winner"]):
                yield f"{claim['sentence']} But: {known['sentence']}"


def changes(quiet: Json, other: Json) -> Iterator[str]:
    """A loss that is a gain elsewhere, or one where elsewhere there is shown to be none."""
    for known, claim in counterparts(quiet, other, "lock_costs"):
        if claim["change"] is None or not (known["resolved"] and claim["resolved"]):
            continue
        opposite = known["change"] is not None and known["change"] != claim["change"]
        if opposite or (known["change"] is None and apart(known["interval"], claim["interval"])):
            yield f"{claim['sentence']} But: {known['sentence']}"


def apart(one: Optional[list[float]], other: Optional[list[float]]) -> bool:
    return one is not None and other is not None and (one[1] < other[0] or other[1] < one[0])


def counterparts(quiet: Json, other: Json, part: str) -> Iterator[tuple[Json, Json]]:
    known = {key(each): each for each in quiet[part]}
    for claim in other[part]:
        if key(claim) in known:
            yield known[key(claim)], claim


def key(claim: Json) -> tuple[Any, ...]:
    """What a claim is about: the same workloads, and the same series where it is about one."""
    return claim["kind"], claim["lock"], tuple(claim["workloads"]), claim.get("series")
