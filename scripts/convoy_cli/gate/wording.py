"""How the gate speaks of ratios, intervals and verdicts, alike in every output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Optional

from ..terminal import plain
from ..units import some
from .document import new_failures
from .family import Verdict

Json = dict[str, Any]

# In this order they are told: first what somebody has to do something about.
ORDER = (
    Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.SAME,
)  # fmt: skip
SIGNIFICANT = (Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.IMPROVED)
COUNTED = {
    Verdict.ENVIRONMENT: "unproven", Verdict.REGRESSED: "regressed", Verdict.IMPROVED: "improved",
    Verdict.INCONCLUSIVE: "inconclusive", Verdict.SAME: "the same",
}  # fmt: skip
ALIKE = {
    Verdict.ENVIRONMENT: "differ as well", Verdict.REGRESSED: "regressed",
    Verdict.IMPROVED: "improved", Verdict.INCONCLUSIVE: "undecided",
}  # fmt: skip


def factors(*ratios: Optional[float]) -> list[str]:
    """Ratios with as many decimals as tell them apart; one that is not there is a dash."""
    known = [ratio for ratio in ratios if ratio is not None]
    width = max(known, default=0.0) - min(known, default=0.0)
    decimals = 2 if width >= 0.02 or len(known) < 2 else 3 if width >= 0.002 else 4
    largest = max(known, default=0.0)
    decimals = 0 if largest >= 99.5 else 1 if largest >= 9.95 else decimals
    return ["–" if ratio is None else f"{ratio:.{decimals}f}" for ratio in ratios]


def ratio_of(each: Json) -> str:
    value = factors(each["ratio"], each["low"], each["high"])[0]
    return value if each["ratio"] is None else f"{value} ×"


def interval_of(each: Json, upside_down: bool = False) -> str:
    """`95 % 1.05–1.09`; upside down it is that of base over contender."""
    ratio, low, high = each["ratio"], each["low"], each["high"]
    if low is None or high is None:
        return "too few rounds for an interval"
    if upside_down and low > 0:
        ratio, low, high = (1 / ratio if ratio else None), 1 / high, 1 / low
    _, low, high = factors(ratio, low, high)
    return f"{confidence(each.get('confidence'))}{low}–{high}"


def confidence(share: Optional[float]) -> str:
    return "" if share is None else f"{share * 100:.3g} % "


def change(each: Json) -> str:
    """`1.07 × slower (95 % 1.05–1.09)`."""
    ratio = each["ratio"]
    if ratio is None:
        return "not measured"
    if ratio >= 1:
        return f"{ratio_of(each)} slower ({interval_of(each)})"
    low, high = (1 / bound if bound else None for bound in (each["high"], each["low"]))
    return f"{factors(1 / ratio, low, high)[0]} × faster ({interval_of(each, upside_down=True)})"


CLOCKS = {"cpu_time": "CPU time", "real_time": "wall time"}


def clocks(each: Json) -> str:
    """`; wall 2.31 ×, CPU 1.00 ×: it waits more`, where the two clocks do not say the same."""
    other, low, high = (each.get(f"other_{key}") for key in ("ratio", "low", "high"))
    if None in (other, low, high, each["low"], each["high"]) or each["metric"] != "real_time":
        return ""
    if each["low"] <= high and low <= each["high"]:
        return ""
    waits = "it waits more" if other < each["ratio"] else "it waits less, or works side by side"
    return f"; wall {factors(each['ratio'])[0]} ×, CPU {factors(other)[0]} ×: {waits}"


def other_clock(each: Json, noise: float) -> Optional[str]:
    """What the clock that does not decide says by itself, where that is more than the noise."""
    low, high = each.get("other_low"), each.get("other_high")
    if low is None or high is None or low <= 1 + noise and 1 <= high * (1 + noise):
        return None
    clock = next(words for name, words in CLOCKS.items() if name != each["metric"])
    said = {"ratio": each["other_ratio"], "low": low, "high": high}
    return f"by {clock} it is {change(said | {'confidence': each.get('confidence')})}"


def detectable(each: Json) -> str:
    """The smallest effect that would have been seen; nothing where it is not known."""
    return "" if each["detectable"] is None else f"{factors(each['detectable'], 1.0)[0]} ×"


def told(each: Json, most: Optional[int] = None) -> str:
    """One benchmark in a sentence without its full stop."""
    name, verdict = plain(each["name"], most), each["verdict"]
    if verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        return f"{name} is {change(each)}{clocks(each)}"
    if verdict == Verdict.ENVIRONMENT:
        itself = each["control"] | {"confidence": each["confidence"]}
        return f"the base of {name} is {change(itself)} than itself"
    if each["ratio"] is None:
        return f"{name} was not measured"
    if verdict == Verdict.SAME:
        return f"{name} is the same: {ratio_of(each)} ({interval_of(each)})"
    seen = detectable(each)
    limit = f"; {seen} slower would have been seen" if seen else ""
    return f"{name} is undecided: {ratio_of(each)} ({interval_of(each)}){limit}"


def failures(document: Json) -> Iterator[tuple[str, str, bool]]:
    """Who failed, why, and whether the contender is to blame: where the base fails, it is not."""
    reasons: dict[str, list[str]] = {}
    for failure in document["failed"]:
        reason = f"failed in the {failure['arm']}: {failure['reason']}"
        reasons.setdefault(failure["name"], []).append(reason)
    blamed = {failure["name"] for failure in new_failures(document)}
    for name, said in reasons.items():
        yield name, "; ".join(said), name in blamed


def weight(each: Json) -> tuple[int, float, str]:
    """What sorts benchmarks: by verdict, then by how large the effect is, or may be."""
    verdict = Verdict(each["verdict"])
    ratio = each["control"]["ratio"] if verdict is Verdict.ENVIRONMENT else each["ratio"]
    size = max(ratio, 1 / ratio) if ratio else 1.0
    if verdict is Verdict.INCONCLUSIVE:
        size = each["detectable"] or 1.0
    return ORDER.index(verdict), -size, each["name"]


def ordered(benchmarks: Iterable[Json]) -> list[Json]:
    """The significant first, and the largest effect first among those of one verdict."""
    return sorted(benchmarks, key=weight)


def counts(benchmarks: Iterable[Json]) -> str:
    """`2 regressed, 1 improved, 37 the same`."""
    found = [Verdict(each["verdict"]) for each in benchmarks]
    return ", ".join(
        f"{found.count(verdict)} {COUNTED[verdict]}" for verdict in ORDER if verdict in found
    )


def with_verdict(document: Json, verdict: Verdict) -> list[Json]:
    return ordered(each for each in document["benchmarks"] if each["verdict"] == verdict)


def sentence(document: Json) -> str:
    """The verdict on all in words."""
    said = _sentence(document)
    return f"Interrupted; so far: {said}" if document["interrupted"] else said


def _sentence(document: Json) -> str:
    verdict, total = Verdict(document["verdict"]), len(document["benchmarks"])
    broken = [plain(failure["name"], 200) for failure in new_failures(document)]
    breaks = f"{broken[0]} fails in the contender alone" if broken else ""
    breaks += f", and {len(broken) - 1} more do" if len(broken) > 1 else ""
    found = with_verdict(document, verdict)
    if verdict is Verdict.REGRESSED and not found:
        return f"{breaks}."
    if not total:
        return f"Nothing was compared{why_nothing(document)}."
    if verdict is Verdict.SAME:
        within = f"{document['rules']['same'] * 100:.3g} %"
        every = f"All {total} benchmarks are" if total > 1 else f"{plain(found[0]['name'], 200)} is"
        return f"{every} the same within ± {within}."
    if not found:
        return f"{some(total, 'benchmark')}, none of them {COUNTED[verdict]}."
    first = told(found[0], 200)
    more = f", and {len(found) - 1} more of {total} {ALIKE[verdict]}" if len(found) > 1 else ""
    if verdict is Verdict.ENVIRONMENT:
        return f"{_capital(first)}{more}: this machine proves nothing now."
    if verdict is Verdict.IMPROVED:
        return f"{first}{more}; nothing is slower."
    return f"{first}{more}{'; ' + breaks if breaks else ''}."


def why_nothing(document: Json) -> str:
    """The first reason that there is, and how many benchmarks are not compared."""
    left = [*document["failed"], *document.get("skipped", [])]
    count = len({each["name"] for each in left})
    if not left:
        alone = len(document["added"]) + len(document["removed"])
        return f": {some(alone, 'benchmark')} of one side alone" if alone else ""
    more = f", and {count - 1} more cannot be" if count > 1 else ""
    return f": {plain(left[0]['name'], 200)}: {plain(left[0]['reason'], 300).rstrip('.')}{more}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
