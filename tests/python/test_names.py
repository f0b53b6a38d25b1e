"""Names of benchmarks can be taken apart and put together."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from built import BENCH
from convoy_cli.core.errors import UsageError
from convoy_cli.results import names

FULL = (
    "io_tcp_echo/model:coroutines/gil:cpython32:interval=1ms:forced=off/place:core.close"
    "/workers:64/carriers:2/peer:other/delay:5ms"
)


def test_a_name_says_what_was_run() -> None:
    name = names.parse(FULL)
    assert name.workload == "io_tcp_echo"
    assert name.get("model") == "coroutines"
    assert name.get("gil") == "cpython32:interval=1ms:forced=off"
    assert name.workers == 64
    assert name.parameters == {"delay": "5ms"}
    assert name.get("nothing") is None


@pytest.mark.parametrize("text", [FULL, "null", "spawn/n:1", "cpu_pi/model:single/n:1000"])
def test_names_survive_a_round_trip(text: str) -> None:
    assert str(names.parse(text)) == text


def test_what_narrows_a_placement_is_an_axis() -> None:
    narrow = "/within:package:0/kind:perf/smt:off/width:pu"
    name = names.parse(f"cpu_pi/model:threads/gil:none/place:core.close{narrow}/workers:2/n:5")
    assert name.parameters == {"n": "5"}
    assert [name.get(axis) for axis in names.NARROWING] == ["package:0", "perf", "off", "pu"]
    assert names.parse("io_sleep/engine:epoll").parameters == {}


def test_names_of_results_survive_a_round_trip(made: dict[str, Any]) -> None:
    for row in made["convoy"]["rows"]:
        assert str(names.parse(row["name"])) == row["name"]


@pytest.mark.parametrize(
    "suffix",
    [
        "/iterations:1",
        "/iterations:1/manual_time",
        "/iterations:1/repeats:6/real_time",
        "/min_time:0.500/process_time/real_time",
        "/threads:8",
        "/iterations:1/manual_time_median",
    ],
)
def test_suffixes_of_google_benchmark_are_dropped(suffix: str) -> None:
    assert str(names.parse(FULL + suffix)) == FULL


def test_a_setting_that_is_like_a_suffix_stays() -> None:
    text = "cpu_pi/iterations:5/model:threads"
    assert str(names.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "/", "CPU", "cpu_pi/", "cpu_pi/model", "cpu_pi/model:", "cpu_pi/:x",
             "cpu_pi/workers:0", "cpu_pi/workers:two", "cpu_pi/n:1/n:2", "<script>"]
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a benchmark"):
        names.parse(text)


def test_a_setting_can_be_replaced_or_added() -> None:
    name = names.parse("cpu_pi/model:single/workers:1")
    assert str(name.with_setting("model", "threads")) == "cpu_pi/model:threads/workers:1"
    assert str(name.with_setting("n", "5")) == "cpu_pi/model:single/workers:1/n:5"


def test_no_parameter_is_called_as_an_axis_is() -> None:
    """Else nobody could tell in a name which of them a setting is."""
    if not BENCH.exists():
        pytest.skip("not built: make build")
    listed = json.loads(subprocess.run([str(BENCH), "list", "--json"], capture_output=True).stdout)
    called = {p["name"] for workload in listed["workloads"] for p in workload["parameters"]}
    assert called & set(names.AXES) == set()
