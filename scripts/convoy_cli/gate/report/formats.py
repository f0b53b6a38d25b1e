"""The verdict for other programs: JUnit XML for CI servers, OpenMetrics for collectors."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

from ...core.terminal import plain
from ...results.verdicts import detail, failures, ordered, sentence
from ...stats.family import Verdict
from .table import remarks

# -------------------------------------------------------------------------------------------------
# The verdict as JUnit XML, which every CI server shows: a test case for each benchmark.

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


def junit(document: Json) -> str:
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
        message = "; ".join((detail(each), *remarks(each))) + "."
        yield Case(each["name"], KINDS.get(verdict), verdict.value, message, seconds_of(each))
    for key, other in (("added", "base"), ("removed", "contender")):
        for name in document[key]:
            yield Case(name, "skipped", key, f"{key}: not in the {other}")


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


# -------------------------------------------------------------------------------------------------
# The verdict as OpenMetrics text, for a collector that keeps numbers over time.

Labels = dict[str, str]
Sample = tuple[Labels, Optional[float]]


class Metric(NamedTuple):
    """A family of OpenMetrics; samples without a number are left out."""

    name: str
    kind: str  # gauge, stateset or info
    meaning: str
    samples: list[Sample]
    unit: str = ""


def openmetrics(document: Json) -> str:
    lines = [line for metric in metrics(document) for line in exposed(metric)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def metrics(document: Json) -> Iterator[Metric]:
    every = document["benchmarks"]
    seen = document["evidence"]
    verdicts = list(Verdict)
    yield Metric("convoy_gate", "info", "What was compared.", [(about(document), 1.0)])
    yield Metric("convoy_gate_verdict", "stateset", "The verdict on all benchmarks together.",
                 [({"convoy_gate_verdict": v.value}, float(document["verdict"] == v))
                  for v in verdicts])  # fmt: skip
    yield Metric("convoy_gate_exit_code", "gauge", "Exit code of the gate.",
                 [({}, document["exit"])])  # fmt: skip
    yield Metric("convoy_gate_interrupted", "gauge", "1 if the gate was interrupted.",
                 [({}, float(document["interrupted"]))])  # fmt: skip
    yield Metric("convoy_gate_duration_seconds", "gauge", "Duration of the measurement.",
                 [({}, document["seconds"])], "seconds")  # fmt: skip
    yield Metric("convoy_gate_load", "gauge", "The load of one minute.", [({}, seen["load1"])])
    yield Metric("convoy_gate_steal_ratio", "gauge", "Share of CPU time that the host took.",
                 [({}, seen["steal_share"])], "ratio")  # fmt: skip
    yield Metric("convoy_gate_unpaired_benchmarks", "gauge", "Benchmarks that could not be judged.",
                 [({"kind": key}, len(document[key])) for key in ("added", "removed", "failed")])
    yield Metric("convoy_gate_benchmark_verdict", "stateset", "The verdict on each benchmark.",
                 [(named(each) | {"convoy_gate_benchmark_verdict": v.value},
                   float(each["verdict"] == v)) for each in every for v in verdicts])
    for name, key, meaning in (
        ("ratio", "ratio", "Median time of the contender over that of the base."),
        ("low_ratio", "low", "The lower end of the interval of the ratio."),
        ("high_ratio", "high", "The upper end of the interval of the ratio."),
        ("detectable_ratio", "detectable", "The smallest slowdown that would have been detected, "
                                           "as a ratio."),
    ):
        yield Metric(f"convoy_gate_benchmark_{name}", "gauge", meaning,
                     [(named(each), each[key]) for each in every], "ratio")  # fmt: skip
    yield Metric("convoy_gate_benchmark_control_ratio", "gauge", "The base over itself.",
                 [(named(each), each["control"]["ratio"]) for each in every], "ratio")
    yield Metric("convoy_gate_benchmark_time_seconds", "gauge", "Median time of one iteration.",
                 [(named(each) | {"arm": arm}, seconds(each[f"{arm}_ns"]))
                  for each in every for arm in ("base", "contender")], "seconds")
    yield Metric("convoy_gate_benchmark_instructions", "gauge", "Instructions of one iteration.",
                 [(named(each) | {"arm": arm}, each["instructions"][arm])
                  for each in every if each["instructions"] for arm in ("base", "contender")])
    yield Metric("convoy_gate_benchmark_rounds", "gauge", "Rounds that were measured.",
                 [(named(each) | {"contaminated": state}, count) for each in every
                  for state, count in (("yes", each["contaminated_rounds"]),
                                       ("no", each["rounds"] - each["contaminated_rounds"]))])


def named(each: Json) -> Labels:
    return {"benchmark": each["name"], "metric": each["metric"]}


def about(document: Json) -> Labels:
    labels = {"fingerprint": document["machine"]["fingerprint"], "seed": str(document["seed"])}
    for arm in ("base", "contender"):
        for key in ("program", "ref", "commit"):
            labels[f"{arm}_{key}"] = document[arm][key] or ""
    return labels


def seconds(time_ns: Optional[float]) -> Optional[float]:
    return None if time_ns is None else time_ns / 1e9


def exposed(metric: Metric) -> Iterator[str]:
    samples = [(labels, value) for labels, value in metric.samples if value is not None]
    if not samples:
        return
    yield f"# TYPE {metric.name} {metric.kind}"
    if metric.unit:
        yield f"# UNIT {metric.name} {metric.unit}"
    yield f"# HELP {metric.name} {metric.meaning}"
    suffix = "_info" if metric.kind == "info" else ""
    for labels, value in samples:
        inner = ",".join(f'{name}="{escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{suffix}{f'{{{inner}}}' if inner else ''} {value:.12g}"


def escaped(label: str) -> str:
    """A label's value: letters that show, without what would end it."""
    return plain(label).replace("\\", "\\\\").replace('"', '\\"')
