"""Charts say which of their rows were disturbed, and claim nothing of those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import charted
import pytest
import runtimes_made
import swept
import synthetic
import varied
from convoy_cli.charts import drawing, marks, style
from convoy_cli.charts.figures import heatmap, scaling
from convoy_cli.results import load
from convoy_cli.results.rows import Result
from convoy_cli.results.variants import SpeedUps
from test_variants import texts_of

pytest.importorskip("matplotlib")

Document = dict[str, Any]
TRUTH = synthetic.Truth(workloads=("cpu_pi", "io_sleep"), workers=(1, 2))
LAW = swept.Law(intervals=(1e6, 5e6, 20e6))
def result_of(document: Document) -> Result:
    return load.result(Path("made.json"), document)


def everything() -> Document:
    """With experiments, so that every figure has something to draw."""
    made = synthetic.document(TRUTH)
    varied.rows_of(made).extend(varied.rows_of(swept.document(LAW)))
    varied.rows_of(made).extend(varied.races(models=("threads",), workers=(2,)))
    rows = [*varied.spawns(), *varied.handoffs(models=("threads",)), *varied.matrix(2)]
    rows += varied.queues() + varied.bursts() + varied.pools()
    rows += varied.rows_of(varied.crowds())
    varied.rows_of(made).extend(rows)
    varied.rows_of(made).extend(runtimes_made.rows(made, {"asio": 1.2, "go": 3.0}))
    return made


@pytest.mark.parametrize("figure", drawing.discover().values(), ids=lambda figure: figure.NAME)
def test_a_chart_says_that_its_rows_were_disturbed(figure: Any) -> None:
    def texts(made: Document) -> tuple[str, str]:
        quiet = texts_of(figure, made)
        varied.disturb(varied.rows_of(made))
        return quiet, texts_of(figure, made)

    quiet, disturbed = charted.drawn(texts, everything())
    assert "disturbed" not in quiet
    assert "disturbed by other programs: " in disturbed


@pytest.mark.parametrize("reasons, said", [
    (["run_delay", "foreign_work"], "by other programs"),
    (["foreign_work", "steal"], "by other programs and the host"),
    (["yardstick"], "by slow CPUs"),
])  # fmt: skip
def test_a_note_says_how_many_and_by_what(reasons: list[str], said: str) -> None:
    made = synthetic.document(TRUTH)
    for row, reason in zip(varied.rows_of(made)[5:], reasons):
        varied.disturb([row], reason)
    rows = result_of(made).rows
    verb = "was" if len(reasons) == 1 else "were"
    expected = f"{len(reasons)} of {len(rows)} rows {verb} disturbed {said}: hatched."
    assert marks.note(rows, marks.HATCHED) == expected
    assert marks.note(rows[:3], marks.HATCHED) == ""


def test_what_is_compared_with_a_disturbed_row_is_marked_too() -> None:
    made = synthetic.document(TRUTH)
    varied.disturb([row for row in varied.rows_of(made) if row["model"] == "single"][:1])
    ups = SpeedUps(result_of(made))
    rows = [row for row in ups.result.rows if row.model == "threads"]
    doubtful = {row.workload for row in rows if marks.doubtful(row, ups)}
    assert doubtful == {"cpu_pi"}
    said = marks.note(rows, marks.CROSSED, ups)
    assert said == (
        "1 of 10 rows was disturbed by other programs: marked ×, like those compared with one."
    )


def patches(document: Document, canvas: Any) -> tuple[list[Any], list[Any]]:
    """The corners of hatched cells, and of frames, in the panel without a gil."""
    heatmap.draw(canvas, result_of(document))
    found = canvas.axes[0].patches
    hatched = [patch.get_xy() for patch in found if patch.get_hatch()]
    frames = [patch.get_xy() for patch in found if not patch.get_fill() and not patch.get_hatch()]
    return hatched, [(round(x - 0.05), round(y - 0.06)) for x, y in frames]


def test_disturbed_cells_are_hatched_and_never_framed() -> None:
    from matplotlib.figure import Figure

    truth = synthetic.Truth(workloads=("cpu_pi",), models=("single", "threads", "processes"),
                            gils=("none",), workers=(1, 2))  # fmt: skip
    made = synthetic.document(truth)
    assert patches(made, Figure()) == ([], [(1, 0), (2, 0)])
    varied.disturb([row for row in varied.rows_of(made) if row["model"] == "threads"])
    assert patches(made, Figure()) == ([(1, 0)], [(2, 0)])
    # Nor is the second fastest framed where the fastest is not to be trusted.
    for row in varied.rows_of(made):
        varied.scale(row, 0.5 if row["model"] == "threads" else 1.0)
    assert patches(made, Figure()) == ([(1, 0)], [])
    assert "threads, 3.9" in heatmap.draw(Figure(), result_of(made))
    assert "disturbed" in heatmap.draw(Figure(), result_of(made))


def test_disturbed_points_are_crossed() -> None:
    from matplotlib.figure import Figure

    made = synthetic.document(TRUTH)
    canvas = Figure()
    wanted = ("cpu_pi", "threads", "none", 2)
    keys = ("workload", "model", "gil", "workers")
    varied.disturb([r for r in varied.rows_of(made) if tuple(r[key] for key in keys) == wanted])
    scaling.draw(canvas, result_of(made))
    crossed = [
        line for axes in canvas.axes for line in axes.lines
        if line.get_marker() == style.DISTURBED["marker"]
    ]  # fmt: skip
    assert [list(line.get_xdata()) for line in crossed] == [[2], [2]]


def test_files_that_do_not_say_have_no_note() -> None:
    rows = result_of(synthetic.document(TRUTH)).rows
    assert all("disturbed" not in row.raw for row in rows)
    assert marks.note(rows, marks.CROSSED) == ""
