"""What a measurement showed, as text and as the file that keeps it sample by sample."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from ..core import files
from ..core.errors import UsageError
from ..core.machine import machine, narrowed
from ..core.processes import ProcessFailed
from ..core.terminal import table
from ..core.units import duration, percent, short, three_digits
from ..results.load import read_json
from ..stats.samples import median
from .judge import LEAST_REPEATS, Both, Comparison, Ordering, compare, gather, orderings
from .native import Spread
from .settings import CALL_NS

# -------------------------------------------------------------------------------------------------
# What a measurement showed, as text: a table an interpreter, then the orderings.

Json = dict[str, Any]
HEADER = ("", "real", "native", "ratio", "bar", "", "samples")
VERDICTS = {"ok": "ok", "off": "OFF", "few": "not judged", "": ""}


class Findings:
    """Everything that a document of a measurement says, compared and judged."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.subjects: list[Json] = document["interpreters"]
        self.unfit: list[str] = document["unfit"]
        self.narrowed = list(narrowed(document["machine"]))
        self.compared = {subject["label"]: compare(subject) for subject in self.subjects}
        if self.unfit:
            self.compared = {label: unjudged(found) for label, found in self.compared.items()}
        enough = document["repeats"] >= LEAST_REPEATS and not self.unfit
        self.orderings = orderings(self.compared, enough)

    @property
    def failures(self) -> list[Json]:
        return [failure for subject in self.subjects for failure in subject["failures"]]

    @property
    def verdicts(self) -> list[str]:
        every = [each.verdict for found in self.compared.values() for each in found]
        return [*every, *(ordering.verdict for ordering in self.orderings)]


def unjudged(compared: list[Comparison]) -> list[Comparison]:
    return [replace(each, verdict="few") if each.verdict else each for each in compared]


def tell(findings: Findings) -> Iterator[str]:
    for number, subject in enumerate(findings.subjects):
        if number:
            yield ""
        yield heading(subject)
        compared = findings.compared[subject["label"]]
        if compared:
            yield from (f"  {text}" for text in table(HEADER, map(line, compared)))
            yield from (f"  {text}" for text in modes(gather(subject)))
        yield from turns(subject)
        for lacking in subject["lacking"]:
            yield f"  no native counterpart: {lacking}"
        yield from failed(subject["failures"])
    if findings.orderings:
        yield ""
        yield "Orderings, from the least to the greatest"
        for ordering in findings.orderings:
            yield from (f"  {text}" for text in ordered(ordering))
    yield ""
    yield conclusion(findings)
    yield from findings.narrowed


