"""The chart of lost updates: by lock, model and variant, with zero where nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing, marks
from convoy_cli.charts.figures import lost_updates
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, variants
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.races(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def panels(made: dict[str, Any]) -> dict[str, list[marks.Rung]]:
    about = variants.of(result_of(made))
    return {variant.label: found for variant, found in lost_updates.choose(about)}


def test_each_variant_is_a_panel_and_each_lock_and_model_a_line() -> None:
    found = panels(document())
    assert list(found) == [
        "checkpoints=back_edge, lock=off", "checkpoints=back_edge, lock=on",
        "checkpoints=every_op, lock=off", "checkpoints=every_op, lock=on",
    ]  # fmt: skip
    lines = [(one.row.gil, one.row.workers, one.row.series) for one in found[next(iter(found))]]
    assert len(lines) == 3 * 2 * 3
    assert lines[:4] == [("none", 2, "threads"), ("none", 2, "processes"),
                         ("none", 2, "coroutines"), ("none", 4, "threads")]  # fmt: skip


def test_lines_have_the_median_its_interval_and_every_sample() -> None:
    [line] = panels(document(gils=("none",), models=("threads",), workers=(2,), passes=7))[
        "checkpoints=every_op, lock=off"
    ]
    assert line.middle == pytest.approx(325_000)
    assert line.interval == pytest.approx((250_000, 400_000))
    assert len(line.samples) == 7


def test_few_samples_have_no_interval() -> None:
    [line] = panels(document(gils=("none",), models=("threads",), workers=(2,), passes=3))[
        "checkpoints=every_op, lock=off"
    ]
    assert line.interval is None and line.middle == pytest.approx(275_000)


def test_nothing_lost_is_a_tick_and_a_point_at_zero() -> None:
    from matplotlib.figure import Figure

    canvas = Figure()
    lost_updates.draw(canvas, result_of(document(gils=("cpython32",), models=("threads",))))
    for axes in canvas.axes:
        assert axes.get_xlim()[0] < 0 == axes.get_xticks()[0]
        assert axes.get_xticklabels()[0].get_text() == "0"
    assert all(0.0 in line.get_xdata() for line in canvas.axes[0].lines)


def test_the_axis_is_logarithmic_only_above_what_was_lost_least() -> None:
    lines = [one for found in panels(document()).values() for one in found]
    scale = lost_updates.Scale.of(lines)
    assert scale.first == pytest.approx(0.1)  # 0.4 is the least
    assert scale.last > 425_000
    assert scale.ticks()[:2] == pytest.approx([0.0, 0.1])
    nothing = [one for one in lines if one.middle == 0]
    assert lost_updates.Scale.of(nothing).first == lost_updates.FIRST


def test_words_say_who_loses_and_who_does_not() -> None:
    svg = drawing.render(lost_updates, result_of(document()), ("svg",))["svg"].decode()
    assert "checkpoints=back_edge, lock=off, 2 threads under no gil: 337 500 of a million" in svg
    assert "checkpoints=every_op, lock=off, 4 threads under cpython32: 0.54 of a million" in svg
    assert "checkpoints=back_edge, lock=on: nothing lost in 18 of 18 rows." in svg


def test_lines_that_have_no_room_are_named() -> None:
    many = tuple(f"cpython32:interval={n}ms" for n in range(1, 24))
    told = texts_of(lost_updates, document(gils=many))
    assert "Not shown: " in told and "rows of gil_race with checkpoints=back_edge" in told


def test_without_counts_there_is_nothing_to_draw() -> None:
    made = document()
    for row in varied.rows_of(made):
        for sample in row["samples"]:
            del sample["lost_per_million"]
    with pytest.raises(MissingData, match="it needs rows that count lost updates"):
        drawing.render(lost_updates, result_of(made))
