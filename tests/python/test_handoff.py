"""The chart of hand-overs: how long they take, at most, and who gets the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import handoff
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, variants
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def document(**options: Any) -> dict[str, Any]:
    made = synthetic.document(synthetic.Truth(workloads=()))
    made["convoy"]["rows"] = varied.handoffs(**options)
    return made


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def panels(made: dict[str, Any]) -> dict[str, handoff.Panel]:
    about = variants.of(result_of(made), lambda row: handoff.wait_of(row) is not None)
    return {panel.variant.name: panel for panel in handoff.choose(about)}


def test_each_variant_is_a_panel_and_each_lock_and_model_a_line() -> None:
    found = panels(document())
    assert list(found) == ["sync_event", "sync_mutex, fair=off", "sync_mutex, fair=on"]
    for panel in found.values():
        lines = [(one.row.gil, one.row.model) for one in panel.means]
        assert lines[:3] == [("none", "threads"), ("none", "processes"), ("none", "coroutines")]
        assert len(lines) == 6


def test_lines_have_the_mean_its_interval_and_the_longest_of_all() -> None:
    panel = panels(document(gils=("none",), models=("threads",)))["sync_mutex, fair=off"]
    [one], [fair] = panel.means, panel.fairness
    assert one.middle == pytest.approx(1_410) and len(one.samples) == 8
    assert one.interval == pytest.approx((1_200, 1_620))
    assert panel.said(one) == "1.41 µs, at most 1.46 ms"
    assert fair is not None and fair.middle == pytest.approx(0.87)


def test_what_knows_no_fairness_has_no_axis_for_it() -> None:
    from matplotlib.figure import Figure

    canvas = Figure()
    made = document(gils=("none",))
    handoff.draw(canvas, result_of(made))
    labels = [axes.get_xlabel() for axes in canvas.axes]
    assert labels.count("Jain's index") == 2 and len(labels) == 5
    for row in varied.rows_of(made):
        for sample in row["samples"]:
            sample["figures"].pop("jain", None)
    assert "Jain" not in texts_of(handoff, made)


def test_rows_without_such_figures_are_not_missed() -> None:
    made = document(gils=("none",))
    for sample in varied.rows_of(made)[0]["samples"]:
        sample["figures"] = {"handoff_ns": None, "jain": 1.0}  # nobody waited
    count = sum(len(panel.means) for panel in panels(made).values())
    assert count == len(varied.rows_of(made)) - 1
    assert "at most" in texts_of(handoff, made)


def test_words_say_how_long_and_how_fairly() -> None:
    svg = drawing.render(handoff, result_of(document()), ("svg",))["svg"].decode()
    fair = "1.41 µs, at most 1.46 ms, Jain's index 1.00."
    assert f"sync_mutex, fair=on, threads, no gil, 4 w: {fair}" in svg
    assert "sync_event, coroutines, cpython32, 4 w: 35.2 µs, at most 24.3 ms." in svg


def test_without_rows_it_says_how_to_get_some() -> None:
    made = synthetic.document(synthetic.Truth(workloads=("cpu_pi",)))
    with pytest.raises(MissingData, match="it needs rows whose workers wait for each other"):
        drawing.render(handoff, result_of(made))
