"""The gate as JUnit XML, read by a parser."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import gate_made
from convoy_cli.core.terminal import plain
from convoy_cli.gate.report import formats

KINDS = ("failure", "error", "skipped")


def suite(made: dict[str, Any]) -> ElementTree.Element:
    found = ElementTree.fromstring(formats.junit(made).encode()).find("testsuite")
    assert found is not None
    return found


def outcomes(made: dict[str, Any]) -> dict[str, str]:
    """Each test case by name, and how it ended."""
    found = {}
    for case in suite(made).iter("testcase"):
        ends = [child.tag for child in case if child.tag in KINDS] or ["passed"]
        assert len(ends) == 1
        found[case.get("name", "")] = ends[0]
    return found


def test_every_benchmark_is_a_test_case() -> None:
    assert outcomes(gate_made.everything()) == {
        "crashes": "error", "odd": "skipped", "sort/small": "failure", "sort/large": "failure",
        "parse": "passed", "pipe": "skipped", "short": "skipped", "hash": "passed",
        "brand/new": "skipped", "gone/for/good": "skipped",
    }  # fmt: skip
    assert outcomes(gate_made.one("ENVIRONMENT")) == {"sort/large": "error"}


def test_who_fails_in_both_is_one_test_case_that_fails_no_build() -> None:
    both = [gate_made.failure("odd", arm, f"in {arm}") for arm in ("contender", "base")]
    made = gate_made.document([gate_made.benchmark("hash")], failed=both)
    assert made["verdict"] == "SAME" and outcomes(made) == {"odd": "skipped", "hash": "passed"}
    told = next(suite(made).iter("skipped")).get("message")
    assert told == "failed in the contender: in contender; failed in the base: in base"


def test_the_counts_are_those_of_the_cases() -> None:
    made = suite(gate_made.everything())
    cases = list(made.iter("testcase"))
    assert made.get("tests") == str(len(cases)) == "10"
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert made.get(count) == str(sum(case.find(kind) is not None for case in cases))
    # As the schemas of JUnit's readers want them.
    order = [child.tag for child in made]
    assert order == ["properties", *["testcase"] * 10, "system-out"]


def test_messages_say_how_much_and_why() -> None:
    made = suite(gate_made.everything())
    messages = {
        case.get("name"): child.get("message", child.text)
        for case in made.iter("testcase") for child in case
    }  # fmt: skip
    assert messages["sort/small"] == "sort/small is 1.31 × slower (95 % 1.26–1.36)."
    assert messages["sort/large"].endswith("memory, contention or layout.")
    assert "a 1.20 × slowdown would have been detected" in messages["pipe"]
    assert "the budget ran out" in messages["short"]
    assert "exit code 1" in messages["crashes"]
    assert "hash is the same" in messages["hash"]


def test_five_thousand_and_hostile_names_stay_well_formed() -> None:
    made = gate_made.many(5000, gate_made.HOSTILE)
    made["failed"] = [gate_made.failure(name, reason=name) for name in gate_made.HOSTILE]
    made["base"]["program"] = gate_made.HOSTILE[5]
    names = [case.get("name") for case in suite(made).iter("testcase")]
    assert len(names) == 5000 + len(gate_made.HOSTILE)
    assert {plain(name) for name in gate_made.HOSTILE} <= set(names)
