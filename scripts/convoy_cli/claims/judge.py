"""Decides: what each piece of evidence shows, and the verdict on each claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Optional, Protocol

from ..core.units import Interval, some
from ..stats import paired
from ..stats.paired import LEAST, Paired
from ..stats.sign_test import discoveries
from .claim import AtMost, Claim, Evidence, Happens, Never, Times

RATE = 0.05  # of the verdicts, the share that may be false
LOOKS = 3  # at most: what is not decided is measured again, and each look has its part of the rate


class Verdict(str, Enum):
    """In the order in which a claim takes the worst of its evidence."""

    UNTESTABLE = "not testable here"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    SUPPORTED = "supported"


class Source(Protocol):
    """Where numbers come from: a result, or a real interpreter. Raises Missing."""

    def numbers(self, where: Any, figure: Optional[str]) -> Mapping[int, float]:
        """By pass: the time of an operation in ns, or a figure."""

    def disturbed(self, where: Any) -> bool:
        """Whether too few samples were undisturbed to go by."""


class Missing(Exception):
    """There are no numbers; the message says why, and what would give some."""


class NotMeasured(Missing):
    """Nobody has tried to measure it."""


@dataclass
class Finding:
    """What one piece of evidence shows. `settle` completes it."""

    evidence: Evidence
    value: Optional[float] = None  # the ratio, or the figure's most telling sample
    interval: Optional[Interval] = None
    samples: int = 0
    verdict: Verdict = Verdict.INCONCLUSIVE
    reason: str = ""
    pairs: Optional[Paired] = field(default=None, repr=False)  # of the ratio over its bound


@dataclass
class Judged:
    """A claim, and what was found of it."""

    claim: Claim
    findings: list[Finding]

    @property
    def verdict(self) -> Verdict:
        found = {finding.verdict for finding in self.findings}
        return next((each for each in Verdict if each in found), Verdict.UNTESTABLE)

    @property
    def reason(self) -> str:
        """Why it is not decided, or not testable; empty where it is."""
        if self.claim.untestable:
            return self.claim.untestable
        if self.verdict in (Verdict.SUPPORTED, Verdict.REFUTED):
            return ""
        return next((f.reason for f in self.findings if f.verdict is self.verdict), "")


def judge(
    claims: Sequence[Claim], source: Source, cases: Callable[[Evidence], Sequence[Any]],
    looks: int = 1,
) -> list[Judged]:  # fmt: skip
    """All verdicts together hold a false-discovery rate of 5 %, over so many looks."""
    found = [
        Judged(claim, [look(evidence, source, cases(evidence)) for evidence in claim.evidence])
        for claim in claims
    ]
    settle([finding for judged in found for finding in judged.findings], RATE / looks)
    return found


def look(evidence: Evidence, source: Source, cases: Sequence[Any]) -> Finding:
    """What the numbers say of one piece of evidence; ratios are judged by `settle`."""
    finding = Finding(evidence)
    figure = evidence.figure
    try:
        numbers = [source.numbers(each, figure) for each in cases]
    except Missing as missing:
        finding.verdict, finding.reason = Verdict.UNTESTABLE, str(missing)
        return finding
    finding.samples = min(len(each) for each in numbers)
    if isinstance(evidence, (Never, Happens)):
        count(finding, evidence, list(numbers[0].values()))
        return finding
    if any(source.disturbed(each) for each in cases):
        finding.reason = "disturbed: something else used the CPUs; measure again on a quiet machine"
    bound = evidence.bound
    pairs = ratio(numbers, bound)
    finding.value = pairs.value * bound if pairs.ratios else None
    if not pairs.enough and not finding.reason:
        known = some(len(pairs.ratios), "pass")
        finding.reason = f"{known}, and {LEAST} are needed: --passes {LEAST}"
    elif not finding.reason:
        finding.pairs = pairs
    inside = pairs.interval()
    finding.interval = scaled(inside, bound)
    return finding


def ratio(numbers: Sequence[Mapping[int, float]], bound: float) -> Paired:
    """Pass by pass the first over the second, each over two others if there are; over `bound`."""
    if len(numbers) == 2:
        # Of two times the larger one is the slower: so it stands second.
        return paired.by_pass({p: v * bound for p, v in numbers[1].items()}, numbers[0])
    more, less, more_base, less_base = numbers
    common = sorted(set(more) & set(less) & set(more_base) & set(less_base))
    kept = [p for p in common if min(each[p] for each in numbers) > 0]
    return Paired(
        tuple(math.log(more[p] / more_base[p]) for p in kept),
        tuple(math.log(less[p] / less_base[p] * bound) for p in kept),
    )


def count(finding: Finding, evidence: Never | Happens, values: list[float]) -> None:
    """Of what happens or does not, every sample is evidence, and one is a proof."""
    few = f"{some(len(values), 'sample')}, and {LEAST} are needed: --passes {LEAST}"
    if isinstance(evidence, Never):
        finding.value = max(values, key=lambda value: abs(value - evidence.value))
        holds = finding.value == evidence.value
        if not holds:
            finding.verdict = Verdict.REFUTED
        elif len(values) < LEAST:
            finding.reason = few
        else:
            finding.verdict = Verdict.SUPPORTED
        return
    finding.value = max(values)
    if finding.value > evidence.value:
        finding.verdict = Verdict.SUPPORTED
    elif len(values) < LEAST:
        finding.reason = few
    else:
        finding.verdict = Verdict.REFUTED


def settle(findings: Sequence[Finding], rate: float) -> None:
    """Benjamini and Hochberg (1995) over all ratios, with intervals as in answer: those of what
    was selected are as wide as Benjamini and Yekutieli (2005) want them."""
    tested = [finding for finding in findings if finding.pairs is not None]
    chances = [finding.pairs.chance for finding in tested if finding.pairs is not None]
    found = discoveries(chances, rate)
    confidence = 1 - rate * max(1, sum(found)) / max(1, len(tested))
    for finding, discovered in zip(tested, found):
        evidence, pairs = finding.evidence, finding.pairs
        assert pairs is not None and isinstance(evidence, (Times, AtMost))
        bound = evidence.bound
        inside = pairs.interval(confidence)
        finding.interval = scaled(inside, bound)
        apart = inside is not None and not inside.low <= 1 <= inside.high
        if not (discovered and apart):
            finding.reason = f"its interval has {bound:g} × in it: more passes, as in --passes 20"
            continue
        above = pairs.value > 1
        holds = above if isinstance(evidence, Times) else not above
        finding.verdict = Verdict.SUPPORTED if holds else Verdict.REFUTED


def scaled(inside: Optional[Interval], by: float) -> Optional[Interval]:
    return None if inside is None else Interval(inside.low * by, inside.high * by)
