"""Many tasks at once: the chart with where models end, and the sentences on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import varied
from convoy_cli.answer.summary import summarise
from convoy_cli.charts import drawing
from convoy_cli.charts.figures import fanout
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load, sweeps
from convoy_cli.results.rows import Result
from test_variants import texts_of

pytest.importorskip("matplotlib")


def result_of(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)


def told(made: dict[str, Any]) -> str:
    lines = summarise(result_of(made)).lines()
    start = lines.index("Many at once")
    end = next((i for i in range(start, len(lines)) if not lines[i]), len(lines))
    return " ".join(line.strip() for line in lines[start + 1 : end])


def test_a_ladder_has_its_rows_and_its_stop() -> None:
    found = {each.series: each for each in sweeps.of(result_of(varied.crowds()))}
    assert list(found) == ["threads", "processes", "coroutines"]
    assert found["threads"].counts == [10, 1000]
    stop = found["threads"].stop
    assert stop is not None and stop.workers == 100_000
    assert found["coroutines"].counts == [10, 1000, 100_000]
    assert found["coroutines"].stop is None


def test_the_chart_says_where_each_model_ends() -> None:
    text = texts_of(fanout, varied.crowds())
    assert "Threads end below 100 000: 100000 threads at the same time are more than" in text
    assert "kernel.pid_max is 32768." in text
    assert "use fewer" not in text
    for title in ("Starting and ending all", "CPU time a sleep", "Memory a task"):
        assert title in text


def test_who_does_not_see_the_chart_is_told_its_numbers() -> None:
    svg = drawing.render(fanout, result_of(varied.crowds()), ("svg",))["svg"].decode()
    assert "coroutines, 100 000 at once" in svg
    assert "memory a task 284 B" in svg


def test_words_say_from_where_coroutines_win_and_where_others_end() -> None:
    text = told(varied.crowds())
    assert "Threads take 38.1 × as much CPU time" in text
    assert "Coroutines take less from 10 tasks on, the fewest tried." in text
    assert "threads went to 1 000 (48.8 KiB each) and did not get to 100 000 (" in text
    assert "coroutines went to 100 000 (284 B each)" in text


def test_no_winner_is_named_where_intervals_overlap() -> None:
    made = varied.crowds()
    for row in made["convoy"]["rows"]:
        if row["workers"] == 10:
            for number, sample in enumerate(row["samples"]):
                sample["cpu_time_ns"] = 30_000 + 1_000 * (number % 5)
    assert "Coroutines take less from 1 000 tasks on." in told(made)
    for row in made["convoy"]["rows"]:
        for number, sample in enumerate(row["samples"]):
            sample["cpu_time_ns"] = 30_000 + 1_000 * (number % 5)
    assert "as much CPU time" not in told(made)


def test_few_samples_claim_nothing() -> None:
    text = told(varied.crowds(passes=2))
    assert "as much CPU time" not in text
    assert "went to" in text


def test_without_such_rows_the_chart_says_what_to_run() -> None:
    made = varied.crowds()
    made["convoy"]["rows"] = []
    with pytest.raises(MissingData, match="fanout_sleep"):
        drawing.render(fanout, result_of(made))
