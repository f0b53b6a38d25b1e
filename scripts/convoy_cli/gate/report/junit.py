"""The verdict as JUnit XML, which every CI server shows: a test case for each benchmark."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

from ...core.terminal import plain
from ...results.verdicts import failures, ordered, sentence, told
from ...stats.family import Verdict
from .table import remarks

Json = dict[str, Any]

SUITE = "convoy gate"
# How a benchmark ends as a test; who is not here has passed.
KINDS = {
    Verdict.REGRESSED: "failure", Verdict.ENVIRONMENT: "error", Verdict.INCONCLUSIVE: "skipped",
}  # fmt: skip


class Case(NamedTuple):
    """A test case. `kind` is failure, error or skipped; None is a pass."""

    name: str
    kind: Optional[str]
    type: str
    message: str
    seconds: float = 0.0


def text(document: Json) -> str:
    every = list(cases(document))
    seconds = f"{document['seconds']:.3f}"
    counts = {"tests": str(len(every)), "time": seconds}
    for key, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[key] = str(sum(case.kind == kind for case in every))
    top = ElementTree.Element("testsuites", {"name": SUITE} | counts)
    about = {"name": SUITE, "timestamp": document["started"][:19]}
    suite = ElementTree.SubElement(top, "testsuite", about | counts)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in known(document):
        ElementTree.SubElement(properties, "property", {"name": name, "value": plain(str(value))})
    for case in every:
        suite.append(element(case))
    said = document["sentence"] or sentence(document)
    ElementTree.SubElement(suite, "system-out").text = plain(f"{document['verdict']}: {said}")
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, "unicode") + "\n"


def element(case: Case) -> ElementTree.Element:
    about = {"name": plain(case.name), "classname": SUITE.replace(" ", ".")}
    made = ElementTree.Element("testcase", about | {"time": f"{case.seconds:.3f}"})
    if case.kind is None:
        ElementTree.SubElement(made, "system-out").text = plain(case.message)
        return made
    why = ElementTree.SubElement(made, case.kind, {"message": plain(case.message)})
    if case.kind != "skipped":
        why.set("type", case.type)
        why.text = plain(case.message)
    return made


def cases(document: Json) -> Iterator[Case]:
    """Failures first, then every benchmark by its verdict, then those without a partner."""
    for name, message, blamed in failures(document):
        yield Case(name, "error" if blamed else "skipped", "failed", message)
    for left in document.get("skipped", []):
        reason = f"skipped by the {left['arm']}: {left['reason']}"
        yield Case(left["name"], "skipped", "skipped", reason)
    for each in ordered(document["benchmarks"]):
        verdict = Verdict(each["verdict"])
        message = "; ".join((told(each), *remarks(each))) + "."
        yield Case(each["name"], KINDS.get(verdict), verdict.value, message, seconds_of(each))
    for key, other in (("added", "base"), ("removed", "contender")):
        for name in document[key]:
            yield Case(name, "skipped", key, f"{key}: the {other} has nothing to compare it with")


def seconds_of(each: Json) -> float:
    """How long its measured parts ran, in all arms."""
    runs = (sample[arm] for sample in each["samples"] for arm in ("base", "contender", "control"))
    spent: float = sum((run["real_ns"] or 0.0) * run["iterations"] for run in runs)
    return spent / 1e9


def known(document: Json) -> Iterator[tuple[str, Any]]:
    for arm in ("base", "contender"):
        for key in ("program", "sha256", "ref", "commit"):
            if document[arm][key] is not None:
                yield f"{arm}.{key}", document[arm][key]
    yield "machine.fingerprint", document["machine"]["fingerprint"]
    yield "seed", document["seed"]
    for key in ("verdict", "interrupted"):
        yield key, document[key]
    for key, value in document["rules"].items():
        yield f"rules.{key}", value
    for key, value in document["evidence"].items():
        yield f"evidence.{key}", value
