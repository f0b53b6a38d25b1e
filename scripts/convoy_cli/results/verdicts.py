"""The gate's file, and how its ratios, intervals and verdicts read in every output."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import ExitCode, UsageError
from ..core.schema import compile_schema
from ..core.terminal import plain
from ..core.units import duration, some
from ..stats.family import Verdict
from ..stats.samples import median
from .load import read_json, schema

# -------------------------------------------------------------------------------------------------
# The gate's own file: read, and held to its schema and to itself.

Json = dict[str, Any]

VERSION = 1
SCHEMA = "gate.schema.json"
AGAIN = "Measure again with `scripts/convoy gate --base A --contender B --json NEW.json`."
# Ratios are sums of logarithms, which may differ in their last digits.
NEAR = 1e-6
LARGEST = 700.0  # whose exponential a float holds
# The first of these that any benchmark has is said of all of them.
WORST_FIRST = (
    Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.SAME,
)  # fmt: skip
EXITS = {Verdict.REGRESSED: (1,), Verdict.INCONCLUSIVE: (3, 0), Verdict.ENVIRONMENT: (4,)}
INTERRUPTED = (130, 143)
CODES = {Verdict.REGRESSED: ExitCode.FAILED_ROWS, Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
         Verdict.ENVIRONMENT: ExitCode.UNFIT}  # fmt: skip


class Claim(NamedTuple):
    """Something that a gate file promises, how often it was looked at, and where it is broken."""

    name: str
    looked_at: int
    meaning: str
    breaches: list[str]


def is_gate(document: Any) -> bool:
    return isinstance(document, dict) and "convoy_gate" in document


def load(path: str | Path) -> Json:
    """The gate file at `path`; UsageError for anything else."""
    path = Path(path)
    return validated(path, read_json(path, again=AGAIN))


def validated(path: Path, document: Any) -> Json:
    """The gate file that was read from `path`; UsageError for anything else."""
    if not is_gate(document):
        raise UsageError(
            f"{path} is not a gate file: it has no `convoy_gate` at the top. {AGAIN}"
        )
    check_version(path, document)
    for breach in schema_breaches(document):
        raise UsageError(f"{path} breaks its schema at {breach}. {AGAIN}")
    return document  # type: ignore[no-any-return]


def check_version(path: Path, document: Json) -> None:
    version = document["convoy_gate"]
    if isinstance(version, int) and version > VERSION:
        raise UsageError(
            f"{path} is a gate file of version {version}, and this Convoy reads up to {VERSION}. "
            "It was written by a newer Convoy: read it with that one, or `git pull` first."
        )


def schema_breaches(document: Any) -> Iterator[str]:
    for where, message in compile_schema(schema(SCHEMA))(document):
        yield f"{'.'.join(str(part) for part in reversed(where)) or 'the top'}: {message}"


def claims(document: Json) -> list[Claim]:
    """What must hold beyond the schema, which the document is known to fit."""
    benchmarks = document["benchmarks"]
    measured = [each for each in benchmarks if each["samples"]]
    return [
        Claim("names", len(benchmarks), "every benchmark is there once, in one list",
              [*name_breaches(document)]),
        Claim("verdict", 1, "the verdict on all follows from those on each, and the exit from it",
              [*verdict_breaches(document)]),
        Claim("rounds", len(benchmarks), "every round is there, and the number of contaminated "
                                         "rounds is right",
              [*round_breaches(document)]),
        Claim("ratios", len(measured), "ratios follow from the samples, and lie in their intervals",
              [breach for each in measured for breach in ratio_breaches(each)]),
    ]  # fmt: skip


def overall(document: Json) -> Verdict:
    """What the verdicts on each make of all of them."""
    found = {Verdict(each["verdict"]) for each in document["benchmarks"]}
    if new_failures(document):
        found.add(Verdict.REGRESSED)
    if not found:  # nothing was compared, which is not the same as no difference
        return Verdict.INCONCLUSIVE
    return next(verdict for verdict in WORST_FIRST if verdict in found)


def new_failures(document: Json) -> list[Json]:
    """Of the contender, where the base runs."""
    before = {failure["name"] for failure in document["failed"] if failure["arm"] != "contender"}
    return [
        failure
        for failure in document["failed"]
        if failure["arm"] == "contender" and failure["name"] not in before
    ]


def name_breaches(document: Json) -> Iterator[str]:
    counts = Counter(each["name"] for each in document["benchmarks"])
    counts.update(document["added"])
    counts.update(document["removed"])
    for name, count in counts.items():
        if count > 1:
            yield f"{name} occurs {count} times"


def verdict_breaches(document: Json) -> Iterator[str]:
    said, verdict = document["verdict"], overall(document)
    if said != verdict:
        yield f"the file says {said} for all together, but the benchmarks make {verdict.value}"
    allowed = EXITS.get(Verdict(said), (0,))
    if document["interrupted"]:
        allowed = (*allowed, *INTERRUPTED)
    if document["exit"] not in allowed:
        yield f"{said} does not end with {document['exit']}"


def round_breaches(document: Json) -> Iterator[str]:
    for each in document["benchmarks"]:
        if each["rounds"] != len(each["samples"]):
            yield f"{each['name']}: rounds {each['rounds']}, samples of {len(each['samples'])}"
        if each["searched_rounds"] > each["rounds"]:
            searched = each["searched_rounds"]
            yield f"{each['name']}: {searched} rounds searched of {each['rounds']}"
        disturbed = sum(1 for sample in each["samples"] if sample["contaminated"])
        if each["contaminated_rounds"] != disturbed:
            said = each["contaminated_rounds"]
            yield f"{each['name']}: contaminated_rounds {said}, marked {disturbed}"


def ratio_breaches(each: Json) -> Iterator[str]:
    clock = {"cpu_time": "cpu_ns", "real_time": "real_ns"}[each["metric"]]
    for what, follows, said in (
        ("ratio", contender_ratio(each["samples"], clock), each),
        ("control.ratio", control_ratio(each["samples"], clock), each["control"]),
    ):
        if follows is None or said["ratio"] is None:
            continue
        if not math.isclose(follows, said["ratio"], rel_tol=NEAR):
            yield f"{each['name']}: {what} {said['ratio']}, of the samples {follows}"
        low, high = said["low"], said["high"]
        low, high = 0.0 if low is None else low, math.inf if high is None else high
        if not low * (1 - NEAR) <= said["ratio"] <= high * (1 + NEAR):
            yield f"{each['name']}: {what} {said['ratio']} is not within {low} to {high}"


def contender_ratio(samples: Sequence[Json], clock: str) -> float | None:
    """The median ratio of the contender to each of the base's runs; None where a time is nought."""
    return _median_ratio(samples, "contender", ("base", "control"), clock)


