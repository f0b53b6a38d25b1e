"""Charts of fidelity can be read: no text lies over another, and words say what they show."""

from __future__ import annotations

from typing import Any

import fidelity_made as made
import pytest
from convoy_cli.charts import drawing
from convoy_cli.fidelity import charts, report
from readable import assert_readable

pytest.importorskip("matplotlib")

DOCUMENTS = {
    "one": [made.subject("CPython 3.11.2", "cpython32", 5)],
    "far off": [made.subject("CPython 3.11.2", "cpython32", 5, native=30)],
    "five": [
        made.subject("CPython 2.7.18", "cpython27", 0.1, repeats=1),
        made.subject("CPython 3.11.2", "cpython32", 5, repeats=1),
        made.subject("PyPy 7.3.11", "pypy", 0.4, native=0.7, repeats=1),
        made.subject("Ruby 3.1.2 in /opt/ruby/3.1.2/bin", "ruby_legacy", 100, repeats=1),
        made.subject("OCaml 4.13.1", "ocaml4:yield=new", 50, native=1.1, repeats=1),
    ],
}


@pytest.mark.parametrize("figure", charts.FIGURES, ids=lambda figure: figure.NAME)
@pytest.mark.parametrize("size", DOCUMENTS)
def test_charts_can_be_read(figure: Any, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = report.Findings(made.document(*DOCUMENTS[size]))
    assert_readable(figure, findings, monkeypatch, least=11)


def test_headings_say_how_many_are_near_enough() -> None:
    near, off = (drawing.drawn(each, report.Findings(made.document(*DOCUMENTS[name])), ("svg",))
                 for name in ("one", "far off") for each in charts.FIGURES[1:2])  # fmt: skip
    assert near.finding.startswith("Within the band: ") and "off: " not in near.finding
    assert "; off: " in off.finding
    lateness = charts.FIGURES[0]
    found = [drawing.drawn(lateness, report.Findings(made.document(*DOCUMENTS[name])), ("svg",))
             for name in ("one", "far off", "five")]  # fmt: skip
    assert [each.finding for each in found] == [
        "The median lateness beside 1 spinner is within 5 % or 0.3 ms of the real one",
        "The median lateness beside 1 spinner is not within 5 % or 0.3 ms of the real one",
        "",  # one repeat judges nothing
    ]


def test_an_unfit_machine_has_no_finding() -> None:
    document = made.document(*DOCUMENTS["one"])
    document["unfit"] = ["it has one CPU"]
    for figure in charts.FIGURES:
        assert drawing.drawn(figure, report.Findings(document), ("svg",)).finding == ""


def test_charts_say_in_words_what_they_show() -> None:
    findings = report.Findings(made.document(*DOCUMENTS["far off"]))
    for figure in charts.FIGURES:
        first, second = (drawing.render(figure, findings, ("svg",))["svg"] for _ in range(2))
        assert first == second
        assert b"CPython 3.11.2" in first.partition(b"<desc")[2].partition(b"</desc>")[0]
