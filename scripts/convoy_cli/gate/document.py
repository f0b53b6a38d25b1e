"""The gate's own file: read, and held to its schema and to itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import results
from ..errors import UsageError
from ..schema import compile_schema
from ..statistics import median
from .family import Verdict

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
    return validated(path, results.read_json(path, again=AGAIN))


def validated(path: Path, document: Any) -> Json:
    """The gate file that was read from `path`; UsageError for anything else."""
    if not is_gate(document):
        raise UsageError(
            f"{path} is no file of the gate: it has no `convoy_gate` at the top. {AGAIN}"
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
    for where, message in compile_schema(results.schema(SCHEMA))(document):
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
        Claim("rounds", len(benchmarks), "every round is there, and so many are contaminated",
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
            yield f"{name} is there {count} times"


def verdict_breaches(document: Json) -> Iterator[str]:
    said, verdict = document["verdict"], overall(document)
    if said != verdict:
        yield f"all together are said to be {said}, and each alone they make {verdict.value}"
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
        ("ratio", ratio_of(each["samples"], clock), each),
        ("control.ratio", control_of(each["samples"], clock), each["control"]),
    ):
        if follows is None or said["ratio"] is None:
            continue
        if not math.isclose(follows, said["ratio"], rel_tol=NEAR):
            yield f"{each['name']}: {what} {said['ratio']}, of the samples {follows}"
        low, high = said["low"], said["high"]
        low, high = 0.0 if low is None else low, math.inf if high is None else high
        if not low * (1 - NEAR) <= said["ratio"] <= high * (1 + NEAR):
            yield f"{each['name']}: {what} {said['ratio']} is not within {low} to {high}"


def ratio_of(samples: Sequence[Json], clock: str) -> float | None:
    """The median ratio of the contender to each of the base's runs; None where a time is nought."""
    return _median_ratio(samples, "contender", ("base", "control"), clock)


def control_of(samples: Sequence[Json], clock: str) -> float | None:
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
