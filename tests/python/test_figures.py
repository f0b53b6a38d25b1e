"""Every figure draws from a result, the same twice, with words; and says what it lacks."""

from __future__ import annotations

import copy
import functools
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import charted
import pytest
import runtimes_made
import swept
import synthetic
import varied
from convoy_cli.charts import drawing, style
from convoy_cli.charts.figures import gil_cost, lock_lateness, scaling
from convoy_cli.core.errors import MissingData
from convoy_cli.core.units import Interval
from convoy_cli.results import curves, load, rows as topology, variants
from convoy_cli.results.rows import Result
from convoy_cli.results.variants import SpeedUps
from convoy_cli.stats.scaling import Estimate

pytest.importorskip("matplotlib")

FIGURES = sorted(drawing.discover())
USUAL = [name for name in FIGURES if not hasattr(drawing.discover()[name], "ONLY_OF")]
SVG = "{http://www.w3.org/2000/svg}"


def result_of(document: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), document)


def little() -> dict[str, Any]:
    """Little to draw, for who looks at all figures: work and waits, under a lock and none."""
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi", "io_sleep"), workers=(1, 2)))


@pytest.fixture(scope="module")
def experiments() -> dict[str, Any]:
    """With experiments, so that figures have something to draw."""
    both, law = little(), swept.Law(intervals=(1e6, 5e6, 20e6))
    both["convoy"]["rows"] += swept.document(law)["convoy"]["rows"] + varied.races()
    both["convoy"]["rows"] += varied.spawns(parents=(0, 2**28)) + varied.handoffs()
    both["convoy"]["rows"] += varied.matrix(2, passes=8) + varied.queues() + varied.bursts()
    both["convoy"]["rows"] += varied.crowds()["convoy"]["rows"]
    both["convoy"]["rows"] += varied.pools()
    both["convoy"]["rows"] += runtimes_made.rows(both, {"asio": 1.2, "go": 3.0})
    return both


@functools.cache
def machine_of(cores: int, workloads: int) -> Result:
    """Made once, and drawn by every figure."""
    names = ("io_tcp_echo", *(f"sync_number{i}" for i in range(19)))[:workloads]
    truth = synthetic.Truth(
        cores=cores, workloads=names, workers=(1, 2, cores), passes=6, gils=("none", "pypy")
    )
    return result_of(synthetic.document(truth))


def test_there_are_figures_for_the_questions() -> None:
    assert {"scaling", "heatmap", "gil_cost", "latency", "placement"} <= set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_twice_and_has_words(
    name: str, experiments: dict[str, Any]
) -> None:
    figure = drawing.discover()[name]

    def draw(made: dict[str, Any]) -> dict[str, bytes]:
        return drawing.render(figure, result_of(made))

    once, again = charted.drawn(draw, experiments), charted.drawn(draw, experiments)
    assert once == again
    assert once["png"].startswith(b"\x89PNG")
    tree = ElementTree.fromstring(once["svg"])
    assert tree.get("role") == "img"
    children = {child.tag: child for child in tree}
    assert children[f"{SVG}title"].text == figure.TITLE
    words = children[f"{SVG}desc"].text or ""
    assert words.startswith(figure.ALT)
    assert len(words) > len(figure.ALT) + 20
    ids = f"{children[f'{SVG}title'].get('id')} {children[f'{SVG}desc'].get('id')}"
    assert tree.get("aria-labelledby") == ids
    assert b"<dc:date>" not in once["svg"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_rows_says_what_it_needs(name: str) -> None:
    document = synthetic.document(synthetic.Truth(workloads=()))
    with pytest.raises(MissingData, match="it needs"):
        drawing.render(drawing.discover()[name], result_of(document))


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("cores, workloads", [(2, 1), (64, 20)])
def test_a_figure_copes_with_little_and_with_much(name: str, cores: int, workloads: int) -> None:
    made = drawing.render(drawing.discover()[name], machine_of(cores, workloads), ("svg",))
    assert ElementTree.fromstring(made["svg"]).tag == f"{SVG}svg"


@pytest.mark.parametrize("counts, said", [
    ((1, 2), "Too few points"), ((1, 2, 4), "Thin line: fitted"), ((2, 4), "Too few points"),
])  # fmt: skip
def test_the_chart_says_whether_a_law_was_fitted(counts: tuple[int, ...], said: str) -> None:
    truth = synthetic.Truth(cores=4, workloads=("cpu_pi",), gils=("none",), workers=counts)
    made = synthetic.document(truth)
    if 1 not in counts:
        single = synthetic.Truth(workloads=("cpu_pi",), models=("single",), workers=(1,))
        made["convoy"]["rows"] += synthetic.document(single)["convoy"]["rows"]
    svg = drawing.render(drawing.discover()["scaling"], result_of(made), ("svg",))["svg"].decode()
    assert said in svg
    assert bool(re.search("σ (0|≤)", svg)) == (said == "Thin line: fitted")


def test_seats_without_a_cpu_of_their_own_say_nothing_of_the_law() -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), models=("single", "threads"), gils=("none",))
    assert truth.cores == 2 and max(truth.workers) == 4
    result = result_of(synthetic.document(truth))
    assert "Too few points" in drawing.render(scaling, result, ("svg",))["svg"].decode()


