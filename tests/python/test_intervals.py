"""Rows by switch interval: the law of their lateness, in numbers, in words and as a chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import swept
import synthetic
from convoy_cli.answer import topics
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import interval
from convoy_cli.core.bench import Law
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load as results, sweeps
from convoy_cli.results.rows import Result
from convoy_cli.results.sweeps import COUNTDOWN, ECHO, LATENESS
from readable import assert_readable


def load(law: swept.Law) -> Result:
    return results.result(Path("made.json"), swept.document(law))


def test_rows_find_their_interval_with_and_without_it_in_the_name() -> None:
    found = sweeps.sweeps(load(swept.Law()))
    assert set(found) == {LATENESS, COUNTDOWN, ECHO}
    for one in found.values():
        assert one.free is not None and one.free.gil == "none"
        assert list(one.locks["cpython32"]) == list(swept.INTERVALS)


def test_a_file_that_says_the_interval_is_believed() -> None:
    document = swept.document(swept.Law(locks=("ticket",)))
    for row in document["convoy"]["rows"]:
        if row["gil"] == "ticket":
            row["switch_interval_ns"] = 5_000_000
    found = sweeps.sweeps(results.result(Path("made.json"), document))
    assert 5e6 in found[LATENESS].locks["ticket"]


def test_settings_make_locks_and_intervals_do_not() -> None:
    law = swept.Law(locks=("cpython32", "cpython32:forced=off"))
    found = sweeps.sweeps(load(law))
    assert sweeps.locks_of(found.values()) == ["cpython32", "cpython32:forced=off"]


def test_one_interval_is_no_sweep() -> None:
    law = swept.Law(intervals=(5 * swept.MS,))
    with pytest.raises(MissingData, match="scripts/convoy sweep"):
        drawing.render(interval, load(law))


@pytest.mark.parametrize("slope, intercept_ms", [(1.0, 0.15), (2.0, 3.0), (0.0, 1.0)])
def test_the_line_is_found_again(slope: float, intercept_ms: float) -> None:
    law = swept.Law(slope=slope, intercept_ns=intercept_ms * swept.MS)
    line = sweeps.fits(sweeps.sweeps(load(law))[LATENESS])["cpython32"]
    assert line.slope == pytest.approx(slope, abs=0.02)
    assert line.intercept / swept.MS == pytest.approx(intercept_ms, abs=0.15)


def test_least_squares() -> None:
    assert sweeps.fit([(0, 1), (1, 3), (2, 5)]) == pytest.approx((2, 1))
    assert sweeps.fit([(0, 0), (1, 1), (2, 1), (3, 2)]) == pytest.approx((0.6, 0.1))
    assert sweeps.fit([(1, 1), (2, 2), (2, 2)]) is None
    assert sweeps.fit([]) is None


@pytest.mark.parametrize(
    "slope, intercept_ms, said",
    [
        (1.0, 0.15, "The law holds: slope 1.00 ± 0.05, and less than 400 µs"),
        (1.2, 0.15, "the slope is off"),
        (1.0, 0.9, "the part that does not depend on the interval is too long"),
    ],
)
def test_the_verdict_on_the_law(slope: float, intercept_ms: float, said: str) -> None:
    law = swept.Law(slope=slope, intercept_ns=intercept_ms * swept.MS)
    (told,) = topics.words(sweeps.sweeps(load(law)), {})
    assert said in told
    assert ("does not hold" in told) == (said != "" and "holds" not in said)


def test_a_lock_that_promises_nothing_is_not_judged() -> None:
    (told,) = topics.words(sweeps.sweeps(load(swept.Law())), {"cpython32": None})
    assert told.endswith("This lock promises nothing about lateness.")


def test_a_law_with_the_sleep_in_it() -> None:
    law = Law(intervals=1, sleeps=1, least_ns=0, most_ns=400_000)
    kept = swept.INTERVALS[2:]
    found = sweeps.sweeps(load(swept.Law(intervals=kept, intercept_ns=-0.9 * swept.MS)))
    assert "The law holds: slope 1.00 ± 0.05, and less than -600 µs" in "".join(
        topics.words(found, {"cpython32": law})
    )
    found = sweeps.sweeps(load(swept.Law()))
    assert "does not hold" in "".join(topics.words(found, {"cpython32": law}))


def test_the_law_of_one_spinner_is_not_that_of_two() -> None:
    document = swept.document(swept.Law(slope=2.0))
    for row in document["convoy"]["rows"]:
        if "spinners" in row["parameters"]:
            row["parameters"] = row["parameters"] | {"spinners": 2}
    found = sweeps.sweeps(results.result(Path("made.json"), document))
    (told,) = topics.words(found, {})
    assert told.endswith("Its law holds for one spinner, so it is not judged here.")


def test_sleepers_who_find_the_lock_free_tell_of_others_on_the_cpus() -> None:
    document = swept.document(swept.Law())
    for row in document["convoy"]["rows"]:
        if row["latency"] and row["gil"] != "none":
            row["latency"] = {"kind": "lateness", "count": 10, "buckets": [
                [60_000, 70_000, 6], [60_000_000, 70_000_000, 4]]}  # fmt: skip
    found = sweeps.sweeps(results.result(Path("made.json"), document))
    (told,) = topics.words(found, {})
    assert told.endswith("At 7 intervals some sleepers found the lock free: other programs used "
                         "the CPUs.")  # fmt: skip


def test_two_intervals_make_no_line() -> None:
    law = swept.Law(intervals=(1 * swept.MS, 5 * swept.MS))
    (told,) = topics.words(sweeps.sweeps(load(law)), {})
    assert "a line needs three intervals" in told


def test_the_table_has_the_numbers_of_the_file() -> None:
    result = load(swept.Law())
    header, *lines = topics.table_of(sweeps.sweeps(result))
    assert header.split()[:2] == ["lock", "interval"]
    assert len(lines) == 1 + len(swept.INTERVALS)
    assert lines[0].startswith("none  ") and "100 %" in lines[0]
    five = next(line for line in lines if "  5 ms  " in line)
    p50 = float(five.split()[5])
    assert five.split()[6] == "ms" and p50 == pytest.approx(5.15, abs=0.1)
    assert "  53 %  " in five and "  200/s  " in five and five.endswith("2.1 %")


# --- The chart.


@pytest.mark.parametrize(
    "law",
    [
        swept.Law(),
        swept.Law(locks=("cpython32", "cpython32:forced=off", "ticket", "a", "b", "c", "d", "e")),
        swept.Law(intervals=(1e3, 1e6, 5e6, 60e9)),
        swept.Law(intervals=tuple((n + 1) * 1e6 for n in range(40))),
        swept.Law(workloads=(LATENESS,)),
        swept.Law(workloads=(ECHO, COUNTDOWN)),
    ],
    ids=["usual", "many locks", "far apart", "many intervals", "lateness alone", "no lateness"],
)
def test_the_chart_can_be_read(law: swept.Law, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    texts = assert_readable(interval, load(law), monkeypatch)
    assert texts.count("switch interval (ms)") == 4
    assert "law" in texts and "no lock" in texts


def test_the_chart_says_its_law_in_words_and_is_the_same_again() -> None:
    pytest.importorskip("matplotlib")
    one, other = (drawing.render(interval, load(swept.Law())) for _ in range(2))
    assert one == other
    assert b"cpython32: the median lateness is 1.00 times the interval" in one["svg"]


def test_plot_draws_it_from_any_result_that_has_such_rows(inside: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    synthetic.write(tmp_path / "x.json", swept.document())
    done = inside("plot", "x.json", "--figure", "interval")
    assert done.returncode == 0
    assert (tmp_path / "charts" / "interval.svg").exists()
