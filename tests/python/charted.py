"""Rows for charts that the makers of this folder know nothing of: a little of every workload."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import synthetic
import varied
from built import BENCH
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load
from convoy_cli.results.rows import Result

Drawn = TypeVar("Drawn")


def drawn(draw: Callable[[dict[str, Any]], Drawn], made: dict[str, Any]) -> Drawn:
    """What `draw` returns for `made`; for rows of every workload where there is nothing in that."""
    try:
        return draw(made)
    except MissingData:
        return draw(every_workload())


def every_workload() -> dict[str, Any]:
    """Rows of each workload that the program lists, with a value of each figure it reports."""
    if not BENCH.exists():
        pytest.skip(f"{BENCH} is not built: make build")
    return _every_workload(listed())


@functools.cache
def listed() -> str:
    return subprocess.check_output([str(BENCH), "list", "--json"], text=True)


def _every_workload(text: str) -> dict[str, Any]:
    workloads = {each["name"]: each for each in json.loads(text)["workloads"]}
    truth = synthetic.Truth(workloads=tuple(workloads), workers=(1, 2))
    made = synthetic.document(truth)
    for row in varied.rows_of(made):
        about = workloads[row["workload"]]
        row |= {"family": about["family"], "experiment": about["experiment"]}
        given = {one["name"]: value_of(one["default"]) for one in about["parameters"]}
        row["parameters"] = given | row["parameters"]
        for number, sample in enumerate(row["samples"]):
            sample["figures"] = {one["name"]: 100.0 + number for one in about["figures"]}
    return made


def value_of(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def result(made: dict[str, Any]) -> Result:
    return load.result(Path("made.json"), made)