def test_lateness_is_drawn_for_each_lock_and_number_of_spinners() -> None:
    made = swept.document(swept.Law(locks=("cpython32", "ruby_legacy"), intervals=(5e6,)))
    rows = made["convoy"]["rows"]
    for row in [row for row in rows if row["workload"] == "gil_reacquire"]:
        alone = copy.deepcopy(row)
        alone["parameters"]["spinners"] = 0
        rows.append(alone)
    about = variants.of(result_of(made), lock_lateness.wanted, apart=("spinners",))
    panels = lock_lateness.choose(about)
    assert [panel.gil for panel in panels] == ["none", "cpython32", "ruby_legacy"]
    assert all(sorted(panel.lines) == [0, 1] for panel in panels)
    svg = drawing.render(lock_lateness, result_of(made), ("svg",))["svg"].decode()
    assert "0 spinners" in svg and "1 spinner<" in svg and "none (no lock)" in svg


def test_names_that_look_like_markup_are_text() -> None:
    document = little()
    for row in document["convoy"]["rows"]:
        row["workload"] = f"<script>{row['workload']}</script>"
    result = result_of(document)
    for name in USUAL:
        svg = drawing.render(drawing.discover()[name], result, ("svg",))["svg"]
        assert b"<script" not in svg
        ElementTree.fromstring(svg)


def test_plot_draws_the_rows_that_a_filter_names(inside: Any, tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", synthetic.document())
    words = ("plot", "x.json", "--figure", "scaling", "--format", "svg", "-o")
    assert inside(*words, "some", "--filter", "^cpu_pi/").returncode == 0
    assert inside(*words, "all").returncode == 0
    some, every = ((tmp_path / name / "scaling.svg").read_text() for name in ("some", "all"))
    assert "cpu_pi" in some and "io_sleep" not in some
    assert "cpu_pi" in every and "io_sleep" in every


def test_plot_lists_what_it_wrote_and_why_not(convoy: Any, tmp_path: Path) -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2))
    synthetic.write(tmp_path / "x.json", synthetic.document(truth))
    done = convoy("plot", "x.json", "-o", "out")
    assert done.returncode == 0
    paths = [line.split("\t")[0] for line in done.stdout.splitlines()]
    there = [f"out/{path.name}" for path in (tmp_path / "out").iterdir()]
    assert sorted(paths) == sorted(there)
    assert "out/scaling.svg" in paths and "out/scaling.png" in paths
    complaints = [line.partition(": it needs")[0] for line in done.stderr.splitlines()]
    drawn = {Path(path).stem for path in paths}
    assert complaints == [f"convoy: {name} is not drawn" for name in USUAL if name not in drawn]
    assert {"convoy: gil_cost is not drawn", "convoy: latency is not drawn"} <= set(complaints)
    assert {"heatmap", "placement", "scaling"} <= drawn <= set(FIGURES)
    assert not any("latency" in path for path in paths)