def failed(failures: list[Json]) -> Iterator[str]:
    """A line a reason, with everything that failed for it."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        side = "" if failure["side"] == "real" else ", natively"
        reasons.setdefault((failure["reason"], side), []).append(failure["setting"])
    for (reason, side), settings in reasons.items():
        yield f"  FAILED {', '.join(dict.fromkeys(settings))}{side}: {reason}"


def heading(subject: Json) -> str:
    code = subject["about"].get("code")
    compiled = f", compiled to {code}" if code else ""
    beside = subject["policy"] or "nothing"
    return f"{subject['label']} ({subject['path']}{compiled}) beside {beside}"


def line(compared: Comparison) -> tuple[str, ...]:
    ratio = compared.ratio
    counts = compared.counts
    return (
        compared.what,
        value(compared.real, compared.unit),
        value(compared.native, compared.unit),
        "" if ratio is None else f"×{ratio:.2f}",
        compared.bar.words if compared.bar else "",
        VERDICTS[compared.verdict],
        f"{counts[0]} / {counts[1]}" if any(counts) else "",
    )


def value(number: Optional[float], unit: str) -> str:
    if number is None:
        return "–"
    if unit == "ns":
        return duration(number)
    if unit == "share":
        return f"{three_digits(number * 100)} %"
    if unit == "/s":
        return f"{number:,.0f} /s".replace(",", " ")
    return short(number)


def modes(held: dict[str, Both]) -> Iterator[str]:
    """Where the times of single exchanges heap up, and what share is in each heap."""
    for key, both in held.items():
        if key.startswith("echo/") and any(both.spreads()):
            spinners = int(key.partition(":")[2])
            real, native = map(heaps, both.spreads())
            beside = f"beside {spinners or 'no'} spinner{'' if spinners == 1 else 's'}"
            yield f"modes of one exchange {beside}: real {real}; native {native}"


def turns(subject: Json) -> Iterator[str]:
    """What the policy was told of the interpreter, where it has no time of its own."""
    sides = [run["native"] or {} for run in subject["runs"]]
    found = sorted(turn for side in sides for turn in side.get("turns_ns", ()))
    if found:
        yield (
            f"  a turn of its threads lasts {duration(found[0])} to {duration(found[-1])}, and as "
            f"long natively: {duration(median(found))} in the median"
        )
    lengths = {run["parameters"].get("call_ns", 0) for run in subject["runs"]} - {0, CALL_NS}
    if lengths:
        yield f"  its long calls last {duration(max(lengths))} on both sides: beside longer ones " \
              "a datagram waits for seconds"
    ticks = sorted(tick for side in sides for tick in side.get("ticks_ns", ()))
    if ticks:
        yield (
            f"  a tick of its count takes {ticks[0]:.3g} to {ticks[-1]:.3g} ns, and as long "
            f"natively: {median(ticks):.3g} ns in the median"
        )


def heaps(spread: Optional[Spread]) -> str:
    if spread is None:
        return "–"
    return ", ".join(f"{duration(value)} {percent(share)}" for value, share in spread.modes())


def ordered(ordering: Ordering) -> Iterator[str]:
    verdict = VERDICTS[ordering.verdict]
    yield f"{ordering.what}: {verdict} ({ordering.pairs - len(ordering.turned)} of "\
          f"{ordering.pairs} pairs)"
    yield f"  real    {' < '.join(ordering.real)}"
    if ordering.native != ordering.real:
        yield f"  native  {' < '.join(ordering.native)}"
    for low, high in ordering.turned:
        yield f"  natively {high} does not come after {low}"


def conclusion(findings: Findings) -> str:
    verdicts = findings.verdicts
    parts = [f"{verdicts.count('ok')} within their bars", f"{verdicts.count('off')} off"]
    if "few" in verdicts:
        why = "it takes five repeats of both sides, and 500 samples for a mean"
        if findings.unfit:
            why = "the machine is unfit"
        parts.append(f"{verdicts.count('few')} not judged ({why})")
    if findings.failures:
        parts.append(f"{len(findings.failures)} failed")
    return ", ".join(parts) + "."


# -------------------------------------------------------------------------------------------------
# The file that keeps a whole measurement, sample by sample.

VERSION = 1


def document(repeats: int, seed: int, quick: bool) -> Json:
    """What a measurement begins with; `interpreters` are added as they are."""
    return {
        "fidelity_version": VERSION,
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command_line": sys.argv,
        "machine": machine(),
        "repeats": repeats,
        "quick": quick,
        "seed": seed,
        "interrupted": False,
        "unfit": [],
        "interpreters": [],
    }


def load(path: Path) -> Json:
    """A file that `--json` wrote before."""
    again = "Give one that `scripts/convoy fidelity --json X.json` wrote."
    found = read_json(path)
    if not isinstance(found, dict) or found.get("fidelity_version") != VERSION:
        raise UsageError(f"{path} holds no fidelity measurement of this version. {again}")
    try:
        Findings(found)
    except (KeyError, TypeError, ValueError, AttributeError, ProcessFailed) as error:
        raise UsageError(f"{path} is damaged: {error!r}. {again}") from error
    return found


def text_of(measured: Json) -> str:
    return json.dumps(measured, allow_nan=False)


def write(path: Path, measured: Json) -> None:
    """All of it or nothing."""
    files.write(path, f"{text_of(measured)}\n".encode(), "--json FILE")
