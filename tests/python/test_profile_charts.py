"""The charts of a profile: they can be read, and what they show is what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import profiled
import pytest
from convoy_cli.charts import drawing
from convoy_cli.core.errors import MissingData
from convoy_cli.profile import charts
from convoy_cli.profile.document import COLUMNS, Cell, Slice, cells
from profiled import MS, load
from readable import assert_readable

pytest.importorskip("matplotlib")

FIGURES = (charts.StatesChart(), charts.LanesChart())


# --- Cells.


def test_a_slice_that_can_be_seen_is_drawn_as_it_is() -> None:
    slices = [Slice(0, 600, "gil"), Slice(600, 1000, "running")]
    assert cells(slices, 0, 1000) == [
        Cell(0, 600, (("gil", 1.0),)), Cell(600, 1000, (("running", 1.0),))
    ]  # fmt: skip


def test_the_window_cuts_slices() -> None:
    slices = [Slice(0, 600, "gil"), Slice(600, 1000, "running"), Slice(1000, 2000, "io")]
    assert cells(slices, 500, 700) == [
        Cell(500, 600, (("gil", 1.0),)), Cell(600, 700, (("running", 1.0),))
    ]  # fmt: skip
    assert cells(slices, 2000, 3000) == []


def test_slices_too_short_become_shares() -> None:
    slices = [Slice(n / 4, (n + 1) / 4, "running" if n % 4 else "io") for n in range(4000)]
    found = cells(slices, 0, 1000)
    assert len(found) <= COLUMNS
    assert found[0].shares == (("io", 0.25), ("running", 0.75))
    assert sum(cell.end_us - cell.begin_us for cell in found) == pytest.approx(1000)


def test_gaps_stay_gaps() -> None:
    slices = [Slice(0, 0.1, "a"), Slice(500, 500.1, "a")]
    assert [(cell.begin_us, cell.end_us) for cell in cells(slices, 0, 1000)] == [
        (0, 0.1), (500, 500.1)
    ]  # fmt: skip


def test_time_without_a_cpu_is_a_share_of_its_slice() -> None:
    (cell,) = cells([Slice(0, 1000, "running", 250)], 0, 500)
    assert cell.shares == (("runnable", 0.25), ("running", 0.75))


# --- Charts.


def crowd(seats: int) -> dict[str, Any]:
    trace = profiled.trace(seats)
    for n in range(60):
        trace["traceEvents"] += [
            profiled.meta(2_000_001 + n, "thread_name", {"name": f"worker {n} on seat 0"}),
            profiled.cut(2_000_001 + n, "running", n * MS, (n + 1) * MS),
        ]
    return trace


@pytest.mark.parametrize("seats", [1, 2, 7, 60])
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.NAME)
def test_the_charts_can_be_read(
    figure: Any, seats: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = load(tmp_path, profiled.states(seats), crowd(max(2, seats)))
    texts = assert_readable(figure, profile, monkeypatch)
    assert any(text.startswith(profiled.NAME) for text in texts)


@pytest.mark.parametrize(
    "at_us, length_us, unit",
    [(0, None, "ms"), (0, 100.0, "µs"), (1234.5, 7.0, "µs"), (20_000, 5_000, "ms"), (0, 9e9, "ms")],
)
def test_windows_can_be_read(
    at_us: float, length_us: Any, unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = assert_readable(charts.LanesChart(at_us, length_us), load(tmp_path), monkeypatch)
    assert f"time after the start of the round ({unit})" in texts


def test_the_steps_of_the_interval_are_ticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = assert_readable(charts.LanesChart(), load(tmp_path), monkeypatch)
    assert {"0", "5", "10", "45", "50"} <= set(texts)
    assert texts.count("1") == 10  # the holder's number, a step each


def test_a_window_behind_the_end(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="ends 100 ms after its start"):
        drawing.render(charts.LanesChart(100_001), load(tmp_path))  # type: ignore[arg-type]
    empty = load(tmp_path, None, {"traceEvents": []})
    with pytest.raises(MissingData):
        drawing.render(charts.LanesChart(), empty)  # type: ignore[arg-type]


def test_a_round_that_took_no_time(tmp_path: Path) -> None:
    states = profiled.states()
    for seat in states["seats"]:
        seat["wall_ns"] = 0
    with pytest.raises(MissingData):
        drawing.render(charts.StatesChart(), load(tmp_path, states))  # type: ignore[arg-type]


def test_states_that_add_up_to_more_do_not_leave_the_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = profiled.states()
    states["seats"][0]["states"] |= {"running_ns": 300 * MS, "unattributed_ns": -200 * MS}
    assert_readable(charts.StatesChart(), load(tmp_path, states), monkeypatch)


def test_the_words_for_those_who_do_not_see_them(tmp_path: Path) -> None:
    profile = load(tmp_path)
    states, lanes = (
        drawing.render(figure, profile)["svg"].decode()  # type: ignore[arg-type]
        for figure in FIGURES
    )
    assert "Seat 0: running 1.0 %, runnable 0.5 %, gil 96 %" in states
    assert "handed over 10 times to seat 0, 10 times to seat 1" in lanes


def test_charts_are_the_same_again(tmp_path: Path) -> None:
    profile = load(tmp_path)
    for figure in FIGURES:
        made = [drawing.render(figure, profile) for _ in range(2)]  # type: ignore[arg-type]
        assert made[0] == made[1]


def test_owners_only_where_somebody_shares(tmp_path: Path) -> None:
    states = profiled.states()
    states["locks"] = [profiled.lock(1) | {"seats": [n]} for n in range(2)]
    rows, _ = charts.lanes(load(tmp_path, states))
    assert [name for name, _, _ in rows] == ["seat 0: worker 0", "seat 1: worker 1"]


def test_states_by_kind_and_unknown_ones_have_a_shade() -> None:
    assert charts.state_of("io: recv") == "io"
    assert charts.state_of("lock: pool") == "lock"
    assert charts.state_of("something new") == "unattributed"


def test_headings_say_where_the_time_went_and_how_often_the_lock_changed_hands(
    tmp_path: Path,
) -> None:
    profile = load(tmp_path)
    states, lanes = (drawing.drawn(figure, profile, ("svg",)) for figure in FIGURES)
    assert states.finding.startswith("In this round ") and " spent " in states.finding
    assert " changed hands " in lanes.finding
    profile.states["events"]["dropped"] = 1
    assert drawing.drawn(FIGURES[1], profile, ("svg",)).finding == ""
