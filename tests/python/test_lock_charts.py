"""What charts show of locks, of far factors and of many seats."""

from __future__ import annotations

import math
from typing import Any

import charted
import history_made
import pytest
import synthetic
import varied
from convoy_cli.charts import drawing, seen
from convoy_cli.charts.figures import heatmap, lock_latency, lock_scaling, placement
from convoy_cli.history import judge, report
from convoy_cli.stats.samples import quantiles
from test_variants import texts_of

pytest.importorskip("matplotlib")


def shade(value: float, furthest: float) -> tuple[float, ...]:
    norm = heatmap.colour_norm([value, furthest])
    found: tuple[float, ...] = heatmap.colour_map(norm.vmax)(norm(math.log2(value)))
    return found


def distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other))


@pytest.mark.parametrize("sign", [1, -1])
def test_factors_of_hundreds_are_told_apart_from_tens(sign: int) -> None:
    steps = [shade(factor**sign, 200.0) for factor in (1, 2, 4, 16, 64, 200)]
    assert all(distance(a, b) > 0.12 for a, b in zip(steps, steps[1:]))


def test_the_scale_is_alike_on_both_sides_of_one_and_labelled() -> None:
    norm = heatmap.colour_norm([0.9, 150.0])
    assert norm.vmin == -norm.vmax == -8
    made = synthetic.document(synthetic.Truth(workloads=("io_sleep",), workers=(1, 4)))
    varied.scale(next(r for r in varied.rows_of(made) if r["model"] == "threads"), 1 / 150)
    told = texts_of(heatmap, made)
    assert all(text in told for text in ("1/256", "1/16", " 1 ", "16 ×", "256 ×"))


@pytest.mark.parametrize("cores, texts", [(2, ("100 ×", "0–198", "1–199")), (64, ("128", "192"))])
def test_two_hundred_seats_are_counted_where_there_is_no_room(
    cores: int, texts: tuple[str, ...]
) -> None:
    truth = synthetic.Truth(cores=cores, workloads=("cpu_pi",), models=("threads",),
                            workers=(200,), gils=("none",), passes=6)  # fmt: skip
    told = texts_of(placement, synthetic.document(truth))
    assert all(text in told for text in texts) and "+" not in told


def test_seats_that_were_not_confirmed_are_the_finding() -> None:
    made = synthetic.document(synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2)))
    row = varied.rows_of(made)[0]
    row["placement"][0]["read_back_end"] = None
    one = drawing.drawn(placement, charted.result(made), ("svg",))
    assert one.finding.startswith("1 of ") and "did not stay" in one.finding


def test_threads_bound_by_a_lock_are_named_beside_those_without_it() -> None:
    made = synthetic.document(synthetic.Truth(cores=4, workloads=("cpu_pi",)))
    one = drawing.drawn(lock_scaling, charted.result(made), ("svg",))
    assert "under cpython32; bound by the lock: threads" in texts_of(lock_scaling, made)
    assert one.finding.startswith("cpu_pi under cpython32: 4 threads reach 0.97 × one (0.9")
    assert "4 threads reach 0.97, 3.8" in one.words
    names = {number.name for number in one.numbers}
    assert {"cpu_pi, 4 threads under cpython32", "cpu_pi, 4 threads without a lock"} <= names


def test_latency_has_the_percentiles_of_the_histograms_with_the_lock_and_without() -> None:
    made = synthetic.document(synthetic.Truth(workloads=("io_sleep",), workers=(1, 4)))
    result = charted.result(made)
    found = {n.name: n for n in drawing.drawn(lock_latency, result, ("svg",)).numbers}
    for row in result.rows:
        if row.model == "threads" and row.workers == 4 and row.latency is not None:
            under = "without a lock" if row.gil == "none" else f"under {row.gil}"
            for text, share in (("p50", 0.5), ("p99", 0.99)):
                number = found[f"io_sleep, 4 threads {under}, {text}"]
                assert [number.value] == quantiles(row.latency.buckets, [share])
                assert f"{text} {number.text}" in texts_of(lock_latency, made)


def test_the_commit_of_a_change_is_named_in_the_history() -> None:
    lines: list[dict[str, Any]] = history_made.beside_reference(
        history_made.stepped(60, 90, factor=1.2), "BM_Sort"
    )
    known = judge.history(lines)
    found = judge.findings(known, 0.01)
    svg = report.render(known, found)["svg"].decode()
    name = known.commits[found[0].commit][:8]
    assert f">{name}</text>" in svg
    headline = report.worst(known, found)
    assert headline is not None and headline.heading.endswith(f"slower since {name}")
    assert report.worst(known, []) is None and seen.heading(None) == ""
