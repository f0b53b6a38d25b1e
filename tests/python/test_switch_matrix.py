"""The map of distances: places in the order of the machine's tree, and medians of samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from convoy_cli.charts.figures import switch_matrix
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load
from convoy_cli.results.rows import Result

pytest.importorskip("matplotlib")

TOPOLOGY = "Package:2 Core:2 PU:2(indexes=2*4:1*2)"  # a core is CPUs 0 and 4, the next 1 and 5


def result_of(rows: list[dict[str, Any]], topology: str = TOPOLOGY) -> Result:
    made = synthetic.document(synthetic.Truth(workloads=(), cores=8))
    made["convoy"]["rows"] = rows
    made["convoy"]["facts"]["topology_synthetic"] = topology
    return load.result(Path("made.json"), made)


def test_places_stand_in_the_order_of_the_tree() -> None:
    [panel] = switch_matrix.panels(result_of(varied.matrix(8, topology=TOPOLOGY)))
    assert [place.pu for place in panel.places] == [0, 4, 1, 5, 2, 6, 3, 7]
    assert [place.package for place in panel.places] == [0] * 4 + [1] * 4
    assert panel.cells[0][:4] == (None, 20, 100, 100)
    assert panel.cells[0][4:] == (300,) * 4


def test_cells_are_medians_of_what_was_measured() -> None:
    rows = varied.matrix(2, topology=TOPOLOGY)
    for sample, value in zip(rows[0]["samples"], (90.0, None, 110.0)):
        sample["matrix"]["values"][0][1] = value
    [panel] = switch_matrix.panels(result_of(rows))
    assert panel.cells == ((None, 100.0), (100.0, None))


def test_who_is_bound_to_no_cpu_stands_at_the_end() -> None:
    rows = varied.matrix(3, topology=TOPOLOGY)
    rows[0]["placement"][0] |= {"cpus": [], "read_back": None, "read_back_end": None}
    [panel] = switch_matrix.panels(result_of(rows))
    assert [place.label for place in panel.places] == [
        "core 1, CPU 1", "core 2, CPU 2", "worker 0",
    ]  # fmt: skip


def test_the_nearest_and_the_farthest_pair_are_said() -> None:
    from matplotlib.figure import Figure

    said = switch_matrix.draw(Figure(), result_of(varied.matrix(8, topology=TOPOLOGY)))
    assert "threads, spin: 20 to 300 ns" in said
    assert "20.0 ns from core 0, CPU 0 to core 0, CPU 4" in said
    assert "300 ns from core 3, CPU 7 to core 1, CPU 5" in said


def test_results_without_pairs_are_told_what_to_run() -> None:
    from matplotlib.figure import Figure

    with pytest.raises(MissingData, match="switch_matrix"):
        switch_matrix.draw(Figure(), result_of([]))
