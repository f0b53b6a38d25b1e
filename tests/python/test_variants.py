"""Charts lose no row: values of parameters, places and carriers are shown, or counted and named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import swept
import synthetic
import varied
from convoy_cli.charts import drawing, style
from convoy_cli.charts.figures import gil_cost, heatmap, latency, lock_lateness, scaling
from convoy_cli.core import units
from convoy_cli.results import load, names, variants
from convoy_cli.results.rows import Result
from convoy_cli.results.variants import SpeedUps

pytest.importorskip("matplotlib")

Document = dict[str, Any]
TRUTH = synthetic.Truth(workloads=("cpu_sha256", "io_sleep"), workers=(1, 2))


def result_of(document: Document) -> Result:
    return load.result(Path("made.json"), document)


def two_values() -> Document:
    return varied.with_values(synthetic.document(TRUTH), "cpu_sha256", "native", [True, False])


def texts_of(figure: Any, document: Document) -> str:
    """What stands in the chart, line breaks of paragraphs and all other texts made blanks."""
    svg = drawing.render(figure, result_of(document), ("svg",))["svg"].decode()
    drawn = svg[svg.index("</desc>") :]
    return " ".join(re.findall(r">([^<>]+)</text>", drawn))


@pytest.mark.parametrize("name, values, labels", [
    ("native", [True, False], ["native=off", "native=on"]),
    ("wait_ns", [5_000_000, 50_000], ["wait=50 µs", "wait=5 ms"]),
    ("size_bytes", [65536, 64], ["size=64 B", "size=64 KiB"]),
    ("n", [2000, 100], ["n=100", "n=2000"]),
    ("mode", ["fast", "careful"], ["mode=careful", "mode=fast"]),
])  # fmt: skip
def test_a_label_says_what_differs_as_people_read_it(
    name: str, values: list[Any], labels: list[str]
) -> None:
    made = varied.with_values(synthetic.document(TRUTH), "cpu_sha256", name, values)
    found = variants.variants(result_of(made), "cpu_sha256")
    assert [variant.label for variant in found] == labels
    assert {len(variant.rows) for variant in found} == {17, 16}


def test_a_workload_in_one_variant_needs_no_label() -> None:
    [found] = variants.variants(result_of(two_values()), "io_sleep")
    assert (found.label, found.name) == ("", "io_sleep")


def test_places_and_peers_tell_variants_apart() -> None:
    made = varied.with_places(synthetic.document(TRUTH), "io_sleep", ["numa.spread"])
    for row in varied.rows_of(made)[-3:]:
        row["peer"] = "other"
    labels = [variant.label for variant in variants.variants(result_of(made), "io_sleep")]
    assert labels == ["place core.close, peer usual", "place numa.spread, peer usual",
                      "place numa.spread, peer other"]  # fmt: skip


def test_parameters_that_a_figure_has_a_use_for_tell_none_apart() -> None:
    found = variants.variants(result_of(two_values()), "cpu_sha256", apart=("native",))
    assert [variant.label for variant in found] == [""]


def test_sizes_are_read_in_binary_units() -> None:
    assert [units.size(2**n) for n in (6, 10, 16, 20)] == ["64 B", "1 KiB", "64 KiB", "1 MiB"]
    assert units.size(1536) == "1.5 KiB"


def test_what_has_most_rows_is_chosen_first_and_the_rest_is_named() -> None:
    values = [10, 20, 30, 40]
    made = varied.with_values(synthetic.document(TRUTH), "cpu_sha256", "n", values)
    every = variants.of(result_of(made))
    shown = variants.choose(every, each=2, most=10)
    assert [variant.name for variant in shown] == ["cpu_sha256, n=10", "cpu_sha256, n=20",
                                                   "io_sleep"]  # fmt: skip
    told = variants.not_shown(every, (row for variant in shown for row in variant.rows))
    assert told == "Not shown: 17 rows of cpu_sha256 with n=30; 16 rows of cpu_sha256 with n=40."
    assert [variant.workload for variant in variants.choose(every, each=2, most=1)] == [
        "cpu_sha256", "io_sleep"
    ]  # fmt: skip


def test_what_is_left_of_a_variant_is_named_by_its_gil_or_its_series() -> None:
    every = variants.of(result_of(synthetic.document(TRUTH)), lambda row: row.family == "cpu")
    rows = every[0].rows
    assert variants.not_shown(every, rows) == ""
    told = variants.not_shown(every, [row for row in rows if row.gil == "none"])
    assert told == "Not shown: 8 rows of cpu_sha256 under gil cpython32."
    told = variants.not_shown(every, [row for row in rows if row.model != "fibers"])
    assert told == "Not shown: 4 rows of cpu_sha256 under fibers."


def test_many_that_are_not_shown_are_counted_after_three() -> None:
    made = varied.with_values(synthetic.document(TRUTH), "cpu_sha256", "n", [1, 2, 3, 4, 5])
    told = variants.not_shown(variants.of(result_of(made)), [])
    assert told.count("rows of") == 3 and told.endswith("; and 50 more rows.")


@pytest.mark.parametrize("figure", [scaling, heatmap, gil_cost])
def test_both_values_of_a_parameter_are_drawn(figure: Any) -> None:
    told = texts_of(figure, two_values())
    assert "native=off" in told and "native=on" in told
    assert "rows of cpu_sha256" not in told


def test_a_variant_keeps_its_own_speed() -> None:
    made = two_values()
    for row in varied.rows_of(made):
        if row["workload"] == "cpu_sha256" and not row["parameters"]["native"]:
            varied.scale(row, 3.0 if row["model"] == "threads" else 1.0)
    ups = SpeedUps(result_of(made))
    shown = variants.variants(ups.result, "cpu_sha256")
    panel = heatmap.cells(ups, shown, "none")
    ratio = panel["cpu_sha256, native=on", "threads"].value
    assert panel["cpu_sha256, native=off", "threads"].value == pytest.approx(ratio / 3, rel=0.05)


@pytest.mark.parametrize("figure", [scaling, heatmap, gil_cost, latency])
def test_beyond_the_room_there_is_what_is_not_shown_is_named(figure: Any) -> None:
    waits = [step * 1_000_000 for step in range(1, 13)]
    made = varied.with_values(synthetic.document(TRUTH), "io_sleep", "wait_ns", waits)
    told = texts_of(figure, made)
    assert re.search(r"Not shown: \d+ rows of io_sleep with wait=\d+ ms; .* more rows\.", told)


def test_rows_without_a_baseline_are_named() -> None:
    made = two_values()
    varied.rows_of(made)[:] = [
        row for row in varied.rows_of(made)
        if row["model"] != "single" or row["parameters"].get("native", True)
    ]  # fmt: skip
    assert "Not shown: 15 rows of cpu_sha256 with native=off." in texts_of(heatmap, made)
    assert "Not shown: 8 rows of cpu_sha256 with native=off." in texts_of(scaling, made)


def test_coroutines_on_two_carriers_are_a_line_of_their_own() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2, 4), noise=0.0)
    made = varied.with_carriers(synthetic.document(truth), slower_by=2.0)
    ups = SpeedUps(result_of(made))
    pairs = gil_cost.pairs(ups, ups.result.rows)
    change = {pair.series: pair.change for pair in pairs}
    assert change["coroutines"] == pytest.approx(0.0, abs=0.001)
    assert change["coroutines, 2 carriers"] == pytest.approx(-0.5)
    assert "coroutines, 2 carriers" in texts_of(gil_cost, made)


def test_a_cell_says_of_how_many_carriers_its_best_is() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2, 4))
    made = varied.with_carriers(synthetic.document(truth))
    assert "2 c" not in texts_of(heatmap, made)
    for row in varied.rows_of(made):
        varied.scale(row, 0.5 if row["carriers"] == 2 else 1.0)
    told = texts_of(heatmap, made)
    assert re.search(r"\d w, 2 c", told) and "with 2 carriers as 4 w, 2 c" in told


def test_series_on_more_carriers_do_not_look_alike() -> None:
    series = ["coroutines", *(f"coroutines, {n} carriers" for n in (2, 4, 8))]
    assert len({style.marker(name) for name in series}) == len(series)
    assert style.marker("threads") == style.look("threads").marker


def test_a_panel_has_seven_series_at_most_plain_models_first() -> None:
    many = [*style.MODELS, *(f"fibers, {n} carriers" for n in (2, 3, 4, 5))]
    kept = style.kept(reversed(many))
    assert len(kept) == style.MOST_SERIES and set(style.MODELS) < set(kept)
    assert kept == sorted(kept, key=names.model_order)


def test_series_that_have_no_place_in_a_panel_are_named() -> None:
    truth = synthetic.Truth(workloads=("io_sleep",), gils=("none",), workers=(1, 8))
    made = synthetic.document(truth)
    for carriers in (2, 3, 4, 5):
        made = varied.with_carriers(made, carriers)
    told = texts_of(scaling, made)
    assert "Not shown: 2 rows of io_sleep under coroutines (4 carriers) and coroutines (5" in told


def test_latency_names_series_that_lack_the_number_of_workers() -> None:
    truth = synthetic.Truth(workloads=("io_sleep",), gils=("none",), workers=(1, 4))
    made = synthetic.document(truth)
    varied.rows_of(made)[:] = [
        row for row in varied.rows_of(made) if (row["model"], row["workers"]) != ("fibers", 4)
    ]
    assert "Not shown: 1 row of io_sleep under fibers." in texts_of(latency, made)


def test_sleeps_of_different_lengths_have_panels_of_their_own() -> None:
    made = swept.document(swept.Law(locks=("cpython32",), intervals=(5e6,)))
    made = varied.with_values(made, "gil_reacquire", "spinners", [0, 1])
    made = varied.with_values(made, "gil_reacquire", "wait_ns", [1_000_000, 5_000_000])
    told = texts_of(lock_lateness, made)
    assert "wait=1 ms" in told and "wait=5 ms" in told
    assert "after a sleep, and" in told and "a sleep of" not in told


def test_a_number_of_spinners_looks_as_in_the_legend() -> None:
    counts = [0, 1, 2, 4, 8, 16, 32]
    looks = [str(lock_lateness.look(count, counts)) for count in counts]
    assert len(set(looks)) == len(counts)


def test_bands_are_of_the_intervals_in_the_file() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2))
    made = synthetic.document(truth)
    for row in varied.rows_of(made):
        row["interval_ns"] = [row["median_ns"] * 0.8, row["median_ns"] * 1.25]
    ups = SpeedUps(result_of(made))
    for point in scaling.curves(ups, ups.result.rows)["threads"]:
        assert point.low == pytest.approx(point.speed_up * 0.64)
        assert point.high == pytest.approx(point.speed_up / 0.64)
    one = ups.result.rows[0]
    assert variants.relative(one, one).interval is None


def test_a_long_label_is_broken_between_settings() -> None:
    label = "native=off, place l3.scatter:numa, peer other"
    lines = variants.Variant("cpu_sha256", label, ()).lines
    assert lines == ["cpu_sha256", "native=off,", "place l3.scatter:numa,", "peer other"]


def test_experiments_with_locks_are_not_missed_where_they_do_not_belong() -> None:
    made = synthetic.document(TRUTH)
    varied.rows_of(made).extend(varied.races())
    assert "Not shown" not in texts_of(heatmap, made) + texts_of(scaling, made)
