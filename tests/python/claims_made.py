"""Made-up claims, and sources of numbers that answer them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Optional

from convoy_cli.claims import document, judge
from convoy_cli.claims.claim import Claim, Never, Times, case
from convoy_cli.claims.judge import Missing

A, B, C, D = (case("cpu_pi", n=str(n)) for n in (1, 2, 3, 4))


class Numbers:
    """A source whose numbers are given; a case without is missing."""

    def __init__(self, known: Mapping[Any, Any], disturbed: tuple[Any, ...] = ()) -> None:
        self.known, self._disturbed = known, disturbed

    def numbers(self, where: Any, figure: Optional[str]) -> Mapping[int, float]:
        if where not in self.known:
            raise Missing(f"not measured: {where.words}")
        return dict(enumerate(self.known[where]))

    def disturbed(self, where: Any) -> bool:
        return where in self._disturbed


def claim_of(*evidence: Any, untestable: str = "", sentence: str = "A sentence") -> Claim:
    return Claim(sentence, "a topic", evidence, name="made", untestable=untestable)


def judged(source: Numbers, *claims: Claim) -> list[judge.Judged]:
    return judge.judge(claims, source, lambda evidence: evidence.cases)


def around(value: float, count: int = 10, noise: float = 0.01, seed: int = 1) -> list[float]:
    made = random.Random(seed)
    return [value * (1 + made.gauss(0, noise)) for _ in range(count)]


def disagreeing() -> list[document.Answer]:
    """Two sources: one supports what the other refutes, and nobody can test the last claim."""
    source = Numbers({A: around(3.0), B: around(1.0, seed=4), C: [0.0] * 8})
    claims = [
        claim_of(Times("A over B", A, B, 1.5)), claim_of(Never("lost", C, "lost_per_million")),
        claim_of(untestable="no server"),
    ]  # fmt: skip
    other = Numbers({A: around(1.0), B: around(1.0, seed=4), C: [5.0] * 8})
    return [document.Answer("Models", judged(source, *claims)),
            document.Answer("CPython 3", judged(other, *claims[:2], claims[2]))]  # fmt: skip
