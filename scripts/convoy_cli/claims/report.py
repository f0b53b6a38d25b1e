"""Claims and their verdicts as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.units import bounds, duration, percent, size, some, three_digits
from . import document
from .document import Json
from .judge import Verdict

ORDER = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.UNTESTABLE)


def lines(made: Json) -> Iterator[str]:
    """Disagreements first, then every claim under its topic."""
    for label, counts in tally(made).items():
        said = ", ".join(f"{counts[each.value]} {each.value}" for each in ORDER if counts[each])
        yield f"{label}: {said}."
    found = list(document.disagreements(made))
    if found:
        yield ""
        yield "Models and interpreters disagree"
        for sentence, answers in found:
            yield f"  {sentence}"
            for answer in answers:
                yield f"    {answer['source']}: {answer['verdict']}; {evidence_of(answer)}"
    for topic in dict.fromkeys(claim["topic"] for claim in made["claims"]):
        yield ""
        yield topic[0].upper() + topic[1:]
        for claim in made["claims"]:
            if claim["topic"] == topic:
                yield from of(claim)


def tally(made: Json) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {source: Counter() for source in made["sources"]}
    for claim in made["claims"]:
        for answer in claim["answers"]:
            found[answer["source"]][answer["verdict"]] += 1
    return found


def of(claim: Mapping[str, Any]) -> Iterator[str]:
    remark = f" ({claim['remark']})" if claim["remark"] else ""
    yield f"  {claim['sentence']}{remark}"
    for answer in claim["answers"]:
        yield f"    {answer['source']}: {answer['verdict']}{because(answer)}"
        for finding in answer["findings"]:
            if finding["value"] is not None:
                yield f"      {words(finding)}"


def because(answer: Mapping[str, Any]) -> str:
    return f": {answer['reason']}" if answer["reason"] else ""


def evidence_of(answer: Mapping[str, Any]) -> str:
    """What decided an answer, in one line."""
    decisive = [f for f in answer["findings"] if f["verdict"] == answer["verdict"]]
    return "; ".join(words(finding) for finding in decisive[:2]) or answer["reason"]


def words(finding: Mapping[str, Any]) -> str:
    """`fork over thread, start and end: 7.2 × (7.1–7.4); the claim says at least 1.1 ×`"""
    value, limit = finding["value"], finding["bound"]
    if finding["kind"].startswith("ratio"):
        inside = document.interval_of(finding)
        shown = f" ({bounds(inside)})" if inside else ""
        which = "at least" if finding["kind"] == "ratio at least" else "at most"
        return (
            f"{finding['what']}: {three_digits(value)} ×{shown}; the claim says {which} "
            f"{limit:g} ×"
        )
    what = f"{finding['what']}: {figure(finding['figure'], value)}"
    if finding["kind"] == "always":
        return f"{what} in all of {finding['samples']} samples" if value == limit else (
            f"{what} in one of {finding['samples']} samples"
        )  # fmt: skip
    samples = some(finding["samples"], "sample")
    if value:
        what = f"{finding['what']}: never more than {figure(finding['figure'], value)}"
        return f"{what} in {samples}"
    return f"{what} in {'any' if what.endswith('none') else 'each'} of {samples}"


def figure(name: str, value: float) -> str:
    """A figure with the unit that ends its name."""
    if name.endswith("_ns"):
        return duration(value)
    if name.endswith("_bytes"):
        return size(value)
    if name == "lost_per_million":
        return "none" if value == 0 else f"{three_digits(value)} of a million"
    if name == "out_of_order":
        return percent(value)
    return three_digits(value) if value else "0"
