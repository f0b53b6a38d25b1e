"""The chart of bursts: how long they hold up their producer, through a slot or a queue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import bursts
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, variants
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.bursts(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def panels(made: dict[str, Any]) -> list[bursts.Panel]:
    return bursts.choose(variants.of(result_of(made), bursts.wanted, ("through", "capacity")))


def test_each_gil_and_number_of_workers_is_a_panel_without_a_gil_first() -> None:
    found = panels(document(workers=(2, 4)))
    assert [panel.label for panel in found] == [
        "no gil, 2 workers", "no gil, 4 workers",
        "gil cpython32, 2 workers", "gil cpython32, 4 workers",
    ]  # fmt: skip


def test_a_line_goes_from_little_room_to_much_and_slots_stand_left_of_it() -> None:
    [panel] = panels(document(gils=("none",)))
    lines, slots = panel.series(through_slot=False), panel.series(through_slot=True)
    assert list(lines) == list(slots) == ["threads", "processes", "coroutines"]
    line = lines["threads"]
    assert [panel.place(point) for point in line] == [0, 1, 2, 3]
    times = [point.middle for point in line]
    assert times == sorted(times, reverse=True)
    assert all(panel.place(p) < 0 and p.middle > times[0] for p in slots["threads"])


def test_points_have_the_interval_of_their_samples() -> None:
    [panel] = panels(document(gils=("none",), models=("threads",), capacities=(64,)))
    [point] = panel.series(through_slot=False)["threads"]
    assert point.middle == pytest.approx(2_000 * 1.07)
    assert point.interval == pytest.approx((2_000, 2_280))


@pytest.mark.parametrize("workers, work_ns", [(2, 320_000), (3, 640_000), (8, 320_000)])
def test_the_work_in_a_burst_is_that_of_all_producers(workers: int, work_ns: float) -> None:
    [panel] = panels(document(gils=("none",), workers=(workers,)))
    assert panel.work_ns == pytest.approx(work_ns)


@pytest.mark.parametrize("size, side", [(1, "left"), (16, "right"), (5_000, "right")])
def test_the_queue_with_room_for_a_burst_is_marked(size: int, side: str) -> None:
    from matplotlib.figure import Figure

    canvas = Figure()
    bursts.draw(canvas, result_of(document(gils=("none",), sizes=(size,))))
    [axes] = canvas.axes
    [mark] = [text for text in axes.texts if "a burst of" in text.get_text()]
    assert mark.get_horizontalalignment() == side
    low, high = axes.get_xlim()
    assert low < mark.xy[0] < high


def test_one_worker_alone_is_not_drawn() -> None:
    made = document(gils=("none",))
    alone = document(gils=("none",), models=("threads",), workers=(1,))
    varied.rows_of(made).extend(varied.rows_of(alone))
    assert [panel.workers for panel in panels(made)] == [2]
    with pytest.raises(MissingData, match="it needs rows of pipeline_bursty with two workers"):
        drawing.render(bursts, result_of(alone))


def test_sizes_of_bursts_have_panels_of_their_own() -> None:
    made = document(gils=("none",), sizes=(16, 100))
    assert [panel.variant.label for panel in panels(made)] == ["burst=16", "burst=100"]
    assert [panel.burst_place for panel in panels(made)] == [2, 3.5]
    told = texts_of(bursts, made)
    assert "a burst of 16" in told and "a burst of 100" in told


def test_words_say_how_long_a_burst_takes_where() -> None:
    made = document(gils=("none",), models=("threads",), capacities=(1, 16))
    svg = drawing.render(bursts, result_of(made), ("svg",))["svg"].decode()
    told = "threads, a burst of 16: 366 µs through a slot, 323 µs through"
    assert told in svg
    assert "323 µs through a queue of 1, 2.14 µs through a queue of 16." in svg


def test_only_slots_or_only_queues_are_drawn_too() -> None:
    for through in ("slot", "queue"):
        made = document(gils=("none",))
        made["convoy"]["rows"] = [
            row for row in varied.rows_of(made) if row["parameters"]["through"] == through
        ]
        # The heading has the words, too.
        assert texts_of(bursts, made).count("one slot") == 1 + (through == "slot")


def test_rows_that_have_no_room_are_named() -> None:
    gils = tuple(f"cpython32:interval={n}ms" for n in range(1, 12))
    told = texts_of(bursts, document(gils=gils))
    assert "Not shown: 72 rows of pipeline_bursty under gil" in told
