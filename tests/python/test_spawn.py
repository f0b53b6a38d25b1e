"""The chart of what starting costs: a line a way, panels for the parent's memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing, marks
from convoy_cli.charts.figures import spawn
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, variants
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")

MIB = 2**20


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.spawns(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def panels(made: dict[str, Any]) -> dict[str, list[marks.Rung]]:
    about = variants.of(result_of(made), apart=("how",))
    return {variant.label: found for variant, found in spawn.choose(about)}


def test_the_ways_stand_below_each_other_the_fastest_first() -> None:
    (found,) = panels(document()).values()
    assert [one.name for one in found] == ["coroutine", "thread", "fork"]
    assert [one.middle for one in found] == pytest.approx([17, 11_000, 134_000])
    assert all(one.interval and one.interval.low < one.middle for one in found)


def test_memory_of_the_parent_makes_panels_in_the_same_order() -> None:
    found = panels(document(parents=(0, 256 * MIB)))
    assert list(found) == ["parent_rss=0 B", "parent_rss=256 MiB"]
    orders = [[one.name for one in rungs] for rungs in found.values()]
    assert orders[0] == orders[1]
    forks = [rungs[-1].middle for rungs in found.values()]
    assert forks[1] > 60 * forks[0]


def test_what_one_takes_and_weighs_is_written_beside_its_line() -> None:
    told = texts_of(spawn, document())
    for text in ("17 ns (80 B)", "11 µs (8.3 KiB)", "134 µs (32.2 KiB)", "fork", "coroutine"):
        assert text in told


def labels_in(made: dict[str, Any]) -> str:
    """Texts without the heading, which names the dearest."""
    return texts_of(spawn, made).replace(" for fork", "")


def test_panels_with_different_lines_do_not_share_labels() -> None:
    made = document(parents=(0, 256 * MIB))
    assert labels_in(made).count("fork") == 1
    made["convoy"]["rows"].pop()
    assert labels_in(made).count("fork") == 2


def test_a_weight_that_nobody_knows_is_left_out() -> None:
    made = document(ways=("thread",))
    for row in varied.rows_of(made):
        for sample in row["samples"]:
            sample["figures"] = {"pss_each_bytes": None}
    told = texts_of(spawn, made)
    assert "11 µs" in told and "11 µs (" not in told


def test_rows_with_a_lock_or_more_workers_are_named_where_they_are_not_drawn() -> None:
    made = document()
    held = document()
    for row in varied.rows_of(held):
        row["gil"] = "cpython32"
        row["name"] = row["name"].replace("gil:none", "gil:cpython32")
    varied.rows_of(made).extend(varied.rows_of(held))
    assert "Not shown: 3 rows of spawn under gil cpython32." in texts_of(spawn, made)


def test_without_rows_it_says_how_to_get_some() -> None:
    made = synthetic.document(synthetic.Truth(workloads=("cpu_pi",)))
    with pytest.raises(MissingData, match="it needs rows of spawn .*parent_rss=0,256MiB"):
        drawing.render(spawn, result_of(made))
