"""The chart of pools: a panel a model, and the size from which a pool does not matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import pool_break_even
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, variants
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.pools(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def panels(made: dict[str, Any]) -> dict[str, pool_break_even.Panel]:
    about = variants.of(result_of(made), pool_break_even.wanted, ("how", "task_ns"))
    return {panel.model: panel for panel in pool_break_even.choose(about)}


def test_each_model_has_a_panel_with_its_pool_and_what_it_starts() -> None:
    found = panels(document())
    assert list(found) == ["threads", "processes", "coroutines"]
    assert list(found["threads"].lines) == ["pool", "spawned", "semaphore"]
    assert list(found["processes"].lines) == ["pool", "spawned"]
    for panel in found.values():
        assert panel.sizes == [0, 10_000, 100_000, 1_000_000]


def test_the_break_even_is_where_straight_lines_are_a_tenth_apart() -> None:
    found = panels(document(noise=0.0))
    # 22 000 + s = 1.1 (1 200 + s) where s is 206 800 ns.
    assert found["threads"].break_even.at_ns == pytest.approx(206_800)
    said = "From about 207 µs on a thread a task costs at most 10 % more"
    assert found["threads"].break_even.said == said
    assert said in drawing.render(pool_break_even, result_of(document(noise=0.0)), ("svg",))[
        "svg"
    ].decode()


def test_no_size_is_named_that_the_rows_do_not_show() -> None:
    found = panels(document(noise=0.0))
    # 240 µs are more than a tenth of a millisecond, and a coroutine costs less than the pool.
    dear, cheap = found["processes"].break_even, found["coroutines"].break_even
    assert dear == (None, "A process a task costs over 10 % more at every size")
    assert cheap == (None, "A coroutine a task costs at most 10 % more at every size")
    for short in (document(sizes=(0,)), document(passes=3)):
        at, said = panels(short)["threads"].break_even
        assert at is None and said == "A thread a task: too little measured to name a size"


def test_overlapping_intervals_name_no_size() -> None:
    made = document(noise=0.0)
    for row in varied.rows_of(made):
        if row["parameters"]["task_ns"] == 100_000:
            row["interval_ns"] = [row["median_ns"] * 0.5, row["median_ns"] * 2]
    at, said = panels(made)["threads"].break_even
    assert at is None and said.endswith("is not resolved")


def test_disturbed_rows_are_crossed_and_name_no_size() -> None:
    made = document()
    varied.disturb(varied.rows_of(made)[:1])
    at, said = panels(made)["threads"].break_even
    assert at is None and said == "A thread a task: disturbed, so no size is named"
    assert "disturbed" in texts_of(pool_break_even, made)


def test_rows_under_a_lock_are_named_where_they_are_not_drawn() -> None:
    made, held = document(), document(ways=("pool",))
    for row in varied.rows_of(held):
        row["gil"] = "cpython32"
        row["name"] = row["name"].replace("gil:none", "gil:cpython32")
    varied.rows_of(made).extend(varied.rows_of(held))
    told = texts_of(pool_break_even, made)
    assert "Not shown: 12 rows of pool_submit under gil cpython32." in told


def test_what_is_started_under_another_model_is_not_missed() -> None:
    made = document()
    for row in varied.rows_of(document(ways=("semaphore", "spawn_thread"))):
        row |= {"model": "processes", "name": row["name"].replace("threads", "processes")}
        varied.rows_of(made).append(row)
    assert "Not shown" not in texts_of(pool_break_even, made)
    assert list(panels(made)["processes"].lines) == ["pool", "spawned"]


def test_a_pool_with_nothing_beside_it_is_not_drawn() -> None:
    for made in (document(ways=("pool",)), document(ways=("spawn_thread",))):
        with pytest.raises(MissingData, match="it needs rows of pool_submit .*spawn_coroutine"):
            drawing.render(pool_break_even, result_of(made))