def control_ratio(samples: Sequence[Json], clock: str) -> float | None:
    return _median_ratio(samples, "control", ("base",), clock)


def _median_ratio(
    samples: Sequence[Json], arm: str, others: Sequence[str], clock: str
) -> float | None:
    pairs = [(each[arm][clock], each[other][clock]) for each in samples for other in others]
    if not all(one and other for one, other in pairs):
        return None
    # The quotient of two numbers may be none of a float, which their logarithms do not mind.
    difference = median(math.log(one) - math.log(other) for one, other in pairs)
    return math.exp(max(-LARGEST, min(LARGEST, difference)))


# -------------------------------------------------------------------------------------------------
# How the gate speaks of ratios, intervals and verdicts, alike in every output.

# In this order they are told: first what somebody has to do something about.
ORDER = (
    Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.SAME,
)  # fmt: skip
MOST_NAMED = 5  # of those that failed for one reason
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
    waits = "it waits more" if other < each["ratio"] else "it waits less, or runs in parallel"
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


def detail(each: Json, most: Optional[int] = None) -> str:
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
    limit = f"; a {seen} slowdown would have been detected" if seen else ""
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
    return f"Interrupted; result so far: {said}" if document["interrupted"] else said


def _sentence(document: Json) -> str:
    verdict, total = Verdict(document["verdict"]), len(document["benchmarks"])
    broken = [plain(failure["name"], 200) for failure in new_failures(document)]
    breaks = f"{broken[0]} fails only in the contender" if broken else ""
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
    first = detail(found[0], 200)
    more = f", and {len(found) - 1} more of {total} {ALIKE[verdict]}" if len(found) > 1 else ""
    if verdict is Verdict.ENVIRONMENT:
        return f"{_capital(first)}{more}: this machine is not fit to measure now."
    if verdict is Verdict.IMPROVED:
        return f"{first}{more}; nothing is slower."
    return f"{first}{more}{'; ' + breaks if breaks else ''}."


def why_nothing(document: Json) -> str:
    """The first reason that there is, and how many benchmarks are not compared."""
    left = [*document["failed"], *document.get("skipped", [])]
    count = len({each["name"] for each in left})
    if not left:
        alone = len(document["added"]) + len(document["removed"])
        return f": {some(alone, 'benchmark')} on one side only" if alone else ""
    more = f", and {count - 1} more cannot be" if count > 1 else ""
    return f": {plain(left[0]['name'], 200)}: {plain(left[0]['reason'], 300).rstrip('.')}{more}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def ratio(logarithm: float) -> Optional[float]:
    return math.exp(logarithm) if math.isfinite(logarithm) else None


def without(benchmarks: list[Json], shown: list[Json]) -> list[Json]:
    taken = {id(each) for each in shown}
    return [each for each in benchmarks if id(each) not in taken]


def short(commit: str) -> str:
    """A commit as git shortens it, with what hangs on behind."""
    digits, dash, more = commit.partition("-")
    return f"{digits[:12]}{dash}{more}"


def times(each: Json) -> str:
    """`716 µs → 709 µs`: the base's median, and what the ratio makes of it.

    The contender's own median need not lie that way: the ratio is of runs side by side, and which
    of them were slow for another reason is chance.
    """
    if each["base_ns"] is None or each["ratio"] is None:
        return ""
    return f"{duration(each['base_ns'])} → {duration(each['base_ns'] * each['ratio'])}"


def failed(failures: list[Json], everything: bool, how: str = "failed in") -> Iterator[str]:
    """A line a reason, with everything that failed for it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        groups.setdefault((failure["arm"], failure["reason"]), []).append(failure["name"])
    for (arm, reason), names in groups.items():
        yield f"{how} the {plain(arm)}: {named(names, everything)}: {plain(reason)}"


def listed(what: str, why: str, names: list[str], everything: bool) -> list[str]:
    if not names:
        return []
    return [f"{len(names)} {what} ({why}): {named(names, everything)}"]


def named(names: list[str], everything: bool) -> str:
    most = len(names) if everything else MOST_NAMED
    more = f" and {len(names) - most} more (--all names them)" if len(names) > most else ""
    return ", ".join(plain(name) for name in names[:most]) + more