def test_a_figure_asked_for_and_not_drawn_is_skipped(inside: Any, tmp_path: Path) -> None:
    truth = synthetic.Truth(workloads=("cpu_pi",), gils=("none",), workers=(1,), models=("single",))
    synthetic.write(tmp_path / "x.json", synthetic.document(truth))
    assert inside("plot", "x.json", "--figure", "latency").returncode == 77
    assert not (tmp_path / "charts").exists()


def test_an_engine_asked_for_is_a_series_of_its_own() -> None:
    row = next(r for r in little()["convoy"]["rows"] if r["model"] == "coroutines")
    assert load.row(row).series == "coroutines"
    assert load.row(row | {"carriers": 2}).series == "coroutines, 2 carriers"
    assert load.row(row | {"name": row["name"] + "/engine:epoll"}).series == "coroutines, epoll"


def test_the_curves_show_the_truth() -> None:
    truth = synthetic.Truth(cores=8, workloads=("cpu_pi",), workers=(1, 2, 4, 8), noise=0.0)
    ups = SpeedUps(result_of(synthetic.document(truth)))
    rows = [row for row in ups.main_rows("cpu_pi") if row.gil == "none"]
    for workers, value, low, high, _ in scaling.curves(ups, rows)["processes"]:
        assert value == pytest.approx(truth.speed_up("cpu_pi", "processes", "none", workers))
        assert low <= value <= high


def test_the_cost_of_a_gil_is_the_truth() -> None:
    truth = synthetic.Truth(cores=4, workloads=("cpu_pi",), workers=(1, 4), noise=0.0)
    ups = SpeedUps(result_of(synthetic.document(truth)))
    pairs = gil_cost.pairs(ups, ups.main_rows("cpu_pi"))
    threads = next(pair for pair in pairs if pair.series == "threads")
    free = truth.speed_up("cpu_pi", "threads", "none", 4)
    held = truth.speed_up("cpu_pi", "threads", "cpython32", 4)
    assert threads.change == pytest.approx(held / free - 1)
    assert threads.workers == 4


def test_models_look_the_same_everywhere_and_unlike_each_other() -> None:
    looks = [style.look(model) for model in style.MODELS]
    assert len({look.colour for look in looks}) == len(looks)
    assert len({look.marker for look in looks}) == len(looks)
    assert style.look("coroutines, 2 carriers") == style.look("coroutines")
    assert style.look("unheard_of") == style.look("unheard_of")


@pytest.mark.parametrize(
    "text, cores",
    [
        ("Package:1 L3Cache:1 Core:2 PU:1", [(0, (0,)), (0, (1,))]),
        ("Package:2 Core:1 PU:2", [(0, (0, 1)), (1, (2, 3))]),
        ("Package:1 Core:2 PU:2(indexes=0,2,1,3)", [(0, (0, 2)), (0, (1, 3))]),
        ("Package:1 Core:2 PU:2(indexes=2*2:1*2)", [(0, (0, 2)), (0, (1, 3))]),
        ("Package:1 [NUMANode(memory=1)] L2Cache:2(size=1) Core:1 PU:1", [(0, (0,)), (0, (1,))]),
        ("package:2 pu:2", [(0, (0,)), (0, (1,)), (1, (2,)), (1, (3,))]),
        ("nonsense", []),
        ("", []),
    ],
)
def test_a_description_gives_the_cores(text: str, cores: list[Any]) -> None:
    assert [tuple(core) for core in topology.from_synthetic(text)] == cores


def test_a_coefficient_has_the_digits_that_mean_something() -> None:
    assert curves.coefficient(Estimate(0.0123, Interval(0.0098, 0.0151))) == "0.012 (0.0098–0.015)"
    assert curves.coefficient(Estimate(0.000041, None)) == "0.000041"
    assert curves.coefficient(Estimate(0.0, Interval(0.0, 0.00034))) == "≤ 0.0003"
    assert curves.coefficient(Estimate(0.97, Interval(0.9, 1.06))) == "0.97 (0.90–1.1)"
