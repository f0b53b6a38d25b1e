"""A chart's heading says the finding where intervals resolve one, else it asks its question."""

from __future__ import annotations

import copy
import functools
import html
from typing import Any

import charted
import pytest
import synthetic
import test_figures
import varied
from convoy_cli.charts import drawing, seen
from convoy_cli.charts.seen import Finding, Number
from convoy_cli.core.errors import MissingData
from convoy_cli.core.units import Interval, duration
from convoy_cli.results import load

pytest.importorskip("matplotlib")

FIGURES = sorted(drawing.discover())
# What is read back from the kernel is known without an interval.
FACTS = {"placement"}
ALIKE = {"latency"}  # the models' latencies that are made up are


@functools.cache
def made() -> dict[str, Any]:
    experiments = test_figures.experiments.__wrapped__  # type: ignore[attr-defined]
    both: dict[str, Any] = experiments()
    return both


def drawn(name: str, document: dict[str, Any]) -> drawing.Drawn:
    figure = drawing.discover()[name]
    return charted.drawn(
        lambda one: drawing.drawn(figure, charted.result(one), ("svg",)), copy.deepcopy(document)
    )


def svg_of(one: drawing.Drawn) -> str:
    return html.unescape(one.files["svg"].decode())


@pytest.mark.parametrize("name", FIGURES)
def test_a_finding_is_the_heading_and_the_question_stands_below(name: str) -> None:
    figure, one = drawing.discover()[name], drawn(name, made())
    assert bool(one.finding) == (name not in ALIKE)
    svg = svg_of(one)
    for line in drawing.wrap(one.finding, drawing.TITLE_COLUMNS):
        assert f">{line}</text>" in svg
    assert f">{figure.TITLE}</text>" in svg
    if one.finding:
        assert f"{figure.ALT} {one.finding}." in svg


@pytest.mark.parametrize("name", FIGURES)
def test_disturbed_rows_have_no_finding(name: str) -> None:
    document = copy.deepcopy(made())
    varied.disturb(varied.rows_of(document))
    one = drawn(name, document)
    assert one.finding == "" or name in FACTS
    assert f">{drawing.discover()[name].TITLE}</text>" in svg_of(one)


@pytest.mark.parametrize("name", FIGURES)
def test_few_samples_have_no_finding(name: str) -> None:
    document = copy.deepcopy(made())
    for row in varied.rows_of(document):
        row["samples"], row["interval_ns"], row["precision"] = row["samples"][:5], None, None
    assert drawn(name, document).finding == "" or name in FACTS


@pytest.mark.parametrize("name", FIGURES)
def test_numbers_are_those_that_are_drawn(name: str) -> None:
    one = drawn(name, made())
    assert one.numbers or name in FACTS
    assert len({number.name for number in one.numbers}) == len(one.numbers)
    for number in one.numbers:
        assert number.text and number.rows
        if number.interval is not None:
            assert number.interval.low <= number.value * (1 + 1e-9) and number.bounds


def test_the_finding_of_scaling_is_the_truth() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), models=("single", "processes"), gils=("none",),
                            workers=(1, 2))  # fmt: skip
    one = drawn("scaling", synthetic.document(truth))
    assert one.finding.startswith("cpu_pi with 2 processes: 1.97 × (1.9")


def test_medians_of_latency_are_told_apart_where_rounds_tell_them() -> None:
    truth = synthetic.Truth(workloads=("io_tcp_echo",), gils=("none",), workers=(1, 4))
    document = synthetic.document(truth)
    for row in varied.rows_of(document):
        for bucket in row["latency"]["buckets"] if row["model"] == "coroutines" else ():
            bucket[:2] = bucket[0] / 50, bucket[1] / 50
    found = drawn("latency", document).finding
    assert found.startswith("Median of io_tcp_echo with 4 workers: ")
    assert "for coroutines; " in found


def test_the_finding_of_a_matrix_is_of_kinds_of_distance() -> None:
    document = synthetic.document(synthetic.Truth(workloads=()))
    document["convoy"]["rows"] = varied.matrix(8, passes=8)
    document["convoy"]["facts"]["topology_synthetic"] = "Package:2 Core:2 PU:2"
    assert drawn("switch_matrix", document).finding == (
        "A hand-over (threads, spin): 20 ns (20–20) for CPUs of one core; 300 ns (300–300) for two "
        "packages"
    )


def test_equal_series_are_not_told_apart() -> None:
    truth = synthetic.Truth(workloads=("io_sleep",), gils=("none",), workers=(1, 4), noise=0.05)
    assert drawn("heatmap", synthetic.document(truth)).finding == ""


def test_a_model_wins_only_where_its_interval_is_apart() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2), noise=0.001)
    assert drawn("heatmap", synthetic.document(truth)).finding == (
        "Processes win 1 of 1 workload under cpython32"
    )


def number(value: float, low: float, high: float, disturbed: bool = False) -> Number:
    (row, *_) = varied.rows_of(made())
    one = load.row(row | {"disturbed": disturbed})
    return Number(f"n{value}", (one,), value, Interval(low, high), duration)


def test_a_contrast_needs_intervals_that_are_apart() -> None:
    near, far = number(10, 9, 11), number(20, 18, 22)
    found = seen.contrast([near, far], "Time")
    assert found is not None
    assert found.heading == "Time: 10 ns (9–11) for n10; 20 ns (18–22) for n20"
    many = near._replace(value=3e5, interval=Interval(2.5e5, 4e5), show="{:,.0f}".format)
    assert many.said == "300,000 (250,000–400,000)"
    spaced = many._replace(show=lambda v: f"{v:,.0f}".replace(",", " "))
    assert spaced.said == "300 000 (250 000–400 000)"
    assert seen.contrast([near, number(12, 10, 14)], "Time") is None
    assert seen.contrast([near, number(20, 18, 22, disturbed=True)], "Time") is None
    assert seen.contrast([near], "Time") is None


def test_a_finding_is_one_line_of_letters_that_show() -> None:
    found = Finding("a\x1b[31m\n" + "b" * 1000, ())
    assert found.heading.isprintable() and len(found.heading) <= seen.LONGEST


def test_a_figure_may_return_words_alone() -> None:
    words = seen.seen("words")
    assert words == "words" and words.finding is None and words.numbers == ()
    with pytest.raises(MissingData):
        empty = charted.result(synthetic.document(synthetic.Truth(workloads=())))
        drawing.drawn(drawing.discover()["scaling"], empty)
