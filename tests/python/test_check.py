"""`check` finds what a result promises and does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
import synthetic
from convoy_cli.results import checks

Row = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> Row:
    """A small one: each of its rows is checked in the same way."""
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi", "io_sleep"), workers=(1, 2)))


def broken(tmp_path: Path, document: dict[str, Any], name: str = "x.json") -> dict[str, list[str]]:
    """The checks that fail, with their breaches."""
    found = checks.check_file(synthetic.write(tmp_path / name, document))
    return {check.name: check.breaches for check in found if check.breaches}


def test_a_good_result_passes(made: dict[str, Any], tmp_path: Path) -> None:
    assert broken(tmp_path, made) == {}
    assert broken(tmp_path, synthetic.track(made), "x.track.json") == {}


DAMAGES: dict[str, Callable[[Row], Any]] = {
    "names": lambda row: row.update(workers=row["workers"] + 1),
    "pinned": lambda row: row["placement"][0].update(read_back=[99]),
    "answers": lambda row: row.update(checksum="0" * 16),
    "disturbed": lambda row: row.update(disturbed=True),
    "medians": lambda row: row.update(median_ns=row["median_ns"] * 1.01),
    "latency": lambda row: row["latency"].update(count=1),
    "reasons": lambda row: row.update(pinned=False),
    "schema": lambda row: row.update(surprise=True),
    "benchmarks": lambda row: row.update(name=row["name"] + "/n:5"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_check_finds_its_damage(name: str, document: dict[str, Any], tmp_path: Path) -> None:
    row = next(row for row in document["convoy"]["rows"] if row["latency"] and row["workers"] == 2)
    DAMAGES[name](row)
    found = broken(tmp_path, document)
    assert name in found
    assert name == "schema" or row["workload"] in found[name][0]


def test_a_seat_that_wandered_off_is_found(document: dict[str, Any], tmp_path: Path) -> None:
    document["convoy"]["rows"][0]["placement"][0]["read_back_end"] = [0, 1]
    assert "at the end [0, 1]" in broken(tmp_path, document)["pinned"][0]


def test_a_peer_share_that_is_not_the_samples_is_found(
    document: dict[str, Any], tmp_path: Path
) -> None:
    row = document["convoy"]["rows"][0]
    row["peer_cpu_share"] = 0.5
    for sample in row["samples"]:
        sample["peer_cpu_share"] = 0.5
    assert broken(tmp_path, document) == {}
    row["peer_cpu_share"] = 0.4
    assert "peer_cpu_share 0.4, of the samples 0.5" in broken(tmp_path, document)["medians"][0]


def test_axes_in_a_name_are_no_parameters(document: dict[str, Any], tmp_path: Path) -> None:
    row = next(row for row in document["convoy"]["rows"] if row["model"] == "coroutines")
    plain = row["name"]

    def breaches(more: str) -> list[str]:
        for entry in (row, *document["benchmarks"]):
            if entry["name"].startswith(plain):
                entry["name"] = plain + more
        return broken(tmp_path, document).get("names", [])

    assert breaches("/engine:io_uring/within:package:0/kind:perf/smt:off/width:pu") == []
    assert "engine 'io_uring'" in breaches("/engine:epoll")[0]
    assert "no parameter 'depth'" in breaches("/depth:5")[0]


def test_a_pinned_row_without_seats_is_found(document: dict[str, Any], tmp_path: Path) -> None:
    document["convoy"]["rows"][0]["placement"] = []
    assert "names no seat" in broken(tmp_path, document)["pinned"][0]


def test_unequal_rows_are_found_unless_interrupted(
    document: dict[str, Any], tmp_path: Path
) -> None:
    del document["benchmarks"][0]
    assert "benchmarks" in broken(tmp_path, document)
    document["convoy"]["interrupted"] = True
    assert broken(tmp_path, document) == {}
    document["convoy"]["interrupted"] = False
    document["convoy"]["plan"]["budget_ns"] = 5e9
    assert broken(tmp_path, document) == {}


def test_emptied_lists_are_found(document: dict[str, Any], tmp_path: Path) -> None:
    track = synthetic.track(document)
    track["benchmarks"] = []
    assert "no benchmark" in broken(tmp_path, track, "x.track.json")["names"][0]
    name = document["convoy"]["rows"][0]["name"]
    kept = [entry for entry in document["benchmarks"] if not entry["name"].startswith(name)]
    document["benchmarks"] = kept
    assert f"{name} has a row" in broken(tmp_path, document)["benchmarks"][0]
    document["benchmarks"] = []
    assert len(broken(tmp_path, document)["benchmarks"]) == len(document["convoy"]["rows"])
    document["convoy"]["rows"] = []
    assert "there is none" in broken(tmp_path, document)["benchmarks"][0]


def test_what_is_not_quite_json_is_found(document: dict[str, Any], tmp_path: Path) -> None:
    path = synthetic.write(tmp_path / "x.json", document)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    found = {check.name: check.breaches for check in checks.check_file(path) if check.breaches}
    assert [*found] == ["json"] and "byte order mark" in found["json"][0]


def test_a_failed_benchmark_is_no_benchmark(document: dict[str, Any], tmp_path: Path) -> None:
    name = document["benchmarks"][0]["name"]
    document["convoy"]["failed"] = [{"name": name, "reason": "died", "pass": 0, "samples": 0}]
    assert "failed" in broken(tmp_path, document)["benchmarks"][0]


def test_a_name_that_is_tracked_twice_is_found(made: dict[str, Any], tmp_path: Path) -> None:
    track = synthetic.track(made)
    track["benchmarks"].append(track["benchmarks"][0])
    assert "names" in broken(tmp_path, track, "x.track.json")


def test_the_verb_prints_a_table_and_its_verdict(
    convoy: Any, inside: Any, document: dict[str, Any], tmp_path: Path
) -> None:
    synthetic.write(tmp_path / "good.json", document)
    good = convoy("check", "good.json")
    assert good.returncode == 0
    assert good.stdout.splitlines()[0].split() == ["verdict", "check", "of", "what"]
    assert "FAILED" not in good.stdout
    text = (tmp_path / "good.json").read_text()
    (tmp_path / "bad.json").write_text(text.replace('"jain": 0.99', '"jain": NaN', 1))
    bad = inside("check", "good.json", "bad.json", "-q")
    assert bad.returncode == 1
    assert "NaN" in bad.stdout and "good.json" not in bad.stdout
