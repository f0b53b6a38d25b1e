"""The chart of queues: items per second and time in the queue, by order and model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import queues
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.queues(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def strips(made: dict[str, Any]) -> list[queues.Strip]:
    return queues.choose(result_of(made).rows)


def test_orders_stand_below_each_other_with_a_line_a_model() -> None:
    [strip] = strips(document(gils=("none",)))
    assert [one.name for one in strip.rates[::3]] == [
        "first in, first out", "last in, first out", "smallest first", "one producer, join()"
    ]  # fmt: skip
    assert [one.row.model for one in strip.rates[:3]] == ["threads", "processes", "coroutines"]


def test_lines_have_the_rate_with_its_interval_and_the_time_in_the_queue() -> None:
    [strip] = strips(document(gils=("none",), models=("threads",)))
    first, time = strip.rates[0], strip.times[0]
    assert first.middle == pytest.approx(2.5e6, rel=0.02) and len(first.samples) == 8
    assert first.interval and first.interval.low <= first.middle <= first.interval.high
    assert time is not None and time.middle == pytest.approx(64 * 400 * 1.175, rel=0.02)
    last_in = strip.times[1]
    assert last_in is not None and last_in.middle == pytest.approx(3 * time.middle, rel=0.02)


def test_capacities_and_numbers_of_workers_have_panels_of_their_own() -> None:
    found = strips(document(gils=("none",), capacities=(64, 1), workers=(2, 8)))
    assert [strip.label for strip in found] == [
        "capacity 1, 2 workers", "capacity 1, 8 workers",
        "capacity 64, 2 workers", "capacity 64, 8 workers",
    ]  # fmt: skip


def test_other_numbers_of_consumers_and_places_are_named() -> None:
    made = document(gils=("none",), models=("threads",))
    row = varied.rows_of(made)[0]
    row["parameters"]["consumers"] = 1
    row["name"] += "/consumers:1"
    assert [strip.label for strip in strips(made)] == [
        "capacity 64, 2 workers", "capacity 64, 2 workers, 1 consumer"
    ]  # fmt: skip
    made = varied.with_places(document(gils=("none",)), "queue_fifo", ["numa.spread"])
    labels = [strip.label for strip in strips(made)]
    assert labels[1] == "capacity 64, 2 workers, place numa.spread"


def test_rows_under_a_gil_are_counted_where_there_are_others() -> None:
    told = texts_of(queues, document())
    assert "without a gil" in told
    assert "Not shown: 3 rows of queue_fifo under gil cpython32" in told


def test_a_gil_is_named_where_all_rows_have_one() -> None:
    told = texts_of(queues, document(gils=("cpython32",)))
    assert "under gil cpython32. An item" in told and "Not shown" not in told


def test_panels_that_there_is_no_room_for_are_counted() -> None:
    made = document(gils=("none",), models=("threads",), capacities=(1, 2, 4, 8, 16, 32, 64))
    assert len(strips(made)) == queues.MOST_STRIPS
    assert "Not shown: 1 row of queue_fifo with capacity=64" in texts_of(queues, made)


def test_a_row_without_a_time_has_its_rate_alone() -> None:
    made = document(gils=("none",), models=("threads",))
    for sample in varied.rows_of(made)[0]["samples"]:
        sample["figures"] = {"in_queue_ns": None, "lost": 0}
    [strip] = strips(made)
    assert strip.times[0] is None and all(strip.times[1:])
    assert "mean time in the queue" in texts_of(queues, made)


def test_axes_have_ticks_with_their_units() -> None:
    told = texts_of(queues, document(gils=("none",)))
    assert "1 M/s" in told and "10 M/s" in told and "10 µs" in told


def test_words_say_how_many_and_how_long() -> None:
    made = document(gils=("none",), models=("coroutines",), capacities=(1,))
    svg = drawing.render(queues, result_of(made), ("svg",))["svg"].decode()
    assert "capacity 1, 2 workers: first in, first out by coroutines, 40.0 M/s, 29.4 ns in" in svg


def test_without_rows_it_says_how_to_get_some() -> None:
    made = synthetic.document(synthetic.Truth(workloads=("cpu_pi",)))
    with pytest.raises(MissingData, match="it needs rows of queues .*queue_.fifo"):
        drawing.render(queues, result_of(made))
